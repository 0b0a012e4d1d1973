/**
 * Writes Windows' .ico: a directory and then PNG images, which Windows reads at every size since
 * Vista. Format: "Icons in Win32" (ICONDIR, ICONDIRENTRY), little-endian.
 */
import { encodePng, type Image } from "./png.ts";
import { malformed } from "./reader.ts";

const HEADER_SIZE = 6;
const ENTRY_SIZE = 16;

/** Square images of up to 256 pixels. */
export function encodeIco(images: readonly Image[]): Uint8Array {
  const pngs = images.map((image) => {
    if (image.width > 256) throw malformed("ico", `holds no image of ${image.width} pixels`);
    return { ...image, png: encodePng(image) };
  });
  const directory = new Uint8Array(HEADER_SIZE + ENTRY_SIZE * pngs.length);
  const view = new DataView(directory.buffer);
  view.setUint16(2, 1, true); // an icon, not a cursor
  view.setUint16(4, pngs.length, true);
  let offset = directory.length;
  for (const [i, { width, height, png }] of pngs.entries()) {
    const entry = HEADER_SIZE + i * ENTRY_SIZE;
    directory.set([width % 256, height % 256], entry); // 256 is written as 0
    view.setUint16(entry + 4, 1, true); // planes
    view.setUint16(entry + 6, 32, true); // bits a pixel
    view.setUint32(entry + 8, png.length, true);
    view.setUint32(entry + 12, offset, true);
    offset += png.length;
  }
  return Buffer.concat([directory, ...pngs.map(({ png }) => png)]);
}
