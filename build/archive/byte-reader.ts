/** Takes bytes from a stream in the pieces that a format asks for. */
import { BuildError } from "../errors.ts";

export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #buffered: Uint8Array = new Uint8Array();
  #position = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  get position(): number {
    return this.#position;
  }

  /** Up to `most` bytes, or undefined at the end. */
  async some(most: number = Number.POSITIVE_INFINITY): Promise<Uint8Array | undefined> {
    while (this.#buffered.length === 0) {
      const next = await this.#source.next();
      if (next.done === true) return undefined;
      this.#buffered = next.value;
    }
    const piece = this.#buffered.subarray(0, most);
    this.#buffered = this.#buffered.subarray(piece.length);
    this.#position += piece.length;
    return piece;
  }

  async *chunks(length: number, what = "a file's contents"): AsyncGenerator<Uint8Array> {
    for (let left = length; left > 0; ) {
      const piece = await this.some(left);
      if (piece === undefined) {
        throw new BuildError(
          "archive",
          `it is truncated: ${what} at byte ${this.#position} should go on for ${left} bytes`,
        );
      }
      left -= piece.length;
      yield piece;
    }
  }

  async take(length: number, what: string): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.chunks(length, what)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async skip(length: number): Promise<void> {
    for await (const _ of this.chunks(length));
  }
}
