/**
 * Writes every format once as things are here, then once under each condition, and compares. Each
 * run is a process of its own with an environment of its own.
 */
import { spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { compareArtifacts } from "../compare/compare.ts";
import { formatDifferences } from "../compare/format.ts";
import { BuildError } from "../errors.ts";
import type { Condition, Place, Setting } from "./condition.ts";
import type { Writers } from "./writers.ts";

export type Outcome =
  | { readonly state: "identical" }
  | { readonly state: "different"; readonly where: string }
  | { readonly state: "not run"; readonly reason: string };

export interface Result {
  readonly condition: string;
  /** By format, in the order of the writers. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
}

export interface PermuteOptions {
  readonly conditions: readonly Condition[];
  /** A module that exports `writers`; tests pass one that is not deterministic. */
  readonly writersModule: string;
  readonly onResult: (result: Result) => void;
  readonly signal: AbortSignal;
}

export const ourWriters: string = fileURLToPath(new URL("writers.ts", import.meta.url));
const script = fileURLToPath(new URL("child.ts", import.meta.url));
const timeoutMs = 120_000;

/** The formats that a module's writers write. */
export async function readFormats(writersModule: string): Promise<readonly string[]> {
  const { writers } = (await import(pathToFileURL(writersModule).href)) as { writers: Writers };
  return Object.keys(writers);
}

export async function permute(options: PermuteOptions): Promise<readonly Result[]> {
  const formats = await readFormats(options.writersModule);
  const root = await mkdtemp(join(tmpdir(), "permute-"));
  await chmod(root, 0o755); // another user must get at its folder below
  try {
    const first = await makePlace(root, "first");
    await writeAll(first, {}, options);
    const results: Result[] = [];
    for (const [index, condition] of options.conditions.entries()) {
      const place = await makePlace(root, String(index));
      const outcome = await runCondition(condition, place, options);
      const outcomes: Record<string, Outcome> = {};
      for (const format of formats) {
        outcomes[format] = outcome ?? (await compareOutputs(first, place, format));
      }
      const result = { condition: condition.name, outcomes };
      options.onResult(result);
      results.push(result);
    }
    return results;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function makePlace(root: string, name: string): Promise<Place> {
  const folder = join(root, name);
  await mkdir(folder);
  return { folder, node: process.execPath, script };
}

/** Undefined once everything is written, else why it is not. */
async function runCondition(
  condition: Condition,
  place: Place,
  options: PermuteOptions,
): Promise<Outcome | undefined> {
  const setting = await condition.prepare(place);
  if ("unavailable" in setting) return { state: "not run", reason: setting.unavailable };
  try {
    await writeAll(place, setting, options);
    return undefined;
  } finally {
    await setting.cleanUp?.();
  }
}

async function compareOutputs(first: Place, place: Place, format: string): Promise<Outcome> {
  const name = `sample.${format}`;
  const found = await compareArtifacts(join(first.folder, name), join(place.folder, name));
  if (found.length === 0) return { state: "identical" };
  return { state: "different", where: formatDifferences(found) };
}

async function writeAll(
  place: Place,
  setting: Setting,
  { writersModule, signal }: PermuteOptions,
): Promise<void> {
  const { folder } = place;
  const sample = setting.sample ?? join(folder, "sample");
  const args = [script, writersModule, sample, folder, String(setting.seed ?? 0)];
  const [command = "", ...rest] = [...(setting.prefix ?? []), setting.node ?? place.node, ...args];
  // Nothing of this process's environment, which differs between machines.
  const env = { PATH: process.env["PATH"], HOME: folder, TMPDIR: folder, TZ: "UTC", LC_ALL: "C" };
  const child = spawn(command, rest, {
    cwd: setting.cwd ?? folder,
    env: { ...env, ...setting.env },
    stdio: ["ignore", "ignore", "pipe"],
    timeout: timeoutMs,
    signal,
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  // Until it has closed, also when it is being stopped: it may stand in a folder to be unmounted.
  const status = await new Promise<string>((resolve, reject) => {
    child.on("error", (error) => {
      if (child.pid === undefined) reject(error);
    });
    child.on("close", (code, killedBy) => resolve(String(code ?? killedBy)));
  });
  signal.throwIfAborted();
  if (status === "0") return;
  throw new BuildError("recipe", `${command} ${rest.join(" ")} ended with ${status}:\n${stderr}`);
}
