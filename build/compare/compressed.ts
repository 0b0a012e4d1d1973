/** gzip (RFC 1952) and zstd (RFC 8878) as containers of one nameless file. */
import { createReadStream } from "node:fs";
import type { Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import type { Container } from "./container.ts";

export function openGzip(file: string, head: Buffer): Container {
  const fields = {
    "gzip flags": `0x${head.toString("hex", 3, 4)}`,
    "gzip mtime": String(head.readUInt32LE(4)),
    "gzip extra flags": String(head[8]),
    "gzip operating system": String(head[9]),
  };
  return { format: "gzip", fields, members: [unpacked(file, createGunzip)] };
}

export function openZstd(file: string, head: Buffer): Container {
  const descriptor = head[4] ?? 0;
  const single = (descriptor & 0x20) !== 0;
  const window = single ? "none: single segment" : `0x${head.toString("hex", 5, 6)}`;
  const fields = {
    "zstd frame descriptor": `0x${head.toString("hex", 4, 5)}`,
    "zstd window descriptor": window,
  };
  return { format: "zstd", fields, members: [unpacked(file, createZstdDecompress)] };
}

function unpacked(file: string, createCodec: () => Transform): Container["members"][number] {
  return {
    path: "uncompressed",
    fields: {},
    open: async function* () {
      const input = createReadStream(file);
      const codec = createCodec();
      input.on("error", (error) => codec.destroy(error));
      try {
        yield* input.pipe(codec);
      } finally {
        input.destroy();
        codec.destroy();
      }
    },
  };
}
