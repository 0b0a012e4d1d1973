/** Fetching in a process of its own, for tests that kill it, confine it or wait for it to end. */
import { type ChildProcess, spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { FetchOptions } from "../../build/fetch/fetch-inputs.ts";
import type { Input } from "../../build/manifest.ts";

const child = fileURLToPath(new URL("fetch-child.ts", import.meta.url));

export interface Ended {
  readonly results?: readonly [string, { readonly state: string; readonly path: string }][];
  readonly code?: string;
  readonly message?: string;
}

/** Starts fetch-child.ts; `prefix` is what runs it. */
export function startFetch(
  inputs: readonly Input[],
  options: FetchOptions,
  prefix: readonly string[] = [],
): ChildProcess {
  const { cacheDir, mirrors, timing } = options;
  // JSON leaves out the functions in `timing`: the child has its own.
  const order = JSON.stringify({ inputs, options: { cacheDir, mirrors, timing } });
  const [program = process.execPath, ...args] = [...prefix, process.execPath, child, order];
  const started = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void started.kill("SIGKILL"));
  return started;
}

export async function outcome(started: ChildProcess): Promise<Ended> {
  if (started.stdout === null) throw new Error("no output");
  return JSON.parse(await text(started.stdout)) as Ended;
}
