import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BuildError } from "../errors.ts";
import { adhocSign } from "./adhoc-sign.ts";
import { verifyPages } from "./code-directory.ts";
import { rehash } from "./rehash.ts";
import { sampleFat, sampleMachO } from "./samples.ts";

const signed = adhocSign(sampleMachO(), "org.example", "sample");
/** 0x2123 rounded up to 16: where the signature starts, and how much of the file it covers. */
const covered = 0x2130;
const directory = covered + 20;
const hashes = directory + 88 + "org.example".length + 1;

/** A copy with 32-bit big-endian words replaced. */
function patch(bytes: Uint8Array, words: Readonly<Record<number, number>>): Uint8Array {
  const copy = new Uint8Array(bytes);
  const view = new DataView(copy.buffer);
  for (const [at, value] of Object.entries(words)) view.setUint32(Number(at), value);
  return copy;
}

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

test("reads the CodeDirectory", () => {
  const [signature] = verifyPages(signed, "sample");
  expect(signature?.signedByKey).toBe(false);
  expect(signature?.directories).toEqual([
    {
      identifier: "org.example",
      flags: 0x20002,
      algorithm: "sha256",
      pageSize: 4096,
      pageCount: 3,
      codeLimit: covered,
      hashes,
      hashSize: 32,
    },
  ]);
});

test("page hashes are SHA-256 of 4 KiB each, the last of what is left", () => {
  for (const [page, end] of [0x1000, 0x2000, covered].entries()) {
    const expected = createHash("sha256")
      .update(signed.subarray(page * 0x1000, end))
      .digest("hex");
    const at = hashes + page * 32;
    expect(Buffer.from(signed.subarray(at, at + 32)).toString("hex")).toBe(expected);
  }
});

test("a flip of any covered byte, or of any byte of a hash, is found", () => {
  for (let at = 0; at < covered; at++) {
    expect(() => verifyPages(flip(signed, at), "sample")).toThrow(BuildError);
  }
  for (let at = hashes; at < hashes + 3 * 32; at++) {
    expect(() => verifyPages(flip(signed, at), "sample")).toThrow(/not the one that was signed/);
  }
});

describe("refuses", () => {
  test.each([
    ["another magic", { [covered]: 0xfade0cc1 }, /no code signature/],
    ["a length past the command's", { [covered + 4]: 0x10000 }, /no code signature/],
    ["a thousand blobs", { [covered + 8]: 1000 }, /1000 blobs/],
    ["blobs that aren't there", { [covered + 8]: 2 }, /blob/],
    ["a blob outside", { [covered + 16]: 0x7fffffff }, /lies outside/],
    ["a blob over the index", { [covered + 16]: 8 }, /lies outside/],
    ["a blob that is too long", { [directory + 4]: 0x7fffffff }, /does not fit/],
    ["a blob that is too short", { [directory + 4]: 4 }, /does not fit/],
    ["no CodeDirectory", { [directory]: 0xfade0c01 }, /without a CodeDirectory/],
    ["one in another slot", { [covered + 12]: 7 }, /without a CodeDirectory/],
    ["hashes out of range", { [directory + 16]: 0x7fffffff }, /lie outside/],
    ["hashes over the header", { [directory + 16]: 50 }, /overlap/],
    ["special slots over the header", { [directory + 24]: 3 }, /overlap/],
    ["an identifier out of range", { [directory + 20]: 0x7fffffff }, /lie outside/],
    ["an identifier in the hashes", { [directory + 20]: 110 }, /overlap/],
    ["fewer hashes than pages", { [directory + 28]: 2 }, /2 page hashes/],
    ["more hashes than pages", { [directory + 28]: 0x10000000 }, /page hashes/],
    ["a hole before the signature", { [directory + 32]: 0x2000 }, /pages up to 8192 are signed/],
    ["pages over the signature", { [directory + 32]: 0x2200 }, /pages up to 8704 are signed/],
    ["SHA-256 cut to 20 bytes", { [directory + 36]: 0x1403000c }, /hash type 3/],
    ["a size that is not the hash's", { [directory + 36]: 0x1402000c }, /hash type 2 of 20/],
    ["infinite pages", { [directory + 36]: 0x20020000 }, /2\^0 bytes/],
    ["a scatter vector", { [directory + 44]: 88 }, /scattered/],
  ] as const)("%s", (_, words, message) => {
    expect(() => verifyPages(patch(signed, words), "sample")).toThrow(message);
    expect(() => rehash(patch(signed, words), "sample")).toThrow(message);
  });

  test("damage to the signature, without any other kind of error", () => {
    const damage = fc.array(fc.tuple(fc.nat(hashes - covered), fc.nat(255)), { minLength: 1 });
    fc.assert(
      fc.property(damage, (changes) => {
        const bytes = new Uint8Array(signed);
        for (const [at, value] of changes) bytes[covered + at] = value;
        try {
          verifyPages(bytes, "sample");
        } catch (error) {
          expect(error).toBeInstanceOf(BuildError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("rehash", () => {
  const changed = flip(flip(signed, 0x300), 0x2100);

  test("brings two changed pages in step and leaves every other byte", () => {
    expect(() => verifyPages(changed, "sample")).toThrow(/page 0/);
    const rehashed = rehash(changed, "sample");
    verifyPages(rehashed, "sample");
    for (let at = 0; at < changed.length; at++) {
      const inHash = (page: number): boolean =>
        at >= hashes + page * 32 && at < hashes + page * 32 + 32;
      if (!inHash(0) && !inHash(2)) expect(rehashed[at]).toBe(changed[at]);
    }
  });

  test("changes nothing where nothing changed", () => {
    expect(rehash(signed, "sample")).toEqual(signed);
  });

  test("does every slice of a fat file", () => {
    const fat = sampleFat([changed, changed]);
    expect(verifyPages(rehash(fat, "sample"), "sample")).toHaveLength(2);
  });

  test("leaves unsigned Intel code alone, and refuses unsigned arm64 code", () => {
    const intel = sampleMachO({ cpu: "x86_64" });
    expect(rehash(intel, "sample")).toEqual(intel);
    expect(() => rehash(sampleMachO(), "sample")).toThrow(/no signature to bring in step/);
  });

  test("refuses a signature that is not ad-hoc", () => {
    const flags = patch(signed, { [directory + 12]: 0x10000 });
    expect(() => rehash(flags, "sample")).toThrow(/signed with a key/);
  });
});
