/**
 * The bytes of a file as a stream of chunks whose sizes depend on nothing but its length. Codecs
 * are fed from here, because what zlib and zstd make of the same bytes may depend on how they
 * were cut.
 */
import { open } from "node:fs/promises";
import { BuildError } from "../errors.ts";
import type { Content } from "../tree.ts";

/** Divides the 4 MiB blocks of asar's integrity. */
export const chunkSize: number = 256 * 1024;

/** Told how many bytes of file content have just been read: for a progress bar. */
export type OnBytes = (count: number) => void;

/** All chunks have `chunkSize` bytes but the last; a file that is not `size` bytes long throws. */
export async function* chunksOf(content: Content, onBytes?: OnBytes): AsyncGenerator<Buffer> {
  const source =
    "bytes" in content ? slices(content.bytes) : fileChunks(content.file, content.size);
  for await (const chunk of source) {
    onBytes?.(chunk.length);
    yield chunk;
  }
}

function* slices(bytes: Uint8Array): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunkSize) {
    const part = bytes.subarray(at, at + chunkSize);
    yield Buffer.from(part.buffer, part.byteOffset, part.length);
  }
}

async function* fileChunks(file: string, size: number): AsyncGenerator<Buffer> {
  await using handle = await open(file, "r");
  const { size: found } = await handle.stat();
  if (found !== size) throw changed(file, size, found);
  for (let at = 0; at < size; ) {
    // A new buffer each time: the receiver may still be reading the last one.
    const chunk = Buffer.allocUnsafe(Math.min(chunkSize, size - at));
    let filled = 0;
    while (filled < chunk.length) {
      const { bytesRead } = await handle.read(chunk, filled, chunk.length - filled, at + filled);
      if (bytesRead === 0) throw changed(file, size, at + filled);
      filled += bytesRead;
    }
    at += filled;
    yield chunk;
  }
}

function changed(file: string, expected: number, found: number): BuildError {
  return new BuildError(
    "disk",
    `${file} has ${found} bytes and had ${expected} before: it changed while it was being packed`,
  );
}
