/** What a recipe's code is given: the job, the staged sources, and the licences of what it bundles. */
import { BuildError } from "../errors.ts";
import type { TargetJob } from "../job.ts";
import type { PackageLicence } from "../stage.ts";
import { type FileEntry, findFile, type Tree } from "../tree.ts";

export interface RecipeContext {
  readonly job: TargetJob;
  readonly licences: readonly PackageLicence[];
}

/** The verified file of an input. */
export function inputFile(job: TargetJob, id: string): string {
  const file = job.inputs[id];
  if (file === undefined) throw new BuildError("recipe", `${job.target} was not given ${id}`);
  return file;
}

/** The member that a recipe counts on: an input without it is not the input it was written for. */
export function member(tree: Tree, path: string, input: string): FileEntry {
  const entry = findFile(tree, path);
  if (entry === undefined) {
    throw new BuildError(
      "recipe",
      `${input} has no file ${path}: the upstream changed its layout, so its recipe must change`,
    );
  }
  return entry;
}

export function bytesFile(path: string, bytes: Uint8Array, executable = false): FileEntry {
  return { kind: "file", path, executable, content: { bytes } };
}

export function textFile(path: string, text: string, executable = false): FileEntry {
  return bytesFile(path, Buffer.from(text, "utf8"), executable);
}

/** One text with the licence of every npm package that is part of the app. */
export function licencesFile(path: string, licences: readonly PackageLicence[]): FileEntry {
  const parts = licences.map(
    ({ name, text }) => `${name}\n${"-".repeat(name.length)}\n\n${text}\n`,
  );
  return textFile(path, `npm packages that are part of this program\n\n${parts.join("\n\n")}`);
}
