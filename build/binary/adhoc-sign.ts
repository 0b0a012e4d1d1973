/**
 * Gives an unsigned Mach-O the ad-hoc signature that Apple's linker would have given it: macOS
 * starts nothing on arm64 without one. It needs no key, vouches for nobody, and is the same for
 * everyone who makes it.
 * Layout: xnu's osfmk/kern/cs_blobs.h, filled in as ld64 does (one CodeDirectory of version
 * 0x20400, SHA-256, no special slots, no requirements, no CMS), so that stripping and signing again
 * a file that Apple's tools signed gives the same bytes. Does not seal a bundle's resources.
 */
import {
  CS_ADHOC,
  CS_HASHTYPE_SHA256,
  CS_LINKER_SIGNED,
  CSMAGIC_CODEDIRECTORY,
  CSMAGIC_EMBEDDED_SIGNATURE,
  CSSLOT_CODEDIRECTORY,
} from "./code-directory.ts";
import { mapSlices } from "./fat.ts";
import { LC_CODE_SIGNATURE, type MachO, parseMachO } from "./macho.ts";
import { malformed, reader, roundUp } from "./reader.ts";
import { rehash } from "./rehash.ts";

// Signed pages are 4 KiB on arm64 too, where the kernel's are 16 KiB: it checks four at a time.
const PAGE_SHIFT = 12;
const HASH_SIZE = 32;
const COMMAND_SIZE = 16;
const INDEX_SIZE = 20;
const DIRECTORY_SIZE = 88;
const CS_SUPPORTSEXECSEG = 0x20400;
const CS_EXECSEG_MAIN_BINARY = 1;

/**
 * A signed copy; every slice must be unsigned.
 * @param identifier by custom the file's name or the bundle's identifier.
 */
export function adhocSign(bytes: Uint8Array, identifier: string, name: string): Uint8Array {
  if (!/^[\x20-\x7e]+$/.test(identifier)) {
    throw malformed(name, `can't be signed as "${identifier}": use printable ASCII`);
  }
  return mapSlices(bytes, name, (slice) => {
    const macho = parseMachO(slice.bytes, slice.name);
    return rehash(withSignature(macho, identifier), slice.name);
  });
}

/** The file with a load command for the signature and the signature, its hashes still zero. */
function withSignature(macho: MachO, identifier: string): Uint8Array {
  const { name, bytes, commandsEnd, linkedit, text } = macho;
  if (macho.signature !== undefined) throw malformed(name, "is signed already");
  if (linkedit === undefined || text === undefined) {
    throw malformed(name, "has no __TEXT or no __LINKEDIT segment, so it can't be signed");
  }
  if (linkedit.offset + linkedit.size !== bytes.length) {
    throw malformed(name, "has bytes after __LINKEDIT, where the signature has to go");
  }
  const room = bytes.subarray(commandsEnd, commandsEnd + COMMAND_SIZE);
  if (macho.contentStart - commandsEnd < COMMAND_SIZE || room.some((byte) => byte !== 0)) {
    throw malformed(name, `has no ${COMMAND_SIZE} free bytes after its load commands`);
  }

  const start = roundUp(bytes.length, 16);
  const pageCount = Math.ceil(start / 2 ** PAGE_SHIFT);
  const hashes = DIRECTORY_SIZE + identifier.length + 1;
  const directorySize = hashes + pageCount * HASH_SIZE;
  const length = INDEX_SIZE + directorySize;
  const size = roundUp(length, 8);
  if (start + size > 0xffffffff) throw malformed(name, "is too large: signatures end below 4 GiB");

  const result = new Uint8Array(start + size);
  result.set(bytes);
  const view = new DataView(result.buffer);

  // mach_header_64: one command more, and the command itself (linkedit_data_command).
  const header = reader(bytes, name, "little");
  view.setUint32(16, macho.commandCount + 1, true);
  view.setUint32(20, header.u32(20) + COMMAND_SIZE, true);
  for (const [i, value] of [LC_CODE_SIGNATURE, COMMAND_SIZE, start, size].entries()) {
    view.setUint32(commandsEnd + i * 4, value, true);
  }

  // segment_command_64 of __LINKEDIT: `filesize` exact, `vmsize` in whole pages of the processor.
  const linkeditSize = start + size - linkedit.offset;
  const pageSize = macho.cpu === "arm64" ? 0x4000 : 0x1000;
  view.setBigUint64(linkedit.command + 32, BigInt(roundUp(linkeditSize, pageSize)), true);
  view.setBigUint64(linkedit.command + 48, BigInt(linkeditSize), true);

  // SuperBlob with an index of one.
  let at = start;
  const u32 = (value: number): void => {
    view.setUint32(at, value);
    at += 4;
  };
  u32(CSMAGIC_EMBEDDED_SIGNATURE);
  u32(length);
  u32(1);
  u32(CSSLOT_CODEDIRECTORY);
  u32(INDEX_SIZE);
  // CodeDirectory, field by field as in cs_blobs.h.
  u32(CSMAGIC_CODEDIRECTORY);
  u32(directorySize);
  u32(CS_SUPPORTSEXECSEG);
  u32(CS_ADHOC | CS_LINKER_SIGNED);
  u32(hashes);
  u32(DIRECTORY_SIZE); // identOffset
  u32(0); // nSpecialSlots
  u32(pageCount);
  u32(start); // codeLimit
  u32((HASH_SIZE << 24) | (CS_HASHTYPE_SHA256 << 16) | PAGE_SHIFT); // and platform 0
  at += 4 * 4 + 8; // spare2, scatterOffset, teamOffset, spare3, codeLimit64: zero
  view.setBigUint64(at, BigInt(text.offset)); // execSegBase
  view.setBigUint64(at + 8, BigInt(text.size)); // execSegLimit
  view.setBigUint64(at + 16, BigInt(macho.executable ? CS_EXECSEG_MAIN_BINARY : 0));
  result.set(new TextEncoder().encode(identifier), at + 24);
  return result;
}
