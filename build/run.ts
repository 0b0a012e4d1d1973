/**
 * One build, from selection to result: plan, keep what is there, fetch, carry out recipes in
 * processes of their own, record. Tells its progress through `onEvent` and shows nothing itself.
 */
import { mkdir, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { removeLeftovers } from "./archive/atomic.ts";
import { BuildError } from "./errors.ts";
import type { BuildEvent, TargetOutcome } from "./events.ts";
import type { FetchOptions, FetchResult } from "./fetch/fetch-inputs.ts";
import { readLockPackages } from "./fetch/lock-packages.ts";
import { findIsolation } from "./isolate.ts";
import type { Job } from "./job.ts";
import { readInputs } from "./manifest.ts";
import { type PlannedTarget, planTargets, type Selection } from "./plan.ts";
import { editions, platforms } from "./recipes/recipe.ts";
import { openRecord, type ReleaseRecord } from "./record.ts";
import { runJob } from "./run-job.ts";
import { readSource, type Source } from "./source.ts";
import { makeWorkFolder, removeDeadWork } from "./work.ts";

export interface RunOptions {
  readonly root: string;
  readonly selection: Selection;
  /** The release goes to the folder VERSION inside it. */
  readonly out: string;
  /** Other pins than the repository's, for trials. */
  readonly manifest: string | undefined;
  readonly fetch: Omit<FetchOptions, "signal" | "onProgress">;
  readonly signal: AbortSignal;
  readonly onEvent: (event: BuildEvent) => void;
}

export interface BuildResult {
  /** `OUT/VERSION`: where the artifacts are. */
  readonly folder: string;
  readonly outcomes: readonly TargetOutcome[];
}

/**
 * @throws BuildError where nothing sensible can be built: wrong inputs, no commit, no disk. What
 * happens to a single target (skipped, failed) is in its outcome.
 */
export async function runBuild(options: RunOptions): Promise<BuildResult> {
  const { root, signal, onEvent } = options;
  const [pinned, source, packages] = await Promise.all([
    readInputs(options.manifest),
    readSource(root),
    readLockPackages(join(root, "package-lock.json")),
  ]);
  const plan = planTargets(options.selection, pinned, packages, source);
  const everything = planTargets({ editions, platforms }, pinned, packages, source);
  const folder = join(options.out, source.version);
  await makeFolder(folder);
  await Promise.all([removeLeftovers(folder), removeDeadWork(options.out)]);
  onEvent({
    kind: "planned",
    version: source.version,
    commit: source.commit,
    epoch: source.epoch,
    targets: plan.targets.map(({ recipe }) => recipe.target),
    folder,
  });

  const record = await openRecord(folder, everything, source);
  const outcomes = new Map<string, TargetOutcome>();
  const finish = (outcome: TargetOutcome): void => {
    outcomes.set(outcome.target, outcome);
    onEvent({ kind: "finished", outcome });
  };
  const missing: PlannedTarget[] = [];
  for (const target of plan.targets) {
    const artifact = await record.find(target);
    if (artifact === undefined) missing.push(target);
    else finish({ ...summary(target), state: "cached", ...digest(artifact) });
  }
  if (missing.length > 0) await buildMissing(missing, source, record, options, finish);
  signal.throwIfAborted();
  await record.close();
  return {
    folder,
    outcomes: plan.targets.flatMap(({ recipe }) => outcomes.get(recipe.target) ?? []),
  };
}

async function buildMissing(
  missing: readonly PlannedTarget[],
  source: Source,
  record: ReleaseRecord,
  options: RunOptions,
  finish: (outcome: TargetOutcome) => void,
): Promise<void> {
  const { signal, onEvent } = options;
  const { fetchInputs } = await import("./fetch/fetch-inputs.ts");
  const wanted = new Map(missing.flatMap(({ inputs }) => inputs).map((i) => [i.id, i]));
  const fetched = await fetchInputs([...wanted.values()], {
    ...options.fetch,
    signal,
    onProgress: (event) => onEvent({ kind: "fetch", event }),
  });
  const ready: PlannedTarget[] = [];
  for (const target of missing) {
    const reason = unreachable(target, fetched);
    if (reason === undefined) ready.push(target);
    else finish({ ...summary(target), state: "skipped", reason });
  }
  if (ready.length === 0) return;

  const isolation = await findIsolation(process.platform);
  onEvent({ kind: "note", text: isolation.description });
  const work = await makeWorkFolder(options.out);
  const folder = join(options.out, source.version);
  const queue = [...ready];
  const worker = async (): Promise<void> => {
    for (let target = queue.shift(); target !== undefined; target = queue.shift()) {
      signal.throwIfAborted();
      const { recipe } = target;
      onEvent({ kind: "started", target: recipe.target });
      try {
        const job = describeJob(target, source, fetched, work, folder);
        const made = await runJob(job, isolation, signal, (report) =>
          onEvent({ kind: "job", target: recipe.target, report }),
        );
        const tor = recipe.edition === "desktop" && recipe.tor !== "system" ? "bundled" : "system";
        const inputs = target.inputs.map(({ id }) => id);
        const { artifact: file, buildId } = target;
        await record.add({ target: recipe.target, file, buildId, tor, inputs, ...made });
        finish({ ...summary(target), state: "built", ...made });
      } catch (error) {
        if (!(error instanceof BuildError) || error.code === "interrupted") throw error;
        finish({ ...summary(target), state: "failed", reason: error.message, code: error.code });
      }
    }
  };
  try {
    const results = await Promise.allSettled(
      Array.from({ length: Math.min(availableParallelism(), ready.length) }, worker),
    );
    for (const result of results) if (result.status === "rejected") throw result.reason;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function summary(target: PlannedTarget): Pick<TargetOutcome, "target" | "artifact" | "buildId"> {
  return { target: target.recipe.target, artifact: target.artifact, buildId: target.buildId };
}

function digest(artifact: { readonly size: number; readonly sha256: string }): {
  readonly size: number;
  readonly sha256: string;
} {
  return { size: artifact.size, sha256: artifact.sha256 };
}

/** Why a target cannot be built: the first of its inputs that could not be had. */
function unreachable(
  target: PlannedTarget,
  fetched: ReadonlyMap<string, FetchResult>,
): string | undefined {
  for (const { id } of target.inputs) {
    const result = fetched.get(id);
    if (result === undefined) return `${id} was not fetched`;
    if (result.state === "unreachable") return `${id}: ${result.error.message}`;
  }
  return undefined;
}

function describeJob(
  target: PlannedTarget,
  source: Source,
  fetched: ReadonlyMap<string, FetchResult>,
  work: string,
  output: string,
): Job {
  const { recipe, buildId } = target;
  const files = new Map<string, string>();
  for (const [id, result] of fetched) if (result.state === "ready") files.set(id, result.path);
  const fileOf = (id: string): string => {
    const file = files.get(id);
    if (file === undefined) throw new BuildError("recipe", `${recipe.target} lacks ${id}`);
    return file;
  };
  return {
    target: recipe.target,
    info: {
      version: source.version,
      edition: recipe.edition,
      platform: recipe.platform,
      commit: source.commit,
      buildId,
    },
    epoch: source.epoch,
    sourceRoot: source.root,
    app: source.app,
    inputs: Object.fromEntries(recipe.inputs.map((id) => [id, fileOf(id)])),
    packages: target.inputs.flatMap((input) =>
      input.kind === "npm" && input.lockPath !== undefined
        ? [{ lockPath: input.lockPath, file: fileOf(input.id) }]
        : [],
    ),
    work: join(work, recipe.target.replace("/", "-")),
    output: join(output, target.artifact),
  };
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new BuildError(
      "disk",
      `cannot make the folder ${folder} (${code}): choose another with --out`,
      { cause },
    );
  }
}
