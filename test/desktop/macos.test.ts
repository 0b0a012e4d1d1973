/**
 * The desktop artifacts for macOS, read by other programs than ours. No Mac is involved: that macOS
 * starts them is not shown here.
 */
import { execFile } from "node:child_process";
import { lstat, readdir, readFile, realpath, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isMachO } from "../../build/binary/fat.ts";
import { headerSha256 } from "./asar.ts";
import { type Built, buildDesktop, withStandIns } from "./build.ts";
import { fusesOn, wantedOn } from "./fuses.ts";

const run = promisify(execFile);

let built: Built;
beforeAll(async () => {
  built = await buildDesktop(["darwin-arm64", "darwin-x64"]);
}, 600_000);
afterAll(() => built?.[Symbol.asyncDispose]());

interface Found {
  readonly files: readonly string[];
  readonly links: readonly string[];
  readonly machOs: readonly string[];
}

async function find(folder: string): Promise<Found> {
  const files: string[] = [];
  const links: string[] = [];
  const machOs: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    // readdir goes through links to folders: what is behind them comes by its own name too.
    if ((await realpath(entry.parentPath)) !== entry.parentPath) continue;
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) links.push(path);
    if (!entry.isFile()) continue;
    files.push(path);
    if (isMachO((await readFile(path)).subarray(0, 8))) machOs.push(path);
  }
  return { files, links, machOs };
}

async function readPlists(
  paths: readonly string[],
): Promise<Readonly<Record<string, Readonly<Record<string, unknown>>>>> {
  const script = join(import.meta.dirname, "read_plist.py");
  return JSON.parse((await run("python3", [script, ...paths])).stdout);
}

describe.each(["darwin-arm64", "darwin-x64"] as const)("%s", (platform) => {
  let app: string;
  let contents: string;
  let found: Found;
  beforeAll(async () => {
    app = join(await built.unpack(platform), "Tor Messenger.app");
    contents = join(app, "Contents");
    found = await find(app);
  });

  test("every binary can be executed, every link leads to something in the app", async () => {
    for (const path of found.machOs) {
      expect((await lstat(path)).mode & 0o777, path).toBe(0o755);
    }
    expect(found.links).toHaveLength(14);
    for (const link of found.links) {
      expect(relative(await realpath(app), await realpath(link))).toMatch(/^Contents\//);
    }
  });

  test("Info.plist is ours and asks macOS for no rights", async () => {
    const path = join(contents, "Info.plist");
    const { [path]: plist = {} } = await readPlists([path]);
    expect(plist).toMatchObject({
      CFBundleDisplayName: "Tor Messenger",
      CFBundleExecutable: "Tor Messenger",
      CFBundleIconFile: "tor-messenger.icns",
      CFBundleIdentifier: "org.tormessenger.desktop",
      CFBundleName: "Tor Messenger",
      CFBundlePackageType: "APPL",
      CFBundleShortVersionString: built.release.version,
      CFBundleVersion: built.release.version,
      // As Electron has them.
      LSMinimumSystemVersion: expect.stringMatching(/^\d+\.\d+/),
      NSPrincipalClass: "AtomApplication",
    });
    expect(
      Object.keys(plist).filter((key) => /UsageDescription$|^NSAppTransport/.test(key)),
    ).toEqual([]);
    expect(JSON.stringify(plist)).not.toMatch(/github|"Electron"/i);
  });

  test("Info.plist's hash is that of app.asar", async () => {
    const path = join(contents, "Info.plist");
    const { [path]: plist = {} } = await readPlists([path]);
    expect(plist["ElectronAsarIntegrity"]).toEqual({
      "Resources/app.asar": {
        algorithm: "SHA256",
        hash: headerSha256(join(contents, "Resources/app.asar")),
      },
    });
  });

  test("each bundle's executable is where its Info.plist says, under our name", async () => {
    const helpers = ["", " (GPU)", " (Plugin)", " (Renderer)"].map((suffix) =>
      join(contents, `Frameworks/Tor Messenger Helper${suffix}.app/Contents`),
    );
    const bundles = [contents, ...helpers];
    const plists = await readPlists(bundles.map((bundle) => join(bundle, "Info.plist")));
    const identifiers = new Set<unknown>();
    for (const bundle of bundles) {
      const plist = plists[join(bundle, "Info.plist")] ?? {};
      expect(plist["CFBundleExecutable"]).toBe(plist["CFBundleName"]);
      expect(found.machOs).toContain(join(bundle, "MacOS", String(plist["CFBundleExecutable"])));
      expect(plist["CFBundleIdentifier"]).toMatch(/^org\.tormessenger\.desktop(\.helper|$)/);
      identifiers.add(plist["CFBundleIdentifier"]);
    }
    expect(identifiers.size).toBe(5);
    const names = await readdir(join(contents, "Frameworks"));
    expect(names.filter((name) => name.endsWith(".app"))).toHaveLength(4);
    expect(found.files.filter((path) => path.includes("/Electron Helper"))).toEqual([]);
  });

  test("Electron's own library reads our fuses", async () => {
    const on = await fusesOn(app);
    expect(on.filter((name) => name !== "WasmTrapHandlers")).toEqual(wantedOn);
  });

  test("the app, Tor, the licences and the languages are in Resources", async () => {
    const names = await readdir(join(contents, "Resources"));
    const languages = names.filter((name) => name.endsWith(".lproj"));
    expect(languages.length).toBeGreaterThan(50);
    const ours = ["app.asar", "licences", "tor", "tor-messenger.icns"];
    expect(names.filter((name) => !name.endsWith(".lproj")).sort()).toEqual(ours);
    expect((await readdir(join(contents, "Resources/tor"))).sort()).toEqual([
      "data",
      "docs",
      "tor",
    ]);
  });
});

describe("signatures", () => {
  interface Checked {
    readonly file: string;
    readonly cpu: string;
    readonly pages: number;
    readonly cms: boolean;
    readonly flags: number;
    readonly identifier: string;
  }
  const AD_HOC_BY_LINKER = 0x20002;

  async function check(paths: readonly string[]): Promise<readonly Checked[]> {
    const script = join(import.meta.dirname, "../binary/check_macho.py");
    const { stdout } = await run("python3", [script, ...paths], { maxBuffer: 1 << 20 });
    return JSON.parse(stdout);
  }

  test("for arm64 every page of every binary has its hash, Tor's too", async () => {
    const { machOs } = await find(await built.unpack("darwin-arm64"));
    const checked = await check(machOs);
    expect(checked.map(({ file }) => file)).toEqual(machOs);
    for (const { file, cpu, cms, flags } of checked) {
      const expected = { file, cpu: "arm64", cms: false, flags: AD_HOC_BY_LINKER };
      expect({ file, cpu, cms, flags }).toEqual(expected);
    }
    const tor = checked.filter(({ file }) => file.includes("/Resources/tor/"));
    expect(tor.map(({ identifier }) => identifier).sort()).toEqual([
      "conjure-client",
      expect.stringMatching(/^libevent.*\.dylib$/),
      "lyrebird",
      "tor",
    ]);
    if (withStandIns) expect(machOs).toHaveLength(15 + tor.length);
  });

  test("the check fails where a byte of a signed page changes", async () => {
    const { machOs } = await find(await built.unpack("darwin-arm64"));
    const tor = machOs.find((path) => path.endsWith("/tor/tor")) ?? "";
    const bytes = await readFile(tor);
    const changed = Buffer.from(bytes);
    changed[5000] = (changed[5000] ?? 0) ^ 1;
    await writeFile(tor, changed);
    await expect(check([tor])).rejects.toThrow(/page 1 differs/);
    await writeFile(tor, bytes);
  });
});
