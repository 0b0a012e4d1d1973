/** Builds tars byte by byte, so that they can be wrong in ways that no tar program writes. */
import { writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";

export interface RawTarMember {
  readonly name: string | Buffer;
  readonly type?: string;
  readonly link?: string;
  readonly body?: string | Buffer;
  /** What the header claims; the body's length unless given. */
  readonly size?: number;
  readonly mode?: number;
  readonly breakChecksum?: boolean;
}

export function tarMember(member: RawTarMember): Buffer {
  const body = Buffer.from(member.body ?? "");
  const header = Buffer.alloc(512);
  Buffer.from(member.name).copy(header, 0, 0, 100);
  header.write(`${(member.mode ?? 0o644).toString(8).padStart(7, "0")}\0`, 100, "latin1");
  header.write("0000000\x000000000\0", 108, "latin1");
  header.write(`${(member.size ?? body.length).toString(8).padStart(11, "0")}\0`, 124, "latin1");
  header.write("00000000000\0", 136, "latin1");
  header.write("        ", 148, "latin1");
  header.write(member.type ?? "0", 156, "latin1");
  header.write(member.link ?? "", 157, "utf8");
  header.write("ustar\x0000", 257, "latin1");
  const sum = header.reduce((total, byte) => total + byte, member.breakChecksum ? 1 : 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

export const tarEnd: Buffer = Buffer.alloc(1024);

export function tar(...members: readonly RawTarMember[]): Buffer {
  return Buffer.concat([...members.map(tarMember), tarEnd]);
}

/** A pax record with its length right. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + 1;
  while (String(length).length + bytes !== length) length += 1;
  return `${length}${rest}`;
}

export async function writeGz(file: string, bytes: Buffer): Promise<string> {
  await writeFile(file, gzipSync(bytes));
  return file;
}
