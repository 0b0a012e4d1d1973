import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { verifyFile } from "./digest.ts";

// FIPS 180-4 example: the one-block message "abc" under SHA-256 and SHA-512.
const abc = {
  sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  integrity:
    "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==",
  size: 3,
};
let folder: string;
let path: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "digest-"));
  path = join(folder, "abc");
  await writeFile(path, "abc");
});
afterAll(() => rm(folder, { recursive: true }));

test("returns hash and size of what matches", async () => {
  const verified = { sha256: abc.sha256, size: 3 };
  await expect(verifyFile(path, abc, "abc")).resolves.toEqual(verified);
  await expect(
    verifyFile(path, { sha256: null, integrity: abc.integrity, size: null }, "abc"),
  ).resolves.toEqual(verified);
});

test.each([
  ["size", { size: 4 }, /3 bytes, expected 4 bytes/],
  ["sha256", { sha256: abc.sha256.replace("b", "c") }, /expected sha256 ca7816bf/],
  ["integrity", { integrity: abc.integrity.replace("3", "4") }, /expected sha512-4a81/],
])("refuses another %s", async (_name, change, message) => {
  const result = verifyFile(path, { ...abc, ...change }, "the input abc");
  await expect(result).rejects.toMatchObject({ code: "mismatch" });
  await expect(result).rejects.toThrow(/the input abc/);
  await expect(result).rejects.toThrow(message);
});

test("needs a hash, and a file", async () => {
  const bare = { sha256: null, integrity: null, size: 3 };
  await expect(verifyFile(path, bare, "abc")).rejects.toMatchObject({ code: "manifest" });
  const absent = verifyFile(join(folder, "absent"), abc, "abc");
  await expect(absent).rejects.toMatchObject({ code: "disk" });
});

test("stops when told to", async () => {
  const reason = new Error("stop");
  await expect(verifyFile(path, abc, "abc", AbortSignal.abort(reason))).rejects.toBe(reason);
});
