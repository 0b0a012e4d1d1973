/**
 * The record of what lies in `out/VERSION`: rewritten after every artifact, so that a build that
 * was stopped goes on where it was. Artifacts of another build id are not part of it.
 */
import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Plan, PlannedTarget } from "./plan.ts";
import {
  describeRelease,
  type ReleaseArtifact,
  readRelease,
  releaseText,
  sums,
  writeText,
} from "./release.ts";
import type { Source } from "./source.ts";
import { hashFile } from "./verify/digest.ts";

export interface ReleaseRecord {
  /** The artifact of this target if it is there, made by the same build id, and whole. */
  readonly find: (target: PlannedTarget) => ReleaseArtifact | undefined;
  readonly add: (artifact: ReleaseArtifact) => Promise<void>;
  /** Writes what an earlier run left unsaid: a lost SHA256SUMS, a stale entry. */
  readonly close: () => Promise<void>;
}

/**
 * `everything` plans all targets, chosen or not: an artifact that an earlier run made for another
 * selection stays in the record while its build id still holds, and is removed when it does not.
 */
export async function openRecord(
  folder: string,
  everything: Plan,
  source: Source,
): Promise<ReleaseRecord> {
  const known = new Map<string, ReleaseArtifact>();
  for (const artifact of (await readRelease(folder))?.artifacts ?? []) {
    const planned = everything.targets.find(({ recipe }) => recipe.target === artifact.target);
    const file = join(folder, artifact.file);
    const found = await hashFile(file).catch(() => undefined);
    const current = planned?.buildId === artifact.buildId && found?.sha256 === artifact.sha256;
    if (current) known.set(artifact.target, artifact);
    else await rm(file, { force: true });
  }

  let writing: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    const release = describeRelease(everything, source, [...known.values()]);
    const text = releaseText(release);
    const sha256 = createHash("sha256").update(text).digest("hex");
    await writeIfChanged(join(folder, "release.json"), text);
    await writeIfChanged(
      join(folder, "SHA256SUMS"),
      sums([...release.artifacts, { file: "release.json", sha256 }]),
    );
  }

  return {
    find: ({ recipe }) => known.get(recipe.target),
    add: (artifact) => {
      known.set(artifact.target, artifact);
      // One after the other, for two targets may finish at the same time.
      writing = writing.then(write);
      return writing;
    },
    close: write,
  };
}

async function writeIfChanged(path: string, text: string): Promise<void> {
  const present = await readFile(path, "utf8").catch(() => undefined);
  if (present !== text) await writeText(path, text);
}
