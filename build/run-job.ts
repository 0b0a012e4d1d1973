/** Starts the process that does one job, passes its reports on, and ends it when told to. */
import { spawn } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BuildError } from "./errors.ts";
import type { Isolation } from "./isolate.ts";
import type { Job, JobReport } from "./job.ts";

const makeProgram = fileURLToPath(new URL("./make.ts", import.meta.url));

/** What is left of the caller's environment: nothing that changes what Node runs or trusts. */
function jobEnvironment(work: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(NODE_|npm_|SSL|OPENSSL_|ESBUILD_)/i.test(name),
  );
  return { ...Object.fromEntries(kept), HOME: work, TMPDIR: work };
}

/**
 * Resolves with the artifact's digest and size.
 * @throws BuildError with the job's own code, or `interrupted`.
 */
export async function runJob(
  job: Job,
  isolation: Isolation,
  signal: AbortSignal,
  onReport: (report: JobReport) => void,
): Promise<{ readonly sha256: string; readonly size: number }> {
  signal.throwIfAborted();
  await mkdir(job.work, { recursive: true });
  const jobFile = join(job.work, "job.json");
  await writeFile(jobFile, JSON.stringify(job));
  const command = [...isolation.prefix, process.execPath, makeProgram, jobFile];
  const [program, ...args] = command as [string, ...string[]];
  try {
    return await new Promise((resolve, reject) => {
      const child = spawn(program, args, {
        cwd: job.work,
        env: jobEnvironment(job.work),
        stdio: ["ignore", "pipe", "pipe", "ipc"],
        signal,
        killSignal: "SIGKILL",
      });
      let last: JobReport | undefined;
      let output = "";
      const keep = (chunk: Buffer): void => {
        output = (output + chunk.toString("utf8")).slice(-4000);
      };
      child.stdout?.on("data", keep);
      child.stderr?.on("data", keep);
      child.on("message", (report: JobReport) => {
        last = report;
        onReport(report);
      });
      child.on("error", (cause) => {
        // Of an interrupted child we also hear that it is gone: only then is its work ours to clear.
        if (signal.aborted) return;
        reject(new BuildError("recipe", `cannot start ${program}: ${cause.message}`, { cause }));
      });
      child.on("close", (code, killedBy) => {
        if (last?.kind === "done") return resolve({ sha256: last.sha256, size: last.size });
        if (signal.aborted) return reject(new BuildError("interrupted", "interrupted"));
        if (last?.kind === "failed") return reject(new BuildError(last.code, last.message));
        const how = killedBy === null ? `exit status ${code}` : `signal ${killedBy}`;
        reject(new BuildError("recipe", `${job.name}: ended by ${how}\n${output}`.trim()));
      });
    });
  } finally {
    await rm(job.work, { recursive: true, force: true });
  }
}
