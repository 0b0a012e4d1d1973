/** The writers under test, with the options of the recipes but a smaller window. */
import { writeAsar } from "../archive/write-asar.ts";
import { writeTarZst } from "../archive/write-tar.ts";
import { writeZip } from "../archive/write-zip.ts";
import type { Tree } from "../tree.ts";

/** By format, which is also the extension. */
export type Writers = Readonly<Record<string, (tree: Tree, file: string) => Promise<unknown>>>;

const mtime = 1_700_000_001;
const prefix = "sample-1.0";

export const writers: Writers = {
  "tar.zst": (tree, file) => writeTarZst(tree, file, { mtime, prefix, level: 19, windowLog: 24 }),
  zip: (tree, file) => writeZip(tree, file, { mtime, prefix, level: 9 }),
  asar: (tree, file) => writeAsar(tree, file),
};
