import { createHash } from "node:crypto";
import { inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { encodeIcns } from "./icns.ts";
import { encodeIco } from "./ico.ts";
import { drawIcon, linuxIcon, macosIcon, windowsIcon } from "./icon.ts";
import { encodePng, type Image } from "./png.ts";
import { circle, type Layer, paint } from "./raster.ts";

function decodePng(png: Uint8Array): Image {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const rows = inflateSync(png.subarray(41, 41 + view.getUint32(33)));
  const stride = width * 4;
  const pixels = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    expect(rows[y * (stride + 1)]).toBe(2);
    for (let x = 0; x < stride; x++) {
      const above = y === 0 ? 0 : (pixels[(y - 1) * stride + x] ?? 0);
      pixels[y * stride + x] = (rows[y * (stride + 1) + 1 + x] ?? 0) + above;
    }
  }
  return { width, height, pixels };
}

test("a PNG holds the image and only the chunks that it needs", () => {
  const image = drawIcon(48, "full");
  const png = encodePng(image);
  expect(decodePng(png)).toEqual(image);
  const types: string[] = [];
  for (let at = 8; at < png.length; at += 12 + Buffer.from(png).readUInt32BE(at)) {
    types.push(Buffer.from(png.subarray(at + 4, at + 8)).toString());
  }
  expect(types).toEqual(["IHDR", "IDAT", "IEND"]);
});

// What makes the artifacts the same everywhere: a processor or engine that rounds otherwise fails
// here. When the drawing is meant to change, look at it, then take the new values.
test("every processor draws the same bits", () => {
  const digest = (image: Image): string =>
    createHash("sha256").update(image.pixels).digest("hex").slice(0, 16);
  expect(
    [16, 32, 64, 256].flatMap((size) => {
      return [digest(drawIcon(size, "full")), digest(drawIcon(size, "macos"))];
    }),
  ).toMatchInlineSnapshot(`
    [
      "2ebb8a77cad516b3",
      "0e3e929214468fe9",
      "c48d3382502c9dea",
      "fb6fdad65f1258c1",
      "8edf2578cb75e5ad",
      "eefe52216601603b",
      "bb5e5671f63eae3e",
      "e236ab9404785d1a",
    ]
  `);
});

test("the corners are clear, the tile is violet and the bubble white", () => {
  for (const size of [16, 24, 32, 128, 512]) {
    const { pixels } = drawIcon(size, "full");
    const at = (x: number, y: number): number[] => {
      const start = (Math.floor(y * size) * size + Math.floor(x * size)) * 4;
      return [...pixels.subarray(start, start + 4)];
    };
    expect(at(0, 0)[3]).toBe(0);
    const [red = 0, green = 0, blue = 0, alpha] = at(0.9, 0.5);
    expect(alpha).toBe(255);
    expect(blue).toBeGreaterThan(red);
    expect(red).toBeGreaterThan(green);
    expect(at(0.22, 0.45)).toEqual([255, 255, 255, 255]);
  }
});

test("a shape's edge covers pixels in part, by how much of them it covers", () => {
  const disc: Layer = { shape: circle(0.5, 0.5, 0.25), colour: () => [9, 8, 7] };
  const { pixels } = paint(64, [disc]);
  let area = 0;
  for (let at = 3; at < pixels.length; at += 4) area += (pixels[at] ?? 0) / 255;
  expect(area / (64 * 64)).toBeCloseTo(Math.PI / 16, 3);
});

test("an .ico lists its images where they are", () => {
  const ico = Buffer.from(windowsIcon());
  const sizes = [16, 20, 24, 32, 40, 48, 64, 128, 256];
  expect(ico.readUInt16LE(4)).toBe(sizes.length);
  let end = 6 + 16 * sizes.length;
  for (const [i, size] of sizes.entries()) {
    const entry = 6 + 16 * i;
    expect([ico[entry], ico[entry + 1]]).toEqual([size % 256, size % 256]);
    const [length, offset] = [ico.readUInt32LE(entry + 8), ico.readUInt32LE(entry + 12)];
    expect(offset).toBe(end);
    end += length;
    expect(decodePng(ico.subarray(offset, end))).toEqual(drawIcon(size, "full"));
  }
  expect(end).toBe(ico.length);
});

test("an .icns names each size by its type", () => {
  const icns = Buffer.from(macosIcon());
  expect(icns.toString("latin1", 0, 4)).toBe("icns");
  expect(icns.readUInt32BE(4)).toBe(icns.length);
  const found: [string, number][] = [];
  for (let at = 8; at < icns.length; at += icns.readUInt32BE(at + 4)) {
    const png = icns.subarray(at + 8, at + icns.readUInt32BE(at + 4));
    found.push([icns.toString("latin1", at, at + 4), decodePng(png).width]);
  }
  expect(found).toEqual([
    ["ic11", 32],
    ["ic12", 64],
    ["ic07", 128],
    ["ic08", 256],
    ["ic13", 256],
    ["ic09", 512],
    ["ic14", 512],
    ["ic10", 1024],
  ]);
  expect(() => encodeIcns([drawIcon(48, "macos")])).toThrow(/no image of 48 pixels/);
});

test("an .ico is refused an image that it can't describe", () => {
  expect(() => encodeIco([drawIcon(512, "full")])).toThrow(/512 pixels/);
});

test("the Linux icon is a PNG of the size asked for", () => {
  expect(decodePng(linuxIcon(128))).toEqual(drawIcon(128, "full"));
});
