/**
 * The bare codecs: the files named on the command line, through what the recipe's packing says, to
 * nowhere. `compress.ts '{"format":"zip","level":9}' FILE…`
 */
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { constants, createDeflateRaw, createZstdCompress } from "node:zlib";
import type { Packing } from "../../build/recipes/recipe.ts";

const [json = "", ...files] = process.argv.slice(2);
const packing = JSON.parse(json) as Packing;
const chunkSize = 256 * 1024;

async function* allFiles(): AsyncGenerator<Buffer> {
  for (const file of files) yield* createReadStream(file, { highWaterMark: chunkSize });
}

async function drain(source: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of source);
}

if (packing.format === "zip") {
  for (const file of files) {
    const codec = createDeflateRaw({ level: packing.level, chunkSize });
    await pipeline(createReadStream(file, { highWaterMark: chunkSize }), codec, drain);
  }
} else {
  const params = {
    [constants.ZSTD_c_compressionLevel]: packing.level,
    [constants.ZSTD_c_windowLog]: packing.windowLog,
    [constants.ZSTD_c_enableLongDistanceMatching]: 1,
    [constants.ZSTD_c_checksumFlag]: 1,
  };
  await pipeline(allFiles(), createZstdCompress({ chunkSize, params }), drain);
}
