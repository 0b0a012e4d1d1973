/**
 * One build, from selection to result: plan, keep what is there, fetch, carry out recipes in
 * processes of their own, record. Tells its progress through `onEvent` and shows nothing itself.
 */
import { mkdir, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { removeLeftovers } from "./archive/atomic.ts";
import { BuildError } from "./errors.ts";
import type { BuildEvent, TargetOutcome } from "./events.ts";
import type { FetchOptions, FetchResult } from "./fetch/fetch-inputs.ts";
import { readLockPackages } from "./fetch/lock-packages.ts";
import { findIsolation } from "./isolate.ts";
import type { StageJob, TargetJob } from "./job.ts";
import { type Input, readInputs } from "./manifest.ts";
import { type PlannedTarget, planTargets, type Selection } from "./plan.ts";
import { editions, platforms } from "./recipes/recipe.ts";
import { openRecord, type ReleaseRecord } from "./record.ts";
import type { ReleaseArtifact } from "./release.ts";
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
    const artifact = record.find(target);
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
  const work = await makeWorkFolder(options.out).catch((cause: NodeJS.ErrnoException) => {
    throw new BuildError("disk", `cannot write into ${options.out} (${cause.code})`, { cause });
  });
  try {
    const stage = describeStage(ready[0]?.inputs ?? [], source, fetched, work);
    await runJob(stage, isolation, signal, () => {});
    await makeArtifacts(ready, (target) =>
      describeTarget(target, source, fetched, stage, join(options.out, source.version)),
    );
  } finally {
    await rm(work, { recursive: true, force: true });
    await removeLeftovers(join(options.out, source.version));
  }

  async function makeArtifacts(
    targets: readonly PlannedTarget[],
    describe: (target: PlannedTarget) => TargetJob,
  ): Promise<void> {
    const queue = [...targets];
    const worker = async (): Promise<void> => {
      for (let target = queue.shift(); target !== undefined; target = queue.shift()) {
        await makeArtifact(target, describe(target));
      }
    };
    const results = await Promise.allSettled(
      Array.from({ length: Math.min(availableParallelism(), targets.length) }, worker),
    );
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  async function makeArtifact(target: PlannedTarget, job: TargetJob): Promise<void> {
    signal.throwIfAborted();
    onEvent({ kind: "started", target: job.target });
    try {
      const made = await runJob(job, isolation, signal, (report) =>
        onEvent({ kind: "job", target: job.target, report }),
      );
      await record.add({ ...recordOf(target), ...made });
      finish({ ...summary(target), state: "built", ...made });
    } catch (error) {
      if (!(error instanceof BuildError) || error.code === "interrupted") throw error;
      finish({ ...summary(target), state: "failed", reason: error.message, code: error.code });
    }
  }
}

/** What the record says of a target besides its digest. */
function recordOf({
  recipe,
  artifact,
  buildId,
  inputs,
}: PlannedTarget): Omit<ReleaseArtifact, "sha256" | "size"> {
  return {
    target: recipe.target,
    file: artifact,
    buildId,
    tor: recipe.edition === "desktop" && recipe.tor !== "system" ? "bundled" : "system",
    inputs: inputs.map(({ id }) => id),
  };
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
    if (result.state === "unreachable") return result.error.message;
  }
  return undefined;
}

function readyFile(fetched: ReadonlyMap<string, FetchResult>, id: string): string {
  const result = fetched.get(id);
  if (result?.state !== "ready") throw new BuildError("recipe", `${id} is not here`);
  return result.path;
}

/** The app's packages are the same for every target, so any target's inputs will do. */
function describeStage(
  inputs: readonly Input[],
  source: Source,
  fetched: ReadonlyMap<string, FetchResult>,
  work: string,
): StageJob {
  return {
    kind: "stage",
    name: "staging",
    sourceRoot: source.root,
    app: source.app,
    packages: inputs.flatMap((input) =>
      input.kind === "npm" && input.lockPath !== undefined
        ? [{ lockPath: input.lockPath, file: readyFile(fetched, input.id) }]
        : [],
    ),
    stage: join(work, "stage"),
    work: join(work, "staging"),
    output: join(work, "licences.json"),
  };
}

function describeTarget(
  { recipe, artifact, buildId }: PlannedTarget,
  source: Source,
  fetched: ReadonlyMap<string, FetchResult>,
  { stage, output: licences, work }: StageJob,
  folder: string,
): TargetJob {
  return {
    kind: "target",
    name: recipe.target,
    target: recipe.target,
    info: {
      version: source.version,
      edition: recipe.edition,
      platform: recipe.platform,
      commit: source.commit,
      buildId,
    },
    epoch: source.epoch,
    inputs: Object.fromEntries(recipe.inputs.map((id) => [id, readyFile(fetched, id)])),
    stage,
    licences,
    work: join(dirname(work), recipe.target.replace("/", "-")),
    output: join(folder, artifact),
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
