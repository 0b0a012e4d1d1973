/** Part of a file as a stream. */
import { createReadStream } from "node:fs";

export async function* rangeOf(file: string, offset: number, size: number): AsyncGenerator<Buffer> {
  if (size > 0) yield* createReadStream(file, { start: offset, end: offset + size - 1 });
}
