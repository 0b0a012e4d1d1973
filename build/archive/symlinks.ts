/**
 * Where the symlinks of a tree lead, walked as a kernel walks them (POSIX path resolution): through
 * other links of the tree, `..` taken from where one then stands. Leading to something that the
 * tree does not have is allowed, out of the tree is not, nor is going in circles.
 */
import { posix } from "node:path";
import { BuildError } from "../errors.ts";
import type { Entry, SymlinkEntry } from "../tree.ts";

const maxHops = 40; // SYMLOOP_MAX of Linux

/** Throws unless following `link` stays within the tree. */
export function checkLink(link: SymlinkEntry, byPath: ReadonlyMap<string, Entry>): void {
  const followed: SymlinkEntry[] = [link];
  const at = link.path.split("/").slice(0, -1);
  const ahead = link.target.split("/").reverse();
  for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
    if (name === "" || name === ".") continue;
    if (name === "..") {
      if (at.pop() === undefined) throw refusal("leads out of the tree", followed);
      continue;
    }
    at.push(name);
    const entry = byPath.get(at.join("/"));
    if (entry?.kind !== "symlink") continue;
    followed.push(entry);
    if (followed.length > maxHops) throw refusal("goes in circles", followed.slice(0, 3));
    at.pop();
    ahead.push(...entry.target.split("/").reverse());
  }
}

function refusal(why: string, followed: readonly SymlinkEntry[]): BuildError {
  const [link, ...through] = followed.map(
    ({ path, target }) => `${JSON.stringify(path)} -> ${JSON.stringify(target)}`,
  );
  const rest = through.length === 0 ? "" : `, through ${through.join(", ")}`;
  return new BuildError("archive", `the symlink ${link} ${why}${rest}`);
}

/** The target as a path from the tree's root, for formats that want that; links are not followed. */
export function linkFromRoot(link: SymlinkEntry): string {
  return posix.join(posix.dirname(link.path), link.target).replace(/\/$/, "");
}
