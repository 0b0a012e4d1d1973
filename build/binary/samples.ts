/**
 * The smallest binaries that are laid out like real ones, for the unit tests of this folder. Real ones
 * are tested in test/binary.
 */
import { LC_SEGMENT_64, MH_MAGIC_64 } from "./macho.ts";

const TEXT_SIZE = 0x2000;
const LINKEDIT_SIZE = 0x123;
const CPU = { x86_64: 0x01000007, arm64: 0x0100000c } as const;

export interface SampleOptions {
  readonly cpu?: keyof typeof CPU;
  readonly executable?: boolean;
  /** Where the first section starts; the commands end at 304. */
  readonly firstSection?: number;
}

/** An unsigned thin Mach-O: __TEXT with one section, and __LINKEDIT, 8483 bytes in all. */
export function sampleMachO(options: SampleOptions = {}): Uint8Array {
  const bytes = new Uint8Array(TEXT_SIZE + LINKEDIT_SIZE);
  const view = new DataView(bytes.buffer);
  const firstSection = options.firstSection ?? 0x200;
  for (let at = firstSection; at < bytes.length; at++) bytes[at] = (at * 7 + (at >> 8)) & 0xff;
  const header = [
    MH_MAGIC_64,
    CPU[options.cpu ?? "arm64"],
    0,
    options.executable === false ? 6 : 2,
  ];
  for (const [i, value] of [...header, 2, 152 + 72 + 48, 0x85, 0].entries()) {
    view.setUint32(i * 4, value, true);
  }
  segment(view, 32, "__TEXT", 0, TEXT_SIZE, 1);
  name(view, 104, "__text");
  name(view, 120, "__TEXT");
  view.setBigUint64(104 + 32, BigInt(0x100000000 + firstSection), true);
  view.setBigUint64(104 + 40, BigInt(TEXT_SIZE - firstSection), true);
  view.setUint32(104 + 48, firstSection, true);
  segment(view, 184, "__LINKEDIT", TEXT_SIZE, LINKEDIT_SIZE, 0);
  // A command that nothing here looks into (LC_NOTE's number, made up content).
  view.setUint32(16, 3, true);
  view.setUint32(256, 0x31, true);
  view.setUint32(260, 48, true);
  return bytes;
}

function segment(
  view: DataView,
  at: number,
  label: string,
  offset: number,
  size: number,
  sections: number,
): void {
  view.setUint32(at, LC_SEGMENT_64, true);
  view.setUint32(at + 4, 72 + 80 * sections, true);
  name(view, at + 8, label);
  view.setBigUint64(at + 24, BigInt(0x100000000 + offset), true);
  view.setBigUint64(at + 32, BigInt(Math.ceil(size / 0x4000) * 0x4000), true);
  view.setBigUint64(at + 40, BigInt(offset), true);
  view.setBigUint64(at + 48, BigInt(size), true);
  view.setUint32(at + 64, sections, true);
}

function name(view: DataView, at: number, label: string): void {
  for (const [i, char] of [...label].entries()) view.setUint8(at + i, char.charCodeAt(0));
}

/** A fat file of these slices, at their usual alignment of 16 KiB. */
export function sampleFat(slices: readonly Uint8Array[]): Uint8Array {
  const shift = 14;
  let end = 0;
  const places = slices.map((bytes) => {
    const offset = Math.ceil(Math.max(end, 1) / 2 ** shift) * 2 ** shift;
    end = offset + bytes.length;
    return { offset, bytes };
  });
  const fat = new Uint8Array(end);
  const view = new DataView(fat.buffer);
  view.setUint32(0, 0xcafebabe);
  view.setUint32(4, places.length);
  for (const [i, { offset, bytes }] of places.entries()) {
    const entry = 8 + i * 20;
    view.setUint32(entry, new DataView(bytes.buffer).getUint32(4, true));
    view.setUint32(entry + 8, offset);
    view.setUint32(entry + 12, bytes.length);
    view.setUint32(entry + 16, shift);
    fat.set(bytes, offset);
  }
  return fat;
}

/** Something with a fuse wire in it; `states` as in the wire: "0", "1" or "r" for each fuse. */
export function sampleFuses(states: string, version = 1): Uint8Array {
  return Buffer.concat([
    Buffer.from("before dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX"),
    Buffer.from([version, states.length]),
    Buffer.from(states, "latin1"),
    Buffer.from("after"),
  ]);
}
