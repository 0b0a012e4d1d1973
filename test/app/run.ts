/** Starts programs and waits for what they do. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

export interface Run {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly output: () => string;
  readonly errors: () => string;
  /** Exit code, once it has ended. */
  readonly ended: Promise<number | null>;
}

/** Starts a command with these environment variables and PATH alone. */
export function start(
  command: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
): Run {
  const [program, ...args] = command;
  const child = spawn(program, args, {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (child.pid === undefined) throw new Error(`${program} did not start`);
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  return {
    process: child,
    pid: child.pid,
    output: () => output,
    errors: () => errors,
    ended: once(child, "close").then(([code]) => code as number | null),
  };
}

/** Asks until the answer is not undefined; fails with `what` after 30 s. */
export async function eventually<T>(what: string, ask: () => T | undefined): Promise<T> {
  const end = Date.now() + 30_000;
  while (Date.now() < end) {
    const answer = ask();
    if (answer !== undefined) return answer;
    await sleep(100);
  }
  throw new Error(`waited 30 s in vain for: ${what}`);
}
