import { describe, expect, test } from "vitest";
import { adhocSign } from "./adhoc-sign.ts";
import { verifyPages } from "./code-directory.ts";
import { slicesOf } from "./fat.ts";
import { parseMachO } from "./macho.ts";
import { sampleFat, sampleMachO } from "./samples.ts";

test("adds the command and the signature, and extends __LINKEDIT over it", () => {
  const unsigned = sampleMachO();
  const signed = adhocSign(unsigned, "tor", "tor");
  const macho = parseMachO(signed, "tor");
  expect(macho.commandCount).toBe(4);
  expect(macho.commandsEnd).toBe(304 + 16);
  expect(macho.signature).toEqual({ command: 304, offset: 0x2130, size: 208 });
  expect(macho.linkedit?.size).toBe(signed.length - 0x2000);
  verifyPages(signed, "tor");
  // Nothing of the code moved or changed.
  expect(signed.subarray(0x200, unsigned.length)).toEqual(unsigned.subarray(0x200));
});

test("says what is a main program and what is a library", () => {
  const execSegFlags = (executable: boolean): number =>
    adhocSign(sampleMachO({ executable }), "x", "x")[0x2130 + 20 + 87] ?? -1;
  expect(execSegFlags(true)).toBe(1);
  expect(execSegFlags(false)).toBe(0);
});

test("is the same each time, and leaves its input alone", () => {
  const unsigned = sampleMachO();
  expect(adhocSign(unsigned, "tor", "tor")).toEqual(adhocSign(unsigned, "tor", "tor"));
  expect(unsigned).toEqual(sampleMachO());
});

test("signs every slice of a fat file", () => {
  const fat = adhocSign(sampleFat([sampleMachO({ cpu: "x86_64" }), sampleMachO()]), "tor", "tor");
  expect(verifyPages(fat, "tor").map(({ macho }) => macho.cpu)).toEqual(["x86_64", "arm64"]);
  expect(slicesOf(fat, "tor").map(({ offset }) => offset % 0x4000)).toEqual([0, 0]);
});

describe("refuses", () => {
  test("a signed file", () => {
    const signed = adhocSign(sampleMachO(), "tor", "tor");
    expect(() => adhocSign(signed, "tor", "tor")).toThrow(/signed already/);
  });

  test("one without room for the load command", () => {
    expect(() => adhocSign(sampleMachO({ firstSection: 304 }), "tor", "tor")).toThrow(
      /16 free bytes/,
    );
    adhocSign(sampleMachO({ firstSection: 320 }), "tor", "tor");
  });

  test("one with something in that room", () => {
    const bytes = sampleMachO();
    bytes[310] = 1;
    expect(() => adhocSign(bytes, "tor", "tor")).toThrow(/16 free bytes/);
  });

  test("one with bytes after __LINKEDIT", () => {
    const longer = new Uint8Array(sampleMachO().length + 1);
    longer.set(sampleMachO());
    expect(() => adhocSign(longer, "tor", "tor")).toThrow(/after __LINKEDIT/);
  });

  test("an identifier that would end early", () => {
    expect(() => adhocSign(sampleMachO(), "tor\0evil", "tor")).toThrow(/printable ASCII/);
    expect(() => adhocSign(sampleMachO(), "", "tor")).toThrow(/printable ASCII/);
  });
});
