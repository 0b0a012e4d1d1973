/**
 * Bounds-checked reading of numbers out of a binary. Every offset in an executable's header is a
 * claim; reading past the end throws a `format` error with the file's name instead of giving
 * `undefined` or a bare RangeError.
 */
import { BuildError } from "../errors.ts";

export interface Reader {
  /** The file, for messages. */
  readonly name: string;
  readonly bytes: Uint8Array;
  u8(at: number): number;
  u16(at: number): number;
  u32(at: number): number;
  /** Offsets and sizes: more than 2^53 is no size of a file of ours, and is refused. */
  u64(at: number): number;
  slice(at: number, size: number): Uint8Array;
}

export function reader(bytes: Uint8Array, name: string, endian: "little" | "big"): Reader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = endian === "little";
  const check = (at: number, size: number): number => {
    if (!Number.isSafeInteger(at) || at < 0 || size < 0 || at + size > bytes.length) {
      throw malformed(name, `${size} bytes at offset ${at} lie outside its ${bytes.length} bytes`);
    }
    return at;
  };
  return {
    name,
    bytes,
    u8: (at) => view.getUint8(check(at, 1)),
    u16: (at) => view.getUint16(check(at, 2), little),
    u32: (at) => view.getUint32(check(at, 4), little),
    u64: (at) => {
      const value = Number(view.getBigUint64(check(at, 8), little));
      if (!Number.isSafeInteger(value)) throw malformed(name, `64-bit value ${value} at ${at}`);
      return value;
    },
    slice: (at, size) => bytes.subarray(check(at, size), at + size),
  };
}

/** The error of this folder: the file is not laid out as its format says, or as we need it. */
export function malformed(name: string, what: string): BuildError {
  return new BuildError("format", `${name}: ${what}`);
}

/** The least multiple of `step` that is not below `value`. */
export function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
