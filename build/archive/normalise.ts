/**
 * Makes a Tree of entries from anywhere: checks every name, adds the folders that are only implied,
 * sorts by bytes. What comes out unpacks to the same files on every system, so what can't do that
 * throws, naming the offenders. Reads no file contents.
 */
import { BuildError } from "../errors.ts";
import type { Entry, Tree } from "../tree.ts";
import { checkPath, checkTarget, foldPath } from "./names.ts";
import { checkLink } from "./symlinks.ts";

export interface NormaliseOptions {
  /** Also refuse what Windows can't hold: its reserved names and characters, and symlinks. */
  readonly windowsNames: boolean;
}

export function normaliseTree(entries: Iterable<Entry>, options: NormaliseOptions): Tree {
  const byFold = new Map<string, Entry>();
  for (const entry of entries) {
    checkPath(entry.path, options.windowsNames);
    if (entry.kind === "symlink") checkSymlink(entry.path, entry.target, options);
    addNew(byFold, entry);
  }
  for (const entry of [...byFold.values()]) addParents(byFold, entry.path);

  const byPath = new Map([...byFold.values()].map((entry) => [entry.path, entry]));
  for (const entry of byPath.values()) {
    if (entry.kind === "symlink") checkLink(entry, byPath);
  }
  return [...byPath.values()].sort((a, b) => comparePaths(a.path, b.path));
}

/** By UTF-8 bytes, as `LC_ALL=C sort` does; UTF-16 order differs beyond the basic plane. */
export function comparePaths(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function checkSymlink(path: string, target: string, { windowsNames }: NormaliseOptions): void {
  checkTarget(path, target);
  if (windowsNames) {
    throw new BuildError(
      "archive",
      `${JSON.stringify(path)} is a symlink, which Windows's own tools don't unpack`,
    );
  }
}

function addNew(byFold: Map<string, Entry>, entry: Entry): void {
  const fold = foldPath(entry.path);
  const other = byFold.get(fold);
  if (other !== undefined) throw clash(other.path, entry.path);
  byFold.set(fold, entry);
}

function addParents(byFold: Map<string, Entry>, path: string): void {
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
    const parent = path.slice(0, end);
    const fold = foldPath(parent);
    const found = byFold.get(fold);
    if (found === undefined) {
      byFold.set(fold, { kind: "directory", path: parent });
    } else if (found.path !== parent) {
      throw clash(found.path, parent);
    } else if (found.kind !== "directory") {
      throw new BuildError(
        "archive",
        `${JSON.stringify(path)} lies in ${JSON.stringify(parent)}, which is a ${found.kind}`,
      );
    }
  }
}

function clash(a: string, b: string): BuildError {
  if (a === b) return new BuildError("archive", `two entries are called ${JSON.stringify(a)}`);
  return new BuildError(
    "archive",
    `${JSON.stringify(a)} and ${JSON.stringify(b)} differ only in case or Unicode ` +
      "normalisation: on Windows and macOS they would be one file",
  );
}
