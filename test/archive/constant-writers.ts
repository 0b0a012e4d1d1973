/** One writer with nothing in its file that could differ. */
import { writeFile } from "node:fs/promises";
import type { Writers } from "../../build/permute/writers.ts";

export const writers: Writers = { constant: (_, file) => writeFile(file, "constant") };
