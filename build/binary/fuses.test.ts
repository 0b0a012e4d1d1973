import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  FuseState,
  FuseV1Options,
  FuseVersion,
  flipFuses as flipWithElectron,
  getCurrentFuseWire,
} from "@electron/fuses";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type FuseDecisions,
  type FuseStates,
  flipFuses,
  fuseNames,
  readFuses,
  wantedFuses,
} from "./fuses.ts";
import { sampleFat, sampleFuses, sampleMachO } from "./samples.ts";

/** Electron 43.2.0 ships with these; the older wires of real binaries are tested in test/binary. */
const shipped = "101100011";
const keepAll = Object.fromEntries(fuseNames.map((name) => [name, "keep"])) as FuseDecisions;

test("reads what the wire says", () => {
  expect(readFuses(sampleFuses("01r"), "electron")).toEqual({
    RunAsNode: "off",
    EnableCookieEncryption: "on",
    EnableNodeOptionsEnvironmentVariable: "removed",
  });
});

test("sets what we want and changes nothing but the wire", () => {
  const flipped = flipFuses(sampleFuses(shipped), wantedFuses, "electron");
  expect(flipped).toEqual(new Uint8Array(sampleFuses("000011001")));
});

test("keeps what shall be kept", () => {
  expect(flipFuses(sampleFuses("1r0"), keepAll, "electron")).toEqual(
    new Uint8Array(sampleFuses("1r0")),
  );
});

test("leaves its input alone", () => {
  const bytes = sampleFuses(shipped);
  flipFuses(bytes, wantedFuses, "electron");
  expect(bytes).toEqual(sampleFuses(shipped));
});

describe("refuses", () => {
  const twice = Buffer.concat([sampleFuses(shipped), sampleFuses(shipped)]);
  test.each([
    ["a binary without a wire", Buffer.from("not Electron"), /no fuse wire/],
    ["two wires", twice, /more than one fuse wire/],
    ["another version", sampleFuses(shipped, 2), /version 2/],
    ["a fuse that we don't know", sampleFuses(`${shipped}0`), /10 fuses where we know 9/],
    [
      "a state that we don't know",
      sampleFuses(`x${shipped.slice(1)}`),
      /RunAsNode has the unknown/,
    ],
    [
      "a removed fuse",
      sampleFuses(`r${shipped.slice(1)}`),
      /RunAsNode shall be off, but is removed/,
    ],
    ["an absent fuse", sampleFuses("10110"), /OnlyLoadAppFromAsar shall be on, but is absent/],
    ["a wire that ends early", sampleFuses(shipped).subarray(0, 45), /lie outside/],
    ["a file that ends at the sentinel", sampleFuses(shipped).subarray(0, 39), /lie outside/],
  ])("%s", (_, bytes, message) => {
    expect(() => flipFuses(bytes, wantedFuses, "electron")).toThrow(message);
  });
});

describe("universal binaries", () => {
  const slice = (cpu: "x86_64" | "arm64", wire: Uint8Array): Uint8Array => {
    const bytes = sampleMachO({ cpu });
    bytes.set(wire, 0x1000);
    return bytes;
  };

  test("have one wire in each slice, and all are set", () => {
    const fat = sampleFat([
      slice("x86_64", sampleFuses(shipped)),
      slice("arm64", sampleFuses(shipped)),
    ]);
    const flipped = flipFuses(fat, wantedFuses, "electron");
    expect(flipped.filter((byte, i) => byte !== fat[i])).toHaveLength(2 * 6);
    expect(readFuses(flipped, "electron")).toMatchObject({ RunAsNode: "off" });
  });

  test("are refused where a slice has none, or reads differently", () => {
    const without = sampleFat([slice("x86_64", sampleFuses(shipped)), sampleMachO()]);
    expect(() => flipFuses(without, wantedFuses, "electron")).toThrow(/\(arm64\): no fuse wire/);
    const differing = sampleFat([
      slice("x86_64", sampleFuses("000")),
      slice("arm64", sampleFuses("001")),
    ]);
    expect(() => readFuses(differing, "electron")).toThrow(/slices differ/);
  });
});

describe("against @electron/fuses, which reads and writes files", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "fuses-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test("our names are its names, in its order", () => {
    expect(fuseNames.map((name) => FuseV1Options[name])).toEqual([...fuseNames.keys()]);
    expect(Object.values(FuseV1Options).filter((v) => typeof v === "string")).toEqual([
      ...fuseNames,
    ]);
  });

  test("it reads ours", async () => {
    const path = join(folder, "ours");
    writeFileSync(path, flipFuses(sampleFuses(shipped), wantedFuses, "electron"));
    const { version, ...wire } = await getCurrentFuseWire(path);
    expect(version).toBe(FuseVersion.V1);
    const states: FuseStates = Object.fromEntries(
      fuseNames.map((name, i) => {
        return [name, Object.values(wire)[i] === FuseState.ENABLE ? "on" : "off"];
      }),
    );
    expect(states).toEqual(readFuses(readFileSync(path), "electron"));
    expect(states).toEqual({ ...wantedFuses, WasmTrapHandlers: "on" });
  });

  test("we read its, and both write the same bytes", async () => {
    const path = join(folder, "theirs");
    writeFileSync(path, sampleFuses(shipped));
    await flipWithElectron(path, {
      version: FuseVersion.V1,
      strictlyRequireAllFuses: true,
      [FuseV1Options.RunAsNode]: false,
      [FuseV1Options.EnableCookieEncryption]: false,
      [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
      [FuseV1Options.EnableNodeCliInspectArguments]: false,
      [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
      [FuseV1Options.OnlyLoadAppFromAsar]: true,
      [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
      [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
      [FuseV1Options.WasmTrapHandlers]: true,
    });
    const ours = flipFuses(sampleFuses(shipped), wantedFuses, "electron");
    expect(new Uint8Array(readFileSync(path))).toEqual(ours);
  });
});
