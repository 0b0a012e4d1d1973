import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { removeLeftovers, writeWhole } from "./atomic.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "atomic-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

it("has only a temporary name while it is written, then only the final one", async () => {
  const file = join(folder, "out.zip");
  await writeWhole(file, async (temp) => {
    await writeFile(temp, "bytes");
    expect(await readdir(folder)).toEqual([`.out.zip.partial-${process.pid}`]);
  });
  expect(await readdir(folder)).toEqual(["out.zip"]);
});

it("leaves the old file, and nothing else, when writing fails", async () => {
  const file = join(folder, "out.zip");
  await writeFile(file, "old");
  const failing = writeWhole(file, async (temp) => {
    await writeFile(temp, "half");
    throw new Error("no more");
  });
  await expect(failing).rejects.toThrow("no more");
  expect(await readdir(folder)).toEqual(["out.zip"]);
  expect(await readFile(file, "utf8")).toBe("old");
});

it("says what is wrong with the disk", async () => {
  const file = join(folder, "out.zip");
  const full = Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC" });
  await expect(writeWhole(file, () => Promise.reject(full))).rejects.toMatchObject({
    code: "disk",
    message: `can't write ${file}: the disk is full: free some space`,
  });
  const missing = writeWhole(join(folder, "no", "out"), (temp) => writeFile(temp, ""));
  await expect(missing).rejects.toMatchObject({ code: "disk" });
});

it("refuses to write a file twice at once", async () => {
  const file = join(folder, "out.zip");
  await writeWhole(file, async (temp) => {
    await writeFile(temp, "first");
    await expect(writeWhole(file, async () => {})).rejects.toThrow("twice at the same time");
  });
  expect(await readFile(file, "utf8")).toBe("first");
});

it("clears what dead processes left, not what living ones write", async () => {
  const { pid: dead } = spawnSync("true");
  await writeFile(join(folder, `.a.zip.partial-${dead}`), "");
  await writeFile(join(folder, `.b.zip.partial-${process.pid}`), ""); // of an earlier namesake
  await writeFile(join(folder, `.c.zip.partial-${process.ppid}`), "");
  await writeFile(join(folder, "a.zip"), "");
  await writeWhole(join(folder, "d.zip"), async (temp) => {
    await writeFile(temp, "");
    const removed = await removeLeftovers(folder);
    expect([...removed].sort()).toEqual([
      `.a.zip.partial-${dead}`,
      `.b.zip.partial-${process.pid}`,
    ]);
  });
  expect((await readdir(folder)).sort()).toEqual([
    `.c.zip.partial-${process.ppid}`,
    "a.zip",
    "d.zip",
  ]);
});
