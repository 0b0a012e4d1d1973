/** Builds zips byte by byte, so that they can be wrong in ways that no zip program writes. */
import { crc32, deflateRawSync } from "node:zlib";

export interface RawZipMember {
  readonly name: string | Buffer;
  readonly body?: string | Buffer;
  readonly deflate?: boolean;
  /** Unix mode with the file type; 0 for a zip that was made elsewhere. */
  readonly mode?: number;
  readonly flags?: number;
  readonly method?: number;
  readonly extra?: Buffer;
  /** What both headers claim, in the place of what is true. */
  readonly crc?: number;
  readonly size?: number;
  /** What the local header alone claims. */
  readonly local?: { readonly name?: string; readonly crc?: number; readonly size?: number };
  /** Points the directory at the local header of the member with this index. */
  readonly at?: number;
}

export const utf8Flag = 0x0800;
export const symlink = 0o120777;

export function zip(...members: readonly RawZipMember[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  const offsets: number[] = [];
  let offset = 0;
  for (const member of members) {
    const body = Buffer.from(member.body ?? "");
    const data = member.deflate === true ? deflateRawSync(body, { level: 9 }) : body;
    const name = Buffer.from(member.name);
    const extra = member.extra ?? Buffer.alloc(0);
    const common = Buffer.alloc(26); // the fields that both headers have, in their order
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(member.flags ?? 0, 2);
    common.writeUInt16LE(member.method ?? (member.deflate === true ? 8 : 0), 4);
    common.writeUInt32LE(member.crc ?? crc32(body), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(member.size ?? body.length, 18);
    common.writeUInt16LE(name.length, 22);

    const localName = member.local?.name === undefined ? name : Buffer.from(member.local.name);
    const local = Buffer.from(common);
    if (member.local?.crc !== undefined) local.writeUInt32LE(member.local.crc, 10);
    if (member.local?.size !== undefined) local.writeUInt32LE(member.local.size, 18);
    local.writeUInt16LE(localName.length, 22);
    parts.push(Buffer.from("PK\x03\x04", "latin1"), local, localName, data);

    common.writeUInt16LE(extra.length, 24);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(((member.mode ?? 0) << 16) >>> 0, 6);
    rest.writeUInt32LE(member.at === undefined ? offset : (offsets[member.at] ?? 0), 10);
    const madeBy = Buffer.from([20, member.mode === undefined ? 0 : 3]);
    directory.push(Buffer.from("PK\x01\x02", "latin1"), madeBy, common, rest, name, extra);
    offsets.push(offset);
    offset += 4 + local.length + localName.length + data.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}
