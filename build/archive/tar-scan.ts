/**
 * Reads a tar stream member by member: ustar, pax (POSIX.1-2001) and GNU long names, strictly. Where
 * tar programs differ in what they make of the same bytes, this throws instead of choosing. Numbers
 * and checksums are decoded by the `tar` package's Header; its Parser is not used, because it
 * skips what it doesn't understand. Used for input archives and to compare our own.
 */
import { Header } from "tar";
import { BuildError } from "../errors.ts";

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
const maxLongName = 64 * 1024;

export async function* scanTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarMember> {
  const input = new ByteReader(source);
  let pax: ReadonlyMap<string, string> | undefined;
  let longPath: string | undefined;
  let longLink: string | undefined;
  for (;;) {
    const start = input.position;
    const bytes = await input.take(block, "a header");
    const header = new Header(bytes);
    if (header.nullBlock === true) {
      await checkEnd(input, pax !== undefined || longPath !== undefined || longLink !== undefined);
      return;
    }
    if (!header.cksumValid) throw damaged(`the header at byte ${start} has a wrong checksum`);
    const type = bytes.toString("latin1", 156, 157).replace("\0", "0");
    const size = header.size;
    if (size === undefined || !Number.isSafeInteger(size)) {
      throw damaged(`the header at byte ${start} has no valid size`);
    }
    if (type === "x" || type === "g" || type === "L" || type === "K") {
      if (size > maxLongName) throw damaged(`the extended header at byte ${start} is too large`);
      const text = await input.take(size, "an extended header");
      await input.skip(padding(size));
      if (type === "x") pax = once(pax, parsePax(text, start), start);
      else if (type === "g") checkGlobal(parsePax(text, start), start);
      else if (type === "L") longPath = once(longPath, longName(text, start), start);
      else longLink = once(longLink, longName(text, start), start);
      continue;
    }
    const member = applyExtended(header, type, pax, longPath, longLink, start);
    [pax, longPath, longLink] = [undefined, undefined, undefined];
    if (!hasContents(member.type)) checkBodiless(member, bytes);

    const offset = input.position;
    yield { ...member, header, offset, content: input.chunks(member.size) };
    await input.skip(offset + member.size + padding(member.size) - input.position);
  }
}

function applyExtended(
  header: Header,
  type: string,
  pax: ReadonlyMap<string, string> = new Map(),
  longPath: string | undefined,
  longLink: string | undefined,
  start: number,
): Pick<TarMember, "path" | "linkpath" | "type" | "size" | "pax"> {
  for (const [key, value] of pax) {
    if (key.startsWith("GNU.sparse.")) {
      throw new BuildError("archive", `the member at byte ${start} is a sparse file: unsupported`);
    }
    if (key === "hdrcharset" && value !== "ISO-IR 10646 2000 UTF-8") {
      throw damaged(`the pax header before byte ${start} has names in ${JSON.stringify(value)}`);
    }
  }
  const path = once(longPath, pax.get("path"), start) ?? header.path ?? "";
  const linkpath = once(longLink, pax.get("linkpath"), start) ?? header.linkpath ?? "";
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

/** Two values for one thing: programs differ in which they take. */
function once<T>(before: T | undefined, now: T | undefined, start: number): T | undefined {
  if (before !== undefined && now !== undefined) {
    throw damaged(`the member at byte ${start} has two extended headers for the same field`);
  }
  return now ?? before;
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

/** Takes bytes from a stream in the pieces that the format asks for. */
class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #buffered: Uint8Array = new Uint8Array();
  #position = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  get position(): number {
    return this.#position;
  }

  /** Up to `most` bytes, or undefined at the end. */
  async some(most: number = Number.POSITIVE_INFINITY): Promise<Uint8Array | undefined> {
    while (this.#buffered.length === 0) {
      const next = await this.#source.next();
      if (next.done === true) return undefined;
      this.#buffered = next.value;
    }
    const piece = this.#buffered.subarray(0, most);
    this.#buffered = this.#buffered.subarray(piece.length);
    this.#position += piece.length;
    return piece;
  }

  async *chunks(length: number, what = "a file's contents"): AsyncGenerator<Uint8Array> {
    for (let left = length; left > 0; ) {
      const piece = await this.some(left);
      if (piece === undefined) {
        throw new BuildError(
          "archive",
          `it is truncated: ${what} at byte ${this.#position} should go on for ${left} bytes`,
        );
      }
      left -= piece.length;
      yield piece;
    }
  }

  async take(length: number, what: string): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.chunks(length, what)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async skip(length: number): Promise<void> {
    for await (const _ of this.chunks(length));
  }
}
