/**
 * Reads a tar stream member by member: ustar, pax (POSIX.1-2001) and GNU long names, strictly. Where
 * tar programs differ in what they make of the same bytes, this throws instead of choosing. Numbers
 * and checksums are decoded by the `tar` package's Header; its Parser is not used, because it
 * skips what it doesn't understand. Used for input archives and to compare our own.
 */
import { Header } from "tar";
import { BuildError } from "../errors.ts";
import { ByteReader } from "./byte-reader.ts";

export interface TarMember {
  readonly path: string;
  readonly linkpath: string;
  /** The type flag: "0" file, "1" hard link, "2" symlink, "5" directory, … */
  readonly type: string;
  readonly size: number;
  readonly header: Header;
  readonly pax: ReadonlyMap<string, string>;
  /** Where the contents begin in the uncompressed stream. */
  readonly offset: number;
  /** To be read, if at all, before the next member is asked for. */
  readonly content: AsyncIterable<Uint8Array>;
}

const block = 512;
const maxExtended = 64 * 1024;

export async function* scanTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarMember> {
  const input = new ByteReader(source);
  let extended: Extended = {};
  for (;;) {
    const start = input.position;
    const bytes = await input.take(block, "a header");
    if (bytes.every((byte) => byte === 0)) {
      await checkEnd(input, Object.keys(extended).length > 0);
      return;
    }
    const header = new Header(bytes);
    if (!header.cksumValid) throw damaged(`the header at byte ${start} has a wrong checksum`);
    const type = bytes.toString("latin1", 156, 157).replace("\0", "0");
    const size = header.size;
    if (size === undefined || !Number.isSafeInteger(size)) {
      throw damaged(`the header at byte ${start} has no valid size`);
    }
    if (/[xgLK]/.test(type)) {
      if (size > maxExtended) throw damaged(`the extended header at byte ${start} is too large`);
      const text = await input.take(size, "an extended header");
      await input.skip(padding(size));
      extended = extend(extended, type, text, start);
      continue;
    }
    const member = applyExtended(header, type, extended, start);
    extended = {};
    if (!hasContents(member.type)) checkBodiless(member, bytes);

    const offset = input.position;
    yield { ...member, header, offset, content: input.chunks(member.size) };
    await input.skip(offset + member.size + padding(member.size) - input.position);
  }
}

/** What the headers before a member say of it. */
interface Extended {
  readonly pax?: ReadonlyMap<string, string>;
  readonly path?: string;
  readonly linkpath?: string;
}

function extend(extended: Extended, type: string, text: Buffer, start: number): Extended {
  const { pax, path, linkpath } = extended;
  switch (type) {
    case "x":
      if (pax !== undefined) throw twice(start);
      return { ...extended, pax: parsePax(text, start) };
    case "L":
      if (path !== undefined) throw twice(start);
      return { ...extended, path: longName(text, start) };
    case "K":
      if (linkpath !== undefined) throw twice(start);
      return { ...extended, linkpath: longName(text, start) };
    default:
      checkGlobal(parsePax(text, start), start);
      return extended;
  }
}

/** Two values for one thing: programs differ in which they take. */
function twice(start: number): BuildError {
  return damaged(`two extended headers for the same field, at byte ${start}`);
}

function applyExtended(
  header: Header,
  type: string,
  { pax = new Map(), ...gnu }: Extended,
  start: number,
): Pick<TarMember, "path" | "linkpath" | "type" | "size" | "pax"> {
  for (const [key, value] of pax) {
    if (key.startsWith("GNU.sparse.")) {
      throw new BuildError("archive", `the member at byte ${start} is a sparse file: not unpacked`);
    }
    if (key === "hdrcharset" && value !== "ISO-IR 10646 2000 UTF-8") {
      throw damaged(`the pax header before byte ${start} has names in ${JSON.stringify(value)}`);
    }
    if ((key === "path" || key === "linkpath") && gnu[key] !== undefined) throw twice(start);
  }
  const path = gnu.path ?? pax.get("path") ?? header.path ?? "";
  const linkpath = gnu.linkpath ?? pax.get("linkpath") ?? header.linkpath ?? "";
  const paxSize = pax.get("size");
  if (paxSize !== undefined && !/^[0-9]{1,15}$/.test(paxSize)) {
    throw damaged(`the pax header before byte ${start} has the size ${JSON.stringify(paxSize)}`);
  }
  // Before POSIX a folder was a file whose name ends in a slash.
  const isFolder = type === "0" && (path.endsWith("/") || header.typeKey === "5");
  return {
    path,
    linkpath,
    type: isFolder ? "5" : type,
    pax,
    size: Number(paxSize ?? header.size),
  };
}

function hasContents(type: string): boolean {
  return type === "0" || type === "7" || type === "S";
}

/** Header reads a folder's size as 0, other programs skip that many bytes. */
function checkBodiless(member: Pick<TarMember, "path" | "type" | "size">, bytes: Buffer): void {
  if (member.size === 0 && /^[0 \0]*$/.test(bytes.toString("latin1", 124, 136))) return;
  throw damaged(
    `${JSON.stringify(member.path)} has a size, which type ${JSON.stringify(member.type)} can't have`,
  );
}

/** `LENGTH KEY=VALUE\n` records, the length counting the whole record (POSIX pax, 4.1). */
function parsePax(text: Buffer, start: number): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < text.length; ) {
    const space = text.indexOf(0x20, at);
    const digits = space === -1 ? "" : text.toString("latin1", at, space);
    const end = at + Number(digits);
    const equals = text.indexOf(0x3d, space);
    if (!/^[1-9][0-9]{0,5}$/.test(digits) || end > text.length || text[end - 1] !== 0x0a) {
      throw damaged(`the pax header at byte ${start} has a record of the wrong length`);
    }
    if (equals === -1 || equals >= end) {
      throw damaged(`the pax header at byte ${start} has a record without "="`);
    }
    const key = text.toString("utf8", space + 1, equals);
    const value = text.toString("utf8", equals + 1, end - 1);
    if (records.has(key) || value.includes("\0") || value.includes("\n")) {
      throw damaged(`the pax header at byte ${start} has an ambiguous ${JSON.stringify(key)}`);
    }
    records.set(key, value);
    at = end;
  }
  return records;
}

/** Global headers are comments (git's commit id), or else they would change every member. */
function checkGlobal(records: ReadonlyMap<string, string>, start: number): void {
  for (const key of records.keys()) {
    if (key !== "comment") {
      throw damaged(`the global pax header at byte ${start} sets ${JSON.stringify(key)}`);
    }
  }
}

function longName(text: Buffer, start: number): string {
  const end = text.indexOf(0);
  const rest = end === -1 ? [] : text.subarray(end);
  if (rest.some((byte) => byte !== 0)) throw damaged(`the long name at byte ${start} has a NUL`);
  return text.toString("utf8", 0, end === -1 ? text.length : end);
}

async function checkEnd(input: ByteReader, pending: boolean): Promise<void> {
  if (pending) throw damaged("it ends after an extended header");
  const second = await input.take(block, "its end");
  if (second.some((byte) => byte !== 0)) throw damaged("one block of zeros stands in its middle");
  for (let rest = await input.some(); rest !== undefined; rest = await input.some()) {
    if (rest.some((byte) => byte !== 0)) throw damaged("data follows its end");
  }
}

function damaged(what: string): BuildError {
  return new BuildError("archive", `not a tar that every program reads alike: ${what}`);
}

function padding(size: number): number {
  return (block - (size % block)) % block;
}
