/** What two artifacts that should be the same differ in, and how that is told to a person. */

export interface Difference {
  /** The artifact, the member of it, the member of that one, … */
  readonly where: readonly string[];
  /** `content`, `mode`, `mtime`, `order`, … */
  readonly field: string;
  /** The two values, as text; for bytes a hex dump from `offset` on. */
  readonly a: string;
  readonly b: string;
  /** In bytes, in what `where` names. */
  readonly offset?: number;
}

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
