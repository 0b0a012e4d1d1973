/** Writers whose disk gives out: they end, say so, and leave nothing behind. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "failing-disk-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** 4 MB that don't shrink, to a disk that takes 512 KB: `ulimit -f` counts blocks of 512 bytes. */
const script = `
  import { randomBytes } from "node:crypto";
  const [module, name, file] = process.argv.slice(1);
  const write = (await import(module))[name];
  const content = { bytes: randomBytes(4_000_000) };
  const tree = ["a", "b"].map((path) => ({ kind: "file", path, executable: false, content }));
  const options = { mtime: 1_700_000_000, prefix: "", level: 1, windowLog: 20 };
  try {
    await write(tree, file, options);
    console.log("was written");
  } catch (error) {
    console.log(error.code, error.message);
  }
`;

it.each([
  ["write-tar.ts", "writeTarZst"],
  ["write-zip.ts", "writeZip"],
  ["write-asar.ts", "writeAsar"],
])("%s", async (file, name) => {
  const module = new URL(`../../build/archive/${file}`, import.meta.url).href;
  const out = join(folder, "out");
  const node = [process.execPath, "--input-type=module", "--eval", script, module, name, out];
  const limited = ["-c", 'ulimit -f 1024; exec "$@"', "sh", ...node];
  const { stdout } = await promisify(execFile)("sh", limited, { timeout: 20_000 });
  expect(stdout).toBe(`disk can't write ${out}: the file system can't hold a file of this size\n`);
  expect(await readdir(folder)).toEqual([]);
});
