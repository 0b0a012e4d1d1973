/**
 * A file that holds others, with all the metadata that its format has, as text to compare. Formats
 * are told by their first bytes, never by the name.
 */
import { open } from "node:fs/promises";
import { openAsar } from "./asar.ts";
import { openGzip, openZstd } from "./compressed.ts";
import { openTar } from "./tar.ts";
import { openZip } from "./zip.ts";

export type Fields = Readonly<Record<string, string>>;

export interface Member {
  readonly path: string;
  readonly fields: Fields;
  readonly open: () => AsyncIterable<Uint8Array>;
  /** The bytes as they lie in the container, where they are packed one by one. */
  readonly openPacked?: () => AsyncIterable<Uint8Array>;
}

export interface Container {
  readonly format: string;
  /** Of the container itself. */
  readonly fields: Fields;
  readonly members: readonly Member[];
}

/** Undefined for a file that is no container. Throws for one that is damaged. */
export async function openContainer(file: string): Promise<Container | undefined> {
  const head = await readHead(file);
  const begins = (bytes: string): boolean => head.toString("latin1").startsWith(bytes);
  if (begins("PK\x03\x04") || begins("PK\x05\x06")) return openZip(file);
  if (begins("\x28\xb5\x2f\xfd")) return openZstd(file, head);
  if (begins("\x1f\x8b\x08")) return openGzip(file, head);
  if (head.toString("latin1", 257, 262) === "ustar") return openTar(file);
  if (begins("\x04\0\0\0") && head.toString("latin1", 16, 25) === '{"files":')
    return openAsar(file);
  return undefined;
}

async function readHead(file: string): Promise<Buffer> {
  await using handle = await open(file, "r");
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(512), 0, 512, 0);
  return buffer.subarray(0, bytesRead);
}
