/**
 * A display of the test's own: Xvfb on a number that it chooses, without a TCP port. Its picture can
 * be read from the frame buffer file, in XWD format (X11's XWDFile.h, version 7).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";

export interface Display {
  /** For the environment variable DISPLAY. */
  readonly name: string;
  /** How many pixels of the screen have this colour, `0xRRGGBB`. */
  readonly pixelsOf: (colour: number) => number;
  readonly close: () => Promise<void>;
}

export async function openDisplay(): Promise<Display> {
  const folder = mkdtempSync(join(tmpdir(), "tor-messenger-display-"));
  const server = spawn(
    "Xvfb",
    ["-displayfd", "3", "-screen", "0", "1280x860x24", "-nolisten", "tcp", "-fbdir", folder],
    { stdio: ["ignore", "ignore", "ignore", "pipe"] },
  );
  try {
    const name = `:${await displayNumber(server)}`;
    return {
      name,
      pixelsOf: (colour) => countPixels(readFileSync(join(folder, "Xvfb_screen0")), colour),
      close: () => close(server, folder),
    };
  } catch (error) {
    await close(server, folder);
    throw error;
  }
}

async function displayNumber(server: ChildProcess): Promise<string> {
  const numbers = server.stdio[3] as Readable;
  const failed = once(server, "close").then(() => {
    throw new Error("Xvfb ended before it had a display");
  });
  const [number] = (await Promise.race([once(numbers, "data"), failed])) as [Buffer];
  failed.catch(() => undefined);
  return number.toString().trim();
}

async function close(server: ChildProcess, folder: string): Promise<void> {
  if (server.exitCode === null && server.signalCode === null) {
    server.kill();
    await once(server, "close");
  }
  rmSync(folder, { recursive: true, force: true });
}

/** Header words are big-endian; pixels are 32 bits, blue first, as Xvfb on x86 and arm writes them. */
function countPixels(xwd: Buffer, colour: number): number {
  const word = (index: number): number => xwd.readUInt32BE(index * 4);
  const [headerSize, width, height] = [word(0), word(4), word(5)];
  const [bitsPerPixel, bytesPerLine, colours] = [word(11), word(12), word(19)];
  if (bitsPerPixel !== 32) throw new Error(`expected 32 bits a pixel, found ${bitsPerPixel}`);
  const colourEntrySize = 12;
  const start = headerSize + colours * colourEntrySize;
  let count = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = xwd.readUInt32LE(start + y * bytesPerLine + x * 4);
      if ((pixel & 0xffffff) === colour) count++;
    }
  }
  return count;
}
