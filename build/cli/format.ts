/** Numbers as people read them, and bars. Pure. */

/** Decimal units, as disks and download pages count. `1.2 MB` */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = "B";
  for (const next of units) {
    if (value < 1000) break;
    value /= 1000;
    unit = next;
  }
  return `${value.toFixed(1)} ${unit}`;
}

/** `8 s`, `2 min 05 s`, `1 h 02 min` */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const pad = (value: number): string => String(value).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}

/** `━━━━────` for a fraction from 0 to 1, `width` characters wide. */
export function formatBar(fraction: number, width: number): string {
  const clamped = Math.min(Math.max(fraction, 0), 1);
  const filled = Math.floor(clamped * width);
  return "━".repeat(filled) + "─".repeat(width - filled);
}
