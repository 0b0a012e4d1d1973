/**
 * diffoscope's view of two artifacts, where it is installed (Debian: diffoscope or
 * diffoscope-minimal): it disassembles and pretty-prints what our own report shows as bytes.
 */
import { execFile } from "node:child_process";

export interface DiffoscopeLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

const usualLimits: DiffoscopeLimits = { timeoutMs: 120_000, maxBytes: 64 * 1024 };

/** Undefined where diffoscope is not installed; a sentence where it failed or ran out of time. */
export async function diffoscopeView(
  a: string,
  b: string,
  { timeoutMs, maxBytes }: DiffoscopeLimits = usualLimits,
): Promise<string | undefined> {
  // Its own limit leaves it time to clean up its temporary files before the signal.
  const limit = ["--timeout", String(Math.ceil(timeoutMs / 2000))];
  const args = [
    "--no-progress",
    ...limit,
    "--max-text-report-size",
    String(maxBytes),
    "--text",
    "-",
  ];
  return new Promise((resolve) => {
    const options = { timeout: timeoutMs, maxBuffer: 4 * maxBytes + 65_536 };
    execFile("diffoscope", [...args, a, b], options, (error, stdout, stderr) => {
      if (error === null) return resolve("diffoscope sees no difference");
      if (error.code === "ENOENT") return resolve(undefined);
      if (error.killed === true) return resolve(`diffoscope was stopped after ${timeoutMs} ms`);
      // 1 means that there are differences, more that it failed.
      if (stdout !== "") return resolve(stdout);
      resolve(`diffoscope failed: ${stderr.trim()}`);
    });
  });
}
