/**
 * The desktop artifact for Windows, read by icoutils, its programs started by Wine; and the lite
 * one's Node, which is the real one. Real Electron for Windows is not at hand: that ours starts
 * with its fuses and resources is not shown here.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { windowsIcon } from "../../build/binary/icon.ts";
import { headerSha256 } from "./asar.ts";
import { type Built, buildDesktop, buildLite, withStandIns } from "./build.ts";
import { fusesOn, wantedOn } from "./fuses.ts";

const run = promisify(execFile);

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "wine-"));
});
afterAll(async () => {
  // Wine's server outlives its last program by three seconds.
  await run("/usr/lib/wine/wineserver64", ["--wait"], { env: wineEnvironment() });
  await rm(home, { recursive: true, force: true });
});

function wineEnvironment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    HOME: home,
    WINEPREFIX: join(home, "prefix"),
    WINEDEBUG: "-all",
    NODE_SKIP_PLATFORM_CHECK: "1", // Wine 8 says that it is Windows 7
  };
}

/** What a Windows program prints. Into a file: under Wine, Node can't write to a pipe. */
async function outputInWine(program: string, ...args: readonly string[]): Promise<string> {
  const path = join(home, "output.txt");
  await using file = await open(path, "w");
  const wine = spawn("/usr/lib/wine/wine64", [program, ...args], {
    env: wineEnvironment(),
    stdio: ["ignore", file.fd, "ignore"],
    timeout: 120_000,
  });
  const [status] = await once(wine, "close");
  const output = await readFile(path, "utf8");
  expect(status, output).toBe(0);
  return output;
}

describe("desktop/win32-x64", () => {
  let built: Built;
  let folder: string;
  let program: string;
  beforeAll(async () => {
    built = await buildDesktop(["win32-x64"]);
    folder = join(await built.unpack("win32-x64"), "Tor Messenger");
    program = join(folder, "Tor Messenger.exe");
  }, 600_000);
  afterAll(() => built?.[Symbol.asyncDispose]());

  async function resource(...args: readonly string[]): Promise<Buffer> {
    const { stdout } = await run("wrestool", ["--extract", ...args, program], {
      encoding: "buffer",
      maxBuffer: 1 << 22,
    });
    return stdout;
  }

  test("carries our name and version, nothing of Electron's", async () => {
    const text = (await resource("--raw", "--type=16")).toString("utf16le");
    const { version } = built.release;
    for (const expected of ["Tor Messenger", "Tor Messenger.exe", version]) {
      expect(text).toContain(expected);
    }
    expect(text).not.toMatch(/Electron|GitHub|Squirrel/);
  });

  test("carries our icon", async () => {
    const icon = await resource("--type=14");
    const ours = windowsIcon();
    // wrestool writes zeros behind the last image.
    expect(Buffer.compare(icon.subarray(0, ours.length), ours)).toBe(0);
  });

  test("carries the hash of app.asar", async () => {
    const text = await resource("--raw", "--type=INTEGRITY", "--name=ELECTRONASAR");
    const value = headerSha256(join(folder, "resources/app.asar"));
    const expected = [{ file: "resources\\app.asar", alg: "SHA256", value }];
    expect(JSON.parse(text.toString("utf8"))).toEqual(expected);
  });

  test("Electron's own library reads our fuses", async () => {
    const on = await fusesOn(program);
    expect(on.filter((name) => name !== "WasmTrapHandlers")).toEqual(wantedOn);
  });

  test.runIf(withStandIns)("still loads after all of that, and so do Tor's programs", async () => {
    expect(await outputInWine(program)).toBe("stand-in for electron.exe\r\n");
    const tor = join(folder, "resources/tor/tor");
    expect(await outputInWine(join(tor, "tor.exe"))).toBe("stand-in for tor.exe\r\n");
    const transport = join(tor, "pluggable_transports/lyrebird.exe");
    expect(await outputInWine(transport)).toBe("stand-in for lyrebird.exe\r\n");
  });

  test("holds the app, Tor and the licences, and no default app", async () => {
    expect((await readdir(join(folder, "resources"))).sort()).toEqual(["app.asar", "tor"]);
    const licences = ["chromium.html", "electron.txt", "npm.txt"];
    expect((await readdir(join(folder, "licences"))).sort()).toEqual(licences);
    const names = await readdir(folder);
    expect(names).not.toContain("electron.exe");
    expect(await readFile(join(folder, "README.txt"), "utf8")).not.toMatch(/[^\r]\n/);
  });
});

describe("lite/win32-x64", () => {
  let built: Built;
  beforeAll(async () => {
    built = await buildLite(["win32-x64"]);
  }, 600_000);
  afterAll(() => built?.[Symbol.asyncDispose]());

  test("its Node starts in Wine", async () => {
    const lib = join(await built.unpack("win32-x64"), "Tor Messenger Lite/lib");
    // Wine 8 lacks what this V8 reserves memory with, so no script runs there.
    expect(await outputInWine(join(lib, "node.exe"), "--version")).toBe(`${process.version}\r\n`);
  });

  test("its app, run by the same version of Node here, says what release.json says", async () => {
    const lib = join(await built.unpack("win32-x64"), "Tor Messenger Lite/lib");
    const app = [join(lib, "main.mjs"), "--version", "--json"];
    const { stdout } = await run(process.execPath, app);
    const { version, commit } = built.release;
    const { buildId } = built.artifact("win32-x64");
    const what = { edition: "lite", platform: "win32-x64", version, commit, buildId };
    expect(JSON.parse(stdout)).toEqual({ name: "tor-messenger", ...what });
  });
});
