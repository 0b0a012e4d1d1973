/**
 * Lists the members of a zip (PKWARE APPNOTE 6.3) from its central directory, through yauzl, and
 * requires that each member's local header says the same: tools differ in which of the two they
 * believe. Methods are stored and deflate, zip64 is allowed, encryption is not. Used for input
 * archives and to compare our own. Sizes and CRCs are checked when contents are read.
 */
import { createReadStream } from "node:fs";
import { crc32, createInflateRaw } from "node:zlib";
import { type Entry, type LocalFileHeader, openPromise } from "yauzl";
import { BuildError } from "../errors.ts";
import { chunkSize } from "./content.ts";

export interface ZipMember {
  readonly name: string;
  readonly central: Entry;
  readonly local: LocalFileHeader;
  /** File type and permissions, 0 where the zip was not made on a Unix. */
  readonly unixMode: number;
}

const stored = 0;
const deflated = 8;
const flagEncrypted = 0x0001;
const flagSizesFollow = 0x0008;
const flagUtf8 = 0x0800;
const hostUnix = 3;
const hostMac = 19;

export async function scanZip(file: string, maxEntries: number): Promise<readonly ZipMember[]> {
  const members: ZipMember[] = [];
  try {
    const zip = await openPromise(file, { decodeStrings: false });
    for await (const central of zip.eachEntry()) {
      if (members.length === maxEntries) {
        throw new BuildError("archive", `it holds more than ${maxEntries} entries`);
      }
      const local = await zip.readLocalFileHeaderPromise(central);
      members.push(checkMember(central, local));
    }
  } catch (error) {
    // yauzl's own findings are plain errors; those of the file system have a code.
    if (!(error instanceof Error) || error instanceof BuildError || "code" in error) throw error;
    throw new BuildError("archive", `not a zip that we read: ${error.message}`, { cause: error });
  }
  checkOverlaps(members);
  return members;
}

/** The member's bytes; throws at the end if size or CRC are not what the directory says. */
export async function* readMember(file: string, member: ZipMember): AsyncGenerator<Buffer> {
  const { uncompressedSize, crc32: expected } = member.central;
  let crc = 0;
  let size = 0;
  try {
    for await (const chunk of unpacked(file, member)) {
      size += chunk.length;
      if (size > uncompressedSize) break;
      crc = crc32(chunk, crc);
      yield chunk;
    }
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    if (!/^(Z_|ERR_TRAILING_JUNK)/.test(code)) throw error;
    throw wrong(member.name, `is damaged (${message})`, error);
  }
  if (size !== uncompressedSize) {
    const found = size > uncompressedSize ? "more" : `${size}`;
    throw wrong(member.name, `should unpack to ${uncompressedSize} bytes and unpacks to ${found}`);
  }
  if (crc !== expected) {
    throw wrong(member.name, `has CRC ${hex(crc)}, its header says ${hex(expected)}`);
  }
}

async function* unpacked(file: string, { central, local }: ZipMember): AsyncGenerator<Buffer> {
  const start = local.fileDataStart;
  if (central.compressedSize === 0) return;
  const raw = createReadStream(file, { start, end: start + central.compressedSize - 1 });
  if (central.compressionMethod === stored) {
    yield* raw;
    return;
  }
  const inflate = createInflateRaw({ chunkSize, rejectGarbageAfterEnd: true });
  raw.on("error", (error) => inflate.destroy(error));
  try {
    yield* raw.pipe(inflate);
  } finally {
    raw.destroy();
    inflate.destroy();
  }
}

function checkMember(central: Entry, local: LocalFileHeader): ZipMember {
  const name = nameOf(central);
  const flags = central.generalPurposeBitFlag;
  if ((flags & flagEncrypted) !== 0) throw wrong(name, "is encrypted");
  const method = central.compressionMethod;
  if (method !== stored && method !== deflated) {
    throw wrong(name, `is compressed by method ${method}; we read 0 (stored) and 8 (deflate)`);
  }
  const nameRaw = central.fileNameRaw;
  if (!nameRaw.equals(local.fileName)) {
    throw wrong(name, `is called ${JSON.stringify(local.fileName.toString())} in its local header`);
  }
  // Local fields that may say nothing: zeros where they follow the data, ones in zip64's sizes.
  const sizesFollow = (flags & flagSizesFollow) !== 0;
  const isUnset = (value: number): boolean => sizesFollow && value === 0;
  const isUnsetSize = (value: number): boolean => isUnset(value) || value === 0xffffffff;
  const never = (): boolean => false;
  for (const [field, inLocal, inCentral, mayDiffer] of [
    ["flags", local.generalPurposeBitFlag, flags, never],
    ["method", local.compressionMethod, method, never],
    ["CRC", local.crc32, central.crc32, isUnset],
    ["compressed size", local.compressedSize, central.compressedSize, isUnsetSize],
    ["size", local.uncompressedSize, central.uncompressedSize, isUnsetSize],
  ] as const) {
    if (inLocal === inCentral || mayDiffer(inLocal)) continue;
    throw wrong(name, `has ${field} ${inLocal} in its local header, ${inCentral} in the directory`);
  }
  const host = central.versionMadeBy >> 8;
  const hasMode = host === hostUnix || host === hostMac;
  return { name, central, local, unixMode: hasMode ? central.externalFileAttributes >>> 16 : 0 };
}

function nameOf(entry: Entry): string {
  const raw = entry.fileNameRaw;
  const name = raw.toString("utf8");
  // Info-ZIP's Unicode path: version, CRC of the plain name, the name in UTF-8.
  const unicode = entry.extraFields.find(({ id }) => id === 0x7075)?.data.toString("utf8", 5);
  if (unicode !== undefined && unicode !== name) {
    throw wrong(name, `is also called ${JSON.stringify(unicode)} in an extra field`);
  }
  // With neither that nor the flag, bytes above 127 are in some DOS code page or not: tools guess.
  const isUtf8 = unicode !== undefined || (entry.generalPurposeBitFlag & flagUtf8) !== 0;
  if (!isUtf8 && raw.some((byte) => byte > 127)) {
    throw wrong(name, "has a name that is not ASCII and not marked as UTF-8");
  }
  return name;
}

/** Members that share bytes are how a small zip unpacks to petabytes, and how tools are misled. */
function checkOverlaps(members: readonly ZipMember[]): void {
  const byOffset = members.toSorted(
    (a, b) => a.central.relativeOffsetOfLocalHeader - b.central.relativeOffsetOfLocalHeader,
  );
  for (const [index, member] of byOffset.entries()) {
    const next = byOffset[index + 1];
    if (next === undefined) return;
    const end = member.local.fileDataStart + member.central.compressedSize;
    if (end > next.central.relativeOffsetOfLocalHeader) {
      throw wrong(member.name, `overlaps ${JSON.stringify(next.name)}`);
    }
  }
}

function wrong(name: string, what: string, cause?: unknown): BuildError {
  return new BuildError("archive", `${JSON.stringify(name)} ${what}`, { cause });
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}
