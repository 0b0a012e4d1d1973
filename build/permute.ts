/**
 * `npm run build:permute [-- --require-all] [--json]`: writes a small tree in every archive format
 * under many conditions that must not matter, and says for each whether the bytes were the same.
 * Exit status 1 if any differ, or with --require-all if any condition could not be had.
 */
import { parseArgs } from "node:util";
import { BuildError } from "./errors.ts";
import { conditions } from "./permute/conditions.ts";
import { type Outcome, ourWriters, permute, type Result, readFormats } from "./permute/run.ts";

const conditionWidth = Math.max(...conditions.map(({ name }) => name.length)) + 2;

interface Arguments {
  readonly requireAll: boolean;
  readonly json: boolean;
  readonly writersModule: string;
}

function readArguments(): Arguments {
  try {
    const { values } = parseArgs({
      options: {
        "require-all": { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        writers: { type: "string", default: ourWriters },
      },
    });
    const { json, writers: writersModule } = values;
    return { requireAll: values["require-all"], json, writersModule };
  } catch (error) {
    throw new BuildError("usage", (error as Error).message, { cause: error });
  }
}

function formatRow(name: string, cells: readonly string[], formats: readonly string[]): string {
  const widths = formats.map((format) => Math.max(format.length, "identical".length) + 2);
  const padded = cells.map((cell, column) => cell.padEnd(widths[column] ?? 0));
  return (name.padEnd(conditionWidth) + padded.join("")).trimEnd();
}

/** A line of the table; below it why a condition was not run, or where the formats differ. */
function formatResult({ condition, outcomes }: Result): string {
  const words = { identical: "identical", different: "DIFFERENT", "not run": "not run" } as const;
  const cells = Object.values(outcomes).map(({ state }) => words[state]);
  const notes = Object.entries(outcomes).flatMap(([format, outcome]) => noteOn(format, outcome));
  return [formatRow(condition, cells, Object.keys(outcomes)), ...new Set(notes)].join("\n");
}

function noteOn(format: string, outcome: Outcome): readonly string[] {
  if (outcome.state === "not run") return [`  not run: ${outcome.reason}`];
  if (outcome.state === "different")
    return [`\n${format}, against the first run (a):\n${outcome.where}\n`];
  return [];
}

async function main(signal: AbortSignal): Promise<number> {
  const { requireAll, json, writersModule } = readArguments();
  const print = (line: string): void => {
    if (!json) console.log(line);
  };
  const formats = await readFormats(writersModule);
  print(formatRow("varied", formats, formats));
  const onResult = (result: Result): void => print(formatResult(result));
  const results = await permute({ conditions, writersModule, onResult, signal });
  if (json) console.log(JSON.stringify(results, null, 2));

  const states = results.flatMap(({ outcomes }) =>
    Object.values(outcomes).map(({ state }) => state),
  );
  const different = states.filter((state) => state === "different").length;
  const notRun = states.filter((state) => state === "not run").length;
  print(
    `${states.length - different - notRun} identical, ${different} different, ${notRun} not run`,
  );
  return different > 0 || (requireAll && notRun > 0) ? 1 : 0;
}

// Ended by a signal, it still unmounts and deletes what it made.
const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.once(name, () => stop.abort(new BuildError("interrupted", `Stopped by ${name}.`)));
}
try {
  process.exitCode = await main(stop.signal);
} catch (caught) {
  const error = stop.signal.aborted ? stop.signal.reason : caught;
  if (!(error instanceof BuildError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
