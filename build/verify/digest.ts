/**
 * Hashes a file and holds it against its pins. The one place where bytes from outside become bytes
 * that a recipe may use. It knows nothing of where the file came from.
 */
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { BuildError } from "../errors.ts";

/** What is known of a file; at least one of the hashes is. */
export interface Pin {
  readonly sha256: string | null;
  /** `sha512-` and base64, as npm writes it. */
  readonly integrity: string | null;
  readonly size: number | null;
}

export interface Verified {
  readonly sha256: string;
  readonly size: number;
}

/**
 * Returns the hash and size of the file at `path` if they are the pinned ones.
 * `name` is what messages call it.
 * @throws BuildError `mismatch`, or `disk` where it can't be read.
 */
export async function verifyFile(
  path: string,
  pin: Pin,
  name: string,
  signal?: AbortSignal,
): Promise<Verified> {
  if (pin.sha256 === null && pin.integrity === null) {
    throw new BuildError("manifest", `${name} is not pinned by any hash.`);
  }
  const sha512 = pin.integrity === null ? null : createHash("sha512");
  const { size, sha256: found } = await hashFile(path, signal, sha512);
  // The size first: it says most about what went wrong.
  if (pin.size !== null && size !== pin.size) {
    throw mismatch(name, path, `${pin.size} bytes`, `${size} bytes`);
  }
  if (pin.sha256 !== null && found !== pin.sha256) {
    throw mismatch(name, path, `sha256 ${pin.sha256}`, found);
  }
  const integrity = `sha512-${sha512?.digest("base64")}`;
  if (pin.integrity !== null && integrity !== pin.integrity) {
    throw mismatch(name, path, pin.integrity, integrity);
  }
  return { sha256: found, size };
}

/**
 * What a file is, without saying whether it should be; `also` is fed the same bytes.
 * @throws BuildError `disk`, or the reason of `signal`.
 */
export async function hashFile(
  path: string,
  signal?: AbortSignal,
  also: Hash | null = null,
): Promise<Verified> {
  const sha256 = createHash("sha256");
  let size = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal })) {
      sha256.update(chunk);
      also?.update(chunk);
      size += chunk.length;
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw new BuildError("disk", `Can't read ${path} (${(cause as Error).message}).`, { cause });
  }
  return { sha256: sha256.digest("hex"), size };
}

function mismatch(name: string, where: string, expected: string, found: string): BuildError {
  return new BuildError(
    "mismatch",
    `${name} is not the file that is pinned: ${where} has ${found}, expected ${expected}. ` +
      "Don't use it; if upstream changed a release, that is worth telling others.",
  );
}
