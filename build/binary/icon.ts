/**
 * The app's icon, drawn in code, because no binary goes into git: a speech bubble that holds an
 * onion cut open, its layers around the message. Small sizes leave out layers, as a hinted font does.
 */
import { encodeIcns } from "./icns.ts";
import { encodeIco } from "./ico.ts";
import { encodePng, type Image } from "./png.ts";
import {
  blend,
  type Colour,
  capsule,
  circle,
  outline,
  paint,
  polygon,
  rounded,
  roundedSquare,
  type Shape,
  union,
} from "./raster.ts";

/** macOS keeps a margin round the tile (Apple's icon grid, 824 of 1024); the others fill the square. */
export type IconStyle = "macos" | "full";

const violetTop: Colour = [126, 70, 196];
const violetBottom: Colour = [54, 20, 104];
const ink: Colour = [82, 34, 146];
const white: Colour = [255, 255, 255];

/** For the exe: an .ico. The sizes are those that Windows asks for at 100 % to 200 %. */
export function windowsIcon(): Uint8Array {
  return encodeIco([16, 20, 24, 32, 40, 48, 64, 128, 256].map((size) => drawIcon(size, "full")));
}

/** For the bundle: an .icns. */
export function macosIcon(): Uint8Array {
  return encodeIcns([32, 64, 128, 256, 512, 1024].map((size) => drawIcon(size, "macos")));
}

/** For the icon theme, and the page: a PNG. */
export function linuxIcon(size: number): Uint8Array {
  return encodePng(drawIcon(size, "full"));
}

/** `size` in pixels. */
export function drawIcon(size: number, style: IconStyle): Image {
  // Half the tile's side, in whole pixels so that its straight edges are sharp.
  const tile =
    style === "full" ? size / 2 : size <= 32 ? size * 0.4375 : Math.round((size * 412) / 1024);
  const small = tile < 13;
  // The tile and what it holds are described in units of their own: -1 to 1 from the middle.
  const place = (shape: Shape, unit: number): Shape => {
    const scale = unit / size;
    return (x, y) => shape((x - 0.5) / scale, (y - 0.5) / scale) * scale;
  };
  const inside = small ? tile * 1.12 : tile;
  const shade = (_: number, y: number): Colour =>
    mix(violetTop, violetBottom, (y - 0.5) / (tile / size));
  return paint(size, [
    { shape: place(roundedSquare(0, 0, 1, 0.45), tile), colour: shade },
    { shape: place(bubble, inside), colour: () => white },
    { shape: place(onion(tile), inside), colour: () => ink },
  ]);
}

const bubble: Shape = blend(
  circle(0.03, -0.08, 0.7),
  rounded(
    polygon([
      [-0.585, 0.735],
      [-0.52, 0.19],
      [-0.01, 0.53],
    ]),
    0.04,
  ),
  0.06,
);

/** @param scale half the tile's side in pixels. */
function onion(scale: number): Shape {
  if (scale < 13) return bulb(0.98);
  if (scale < 20) return union(ring(1, 0.125), bulb(0.42));
  const line = scale < 40 ? 0.085 : 0.07;
  return union(ring(1, line), ring(0.68, line), bulb(0.36));
}

function ring(scale: number, width: number): Shape {
  return outline(bulb(scale - width / 2), width);
}

/** An onion's outline: a ball with a neck. */
function bulb(scale: number): Shape {
  const [cx, cy] = [0.03, 0.02];
  const shape = blend(circle(0, 0, 0.44), capsule([0, -0.3], [0, -0.6], 0.005), 0.3);
  return (x, y) => shape((x - cx) / scale, (y - cy) / scale) * scale;
}

function mix(from: Colour, to: Colour, position: number): Colour {
  const share = Math.min(Math.max((position + 1) / 2, 0), 1);
  const at = (i: 0 | 1 | 2): number => from[i] + (to[i] - from[i]) * share;
  return [at(0), at(1), at(2)];
}
