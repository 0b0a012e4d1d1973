/**
 * The header fields of a Windows executable that we change ourselves: Authenticode's place, the
 * subsystem, and the checksum that has to follow every change.
 * Format: Microsoft's "PE Format", section "Optional Header". 64-bit (PE32+) only. The link time in
 * the COFF header stays as it came: it is an input, not ours. Resources: pe-resources.ts.
 */
import { malformed, type Reader, reader, roundUp } from "./reader.ts";

/** Offsets in the file of the fields that we touch. */
export interface PeHeader {
  readonly checkSum: number;
  readonly subsystem: number;
  /** Of the certificate table's entry in the data directories; undefined where it has none. */
  readonly certificateEntry: number | undefined;
  /** Authenticode's place in the file; undefined for an unsigned one. */
  readonly certificate: { readonly offset: number; readonly size: number } | undefined;
}

const OPTIONAL_HEADER = 24;
const DATA_DIRECTORIES = OPTIONAL_HEADER + 112;
const CERTIFICATE_TABLE = 4;
const PE32_PLUS = 0x20b;
const subsystems = { windows: 2, console: 3 } as const;

export function parsePe(bytes: Uint8Array, name: string): PeHeader {
  const file = reader(bytes, name, "little");
  if (bytes.length < 64 || file.u16(0) !== 0x5a4d) throw malformed(name, "not a PE: no MZ header");
  const pe = file.u32(0x3c);
  if (file.u32(pe) !== 0x4550) throw malformed(name, `not a PE: no signature at ${pe}`);
  const magic = file.u16(pe + OPTIONAL_HEADER);
  if (magic !== PE32_PLUS)
    throw malformed(name, `PE magic ${magic}; expected 64-bit (${PE32_PLUS})`);
  const entry = pe + DATA_DIRECTORIES + CERTIFICATE_TABLE * 8;
  const directoryCount = file.u32(pe + OPTIONAL_HEADER + 108);
  const certificateEntry = directoryCount > CERTIFICATE_TABLE ? entry : undefined;
  return {
    checkSum: pe + OPTIONAL_HEADER + 64,
    subsystem: pe + OPTIONAL_HEADER + 68,
    certificateEntry,
    certificate: certificateEntry === undefined ? undefined : certificateAt(file, certificateEntry),
  };
}

function certificateAt(file: Reader, entry: number): PeHeader["certificate"] {
  const [offset, size] = [file.u32(entry), file.u32(entry + 4)];
  if (offset === 0 && size === 0) return undefined;
  // Unlike the other directories this one holds a file offset, and Authenticode wants it last.
  if (size === 0 || offset + size !== file.bytes.length) {
    throw malformed(file.name, `certificates (${size} bytes at ${offset}) do not end the file`);
  }
  return { offset, size };
}

/** Throws where the file carries Authenticode: a change would silently make that signature invalid. */
export function requireUnsigned(bytes: Uint8Array, name: string): PeHeader {
  const header = parsePe(bytes, name);
  if (header.certificate !== undefined) {
    throw malformed(name, "carries an Authenticode signature; strip it before changing the file");
  }
  return header;
}

/** A copy without its Authenticode signature, which whoever releases it replaces with their own. */
export function stripAuthenticode(bytes: Uint8Array, name: string): Uint8Array {
  const { certificate, certificateEntry } = parsePe(bytes, name);
  if (certificate === undefined || certificateEntry === undefined) {
    throw malformed(name, "carries no Authenticode signature to strip");
  }
  const stripped = new Uint8Array(bytes.subarray(0, certificate.offset));
  stripped.fill(0, certificateEntry, certificateEntry + 8);
  return finishPe(stripped, name);
}

/** `console` opens a console window when started from the desktop; `windows` does not. */
export function setSubsystem(
  bytes: Uint8Array,
  subsystem: keyof typeof subsystems,
  name: string,
): Uint8Array {
  const header = requireUnsigned(bytes, name);
  const result = new Uint8Array(bytes);
  new DataView(result.buffer).setUint16(header.subsystem, subsystems[subsystem], true);
  return finishPe(result, name);
}

/**
 * Ends every change: padded to 8 bytes, as Authenticode would have to do otherwise (then signing and
 * stripping gives this file back), and with the checksum right.
 */
export function finishPe(bytes: Uint8Array, name: string): Uint8Array {
  const padded = new Uint8Array(roundUp(bytes.length, 8));
  padded.set(bytes);
  const { checkSum } = parsePe(padded, name);
  new DataView(padded.buffer).setUint32(checkSum, peChecksum(padded, checkSum), true);
  return padded;
}

/** CheckSumMappedFile of imagehlp: 16-bit one's complement sum without the field, plus the length. */
export function peChecksum(bytes: Uint8Array, checkSumField: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    if (at === checkSumField || at === checkSumField + 2) continue;
    sum += at + 1 < bytes.length ? view.getUint16(at, true) : view.getUint8(at);
    sum = (sum & 0xffff) + (sum >>> 16);
  }
  return sum + bytes.length;
}
