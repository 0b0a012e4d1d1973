/** Builds a second time under other conditions, and compares every file of the release. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { Arguments } from "../cli/arguments.ts";
import { compareArtifacts } from "../compare/compare.ts";
import { diffoscopeView } from "../compare/diffoscope.ts";
import { formatDifferences } from "../compare/format.ts";
import { BuildError } from "../errors.ts";
import { hashFile } from "../verify/digest.ts";
import { findConditions } from "./conditions.ts";
import { copyCheckout } from "./copy.ts";

export interface AgainOptions {
  readonly root: string;
  readonly args: Arguments;
  /** The folder of the first build, with its version. */
  readonly folder: string;
  /** The names of the artifacts that the first build has: each must come out again. */
  readonly artifacts: readonly string[];
  readonly cacheDir: string;
  readonly signal: AbortSignal;
}

/** The exit status: 0 where both builds are the same, 1 where not. Tells what it does on `log`. */
export async function buildAgain(
  options: AgainOptions,
  log: (line: string) => void,
): Promise<number> {
  const { root, folder, signal } = options;
  signal.throwIfAborted();
  const parent = resolve(options.args.out, `.again-${process.pid}`);
  await rm(parent, { recursive: true, force: true });
  await mkdir(join(parent, "home"), { recursive: true });
  log("Building a second time, elsewhere …");
  const copy = await copyCheckout(root, parent);
  try {
    const conditions = await findConditions(join(parent, "home"));
    const varied = [...conditions.varied, copy.order];
    log(`Different: ${varied.join(", ")}`);
    if (conditions.missing.length > 0) log(`Not different here: ${conditions.missing.join(", ")}`);
    const out = join(parent, "out");
    const { args } = options;
    const command = [
      ...conditions.prefix,
      join(copy.root, "node_modules/.bin/node"),
      join(copy.root, "build/main.ts"),
      "--offline",
      "--json",
      ...["--out", out],
      ...["--cache", options.cacheDir],
      ...["--platform", args.platforms.join(",")],
      ...(args.editions.length === 1 ? ["--edition", String(args.editions[0])] : []),
      ...(args.manifest === undefined ? [] : ["--manifest", resolve(args.manifest)]),
      ...(args.inputs === undefined ? [] : ["--inputs", resolve(args.inputs)]),
    ];
    await runBuild(command, { ...process.env, ...conditions.env }, parent, signal);
    return await compareFolders(options.artifacts, folder, join(out, basename(folder)), log);
  } finally {
    await copy.remove();
  }
}

function runBuild(
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd: string,
  signal: AbortSignal,
): Promise<void> {
  const [program, ...args] = command as [string, ...string[]];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env,
      stdio: ["ignore", "ignore", "inherit"],
      signal,
      killSignal: "SIGTERM",
    });
    // Of an interrupted child we also hear that it is gone: only then may its folder be removed.
    child.on("error", (cause) => {
      if (!signal.aborted) reject(cause);
    });
    child.on("close", (code) => {
      if (signal.aborted) reject(new BuildError("interrupted", "interrupted"));
      else if (code === 0) resolve();
      else reject(new BuildError("recipe", `the second build ended with exit status ${code}`));
    });
  });
}

/** SHA256SUMS and release.json follow from the artifacts. */
async function compareFolders(
  artifacts: readonly string[],
  first: string,
  second: string,
  log: (line: string) => void,
): Promise<number> {
  if (artifacts.length === 0) {
    log("Nothing was built, so nothing could be compared.");
    return 1;
  }
  let different = 0;
  for (const name of artifacts) {
    const [a, b] = [join(first, name), join(second, name)];
    if (!existsSync(b)) {
      different += 1;
      log(`MISSING    ${name} was not made a second time`);
      continue;
    }
    const [hashA, hashB] = await Promise.all([hashFile(a), hashFile(b)]);
    if (hashA.sha256 === hashB.sha256) {
      log(`identical  ${hashA.sha256}  ${name}`);
      continue;
    }
    different += 1;
    log(`DIFFERENT  ${name}\n${formatDifferences(await compareArtifacts(a, b))}`);
    const view = await diffoscopeView(a, b);
    if (view !== undefined) log(view);
  }
  log(different === 0 ? "Both builds are the same, bit for bit." : `${different} files differ.`);
  return different === 0 ? 0 : 1;
}
