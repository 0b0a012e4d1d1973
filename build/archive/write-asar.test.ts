/** Electron's own library is the referee: for the same tree it must write the same bytes. */
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { type AsarStreamType, createPackageFromStreams, getRawHeader } from "@electron/asar";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Content, contentSize, type Entry, type Tree } from "../tree.ts";
import { chunksOf } from "./content.ts";
import { trees } from "./random-trees.fixture.ts";
import { writeAsar } from "./write-asar.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "asar-test-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

type Stat = Extract<AsarStreamType, { stat: unknown }>["stat"];

function theirs(entry: Entry): AsarStreamType {
  const common = { path: entry.path, unpacked: false };
  if (entry.kind === "directory") return { ...common, type: "directory" };
  const content: Content = entry.kind === "file" ? entry.content : { bytes: new Uint8Array() };
  const streamGenerator = (): Readable => Readable.from(chunksOf(content), { objectMode: false });
  const mode = entry.kind === "file" && !entry.executable ? 0o644 : 0o755;
  const stat = { mode, size: contentSize(content) } as Stat; // it reads no other field
  if (entry.kind === "file") return { ...common, type: "file", streamGenerator, stat };
  return { ...common, type: "link", streamGenerator, stat, symlink: entry.target };
}

async function expectSame(tree: Tree): Promise<void> {
  const [ours, other] = [join(folder, "ours.asar"), join(folder, "theirs.asar")];
  const { headerSha256 } = await writeAsar(tree, ours);
  await createPackageFromStreams(other, tree.map(theirs));
  expect((await readFile(ours)).equals(await readFile(other))).toBe(true);
  const { headerString } = getRawHeader(other);
  expect(headerSha256).toBe(createHash("sha256").update(headerString).digest("hex"));
}

it("writes what @electron/asar writes, for random trees", async () => {
  await fc.assert(fc.asyncProperty(trees, expectSame), { numRuns: 40 });
});

it("writes what @electron/asar writes, for files around the 4 MiB of an integrity block", async () => {
  const sizes = [0, 4 * 2 ** 20 - 1, 4 * 2 ** 20, 4 * 2 ** 20 + 1];
  const tree = sizes.map((size, index): Entry => {
    const bytes = new Uint8Array(size).fill(index);
    return { kind: "file", path: `f${index}`, executable: index === 1, content: { bytes } };
  });
  await expectSame(tree);
});
