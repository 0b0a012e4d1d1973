/**
 * Reads the code signature that is embedded in a Mach-O and checks the pages against it: the same
 * comparison that the kernel makes when it maps a page, and kills the process over.
 * Format: xnu's osfmk/kern/cs_blobs.h (SuperBlob, CodeDirectory); everything is big-endian.
 * Does not check who signed (CMS), nor the hashes of what lies outside the file (Info.plist,
 * CodeResources) or beside the pages (requirements, entitlements): rebuilding changes none of those.
 */
import { createHash } from "node:crypto";
import { slicesOf } from "./fat.ts";
import { type MachO, parseMachO } from "./macho.ts";
import { malformed, type Reader, reader } from "./reader.ts";

/** Offsets here count from the start of the slice. */
export interface CodeSignature {
  readonly macho: MachO;
  /** SHA-256 and perhaps an older SHA-1 one; the kernel picks the strongest. */
  readonly directories: readonly CodeDirectory[];
  /** A CMS blob with content: someone's key vouches for the directories. */
  readonly signedByKey: boolean;
}

export interface CodeDirectory {
  readonly identifier: string;
  readonly flags: number;
  readonly algorithm: "sha1" | "sha256";
  readonly pageSize: number;
  readonly pageCount: number;
  /** The pages cover the bytes before this: everything but the signature. */
  readonly codeLimit: number;
  /** Of the first page's hash; the others follow. */
  readonly hashes: number;
  readonly hashSize: number;
}

export const CSMAGIC_EMBEDDED_SIGNATURE = 0xfade0cc0;
export const CSMAGIC_CODEDIRECTORY = 0xfade0c02;
export const CSSLOT_CODEDIRECTORY = 0;
export const CS_ADHOC = 0x2;
export const CS_LINKER_SIGNED = 0x20000;
export const CS_HASHTYPE_SHA256 = 2;
const CSSLOT_SIGNATURESLOT = 0x10000;
const MAX_BLOBS = 16;
const BLOB_HEADER = 8;

const hashTypes: ReadonlyMap<number, { algorithm: "sha1" | "sha256"; size: number }> = new Map([
  [1, { algorithm: "sha1", size: 20 }],
  [CS_HASHTYPE_SHA256, { algorithm: "sha256", size: 32 }],
]);

/** How long a CodeDirectory's fixed fields are since each version that added some. */
const fixedSizes: readonly (readonly [since: number, size: number])[] = [
  [0x20600, 108],
  [0x20500, 96],
  [0x20400, 88],
  [0x20300, 64],
  [0x20200, 52],
  [0x20100, 48],
];

/** The signature of a slice, or undefined where there is none. */
export function parseCodeSignature(macho: MachO): CodeSignature | undefined {
  if (macho.signature === undefined) return undefined;
  const { name, signature } = macho;
  const file = reader(macho.bytes, name, "big");
  const start = signature.offset;
  const length = file.u32(start + 4);
  const count = file.u32(start + 8);
  if (file.u32(start) !== CSMAGIC_EMBEDDED_SIGNATURE || length > signature.size) {
    throw malformed(name, `no code signature of at most ${signature.size} bytes at ${start}`);
  }
  const indexEnd = 12 + count * 8;
  if (count > MAX_BLOBS || indexEnd > length) {
    throw malformed(name, `${count} blobs in a code signature of ${length} bytes`);
  }

  const blobs: Blob[] = [];
  for (let i = 0; i < count; i++) {
    const offset = file.u32(start + 12 + i * 8 + 4);
    if (offset < indexEnd || offset + BLOB_HEADER > length) {
      throw malformed(name, `signature blob ${i} at ${offset} lies outside the signature`);
    }
    const slot = file.u32(start + 12 + i * 8);
    const [magic, size] = [file.u32(start + offset), file.u32(start + offset + 4)];
    if (size < BLOB_HEADER || offset + size > length) {
      throw malformed(name, `signature blob ${i} of ${size} bytes does not fit`);
    }
    blobs.push({ slot, magic, offset: start + offset, size });
  }
  checkOverlap(name, blobs);

  const directories = blobs
    .filter((blob) => blob.magic === CSMAGIC_CODEDIRECTORY)
    .map((blob) => parseCodeDirectory(file, blob, start));
  if (!blobs.some((b) => b.slot === CSSLOT_CODEDIRECTORY && b.magic === CSMAGIC_CODEDIRECTORY)) {
    throw malformed(name, "a code signature without a CodeDirectory");
  }
  // `codesign -s -` and some linkers leave an empty CMS blob: that is still ad-hoc.
  const signedByKey = blobs.some((b) => b.slot === CSSLOT_SIGNATURESLOT && b.size > BLOB_HEADER);
  return { macho, directories, signedByKey };
}

interface Blob {
  readonly slot: number;
  readonly magic: number;
  readonly offset: number;
  readonly size: number;
}

function checkOverlap(name: string, blobs: readonly Blob[]): void {
  let end = 0;
  for (const blob of [...blobs].sort((a, b) => a.offset - b.offset)) {
    if (blob.offset < end) throw malformed(name, `signature blobs overlap at ${blob.offset}`);
    end = blob.offset + blob.size;
  }
}

function parseCodeDirectory(file: Reader, blob: Blob, signatureStart: number): CodeDirectory {
  const { name } = file;
  // A reader of the blob alone: nothing in it may point out of it.
  const directory = reader(file.slice(blob.offset, blob.size), name, "big");
  const version = directory.u32(8);
  const hashOffset = directory.u32(16);
  const identOffset = directory.u32(20);
  const specialSlots = directory.u32(24);
  const pageCount = directory.u32(28);
  const hashSize = directory.u8(36);
  const type = hashTypes.get(directory.u8(37));
  const pageShift = directory.u8(39);
  const scatterOffset = version >= 0x20100 ? directory.u32(44) : 0;
  const codeLimit64 = version >= 0x20300 ? directory.u64(56) : 0;
  const codeLimit = codeLimit64 === 0 ? directory.u32(32) : codeLimit64;

  if (type === undefined || type.size !== hashSize) {
    throw malformed(name, `page hash type ${directory.u8(37)} of ${hashSize} bytes: not supported`);
  }
  if (pageShift !== 12 && pageShift !== 14) {
    throw malformed(name, `signed pages of 2^${pageShift} bytes; expected 4 or 16 KiB`);
  }
  if (scatterOffset !== 0) throw malformed(name, "a scattered CodeDirectory: not supported");
  if (codeLimit !== signatureStart) {
    throw malformed(name, `pages up to ${codeLimit} are signed, not up to ${signatureStart}`);
  }
  const pageSize = 2 ** pageShift;
  if (pageCount !== Math.ceil(codeLimit / pageSize)) {
    throw malformed(name, `${pageCount} page hashes for ${codeLimit} bytes of code`);
  }
  // The fixed fields, then in any order the identifier and the hashes; special slots precede them.
  const fixedEnd = fixedSizes.find(([since]) => version >= since)?.[1] ?? 44;
  const hashesStart = hashOffset - specialSlots * hashSize;
  const hashesEnd = hashOffset + pageCount * hashSize;
  const identInHashes = identOffset >= hashesStart && identOffset < hashesEnd;
  if (hashesStart < fixedEnd || identOffset < fixedEnd || identInHashes) {
    throw malformed(name, "a CodeDirectory whose hashes, identifier or header overlap");
  }
  directory.slice(hashOffset, pageCount * hashSize);
  const tail = directory.slice(identOffset, blob.size - identOffset);
  const end = tail.indexOf(0);
  if (end === -1) throw malformed(name, "a CodeDirectory whose identifier has no end");
  return {
    identifier: Buffer.from(tail.subarray(0, end)).toString(),
    flags: directory.u32(12),
    algorithm: type.algorithm,
    pageSize,
    pageCount,
    codeLimit,
    hashes: blob.offset + hashOffset,
    hashSize,
  };
}

/** The hash of page `index`, from the bytes as they are now. */
export function hashPage(bytes: Uint8Array, directory: CodeDirectory, index: number): Uint8Array {
  const start = index * directory.pageSize;
  const end = Math.min(start + directory.pageSize, directory.codeLimit);
  return createHash(directory.algorithm).update(bytes.subarray(start, end)).digest();
}

/**
 * Checks every page of every slice and returns the signatures, one for each slice; throws at an
 * unsigned slice or the first page that differs.
 */
export function verifyPages(bytes: Uint8Array, name: string): readonly CodeSignature[] {
  return slicesOf(bytes, name).map((slice) => {
    const signature = parseCodeSignature(parseMachO(slice.bytes, slice.name));
    if (signature === undefined) throw malformed(slice.name, "has no code signature");
    for (const directory of signature.directories) {
      for (let page = 0; page < directory.pageCount; page++) {
        const at = directory.hashes + page * directory.hashSize;
        const expected = slice.bytes.subarray(at, at + directory.hashSize);
        if (Buffer.compare(hashPage(slice.bytes, directory, page), expected) !== 0) {
          throw malformed(
            slice.name,
            `page ${page} (at ${page * directory.pageSize}) is not the one that was signed`,
          );
        }
      }
    }
    return signature;
  });
}
