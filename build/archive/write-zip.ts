/**
 * Writes .zip (PKWARE APPNOTE 6.3, with Info-ZIP's Unix modes and UT time) through yazl. Files are
 * deflated, empty files and symlinks stored; names are UTF-8 and say so.
 */
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";
import { BuildError } from "../errors.ts";
import { contentSize, type Entry, type Tree } from "../tree.ts";
import { writeWhole } from "./atomic.ts";
import { chunksOf, type OnBytes } from "./content.ts";
import { type MemberOptions, membersOf, modeOf } from "./members.ts";

export interface ZipOptions extends MemberOptions {
  /** Deflate level, 1 to 9. */
  readonly level: number;
  readonly onBytes?: OnBytes;
}

// DOS times begin in 1980, UT times end in 2038; yazl would move others to there without a word.
const firstTime = Date.UTC(1980, 0, 2) / 1000;
const lastTime = 2 ** 31 - 1;

const fileTypes = { file: 0o100000, directory: 0o040000, symlink: 0o120000 } as const;

/** The same tree and options give the same bytes. */
export async function writeZip(tree: Tree, file: string, options: ZipOptions): Promise<void> {
  if (!(options.mtime >= firstTime && options.mtime <= lastTime)) {
    throw new BuildError("archive", `${options.mtime} is not a time in seconds that zip can hold`);
  }
  const members = membersOf(tree, options.prefix);
  await writeWhole(file, async (temp) => {
    const zip = new ZipFile();
    const output = zip.outputStream as Readable;
    zip.on("error", (error) => output.destroy(error as Error));
    const opened = new Set<Readable>();
    for (const member of members) addMember(zip, member, options, opened);
    zip.end();
    try {
      await pipeline(output, createWriteStream(temp));
    } finally {
      for (const stream of opened) stream.destroy();
    }
  });
}

function addMember(zip: ZipFile, member: Entry, options: ZipOptions, opened: Set<Readable>): void {
  const mtime = new UtcDate(options.mtime * 1000);
  const mode = fileTypes[member.kind] | modeOf(member);
  if (member.kind === "directory") {
    zip.addEmptyDirectory(member.path, { mtime, mode });
  } else if (member.kind === "symlink") {
    zip.addBuffer(Buffer.from(member.target), member.path, { mtime, mode, compress: false });
  } else if (contentSize(member.content) === 0) {
    zip.addBuffer(Buffer.alloc(0), member.path, { mtime, mode, compress: false });
  } else {
    const size = contentSize(member.content);
    const settings = { mtime, mode, size, compressionLevel: options.level };
    zip.addReadStreamLazy(member.path, settings, (receive) => {
      const stream = Readable.from(chunksOf(member.content, options.onBytes), {
        objectMode: false,
      });
      opened.add(stream);
      stream.once("close", () => opened.delete(stream));
      stream.once("error", (error) => zip.emit("error", error));
      receive(null, stream);
    });
  }
}

/** yazl writes DOS times, which have no zone, from a date's local fields: these are UTC's. */
class UtcDate extends Date {
  override getFullYear(): number {
    return this.getUTCFullYear();
  }
  override getMonth(): number {
    return this.getUTCMonth();
  }
  override getDate(): number {
    return this.getUTCDate();
  }
  override getHours(): number {
    return this.getUTCHours();
  }
  override getMinutes(): number {
    return this.getUTCMinutes();
  }
  override getSeconds(): number {
    return this.getUTCSeconds();
  }
}
