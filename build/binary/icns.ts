/**
 * Writes macOS' .icns: a header, then for each size a four-letter type and a PNG. Big-endian.
 * Apple documents only the sizes of an iconset (iconutil(1)); the types of each, all in use since
 * macOS 10.7, are listed in libicns' and Wikipedia's descriptions of the format.
 */
import { encodePng, type Image } from "./png.ts";
import { malformed } from "./reader.ts";

/** 256 and 512 are there twice: for plain screens and, at half the points, for Retina ones. */
const types: ReadonlyMap<number, readonly string[]> = new Map([
  [32, ["ic11"]],
  [64, ["ic12"]],
  [128, ["ic07"]],
  [256, ["ic08", "ic13"]],
  [512, ["ic09", "ic14"]],
  [1024, ["ic10"]],
]);

/**
 * Square images of 32 to 1024 pixels in powers of two. macOS scales 16 points itself: of its two
 * types for that size, one is no PNG and the other is drawn wrongly by some versions.
 */
export function encodeIcns(images: readonly Image[]): Uint8Array {
  const parts = images.flatMap((image) => {
    const found = types.get(image.width);
    if (found === undefined) throw malformed("icns", `holds no image of ${image.width} pixels`);
    const png = encodePng(image);
    return found.map((type) => element(type, png));
  });
  return element("icns", Buffer.concat(parts));
}

function element(type: string, content: Uint8Array): Uint8Array {
  const header = Buffer.alloc(8);
  header.write(type, "latin1");
  header.writeUInt32BE(8 + content.length, 4);
  return Buffer.concat([header, content]);
}
