import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { BuildError } from "./errors.ts";
import { findInput, inputsPath, parseInputs, readInputs } from "./manifest.ts";

const require = createRequire(import.meta.url);
const text = await readFile(inputsPath, "utf8");

function parse(value: unknown): unknown {
  return parseInputs(JSON.stringify(value), "inputs.json");
}

function expectManifestError(run: () => unknown, message: RegExp): void {
  expect(run).toThrow(BuildError);
  expect(run).toThrow(expect.objectContaining({ code: "manifest" }));
  expect(run).toThrow(message);
}

describe("the pins of this repository", () => {
  test("Electron: the package's version, and its checksums", async () => {
    const { devDependencies } = require("../package.json");
    const checksums = require("electron/checksums.json");
    const zips = (await readInputs()).inputs.filter((input) => input.kind === "electron");
    expect(zips.map((zip) => zip.platform).sort()).toEqual([
      "darwin-arm64",
      "darwin-x64",
      "linux-arm64",
      "linux-x64",
      "win32-x64",
    ]);
    for (const zip of zips) {
      expect(zip.version).toBe(devDependencies.electron);
      expect(zip.file).toBe(`electron-v${zip.version}-${zip.platform}.zip`);
      expect(zip.sha256).toBe(checksums[zip.file]);
    }
  });

  test("Node: the version and integrity in package-lock.json", async () => {
    const { packages } = require("../package-lock.json");
    const runtimes = (await readInputs()).inputs.filter((input) => input.kind === "npm");
    expect(runtimes).toHaveLength(5);
    for (const runtime of runtimes) {
      const locked = packages[`node_modules/${runtime.name}`];
      expect(runtime.version).toBe(locked.version);
      expect(runtime.integrity).toBe(locked.integrity);
    }
  });

  test("Tor: four platforms of one version, and the key", async () => {
    const inputs = await readInputs();
    const bundles = inputs.inputs.filter((input) => input.kind === "tor");
    expect(bundles).toHaveLength(4);
    for (const bundle of bundles) expect(bundle.file).toContain(bundle.version);
    expect(findInput(inputs, "tor-key").kind).toBe("torKey");
  });
});

describe("a manifest that can't be used", () => {
  const good = JSON.parse(text);
  const [first] = good.inputs;
  const last = good.inputs.at(-1);

  test.each([
    ["not JSON", "{", /not JSON/],
    ["an unknown key at the top", JSON.stringify({ ...good, extra: 1 }), /extra/],
  ])("%s", (_name, broken, message) => {
    expectManifestError(() => parseInputs(broken, "inputs.json"), message);
  });

  test.each<[string, object, RegExp]>([
    ["an unknown key", { ...first, url: "x" }, /inputs\.0\.url/],
    ["an unknown kind", { ...first, kind: "git" }, /inputs\.0\.kind/],
    ["a short sha256", { ...first, sha256: "abc" }, /64 lower-case/],
    ["an upper-case sha256", { ...first, sha256: first.sha256.toUpperCase() }, /64 lower-case/],
    ["a missing sha256", { ...first, sha256: null }, /inputs\.0\.sha256/],
    ["a weaker integrity", { ...first, integrity: "sha1-aGVsbG8=" }, /sha512/],
    ["a size of nothing", { ...first, size: 0 }, /inputs\.0\.size/],
    ["a version range", { ...first, version: "^26.10.0" }, /inputs\.0\.version/],
    ["unconfirmed without a note", { ...first, note: undefined }, /needs a note/],
    ["a short fingerprint", { ...last, fingerprint: "93298290" }, /40 upper-case/],
    ["a key over http", { ...last, url: "http://example.org/" }, /inputs\.0\.url/],
  ])("%s", (_name, input, message) => {
    expectManifestError(() => parse({ format: 1, inputs: [input] }), message);
  });

  test("a file name that leads elsewhere", () => {
    const zip = good.inputs.find((input: { kind: string }) => input.kind === "electron");
    for (const file of ["../a.zip", "a/b.zip", "a\\b.zip", ".zip", ""]) {
      expectManifestError(
        () => parse({ format: 1, inputs: [{ ...zip, file }] }),
        /inputs\.0\.file/,
      );
    }
  });

  test("two inputs of one id", () => {
    expectManifestError(() => parse({ format: 1, inputs: [first, first] }), /same id/);
  });

  test("a missing file, and a missing id", async () => {
    await expect(readInputs("/nowhere/inputs.json")).rejects.toMatchObject({ code: "manifest" });
    const inputs = await readInputs();
    expectManifestError(() => findInput(inputs, "node:amiga"), /node:amiga/);
  });
});
