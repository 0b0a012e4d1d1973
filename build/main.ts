/** `npm run build:repro`: reads the command line, runs the build, shows it, and sets the exit status. */

import { isAbsolute, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type Arguments, help, parseArguments } from "./cli/arguments.ts";
import { formatTable } from "./cli/table.ts";
import { createView } from "./cli/view.ts";
import { BuildError } from "./errors.ts";
import type { TargetOutcome } from "./events.ts";
import { defaultCacheFolder } from "./fetch/cache.ts";
import { type BuildResult, runBuild } from "./run.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Ctrl-C once ends the build in good order; a second time at once. */
function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(name, () => controller.abort(new BuildError("interrupted", `got ${name}`)));
  }
  return controller.signal;
}

function exitStatus(outcomes: readonly TargetOutcome[], requireAll: boolean): number {
  if (outcomes.some(({ state }) => state === "failed")) return 1;
  return requireAll && outcomes.some(({ state }) => state === "skipped") ? 3 : 0;
}

async function build(args: Arguments, cacheDir: string, signal: AbortSignal): Promise<BuildResult> {
  const view = createView(process.stderr);
  try {
    return await runBuild({
      root,
      selection: { editions: args.editions, platforms: args.platforms },
      out: resolve(args.out),
      manifest: args.manifest,
      fetch: {
        mirrors: args.mirrors,
        offline: args.offline,
        cacheDir,
        ...(args.inputs === undefined ? {} : { inputsDir: resolve(args.inputs) }),
        ...(args.proxy === undefined ? {} : { proxy: args.proxy }),
      },
      signal,
      onEvent: view.onEvent,
    });
  } finally {
    view.close();
  }
}

function show(outcomes: readonly TargetOutcome[], json: boolean): void {
  const { stdout } = process;
  const colour = stdout.isTTY && stdout.hasColors();
  const columns = stdout.columns ?? Number.POSITIVE_INFINITY;
  if (json) stdout.write(`${JSON.stringify(outcomes, null, 2)}\n`);
  else stdout.write(`\n${formatTable(outcomes, columns, colour)}\n`);
}

/** Artifacts among the sources would make the next build's sources different: only `out` is ignored. */
function checkOut(out: string): void {
  const inside = relative(root, resolve(out));
  const elsewhere = inside.startsWith("..") || isAbsolute(inside);
  if (elsewhere || inside === "out" || inside.startsWith(`out${sep}`)) return;
  throw new BuildError(
    "usage",
    `--out ${out} lies among the sources: use out, or a folder outside`,
  );
}

async function main(): Promise<number> {
  const args = parseArguments(process.argv.slice(2));
  checkOut(args.out);
  if (args.help) {
    process.stdout.write(help);
    return 0;
  }
  // What others may read of the release must not depend on who built it.
  process.umask(0o022);
  const signal = interruptSignal();
  const cacheDir = resolve(args.cache ?? defaultCacheFolder);
  const { folder, outcomes } = await build(args, cacheDir, signal);
  show(outcomes, args.json);
  const status = exitStatus(outcomes, args.requireAll);
  if (status !== 0 || !args.again) return status;
  const { buildAgain } = await import("./again/again.ts");
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const artifacts = outcomes
    .filter(({ state }) => state === "built" || state === "cached")
    .map(({ artifact }) => artifact);
  return buildAgain({ root, args, folder, artifacts, cacheDir, signal }, log);
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  process.stderr.write(`${error.code}: ${error.message}\n`);
  const statuses: Partial<Record<string, number>> = { usage: 2, interrupted: 130 };
  process.exitCode = statuses[error.code] ?? 1;
}
