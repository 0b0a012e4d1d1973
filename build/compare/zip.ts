/** A zip as a container: both headers of each member, extra fields as hex. */
import { readMember, scanZip, type ZipMember } from "../archive/zip-scan.ts";
import type { Container, Fields } from "./container.ts";
import { rangeOf } from "./range.ts";

const mostEntries = 1_000_000;

export async function openZip(file: string): Promise<Container> {
  const members = await scanZip(file, mostEntries);
  return {
    format: "zip",
    fields: {},
    members: members.map((member) => ({
      path: member.name,
      fields: fieldsOf(member),
      open: () => readMember(file, member),
      openPacked: () => rangeOf(file, member.local.fileDataStart, member.central.compressedSize),
    })),
  };
}

/** Without CRC and sizes, which only repeat that the contents differ. */
function fieldsOf({ central, local }: ZipMember): Fields {
  return {
    mode: (central.externalFileAttributes >>> 16).toString(8),
    "DOS attributes": hex(central.externalFileAttributes & 0xffff),
    "internal attributes": hex(central.internalFileAttributes),
    "made by": hex(central.versionMadeBy),
    "version needed": `${central.versionNeededToExtract}, ${local.versionNeededToExtract} locally`,
    flags: hex(central.generalPurposeBitFlag),
    method: String(central.compressionMethod),
    mtime: dosTime(central.lastModFileDate, central.lastModFileTime),
    "mtime in the local header": dosTime(local.lastModFileDate, local.lastModFileTime),
    "extra field": central.extraFieldRaw.toString("hex"),
    "extra field in the local header": local.extraField.toString("hex"),
    comment: central.fileCommentRaw.toString(),
  };
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** As it stands there, in no zone; APPNOTE 4.4.6. */
function dosTime(date: number, time: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${1980 + (date >> 9)}-${two((date >> 5) & 15)}-${two(date & 31)}`;
  return `${day} ${two(time >> 11)}:${two((time >> 5) & 63)}:${two((time & 31) * 2)}`;
}
