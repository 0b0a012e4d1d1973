/** How differences are told to a person. */
import type { Difference } from "./difference.ts";

const mostShown = 100;

/** One paragraph for each place, for a terminal or a log; empty for no differences. */
export function formatDifferences(differences: readonly Difference[]): string {
  const lines: string[] = [];
  let last = "";
  for (const { where, field, a, b, offset } of differences.slice(0, mostShown)) {
    const place = where.map(printable).join(" > ");
    if (place !== last) lines.push(place);
    last = place;
    lines.push(
      `  ${field}${offset === undefined ? "" : ` at offset ${offset} (0x${offset.toString(16)})`}`,
    );
    lines.push(`    a: ${printable(a)}`, `    b: ${printable(b)}`);
  }
  const rest = differences.length - mostShown;
  if (rest > 0) lines.push(`... and ${rest} more differences`);
  return lines.join("\n");
}

/** Names and values come out of archives: they must not steer the terminal. */
function printable(text: string): string {
  const shown = (char: string): string => `\\u{${char.codePointAt(0)?.toString(16)}}`;
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, shown);
}
