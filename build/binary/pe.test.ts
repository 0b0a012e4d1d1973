import { Data, NtExecutable, NtExecutableResource, Resource } from "resedit";
import { describe, expect, test } from "vitest";
import { BuildError } from "../errors.ts";
import { windowsIcon } from "./icon.ts";
import {
  finishPe,
  parsePe,
  peChecksum,
  requireUnsigned,
  setSubsystem,
  stripAuthenticode,
} from "./pe.ts";
import { type ExeResources, setResources } from "./pe-resources.ts";

/** An empty 64-bit program, without a resource section. */
const empty: Uint8Array = new Uint8Array(NtExecutable.createEmpty(false, false).generate());
const resources: ExeResources = {
  icon: windowsIcon(),
  version: "1.22.333-beta.4",
  strings: {
    CompanyName: "Tor Messenger contributors",
    FileDescription: "Tor Messenger — “é”",
    InternalName: "tor-messenger",
    LegalCopyright: "MIT",
    OriginalFilename: "tor-messenger.exe",
    ProductName: "Tor Messenger",
  },
  asarHeaderHash: "ab".repeat(32),
};

/** As if it were signed: certificates at the end, and a directory entry that says so. */
function withCertificate(bytes: Uint8Array): Uint8Array {
  const unsigned = finishPe(bytes, "sample");
  const signed = new Uint8Array(unsigned.length + 64).fill(0xcc);
  signed.set(unsigned);
  const entry = parsePe(unsigned, "sample").certificateEntry ?? -1;
  new DataView(signed.buffer).setUint32(entry, unsigned.length, true);
  new DataView(signed.buffer).setUint32(entry + 4, 64, true);
  return signed;
}

function entriesOf(bytes: Uint8Array): NtExecutableResource["entries"] {
  return NtExecutableResource.from(NtExecutable.from(bytes)).entries;
}

describe("resources", () => {
  const labelled = setResources(empty, resources, "sample");
  const entries = entriesOf(labelled);

  test("version numbers and strings", () => {
    const [version, ...others] = Resource.VersionInfo.fromEntries(entries);
    expect(others).toEqual([]);
    expect(version?.lang).toBe(1033);
    expect(version?.getStringValues({ lang: 1033, codepage: 1200 })).toEqual({
      ...resources.strings,
      FileVersion: "1.22.333-beta.4",
      ProductVersion: "1.22.333-beta.4",
    });
    expect(version?.fixedInfo).toMatchObject({
      fileVersionMS: 0x10016,
      fileVersionLS: 333 * 0x10000,
      productVersionMS: 0x10016,
      productVersionLS: 333 * 0x10000,
      fileOS: 0x40004,
      fileType: 1,
      fileDateMS: 0,
      fileDateLS: 0,
    });
    expect(version?.getAvailableLanguages()).toEqual([{ lang: 1033, codepage: 1200 }]);
  });

  test("one icon group with every size of the .ico", () => {
    const [group, ...others] = Resource.IconGroupEntry.fromEntries(entries);
    expect(others).toEqual([]);
    const icons = Data.IconFile.from(resources.icon).icons;
    expect(group?.icons.map((icon) => icon.width % 256)).toEqual(
      icons.map((icon) => (icon.width ?? 0) % 256),
    );
  });

  test("the asar integrity that Electron looks up", () => {
    const found = entries.filter((entry) => entry.type === "INTEGRITY");
    expect(found.map(({ id, lang }) => [id, lang])).toEqual([["ELECTRONASAR", 1033]]);
    expect(JSON.parse(Buffer.from(found[0]?.bin ?? new ArrayBuffer()).toString())).toEqual([
      { file: "resources\\app.asar", alg: "SHA256", value: "ab".repeat(32) },
    ]);
  });

  test("replace those that were there, however often", () => {
    expect(entriesOf(setResources(labelled, resources, "sample"))).toEqual(entries);
    const { asarHeaderHash: _, ...lite } = resources;
    const types = entriesOf(setResources(labelled, lite, "sample")).map(({ type }) => type);
    expect(types).not.toContain("INTEGRITY");
    expect(types.filter((type) => type === 14)).toHaveLength(1);
  });

  test("keep the number of the icon that they replace, and other resources", () => {
    const executable = NtExecutable.from(empty);
    const table = NtExecutableResource.from(executable);
    const icons = Data.IconFile.from(resources.icon).icons.slice(0, 1);
    Resource.IconGroupEntry.replaceIconsForResource(
      table.entries,
      107,
      1031,
      icons.map(({ data }) => data),
    );
    const manifest = new TextEncoder().encode("<assembly/>").buffer;
    table.entries.push({ type: 24, id: 1, lang: 1033, codepage: 0, bin: manifest });
    table.outputResource(executable);
    const changed = entriesOf(
      setResources(new Uint8Array(executable.generate()), resources, "sample"),
    );
    expect(changed.filter(({ type }) => type === 14).map(({ id }) => id)).toEqual([107]);
    expect(changed.find(({ type }) => type === 24)?.bin).toEqual(manifest);
  });

  test("end in a padded file with a checksum", () => {
    expect(labelled.length % 8).toBe(0);
    const { checkSum } = parsePe(labelled, "sample");
    expect(Buffer.from(labelled).readUInt32LE(checkSum)).toBe(peChecksum(labelled, checkSum));
  });

  test("are the same each time, and leave the input alone", () => {
    const before = new Uint8Array(empty);
    expect(setResources(empty, resources, "sample")).toEqual(labelled);
    expect(empty).toEqual(before);
  });

  test.each([
    "1.2",
    "1.2.3.4",
    "1.2.x",
    "v1.2.3",
    "1.2.70000",
    "",
  ])("refuse version %j", (version) => {
    expect(() => setResources(empty, { ...resources, version }, "sample")).toThrow(BuildError);
  });
});

describe("Authenticode", () => {
  const signed = withCertificate(empty);

  test("is found", () => {
    expect(parsePe(signed, "sample").certificate).toEqual({ offset: signed.length - 64, size: 64 });
  });

  test("stands in the way of changes until it is stripped", () => {
    expect(() => requireUnsigned(signed, "sample")).toThrow(/strip it before/);
    expect(() => setResources(signed, resources, "sample")).toThrow(/strip it before/);
    expect(() => setSubsystem(signed, "windows", "sample")).toThrow(/strip it before/);
  });

  test("stripped gives the unsigned file back", () => {
    expect(stripAuthenticode(signed, "sample")).toEqual(finishPe(empty, "sample"));
    expect(() => stripAuthenticode(empty, "sample")).toThrow(/no Authenticode/);
  });
});

test("the subsystem: two bytes and the checksum", () => {
  const before = finishPe(empty, "sample");
  const console = setSubsystem(before, "console", "sample");
  const windows = setSubsystem(console, "windows", "sample");
  const { checkSum, subsystem } = parsePe(empty, "sample");
  expect(Buffer.from(windows).readUInt16LE(subsystem)).toBe(2);
  expect(Buffer.from(console).readUInt16LE(subsystem)).toBe(3);
  const differing = [...windows.keys()].filter((at) => windows[at] !== console[at]);
  const allowed = [subsystem, checkSum, checkSum + 1, checkSum + 2, checkSum + 3];
  expect(differing.filter((at) => !allowed.includes(at))).toEqual([]);
});

describe("refuses", () => {
  const patch = (at: number, value: number): Uint8Array => {
    const copy = new Uint8Array(empty);
    new DataView(copy.buffer).setUint32(at, value, true);
    return copy;
  };
  const pe = Buffer.from(empty).readUInt32LE(0x3c);
  const certificates = parsePe(empty, "sample").certificateEntry ?? -1;
  test.each([
    ["an ELF", Buffer.from(`\x7fELF${"\0".repeat(80)}`, "latin1"), /no MZ/],
    ["a file of two bytes", Buffer.from("MZ"), /no MZ/],
    ["a header that lies outside", patch(0x3c, 0x7fffffff), /lie outside/],
    ["no PE signature", patch(pe, 0), /no signature/],
    ["32 bits", patch(pe + 24, 0x10b), /expected 64-bit/],
    ["certificates out of range", patch(certificates, 0x7fffffff), /do not end the file/],
    ["certificates of no place", patch(certificates + 4, 64), /do not end the file/],
  ])("%s", (_, bytes, message) => {
    expect(() => setResources(bytes, resources, "sample")).toThrow(message);
  });

  test("resources that resedit can't read, naming the file", () => {
    const symbols = patch(pe + 16, 1);
    expect(() => setResources(symbols, resources, "sample")).toThrow(/sample: its resources/);
  });
});
