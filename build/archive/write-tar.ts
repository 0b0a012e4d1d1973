/**
 * Writes .tar.zst: POSIX.1-2001 tar (ustar headers, with a pax header before those entries whose
 * path or link target does not fit), compressed as one zstd frame (RFC 8878) with checksum and
 * content size. Headers are encoded by the `tar` package, compression is Node's own.
 */
import { createWriteStream } from "node:fs";
import type { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress } from "node:zlib";
import { Header, Pax } from "tar";
import { BuildError } from "../errors.ts";
import { contentSize, type Entry, type Tree } from "../tree.ts";
import { writeWhole } from "./atomic.ts";
import { chunkSize, chunksOf, type OnBytes } from "./content.ts";
import { type MemberOptions, membersOf, modeOf } from "./members.ts";

export interface TarZstOptions extends MemberOptions {
  /** 1 to 22. */
  readonly level: number;
  /** log2 of the window in bytes, at most 27: with more, `zstd -d` and `tar` refuse. */
  readonly windowLog: number;
  readonly onBytes?: OnBytes;
}

const block = 512;
const end: Buffer = Buffer.alloc(2 * block);

/** The same tree and options give the same bytes. */
export async function writeTarZst(tree: Tree, file: string, options: TarZstOptions): Promise<void> {
  if (!Number.isInteger(options.mtime) || options.mtime < 0 || options.mtime >= 8 ** 11) {
    throw new BuildError("archive", `${options.mtime} is not a time that tar can hold in seconds`);
  }
  if (options.windowLog > 27) {
    throw new BuildError("archive", `zstd -d refuses windowLog ${options.windowLog}: use up to 27`);
  }
  const members = membersOf(tree, options.prefix);
  const codec = createZstdCompress({
    chunkSize,
    pledgedSrcSize: tarSize(members, options.mtime),
    params: {
      [constants.ZSTD_c_compressionLevel]: options.level,
      [constants.ZSTD_c_windowLog]: options.windowLog,
      [constants.ZSTD_c_enableLongDistanceMatching]: 1,
      [constants.ZSTD_c_checksumFlag]: 1,
      [constants.ZSTD_c_contentSizeFlag]: 1,
      [constants.ZSTD_c_nbWorkers]: 0, // with workers, bytes depend on how the work was cut
    },
  });
  await writeWhole(file, async (temp) => {
    const drained = pipeline(codec, createWriteStream(temp));
    const results = await Promise.allSettled([drained, feed(codec, members, options)]);
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  });
}

/**
 * One write at a time, then the end by itself: piped, the codec would sometimes learn of the end
 * together with the last bytes and sometimes after them, and zstd's last block differs by that.
 */
async function feed(
  codec: Transform,
  members: readonly Entry[],
  options: TarZstOptions,
): Promise<void> {
  try {
    for await (const chunk of inChunks(tarBytes(members, options))) {
      await new Promise<void>((resolve, reject) => {
        codec.write(chunk, (error) => (error ? reject(error) : resolve()));
      });
    }
    codec.end();
  } catch (error) {
    codec.destroy(error as Error);
    throw error;
  }
}

/** Cuts a stream anew, so that all chunks but the last have `chunkSize` bytes. */
async function* inChunks(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let chunk = Buffer.allocUnsafe(chunkSize);
  let filled = 0;
  for await (const part of source) {
    for (let at = 0; at < part.length; ) {
      const copied = part.copy(chunk, filled, at);
      at += copied;
      filled += copied;
      if (filled < chunkSize) continue;
      yield chunk;
      chunk = Buffer.allocUnsafe(chunkSize);
      filled = 0;
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}

async function* tarBytes(
  members: readonly Entry[],
  { mtime, onBytes }: TarZstOptions,
): AsyncGenerator<Buffer> {
  for (const member of members) {
    yield headerOf(member, mtime);
    if (member.kind !== "file") continue;
    yield* chunksOf(member.content, onBytes);
    yield Buffer.alloc(padding(contentSize(member.content)));
  }
  yield end;
}

/** Known before the first byte is compressed, so that the frame can say how large it is. */
function tarSize(members: readonly Entry[], mtime: number): number {
  let size = end.length;
  for (const member of members) {
    size += headerOf(member, mtime).length;
    if (member.kind !== "file") continue;
    const bytes = contentSize(member.content);
    size += bytes + padding(bytes);
  }
  return size;
}

function padding(size: number): number {
  return (block - (size % block)) % block;
}

const tarTypes = { file: "File", directory: "Directory", symlink: "SymbolicLink" } as const;

/** The entry's header block, with a pax header before it where one is needed. */
function headerOf(member: Entry, seconds: number): Buffer {
  const path = member.kind === "directory" ? `${member.path}/` : member.path;
  const linkpath = member.kind === "symlink" ? { linkpath: member.target } : {};
  const mtime = new Date(seconds * 1000);
  const header = new Header({
    path,
    ...linkpath,
    type: tarTypes[member.kind],
    mode: modeOf(member),
    size: member.kind === "file" ? contentSize(member.content) : 0,
    mtime,
    uid: 0,
    gid: 0,
    uname: "",
    gname: "",
  });
  const bytes = Buffer.alloc(block);
  if (!header.encode(bytes)) return bytes;
  return Buffer.concat([new Pax({ path, ...linkpath, mtime, uid: 0, gid: 0 }).encode(), bytes]);
}
