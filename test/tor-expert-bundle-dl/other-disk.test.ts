/** From a temporary folder on another file system a rename is not possible: a copy takes its place. */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { moveIntoPlace } from "../../build/tor-expert-bundle-dl/src/files.ts";

test("a file comes whole from another file system", async () => {
  const here = await mkdtemp(join(tmpdir(), "tebd-"));
  const there = await mkdtemp("/dev/shm/tebd-");
  try {
    expect((await stat(there)).dev).not.toBe((await stat(here)).dev);
    const bytes = Buffer.alloc(100_000, "tor");
    await writeFile(join(there, "archive"), bytes);
    await moveIntoPlace(join(there, "archive"), join(here, "cache", "archive"));
    expect((await readFile(join(here, "cache", "archive"))).equals(bytes)).toBe(true);
    expect(await readdir(join(here, "cache"))).toEqual(["archive"]);
  } finally {
    await rm(here, { recursive: true });
    await rm(there, { recursive: true });
  }
});
