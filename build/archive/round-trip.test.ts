/** What is written is what is read, and neither clock nor place of the contents is in the bytes. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { contentBytes, type Entry, type Tree } from "../tree.ts";
import { chunkSize } from "./content.ts";
import { normaliseTree } from "./normalise.ts";
import { trees } from "./random-trees.fixture.ts";
import { readDirectory } from "./read-directory.ts";
import { readTarZst } from "./read-tar.ts";
import { readZip } from "./read-zip.ts";
import { writeAsar } from "./write-asar.ts";
import { writeTarZst } from "./write-tar.ts";
import { writeZip } from "./write-zip.ts";

let folder = "";
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "round-trip-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});
async function scratch(): Promise<string> {
  count += 1;
  const path = join(folder, String(count));
  await mkdir(path);
  return path;
}

/** With contents in the place of where they are. */
async function plain(tree: Tree): Promise<unknown> {
  return Promise.all(
    tree.map(async (entry) =>
      entry.kind === "file"
        ? { ...entry, content: Buffer.from(await contentBytes(entry.content)).toString("hex") }
        : entry,
    ),
  );
}

const mtime = 1_700_000_001;
const tarOptions = { mtime, prefix: "", level: 1, windowLog: 20 };
const zipOptions = { mtime, prefix: "", level: 9 };
const writers = [
  (tree: Tree, to: string) => writeTarZst(tree, to, tarOptions),
  (tree: Tree, to: string) => writeZip(tree, to, zipOptions),
  (tree: Tree, to: string) => writeAsar(tree, to),
];

it("reads from a tar.zst what was written", async () => {
  await fc.assert(
    fc.asyncProperty(trees, async (tree) => {
      const work = await scratch();
      await writeTarZst(tree, join(work, "a.tar.zst"), tarOptions);
      const read = await readTarZst(join(work, "a.tar.zst"), join(work, "in"));
      expect(await plain(read)).toEqual(await plain(tree));
    }),
    { numRuns: 50 },
  );
});

it("reads from a zip what was written", async () => {
  await fc.assert(
    fc.asyncProperty(trees, async (tree) => {
      const work = await scratch();
      await writeZip(tree, join(work, "a.zip"), zipOptions);
      const read = await readZip(join(work, "a.zip"), join(work, "in"));
      expect(await plain(read)).toEqual(await plain(tree));
    }),
    { numRuns: 50 },
  );
});

it("puts everything below the prefix", async () => {
  const work = await scratch();
  const bytes = new Uint8Array();
  const file: Entry = { kind: "file", path: "a/b", executable: true, content: { bytes } };
  const tree = normaliseTree([file], { windowsNames: true });
  await writeZip(tree, join(work, "a.zip"), { ...zipOptions, prefix: "app 1.0/x" });
  const read = await readZip(join(work, "a.zip"), join(work, "in"));
  const paths = ["app 1.0", "app 1.0/x", "app 1.0/x/a", "app 1.0/x/a/b"];
  expect(read.map(({ path }) => path)).toEqual(paths);
});

it("writes the same bytes for contents in memory and on disk, at every length of the last chunk", async () => {
  for (const size of [1, chunkSize - 1, chunkSize, chunkSize + 1, 3 * chunkSize - 1024]) {
    const work = await scratch();
    const bytes = Buffer.alloc(size, "some text, again and again; ").fill(7, 0, size >> 1);
    await mkdir(join(work, "tree"));
    await writeFile(join(work, "tree", "f"), bytes);
    const onDisk = normaliseTree(await readDirectory(join(work, "tree")), { windowsNames: true });
    const inMemory: Tree = [{ kind: "file", path: "f", executable: false, content: { bytes } }];
    for (const write of writers) {
      await write(onDisk, join(work, "a"));
      await write(inMemory, join(work, "b"));
      expect((await readFile(join(work, "a"))).equals(await readFile(join(work, "b")))).toBe(true);
    }
  }
});

it("refuses a file that changes while it is packed, and leaves nothing", async () => {
  const work = await scratch();
  await writeFile(join(work, "f"), "longer than said");
  const content = { file: join(work, "f"), size: 4 };
  const file: Entry = { kind: "file", path: "f", executable: false, content };
  const out = join(work, "out");
  const missing: Tree = [{ ...file, content: { file: join(work, "g"), size: 4 } }];
  for (const write of writers) {
    const changed = write([file], out);
    await expect(changed).rejects.toMatchObject({ code: "disk", message: /changed while/ });
    await expect(write(missing, out)).rejects.toMatchObject({ code: "disk", message: /missing/ });
  }
  expect((await readDirectory(work)).map(({ path }) => path)).toEqual(["f"]);
});

it("refuses trees that are not normalised and times that the format can't hold", async () => {
  const x = join(await scratch(), "x");
  const a: Entry = { kind: "directory", path: "a" };
  const b: Entry = { kind: "directory", path: "b" };
  for (const write of [
    () => writeZip([b, a], x, zipOptions),
    () => writeTarZst([a, a], x, tarOptions),
    () => writeAsar([{ kind: "symlink", path: "a/b", target: "c" }], x),
    () => writeZip([a], x, { ...zipOptions, mtime: 0 }),
    () => writeZip([a], x, { ...zipOptions, mtime: 2 ** 31 }),
    () => writeTarZst([a], x, { ...tarOptions, mtime: -1 }),
    () => writeTarZst([a], x, { ...tarOptions, mtime: 0.5 }),
    () => writeTarZst([a], x, { ...tarOptions, windowLog: 28 }),
  ]) {
    await expect(write()).rejects.toMatchObject({ code: "archive" });
  }
});
