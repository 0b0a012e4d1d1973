/** The table at the end: one line a target, with the whole hash, for that is what people compare. */
import { stripVTControlCharacters, styleText } from "node:util";
import type { TargetOutcome } from "../events.ts";
import { formatBytes } from "./format.ts";

type Style = Parameters<typeof styleText>[0];

const styles: Record<TargetOutcome["state"], Style> = {
  built: "green",
  cached: "green",
  skipped: "yellow",
  failed: "red",
};

const words: Record<TargetOutcome["state"], string> = {
  built: "built",
  cached: "cached",
  skipped: "skipped: input unreachable",
  failed: "FAILED",
};

/** Columns are as wide as their widest cell; the last one is not padded. */
function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) {
      widths[i] = Math.max(widths[i] ?? 0, stripVTControlCharacters(cell).length);
    }
  }
  return rows.map((row) =>
    row
      .map((cell, i) => {
        const missing = (widths[i] ?? 0) - stripVTControlCharacters(cell).length;
        return i === row.length - 1 ? cell : cell + " ".repeat(missing);
      })
      .join("  ")
      .trimEnd(),
  );
}

/** `columns` is the width of the terminal: where a line would wrap, the hash gets its own line. */
export function formatTable(
  outcomes: readonly TargetOutcome[],
  columns: number,
  colour: boolean,
): string {
  const paint = (style: Style, text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const rows = outcomes.map((outcome) => [
    outcome.target,
    outcome.artifact,
    outcome.size === undefined ? "–" : formatBytes(outcome.size),
    outcome.sha256 ?? "–",
    paint(styles[outcome.state], words[outcome.state]),
  ]);
  const head = ["target", "artifact", "size", "sha256", "state"].map((t) => paint("bold", t));
  const wide = alignColumns([head, ...rows]);
  const narrow = (): string[] => {
    const lines = alignColumns([head, ...rows].map((row) => row.toSpliced(3, 1)));
    return lines.flatMap((line, i) => (i === 0 ? [line] : [line, `  ${rows[i - 1]?.[3] ?? ""}`]));
  };
  const fits = wide.every((line) => stripVTControlCharacters(line).length <= columns);
  const reasons = outcomes
    .filter(({ reason }) => reason !== undefined)
    .map(({ target, reason }) => `${target}: ${reason}`);
  return [...(fits ? wide : narrow()), ...(reasons.length > 0 ? ["", ...reasons] : [])].join("\n");
}
