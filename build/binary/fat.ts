/**
 * Splits a fat ("universal") Mach-O into its slices, one for each processor, and joins changed ones.
 * Format: Apple's <mach-o/fat.h>; its fields are big-endian. Not the 64-bit variant, which exists for
 * slices beyond 4 GiB. A thin Mach-O counts as its own only slice.
 */
import { cpus, MH_MAGIC_64 } from "./macho.ts";
import { malformed, reader, roundUp } from "./reader.ts";

export interface Slice {
  /** Where it starts in the file. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** The file's and the processor's, for messages. */
  readonly name: string;
}

interface FatSlice extends Slice {
  /** Where its `fat_arch` starts. */
  readonly entry: number;
  readonly alignment: number;
}

const FAT_MAGIC = 0xcafebabe;
const FAT_HEADER_SIZE = 8;
const FAT_ARCH_SIZE = 20;
// Apple's own universal binaries have two; Java's class files share the magic and fail here.
const MAX_SLICES = 4;

/** Whether the bytes begin as a thin 64-bit or a fat Mach-O does. */
export function isMachO(bytes: Uint8Array): boolean {
  if (bytes.length < FAT_HEADER_SIZE) return false;
  return isFat(bytes) || reader(bytes, "", "little").u32(0) === MH_MAGIC_64;
}

/** In file order. */
export function slicesOf(bytes: Uint8Array, name: string): readonly Slice[] {
  return isFat(bytes) ? fatSlicesOf(bytes, name) : [{ offset: 0, bytes, name }];
}

/** A file with each slice replaced by `change` of it; slices that grew move those behind them. */
export function mapSlices(
  bytes: Uint8Array,
  name: string,
  change: (slice: Slice) => Uint8Array,
): Uint8Array {
  if (!isFat(bytes)) return change({ offset: 0, bytes, name });
  let end = 0;
  const places = fatSlicesOf(bytes, name).map((slice) => {
    const content = change(slice);
    const offset = roundUp(Math.max(end, slice.offset), slice.alignment);
    end = offset + content.length;
    return { entry: slice.entry, offset, content };
  });
  const result = new Uint8Array(end);
  const view = new DataView(result.buffer);
  result.set(bytes.subarray(0, places[0]?.offset));
  for (const { entry, offset, content } of places) {
    result.set(content, offset);
    view.setUint32(entry + 8, offset);
    view.setUint32(entry + 12, content.length);
  }
  return result;
}

function isFat(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && reader(bytes, "", "big").u32(0) === FAT_MAGIC;
}

function fatSlicesOf(bytes: Uint8Array, name: string): readonly FatSlice[] {
  const file = reader(bytes, name, "big");
  const count = file.u32(4);
  if (count === 0 || count > MAX_SLICES) {
    throw malformed(name, `${count} slices in a fat Mach-O; expected 1 to ${MAX_SLICES}`);
  }
  const slices: FatSlice[] = [];
  for (let i = 0; i < count; i++) {
    const entry = FAT_HEADER_SIZE + i * FAT_ARCH_SIZE;
    const offset = file.u32(entry + 8);
    const shift = file.u32(entry + 16);
    if (shift > 16 || offset % 2 ** shift !== 0) {
      throw malformed(name, `slice at ${offset} is not aligned to 2^${shift} as it says`);
    }
    slices.push({
      entry,
      offset,
      alignment: 2 ** shift,
      bytes: file.slice(offset, file.u32(entry + 12)),
      name: `${name} (${cpus.get(file.u32(entry)) ?? "unknown processor"})`,
    });
  }
  slices.sort((a, b) => a.offset - b.offset);
  let end = FAT_HEADER_SIZE + count * FAT_ARCH_SIZE;
  for (const slice of slices) {
    if (slice.offset < end) throw malformed(name, `slice at ${slice.offset} overlaps another`);
    end = slice.offset + slice.bytes.length;
  }
  return slices;
}
