/**
 * Where the contents of an input archive go: files with names of ours (00001, 00002, …) in a folder
 * of ours, or memory if they are small. The archive's own paths stay data, so no path in it can reach anything on this machine.
 */
import { mkdir, open } from "node:fs/promises";
import { basename, join } from "node:path";
import { BuildError } from "../errors.ts";
import type { Content } from "../tree.ts";

export interface Store {
  readonly save: (chunks: AsyncIterable<Uint8Array>) => Promise<Content>;
}

// Small files stay in memory, up to a bound: a package of a thousand modules would otherwise be a
// thousand files that are written, read once and deleted.
const smallFile = 64 * 1024;
const smallTotal = 64 * 1024 * 1024;

/** `into` is made if it is missing; files of an earlier archive in it are not overwritten. */
export async function openStore(into: string): Promise<Store> {
  await mkdir(into, { recursive: true });
  let count = 0;
  let inMemory = 0;
  return {
    save: async (chunks) => {
      const source = chunks[Symbol.asyncIterator]();
      const head: Uint8Array[] = [];
      let size = 0;
      while (size <= smallFile && inMemory + size <= smallTotal) {
        const next = await source.next();
        if (next.done) {
          inMemory += size;
          return { bytes: Buffer.concat(head) };
        }
        head.push(Buffer.from(next.value)); // a copy: the reader may use its memory again
        size += next.value.length;
      }
      count += 1;
      const file = join(into, String(count).padStart(5, "0"));
      await using handle = await open(file, "wx", 0o600);
      for (const chunk of head) await handle.writeFile(chunk);
      for await (const chunk of { [Symbol.asyncIterator]: () => source }) {
        await handle.writeFile(chunk);
        size += chunk.length;
      }
      return { file, size };
    },
  };
}

/** Runs a reader; what it throws names the archive and says what kind of failure it is. */
export async function reading<T>(archive: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw explained(basename(archive), error);
  }
}

// zlib's codes for bytes that end early, that its format doesn't allow, or that a checksum refutes.
const damage = /^(Z_|ZSTD_|ERR_TRAILING_JUNK|ERR_BUFFER_TOO_LARGE|ERR_PADDING)/;
const diskTrouble = /^(ENOSPC|EDQUOT|EROFS|EACCES|EPERM|ENOENT|EEXIST|EIO|EFBIG|EISDIR)$/;

function explained(name: string, error: unknown): unknown {
  if (error instanceof BuildError) {
    if (error.code !== "archive") return error;
    return new BuildError("archive", `${name}: ${error.message}`, { cause: error.cause ?? error });
  }
  if (!(error instanceof Error)) return error;
  const { code = "" } = error as NodeJS.ErrnoException;
  if (diskTrouble.test(code)) {
    return new BuildError("disk", `unpacking ${name}: ${error.message}`, { cause: error });
  }
  if (damage.test(code)) {
    const why = code === "Z_BUF_ERROR" ? "it is truncated" : `it is damaged (${error.message})`;
    return new BuildError("archive", `${name}: ${why}`, { cause: error });
  }
  return error;
}
