/**
 * Files that exist under their own name only when they are whole and on disk: written beside it
 * under a temporary name, fsynced, renamed, and the folder fsynced too. After a crash or a power
 * cut there is the old file, the new one, or a leftover that says what it is.
 */
import { open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { BuildError } from "../errors.ts";

const leftover = /^\..+\.partial-([0-9]+)$/;
const inProgress = new Set<string>();

/** `write` makes the file at the path it is given; its value is returned once the file is in place. */
export async function writeWhole<T>(
  finalPath: string,
  write: (tempPath: string) => Promise<T>,
): Promise<T> {
  const folder = dirname(finalPath);
  const temp = join(folder, `.${basename(finalPath)}.partial-${process.pid}`);
  if (inProgress.has(temp)) {
    throw new BuildError("disk", `${finalPath} is being written twice at the same time`);
  }
  inProgress.add(temp);
  try {
    const value = await write(temp);
    await sync(temp, "r+");
    await rename(temp, finalPath);
    await sync(folder, "r");
    return value;
  } catch (error) {
    await rm(temp, { force: true });
    throw asDiskError(finalPath, error);
  } finally {
    inProgress.delete(temp);
  }
}

/** Deletes what runs that were killed left in `folder`, if there is one; returns the names. */
export async function removeLeftovers(folder: string): Promise<readonly string[]> {
  const removed: string[] = [];
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  for (const name of names) {
    const pid = leftover.exec(name)?.[1];
    if (pid === undefined || isBeingWritten(join(folder, name), Number(pid))) continue;
    await rm(join(folder, name), { force: true });
    removed.push(name);
  }
  return removed;
}

function isBeingWritten(path: string, pid: number): boolean {
  // Our own number may be that of a dead run: in containers numbers begin anew.
  if (pid === process.pid) return inProgress.has(path);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function sync(path: string, flags: string): Promise<void> {
  await using handle = await open(path, flags);
  await handle.sync();
}

const diskErrors: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full: free some space",
  EDQUOT: "your disk quota is used up: free some space",
  EROFS: "the file system is read-only: choose another folder",
  EACCES: "permission denied: choose another folder",
  EPERM: "permission denied: choose another folder",
  ENOENT: "a folder or file on the way there is missing",
  ENOTDIR: "something on the way there is not a folder",
  EIO: "the disk reports an error",
  EFBIG: "the file system can't hold a file of this size",
};

function asDiskError(path: string, error: unknown): unknown {
  if (error instanceof BuildError) return error;
  const { code, path: failed } = error as NodeJS.ErrnoException;
  const why = diskErrors[code ?? ""];
  if (why === undefined) return error;
  const which = failed === undefined || failed === path ? "" : ` (${failed})`;
  return new BuildError("disk", `can't write ${path}: ${why}${which}`, { cause: error });
}
