/**
 * Reads a folder of our own into entries, in whatever order the file system lists it: pass them
 * through normaliseTree. Contents stay where they are. Times, owners and all mode bits but the
 * owner's execute bit are dropped, so that umask and user don't matter.
 */
import { lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { BuildError } from "../errors.ts";
import type { Entry } from "../tree.ts";

export async function readDirectory(root: string): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  const folders = [""];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of await readdir(join(root, folder))) {
      const path = folder === "" ? name : `${folder}/${name}`;
      const entry = await toEntry(join(root, path), path);
      if (entry.kind === "directory") folders.push(path);
      entries.push(entry);
    }
  }
  return entries;
}

async function toEntry(file: string, path: string): Promise<Entry> {
  const stats = await lstat(file);
  if (stats.isDirectory()) return { kind: "directory", path };
  if (stats.isSymbolicLink()) return { kind: "symlink", path, target: await readlink(file) };
  if (!stats.isFile()) {
    throw new BuildError("archive", `${file} is neither file, folder nor symlink`);
  }
  const executable = (stats.mode & 0o100) !== 0;
  return { kind: "file", path, executable, content: { file, size: stats.size } };
}
