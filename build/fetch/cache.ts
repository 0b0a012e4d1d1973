/**
 * The cache: files by their hash (`sha256/ab/ab12…`, `sha512/…` where that is the pin) and partial
 * downloads. A file has its final name only when it is whole, verified and on the disk. Several
 * processes may use one cache at once; killing one leaves nothing that another would trust.
 */
import { randomUUID } from "node:crypto";
import {
  access,
  constants,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import envPaths from "env-paths";
import { BuildError } from "../errors.ts";
import { type Pin, type Verified, verifyFile } from "../verify/digest.ts";

export interface Cache {
  readonly folder: string;
}

/** A partial download that belongs to this process until it is stored or released. */
export interface Part {
  /** Other processes' parts of the same file have the same key. */
  readonly key: string;
  readonly path: string;
}

export const defaultCacheFolder: string = envPaths("tor-messenger-build", { suffix: "" }).cache;

/** Older than this, a part or temporary folder belongs to nobody any more. */
const abandonedAfter = 24 * 60 * 60 * 1000;

/** @throws BuildError `disk` if the folder can't be made or written to. */
export async function openCache(folder: string = defaultCacheFolder): Promise<Cache> {
  try {
    await mkdir(join(folder, "partial"), { recursive: true });
    await mkdir(join(folder, "tmp"), { recursive: true });
    // access() knows nothing of read-only mounts on some systems, and root may do anything.
    const probe = join(folder, "tmp", randomUUID());
    await writeFile(probe, "");
    await rm(probe);
  } catch (cause) {
    throw new BuildError(
      "disk",
      `The cache folder ${folder} can't be written to (${(cause as Error).message}). ` +
        "Free or repair it, or choose another with --cache.",
      { cause },
    );
  }
  await removeAbandoned(join(folder, "tmp"), () => true);
  await removeAbandoned(join(folder, "partial"), (name) => owner(name) !== null);
  return { folder };
}

async function removeAbandoned(folder: string, applies: (name: string) => boolean): Promise<void> {
  for (const name of (await readdir(folder)).filter(applies)) {
    const path = join(folder, name);
    const info = await stat(path).catch(() => null);
    if (info !== null && Date.now() - info.mtimeMs > abandonedAfter) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

/** What a file with these pins is called here, without its folder: also the key of its parts. */
export function keyOf(pin: Pin): string {
  if (pin.sha256 !== null) return `sha256-${pin.sha256}`;
  if (pin.integrity === null) throw new BuildError("manifest", "An input has no hash.");
  const [, base64] = pin.integrity.split("-");
  return `sha512-${Buffer.from(base64 ?? "", "base64").toString("hex")}`;
}

function pathOf(cache: Cache, pin: Pin): string {
  const [algorithm = "", hex = ""] = keyOf(pin).split("-");
  return join(cache.folder, algorithm, hex.slice(0, 2), hex);
}

/**
 * The cached file, hashed again; null if there is none. One that no longer matches is removed,
 * `onCorrupt` is told, and the answer is null.
 */
export async function findCached(
  cache: Cache,
  pin: Pin,
  name: string,
  onCorrupt: (path: string) => void,
  signal?: AbortSignal,
): Promise<(Verified & { readonly path: string }) | null> {
  const path = pathOf(cache, pin);
  try {
    await access(path, constants.R_OK);
  } catch {
    return null;
  }
  try {
    return { path, ...(await verifyFile(path, pin, name, signal)) };
  } catch (error) {
    if (!(error instanceof BuildError) || error.code !== "mismatch") throw error;
    onCorrupt(path);
    await rm(path, { force: true });
    return null;
  }
}

/**
 * Takes over what an earlier download of this file left behind, or starts an empty part. Renaming
 * is what makes it ours: of two processes that try, one succeeds.
 */
export async function claimPart(cache: Cache, key: string): Promise<Part> {
  const folder = join(cache.folder, "partial");
  const path = join(folder, `${key}.${process.pid}.${randomUUID().slice(0, 8)}.part`);
  const claimable = (await readdir(folder)).filter(
    (name) => name === `${key}.part` || (name.startsWith(`${key}.`) && isDead(owner(name))),
  );
  for (const name of claimable) {
    try {
      await rename(join(folder, name), path);
      return { key, path };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw diskError(error, path);
    }
  }
  return { key, path };
}

/** Leaves an unfinished part to the next download of the same file. */
export async function releasePart(cache: Cache, part: Part): Promise<void> {
  const info = await stat(part.path).catch(() => null);
  if (info === null) return;
  if (info.size === 0) await rm(part.path, { force: true });
  else await rename(part.path, join(cache.folder, "partial", `${part.key}.part`));
}

/** Gives a verified file its final name and returns it. */
export async function store(cache: Cache, source: string, pin: Pin): Promise<string> {
  const path = pathOf(cache, pin);
  try {
    const handle = await open(source, "r+");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    await mkdir(dirname(path), { recursive: true });
    await rename(source, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    throw diskError(cause, path);
  }
  return path;
}

/** Writes a small file that no hash names, whole or not at all. */
export async function replaceFile(cache: Cache, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(cache.folder, "tmp", randomUUID());
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, bytes, { flush: true });
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    await rm(temporary, { force: true });
    throw diskError(cause, path);
  }
}

/** So that the new name, too, is on the disk. Windows has no such call. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A failed write as a BuildError that says what to do; `missing` bytes are still to come. */
export function diskError(cause: unknown, path: string, missing?: number): BuildError {
  const { code = "", message } = cause as NodeJS.ErrnoException;
  if (code !== "ENOSPC" && code !== "EDQUOT") {
    return new BuildError("disk", `Can't write ${path} (${message}).`, { cause });
  }
  const need = missing === undefined ? "" : `: ${missing} more bytes are needed there`;
  return new BuildError(
    "disk",
    `The disk is full${need} (${path}). What is here already is kept; ` +
      "free space or choose another folder with --cache, then run this again.",
    { cause },
  );
}

/** The process id in `KEY.PID.RANDOM.part`; null for `KEY.part`, which nobody owns. */
function owner(name: string): number | null {
  const [, pid, , extension] = name.split(".");
  return extension === undefined ? null : Number(pid);
}

/** A process that has ended can't write to its part any more. Its id may have a new owner: then
 * the part stays until it counts as abandoned. */
function isDead(pid: number | null): boolean {
  if (pid === null || !Number.isSafeInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
