import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BuildError } from "../errors.ts";
import { adhocSign } from "./adhoc-sign.ts";
import { mapSlices, slicesOf } from "./fat.ts";
import { parseMachO } from "./macho.ts";
import { sampleFat, sampleMachO } from "./samples.ts";

const signed = adhocSign(sampleMachO(), "sample", "sample");

/** A copy with 32-bit little-endian words replaced. */
function patch(bytes: Uint8Array, words: Readonly<Record<number, number>>): Uint8Array {
  const copy = new Uint8Array(bytes);
  const view = new DataView(copy.buffer);
  for (const [at, value] of Object.entries(words)) view.setUint32(Number(at), value, true);
  return copy;
}

test("reads a thin file", () => {
  expect(parseMachO(sampleMachO({ cpu: "x86_64", executable: false }), "sample")).toMatchObject({
    cpu: "x86_64",
    executable: false,
    commandCount: 3,
    commandsEnd: 304,
    contentStart: 0x200,
    text: { offset: 0, size: 0x2000 },
    linkedit: { command: 184, offset: 0x2000, size: 0x123 },
    signature: undefined,
  });
});

describe("refuses", () => {
  const hostile: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ["another format", new TextEncoder().encode("#!/bin/sh\nexit 0\n"), /expected a 64-bit Mach-O/],
    ["32 bits", patch(signed, { 0: 0xfeedface }), /magic 0xfeedface/],
    ["another processor", patch(signed, { 4: 18 }), /processor 0x12/],
    ["a million commands", patch(signed, { 16: 1_000_000 }), /over our limits/],
    ["commands past the end", patch(signed, { 20: 0x30000 }), /lie outside/],
    ["one command too few", patch(signed, { 16: 3 }), /load commands end at 304/],
    ["one command too many", patch(signed, { 16: 5 }), /load command 4 of 0 bytes/],
    ["a command of no size", patch(signed, { 260: 0 }), /load command 2 of 0 bytes/],
    ["a command of odd size", patch(signed, { 260: 44 }), /load command 2 of 44 bytes/],
    ["a command beyond the others", patch(signed, { 260: 0x1000 }), /load command 2 of 4096/],
    ["more sections than fit", patch(signed, { 96: 0xffffffff }), /number of sections disagree/],
    ["a segment past the end", patch(signed, { [184 + 40]: 0x3000 }), /runs past the end/],
    ["a segment beyond 2^53", patch(signed, { [184 + 44]: 0xffffffff }), /64-bit value/],
    ["overlapping segments", patch(signed, { [184 + 40]: 0x1000 }), /overlaps another/],
    ["a section over the commands", patch(signed, { 152: 0x80 }), /overlaps the load commands/],
    [
      "two __LINKEDITs",
      patch(signed, { 40: 0x494c5f5f, 44: 0x44454b4e, 48: 0x5449 }),
      /2 of __LINK/,
    ],
    ["a signature outside __LINKEDIT", patch(signed, { 312: 0x1000 }), /outside __LINKEDIT/],
    ["a signature past the end", patch(signed, { 316: 0x10000 }), /outside __LINKEDIT/],
    ["bytes after the signature", patch(signed, { 316: 8 }), /bytes follow the code signature/],
    ["a signature command of 48 bytes", patch(signed, { 256: 0x1d }), /LC_CODE_SIGNATURE of 48/],
  ];
  test.each(hostile)("%s", (_, bytes, message) => {
    expect(() => parseMachO(bytes, "sample")).toThrow(message);
  });

  test("every truncation", () => {
    for (let length = 0; length < signed.length; length++) {
      expect(() => parseMachO(signed.subarray(0, length), "sample")).toThrow(BuildError);
    }
  });

  test("damage, with an error that names the file", () => {
    const damage = fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(damage, (changes) => {
        const bytes = new Uint8Array(signed);
        for (const [at, value] of changes) bytes[at] = value;
        try {
          parseMachO(bytes, "sample");
        } catch (error) {
          expect(error).toBeInstanceOf(BuildError);
          expect(error).toHaveProperty("message", expect.stringMatching(/^sample: /));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("fat files", () => {
  const intel = sampleMachO({ cpu: "x86_64" });
  const fat = sampleFat([intel, sampleMachO()]);

  test("split into their slices", () => {
    const slices = slicesOf(fat, "sample");
    expect(slices.map(({ offset, name }) => [offset, name])).toEqual([
      [0x4000, "sample (x86_64)"],
      [0x8000, "sample (arm64)"],
    ]);
    expect(slices[0]?.bytes).toEqual(intel);
  });

  test("joined again unchanged", () => {
    expect(mapSlices(fat, "sample", (slice) => slice.bytes)).toEqual(fat);
  });

  test("a slice that outgrows its place moves the next one", () => {
    const grown = mapSlices(fat, "sample", (slice) => {
      const bytes = new Uint8Array(slice.bytes.length + 0x4000);
      bytes.set(slice.bytes);
      return bytes;
    });
    expect(slicesOf(grown, "sample").map(({ offset, bytes }) => [offset, bytes.length])).toEqual([
      [0x4000, intel.length + 0x4000],
      [0xc000, intel.length + 0x4000],
    ]);
  });

  const big = (words: Readonly<Record<number, number>>): Uint8Array => {
    const copy = new Uint8Array(fat);
    const view = new DataView(copy.buffer);
    for (const [at, value] of Object.entries(words)) view.setUint32(Number(at), value);
    return copy;
  };
  test.each([
    ["none", { 4: 0 }, /0 slices/],
    ["a Java class file", { 4: 0x41 }, /65 slices/],
    ["a slice past the end", { 36: 0xc000 }, /lie outside/],
    ["overlapping slices", { 36: 0x4000 }, /overlaps another/],
    ["a slice over the header", { 16: 0, 24: 0 }, /overlaps another/],
    ["a misaligned slice", { 16: 0x4100 }, /not aligned/],
  ] as const)("refuses %s", (_, words, message) => {
    expect(() => slicesOf(big(words), "sample")).toThrow(message);
  });
});
