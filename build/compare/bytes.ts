/** Where two streams of bytes first differ. */

export interface BytesDifference {
  readonly offset: number;
  /** Up to 16 bytes from there on; none where that stream has ended. */
  readonly a: Buffer;
  readonly b: Buffer;
}

type Bytes = AsyncIterable<Uint8Array>;

const shown = 16;

/** Undefined where they are the same. Both streams are closed when it returns. */
export async function firstDifference(a: Bytes, b: Bytes): Promise<BytesDifference | undefined> {
  const [left, right] = [lookahead(a), lookahead(b)];
  try {
    for (let offset = 0; ; ) {
      const [one, other] = [await left.peek(), await right.peek()];
      const length = Math.min(one.length, other.length);
      if (length === 0 && one.length === other.length) return undefined;
      const same = one.subarray(0, length).equals(other.subarray(0, length));
      const step = same ? length : one.findIndex((byte, index) => byte !== other[index]);
      left.drop(step);
      right.drop(step);
      offset += step;
      if (same && length > 0) continue;
      return { offset, a: await left.take(shown), b: await right.take(shown) };
    }
  } finally {
    await left.close();
    await right.close();
  }
}

/** `00 01 02 …  |...|`, as hex dumps have it. */
export function hexDump(bytes: Buffer): string {
  if (bytes.length === 0) return "(ends here)";
  const hex = bytes.toString("hex").replace(/..(?=.)/g, "$& ");
  return `${hex}  |${bytes.toString("latin1").replace(/[^\x20-\x7e]/g, ".")}|`;
}

interface Lookahead {
  /** What is there without dropping it; empty only at the end. */
  readonly peek: () => Promise<Buffer>;
  readonly drop: (count: number) => void;
  readonly take: (most: number) => Promise<Buffer>;
  readonly close: () => Promise<void>;
}

function lookahead(source: Bytes): Lookahead {
  const iterator = source[Symbol.asyncIterator]();
  let buffered: Buffer = Buffer.alloc(0);
  let ended = false;
  const pull = async (): Promise<Buffer> => {
    const next = await iterator.next();
    ended = next.done === true;
    return next.done === true ? Buffer.alloc(0) : Buffer.from(next.value);
  };
  const peek = async (): Promise<Buffer> => {
    while (buffered.length === 0 && !ended) buffered = await pull();
    return buffered;
  };
  return {
    peek,
    drop: (count) => {
      buffered = buffered.subarray(count);
    },
    take: async (most) => {
      while (buffered.length < most && !ended) buffered = Buffer.concat([buffered, await pull()]);
      return buffered.subarray(0, most);
    },
    close: async () => {
      await iterator.return?.();
    },
  };
}
