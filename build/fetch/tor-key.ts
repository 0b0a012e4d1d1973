/**
 * The key that signs Tor's bundles, as a file. Its owner changes its subkeys, so no hash pins it:
 * a copy counts if its primary key has the pinned fingerprint. A bundle that is fetched now is
 * verified by the newest copy that can be had; for the record any copy will do.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { BuildError } from "../errors.ts";
import type { TorKeyInput } from "../manifest.ts";
import type { Verified } from "../verify/digest.ts";
import { type Cache, replaceFile } from "./cache.ts";
import type { Network } from "./context.ts";
import { checkTorKey, fetchTorKey } from "./tor.ts";

export interface TorKey extends Verified {
  readonly path: string;
  /** Of the primary key. */
  readonly fingerprint: string;
  readonly bytes: Uint8Array;
}

function pathOf(key: TorKeyInput, cache: Cache): string {
  return join(cache.folder, "keys", `${key.fingerprint}.pgp`);
}

/** The key in the file at `path`. @throws BuildError `signature` if it is another. */
export async function readTorKey(key: TorKeyInput, path: string): Promise<TorKey> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new BuildError("disk", `Can't read ${path} (${(cause as Error).message}).`, { cause });
  }
  await checkTorKey(key, bytes);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { path, fingerprint: key.fingerprint, bytes, sha256, size: bytes.length };
}

/** The copy that an earlier run kept; null if there is none, or if it is spoiled. */
export async function cachedTorKey(key: TorKeyInput, cache: Cache): Promise<TorKey | null> {
  try {
    return await readTorKey(key, pathOf(key, cache));
  } catch {
    return null;
  }
}

/** Fetches the key and keeps a copy. */
export async function freshTorKey(key: TorKeyInput, network: Network): Promise<TorKey> {
  const bytes = await fetchTorKey(key, network);
  const path = pathOf(key, network.cache);
  await replaceFile(network.cache, path, bytes);
  return await readTorKey(key, path);
}
