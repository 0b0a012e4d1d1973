/**
 * Writes PNG (W3C PNG, third edition): 8-bit RGBA, no interlace, and no chunk that is not needed, so
 * no time and no name of a program. Deflate level 9 of the pinned Node gives the same bytes on every
 * processor.
 */
import { crc32, deflateSync } from "node:zlib";

/** Straight (not premultiplied) RGBA, row by row from the top. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

export function encodePng({ width, height, pixels }: Image): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 6], 8); // 8 bits a sample, RGBA
  return Buffer.concat([
    Uint8Array.from(signature),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(filterRows(width, height, pixels), { level: 9 })),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(Buffer.from(type, "latin1"), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/** Filter 2 ("up") on every row: drawings repeat from row to row, and one filter keeps this simple. */
function filterRows(width: number, height: number, pixels: Uint8Array): Uint8Array {
  const stride = width * 4;
  const filtered = new Uint8Array(height * (stride + 1));
  for (let y = 0; y < height; y++) {
    const row = y * (stride + 1);
    filtered[row] = 2;
    for (let x = 0; x < stride; x++) {
      const above = y === 0 ? 0 : (pixels[(y - 1) * stride + x] ?? 0);
      filtered[row + 1 + x] = (pixels[y * stride + x] ?? 0) - above;
    }
  }
  return filtered;
}
