/**
 * How much an input archive may unpack to. The limits hold while bytes stream by, whatever the
 * archive's own headers claim, so that a decompression bomb stops early.
 */
import { BuildError } from "../errors.ts";
import type { NormaliseOptions } from "./normalise.ts";

export interface ReadLimits extends NormaliseOptions {
  readonly entries: number;
  readonly fileBytes: number;
  readonly totalBytes: number;
  /** Most bytes unpacked for each byte of the archive, once past `freeBytes`. */
  readonly ratio: number;
}

/** Small archives may be as compressible as they like. */
export const freeBytes: number = 16 * 1024 * 1024;

/** Wide enough for every input that we pin: the largest is Electron, 300 MB in some 100 files. */
export const inputLimits: ReadLimits = {
  entries: 20_000,
  fileBytes: 512 * 1024 * 1024,
  totalBytes: 2 * 1024 * 1024 * 1024,
  ratio: 100,
  windowsNames: false,
};

export interface Meter {
  readonly countEntry: () => void;
  /** Starts a file; the function that it returns is told of each chunk. Both throw at a limit. */
  readonly startFile: (name: string, claimedSize: number) => (bytes: number) => void;
  /** Also counts what no file holds: tar headers and padding. */
  readonly countUnpacked: (bytes: number) => void;
}

export function createMeter(limits: ReadLimits, archiveBytes: number): Meter {
  const byRatio = Math.max(freeBytes, limits.ratio * archiveBytes);
  let entries = 0;
  let unpacked = 0;

  const countUnpacked = (bytes: number): void => {
    unpacked += bytes;
    if (unpacked > limits.totalBytes) {
      throw new BuildError("archive", `it unpacks to more than ${limits.totalBytes} bytes`);
    }
    if (unpacked > byRatio) {
      throw new BuildError(
        "archive",
        `its ${archiveBytes} bytes unpack to more than ${byRatio}: it looks like a decompression bomb`,
      );
    }
  };
  return {
    countUnpacked,
    countEntry: () => {
      entries += 1;
      if (entries > limits.entries) {
        throw new BuildError("archive", `it holds more than ${limits.entries} entries`);
      }
    },
    startFile: (name, claimedSize) => {
      const tooLarge = `${JSON.stringify(name)} is larger than ${limits.fileBytes} bytes`;
      if (claimedSize > limits.fileBytes) throw new BuildError("archive", tooLarge);
      let size = 0;
      return (bytes) => {
        size += bytes;
        if (size > limits.fileBytes) throw new BuildError("archive", tooLarge);
      };
    },
  };
}
