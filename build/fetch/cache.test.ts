import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Cache, claimPart, keyOf, openCache, releasePart } from "./cache.ts";

let cache: Cache;
beforeEach(async () => {
  cache = await openCache(await mkdtemp(join(tmpdir(), "cache-")));
});
afterEach(() => rm(cache.folder, { recursive: true }));

const partial = (name: string): string => join(cache.folder, "partial", name);
const names = (): Promise<string[]> => readdir(join(cache.folder, "partial"));

/** The id of a process that has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ["--version"]).pid;
}

test("keys: sha256 where it is known, else sha512", () => {
  const integrity = `sha512-${Buffer.alloc(64, 0xab).toString("base64")}`;
  const sha256 = "12".repeat(32);
  expect(keyOf({ sha256, integrity, size: null })).toBe(`sha256-${sha256}`);
  expect(keyOf({ sha256: null, integrity, size: null })).toBe(`sha512-${"ab".repeat(64)}`);
});

test("a released part is taken over by one", async () => {
  const first = await claimPart(cache, "key");
  await writeFile(first.path, "half");
  await releasePart(cache, first);
  expect(await names()).toEqual(["key.part"]);
  const [second, third] = await Promise.all([claimPart(cache, "key"), claimPart(cache, "key")]);
  const contents = await Promise.all(
    [second, third].map((part) => readFile(part.path, "utf8").catch(() => "empty")),
  );
  expect(contents.sort()).toEqual(["empty", "half"]);
  expect(second.path).not.toBe(third.path);
});

test("an empty part leaves nothing", async () => {
  const part = await claimPart(cache, "key");
  await writeFile(part.path, "");
  await releasePart(cache, part);
  expect(await names()).toEqual([]);
});

test("takes over from a process that has ended, not from one that runs", async () => {
  await writeFile(partial(`key.${process.ppid}.aaaaaaaa.part`), "theirs");
  const part = await claimPart(cache, "key");
  await expect(readFile(part.path)).rejects.toMatchObject({ code: "ENOENT" });

  await writeFile(partial(`key.${deadPid()}.bbbbbbbb.part`), "left");
  await writeFile(partial(`key2.${deadPid()}.cccccccc.part`), "another file's");
  expect(await readFile((await claimPart(cache, "key")).path, "utf8")).toBe("left");
});

test("what nobody has touched for a day is removed; a released part stays", async () => {
  const old = new Date(Date.now() - 25 * 60 * 60 * 1000);
  for (const name of ["a.1.aaaaaaaa.part", "b.part"]) {
    await writeFile(partial(name), "x");
    await utimes(partial(name), old, old);
  }
  await writeFile(partial("c.1.aaaaaaaa.part"), "x");
  await openCache(cache.folder);
  expect((await names()).sort()).toEqual(["b.part", "c.1.aaaaaaaa.part"]);
});
