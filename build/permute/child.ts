/**
 * One run under one condition: makes the sample, reads it back from the disk, writes every format.
 * Usage: child.ts WRITERS_MODULE SAMPLE_FOLDER OUTPUT_FOLDER SEED
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { normaliseTree } from "../archive/normalise.ts";
import { readDirectory } from "../archive/read-directory.ts";
import { makeSample, sampleEntries, shuffled } from "./sample.ts";
import type { Writers } from "./writers.ts";

const [module = "", sample = "", output = "", seed = ""] = process.argv.slice(2);
const { writers } = (await import(pathToFileURL(module).href)) as { writers: Writers };
await makeSample(sample, shuffled(sampleEntries, Number(seed)));
const tree = normaliseTree(await readDirectory(sample), { windowsNames: false });
for (const [format, write] of Object.entries(writers)) {
  await write(tree, join(output, `sample.${format}`));
}
