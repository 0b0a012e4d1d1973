/**
 * What the writers of tar and zip put into an archive: the tree below a prefix folder, with all the
 * metadata that an entry gets. Nobody owns anything, nobody but the owner may write.
 */
import { BuildError } from "../errors.ts";
import type { Entry, Tree } from "../tree.ts";
import { comparePaths } from "./normalise.ts";

/** Options of every writer that stores times. None has a default: each is part of the recipe. */
export interface MemberOptions {
  /** Seconds since 1970, the time of every entry. */
  readonly mtime: number;
  /** The folder that everything lies in; empty for none. */
  readonly prefix: string;
}

/** The entries in archive order, their paths below the prefix, the prefix's own folders first. */
export function membersOf(tree: Tree, prefix: string): readonly Entry[] {
  const folders: Entry[] = [];
  for (let end = prefix.indexOf("/"); end !== -1; end = prefix.indexOf("/", end + 1)) {
    folders.push({ kind: "directory", path: prefix.slice(0, end) });
  }
  if (prefix !== "") folders.push({ kind: "directory", path: prefix });
  const below = tree.map((entry) => ({ ...entry, path: join(prefix, entry.path) }));
  const members = [...folders, ...below];
  for (const [index, { path }] of members.entries()) {
    const before = members[index - 1];
    if (before !== undefined && comparePaths(before.path, path) >= 0) {
      throw new BuildError(
        "archive",
        `${JSON.stringify(path)} comes after ${JSON.stringify(before.path)}: pass the entries ` +
          "through normaliseTree first",
      );
    }
  }
  return members;
}

function join(prefix: string, path: string): string {
  return prefix === "" ? path : `${prefix}/${path}`;
}

/** Permission bits. */
export function modeOf(entry: Entry): number {
  if (entry.kind === "symlink") return 0o777;
  return entry.kind === "directory" || entry.executable ? 0o755 : 0o644;
}
