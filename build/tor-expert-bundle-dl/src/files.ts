/**
 * The file system: hash a file, read a small one, and put a whole one in place. A file has its
 * final name only once it is complete and on the disk.
 */
import { createHash, randomBytes } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { copyFile, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { TorBundleError } from "./errors.ts";

/** Waits for a file system call; what goes wrong is then called what it is. */
export async function onDisk<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TorBundleError("disk", `A file could not be read or written: ${reason}.`, { cause });
  }
}

/** The sha256 of a file in lower-case hex, or undefined where there is no such file. */
export async function sha256OfFile(path: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(path)) {
      hash.update(chunk);
    }
  } catch (cause) {
    if (isMissing(cause)) {
      return undefined;
    }
    return onDisk(Promise.reject(cause));
  }
  return hash.digest("hex");
}

/** Refuses a longer file before reading it, for downloaders that do not look at `maxBytes`. */
export async function readSmallFile(
  path: string,
  maxBytes: number,
  source: string,
): Promise<Uint8Array> {
  const { size } = await onDisk(stat(path));
  if (size > maxBytes) {
    throw new TorBundleError(
      "too-large",
      `${source} has ${size} bytes, at most ${maxBytes} were expected.`,
    );
  }
  return onDisk(readFile(path));
}

/** As `readSmallFile`, but undefined where there is no such file. */
export async function readSmallFileIfThere(
  path: string,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  try {
    return await readSmallFile(path, maxBytes, path);
  } catch (error) {
    if (error instanceof TorBundleError && isMissing(error.cause)) {
      return undefined;
    }
    throw error;
  }
}

/** Moves a whole file to its final name, over whatever is there; from another disk, by a copy. */
export async function moveIntoPlace(from: string, to: string): Promise<void> {
  await onDisk(mkdir(dirname(to), { recursive: true }));
  await onDisk(sync(from));
  try {
    await rename(from, to);
  } catch (cause) {
    if (!hasCode(cause, "EXDEV")) {
      return onDisk(Promise.reject(cause));
    }
    await copyIntoPlace(from, to);
  }
  await onDisk(syncFolder(dirname(to)));
}

async function copyIntoPlace(from: string, to: string): Promise<void> {
  // A name of its own, so that two processes cannot write into one file.
  const partial = `${to}.${randomBytes(6).toString("hex")}.partial`;
  try {
    await onDisk(copyFile(from, partial, constants.COPYFILE_EXCL));
    await onDisk(sync(partial));
    await onDisk(rename(partial, to));
  } finally {
    await rm(partial, { force: true });
  }
}

async function sync(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") {
    return; // Windows has no handle on a folder to sync.
  }
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function isMissing(error: unknown): boolean {
  return hasCode(error, "ENOENT");
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
