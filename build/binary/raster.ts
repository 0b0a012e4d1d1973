/**
 * Draws shapes that are given as signed distances: negative inside, 0 on the edge, growing by one a
 * unit of length. A pixel's coverage follows from the distance of its middle, so edges are smooth at
 * any size without drawing anything larger.
 * Only + - * / and sqrt, which IEEE 754 fixes to the last bit: every processor draws the same. No
 * Math.hypot, sin or pow, whose last bits each engine chooses for itself.
 */
import type { Image } from "./png.ts";

/** In a square of 0..1 by 0..1, y downwards. */
export type Shape = (x: number, y: number) => number;
/** Red, green, blue, 0 to 255. */
export type Colour = readonly [number, number, number];

export interface Layer {
  readonly shape: Shape;
  readonly colour: (x: number, y: number) => Colour;
}

/** Pixels a side of the squares that are looked at as a whole first. */
const BLOCK = 16;

/** Paints the layers over nothing, first one lowest. `size` in pixels. */
export function paint(size: number, layers: readonly Layer[]): Image {
  const pixels = new Uint8Array(size * size * 4);
  for (let top = 0; top < size; top += BLOCK) {
    for (let left = 0; left < size; left += BLOCK) {
      const near = layersNear(left + BLOCK / 2, top + BLOCK / 2, size, layers);
      if (near.length === 0) continue;
      for (let row = top; row < Math.min(top + BLOCK, size); row++) {
        for (let column = left; column < Math.min(left + BLOCK, size); column++) {
          paintPixel(pixels, (row * size + column) * 4, column + 0.5, row + 0.5, size, near);
        }
      }
    }
  }
  return { width: size, height: size, pixels };
}

/**
 * The layers that can show in the block round this middle. A distance changes by no more than the
 * way gone, so one look tells whether an edge can be anywhere in the block; most blocks have none.
 */
function layersNear(x: number, y: number, size: number, layers: readonly Layer[]): Layer[] {
  const reach = BLOCK * 0.75 + 0.5; // from the middle to a corner is 0.71 of the side
  const near: Layer[] = [];
  for (const layer of layers) {
    const distance = layer.shape(x / size, y / size) * size;
    if (distance > reach) continue;
    near.push(distance < -reach ? { ...layer, shape: everywhere } : layer);
  }
  return near;
}

const everywhere: Shape = () => Number.NEGATIVE_INFINITY;

function paintPixel(
  pixels: Uint8Array,
  at: number,
  column: number,
  row: number,
  size: number,
  layers: readonly Layer[],
): void {
  const [x, y] = [column / size, row / size];
  let [red, green, blue, alpha] = [0, 0, 0, 0];
  for (const { shape, colour } of layers) {
    // The edge lies in this pixel while the distance is within half a pixel.
    const cover = clamp01(0.5 - shape(x, y) * size);
    if (cover === 0) continue;
    const [r, g, b] = colour(x, y);
    // "Over" of Porter and Duff, premultiplied.
    red = r * cover + red * (1 - cover);
    green = g * cover + green * (1 - cover);
    blue = b * cover + blue * (1 - cover);
    alpha = cover + alpha * (1 - cover);
  }
  if (alpha === 0) return;
  pixels[at] = Math.floor(red / alpha + 0.5);
  pixels[at + 1] = Math.floor(green / alpha + 0.5);
  pixels[at + 2] = Math.floor(blue / alpha + 0.5);
  pixels[at + 3] = Math.floor(alpha * 255 + 0.5);
}

export function circle(cx: number, cy: number, radius: number): Shape {
  return (x, y) => length(x - cx, y - cy) - radius;
}

export function roundedSquare(cx: number, cy: number, half: number, radius: number): Shape {
  return (x, y) => {
    const dx = Math.abs(x - cx) - half + radius;
    const dy = Math.abs(y - cy) - half + radius;
    return length(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - radius;
  };
}

/** A line of the given half width with round ends. */
export function capsule(
  [ax, ay]: readonly [number, number],
  [bx, by]: readonly [number, number],
  radius: number,
): Shape {
  const [dx, dy] = [bx - ax, by - ay];
  const squared = dx * dx + dy * dy;
  return (x, y) => {
    const along = clamp01(((x - ax) * dx + (y - ay) * dy) / squared);
    return length(x - ax - dx * along, y - ay - dy * along) - radius;
  };
}

/** The corners in either order round the polygon, which need not be convex. */
export function polygon(corners: readonly (readonly [number, number])[]): Shape {
  return (x, y) => {
    let nearest = Number.POSITIVE_INFINITY;
    let inside = false;
    let [px, py] = corners.at(-1) ?? [0, 0];
    for (const [cx, cy] of corners) {
      const [ex, ey, wx, wy] = [px - cx, py - cy, x - cx, y - cy];
      const along = clamp01((wx * ex + wy * ey) / (ex * ex + ey * ey));
      nearest = Math.min(nearest, length(wx - ex * along, wy - ey * along));
      if (cy > y !== py > y && x < (ex * wy) / ey + cx) inside = !inside;
      [px, py] = [cx, cy];
    }
    return inside ? -nearest : nearest;
  };
}

export function union(...shapes: readonly Shape[]): Shape {
  return (x, y) => shapes.reduce((least, shape) => Math.min(least, shape(x, y)), Infinity);
}

/** Union with the inner corners filled in, over about `softness` of length. */
export function blend(a: Shape, b: Shape, softness: number): Shape {
  return (x, y) => {
    const [da, db] = [a(x, y), b(x, y)];
    const near = Math.max(softness - Math.abs(da - db), 0) / softness;
    return Math.min(da, db) - (near * near * softness) / 4;
  };
}

/** Grown by `radius`, with round corners. */
export function rounded(shape: Shape, radius: number): Shape {
  return (x, y) => shape(x, y) - radius;
}

/** The line along the shape's edge. */
export function outline(shape: Shape, width: number): Shape {
  return (x, y) => Math.abs(shape(x, y)) - width / 2;
}

function length(x: number, y: number): number {
  return Math.sqrt(x * x + y * y);
}

function clamp01(value: number): number {
  return Math.min(Math.max(value, 0), 1);
}
