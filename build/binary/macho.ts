/**
 * Reads the parts of a Mach-O file that code signing is about: segments, the room after the load
 * commands, and where the signature lies.
 * Format: Apple's <mach-o/loader.h>. 64-bit x86-64 and arm64 only: nothing else ships. Does not read
 * symbols, fixups or sections' contents, nor fat files: those are split by fat.ts.
 */
import { malformed, type Reader, reader } from "./reader.ts";

export interface MachO {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly cpu: "x86_64" | "arm64";
  /** MH_EXECUTE rather than a library or bundle. */
  readonly executable: boolean;
  readonly commandCount: number;
  /** First byte after the load commands. */
  readonly commandsEnd: number;
  /** First byte of any section's or segment's content: commands may grow up to here. */
  readonly contentStart: number;
  readonly text: Segment | undefined;
  readonly linkedit: Segment | undefined;
  readonly signature: SignatureCommand | undefined;
}

/** `segment_command_64`; sizes are those in the file, not in memory. */
export interface Segment {
  /** Where its load command starts. */
  readonly command: number;
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

/** `linkedit_data_command` of LC_CODE_SIGNATURE. */
export interface SignatureCommand {
  readonly command: number;
  readonly offset: number;
  readonly size: number;
}

export const MH_MAGIC_64 = 0xfeedfacf;
export const LC_SEGMENT_64 = 0x19;
export const LC_CODE_SIGNATURE = 0x1d;
export const HEADER_SIZE = 32;
const SEGMENT_SIZE = 72;
const SECTION_SIZE = 80;
const MH_EXECUTE = 2;
/** `cputype` of <mach/machine.h>. */
export const cpus: ReadonlyMap<number, MachO["cpu"]> = new Map([
  [0x01000007, "x86_64"],
  [0x0100000c, "arm64"],
]);
/** Section types that have a size in memory but no bytes in the file. */
const zeroFill: ReadonlySet<number> = new Set([0x1, 0xc, 0x12]);

// The largest real files have 80 commands and 10 KiB of them.
const MAX_COMMANDS = 1024;
const MAX_COMMAND_BYTES = 256 * 1024;

/** Parses a thin file, or one slice of a fat one. */
export function parseMachO(bytes: Uint8Array, name: string): MachO {
  const file = reader(bytes, name, "little");
  if (file.u32(0) !== MH_MAGIC_64) {
    throw malformed(name, `expected a 64-bit Mach-O, found magic ${hex(file.u32(0))}`);
  }
  const cpu = cpus.get(file.u32(4));
  if (cpu === undefined) {
    throw malformed(name, `processor ${hex(file.u32(4))} is neither x86-64 nor arm64`);
  }
  const commandCount = file.u32(16);
  const commandBytes = file.u32(20);
  if (commandCount > MAX_COMMANDS || commandBytes > MAX_COMMAND_BYTES) {
    throw malformed(
      name,
      `${commandCount} load commands in ${commandBytes} bytes: over our limits`,
    );
  }
  const commandsEnd = HEADER_SIZE + commandBytes;
  file.slice(0, commandsEnd);

  const segments: Segment[] = [];
  const signatures: SignatureCommand[] = [];
  let contentStart = bytes.length;
  let at = HEADER_SIZE;
  for (let i = 0; i < commandCount; i++) {
    const size = at + 8 <= commandsEnd ? file.u32(at + 4) : 0;
    if (size < 8 || size % 8 !== 0 || at + size > commandsEnd) {
      throw malformed(name, `load command ${i} of ${size} bytes at ${at} does not fit`);
    }
    const command = file.u32(at);
    if (command === LC_SEGMENT_64) {
      segments.push(parseSegment(file, at, size));
      contentStart = Math.min(contentStart, firstContent(file, at));
    }
    if (command === LC_CODE_SIGNATURE) {
      if (size !== 16) throw malformed(name, `LC_CODE_SIGNATURE of ${size} bytes; expected 16`);
      signatures.push({ command: at, offset: file.u32(at + 8), size: file.u32(at + 12) });
    }
    at += size;
  }
  if (at !== commandsEnd) {
    throw malformed(name, `load commands end at ${at}, but the header says ${commandsEnd}`);
  }
  if (contentStart < commandsEnd) {
    throw malformed(name, `content at ${contentStart} overlaps the load commands`);
  }
  checkOverlap(name, segments);

  const linkedit = only(name, "__LINKEDIT segment", segmentsNamed(segments, "__LINKEDIT"));
  const signature = only(name, "LC_CODE_SIGNATURE", signatures);
  if (signature !== undefined) checkSignaturePlace(name, bytes.length, linkedit, signature);
  return {
    name,
    bytes,
    cpu,
    executable: file.u32(12) === MH_EXECUTE,
    commandCount,
    commandsEnd,
    contentStart,
    text: only(name, "__TEXT segment", segmentsNamed(segments, "__TEXT")),
    linkedit,
    signature,
  };
}

function parseSegment(file: Reader, at: number, commandSize: number): Segment {
  if (commandSize !== SEGMENT_SIZE + file.u32(at + 64) * SECTION_SIZE) {
    throw malformed(
      file.name,
      `segment command at ${at}: its size and number of sections disagree`,
    );
  }
  const name = String.fromCharCode(...file.slice(at + 8, 16)).replace(/\0+$/, "");
  const [offset, size] = [file.u64(at + 40), file.u64(at + 48)];
  if (offset + size > file.bytes.length) {
    throw malformed(file.name, `segment ${name} (${size} bytes at ${offset}) runs past the end`);
  }
  return { command: at, name, offset, size };
}

/**
 * The lowest file offset that the segment's content takes. The segment that starts at 0 holds the
 * header and load commands themselves, so there its sections count.
 */
function firstContent(file: Reader, command: number): number {
  const [offset, size] = [file.u64(command + 40), file.u64(command + 48)];
  if (size === 0) return file.bytes.length;
  if (offset > 0) return offset;
  let first = size;
  for (let i = 0; i < file.u32(command + 64); i++) {
    const section = command + SEGMENT_SIZE + i * SECTION_SIZE;
    if (zeroFill.has(file.u32(section + 64) & 0xff) || file.u64(section + 40) === 0) continue;
    first = Math.min(first, file.u32(section + 48));
  }
  return first;
}

function checkOverlap(name: string, segments: readonly Segment[]): void {
  let end = 0;
  for (const segment of segments.filter((s) => s.size > 0).sort((a, b) => a.offset - b.offset)) {
    if (segment.offset < end) throw malformed(name, `segment ${segment.name} overlaps another`);
    end = segment.offset + segment.size;
  }
}

/** The signature is the last thing in __LINKEDIT, and that is the last thing in the file. */
function checkSignaturePlace(
  name: string,
  length: number,
  linkedit: Segment | undefined,
  { offset, size }: SignatureCommand,
): void {
  const end = offset + size;
  if (linkedit === undefined || offset < linkedit.offset || end > linkedit.offset + linkedit.size) {
    throw malformed(name, `code signature (${size} bytes at ${offset}) lies outside __LINKEDIT`);
  }
  if (end !== length) {
    throw malformed(name, `${length - end} bytes follow the code signature, which covers none`);
  }
}

function segmentsNamed(segments: readonly Segment[], name: string): readonly Segment[] {
  return segments.filter((segment) => segment.name === name);
}

function only<T>(name: string, what: string, found: readonly T[]): T | undefined {
  if (found.length > 1) throw malformed(name, `${found.length} of ${what}; expected one at most`);
  return found[0];
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
