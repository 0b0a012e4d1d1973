/** The desktop artifacts for Linux: the one for x64 is run, with all fuses as they ship. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { listPackage } from "@electron/asar";
import { FuseV1Options, FuseVersion, flipFuses } from "@electron/fuses";
import { _electron as electron } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Display, openDisplay } from "../app/display.ts";
import { internetSockets, processTree } from "../app/processes.ts";
import { eventually, type Run, start } from "../app/run.ts";
import { type Built, buildDesktop } from "./build.ts";
import { fusesOn, wantedOn } from "./fuses.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");

let built: Built;
beforeAll(async () => {
  built = await buildDesktop(["linux-x64", "linux-arm64"]);
}, 900_000); // zstd at level 19 takes 150 s for Electron alone
afterAll(() => built?.[Symbol.asyncDispose]());

describe("linux-x64", () => {
  let folder: string;
  let display: Display;
  let home: string;
  let env: Readonly<Record<string, string>>;

  beforeAll(async () => {
    folder = join(await built.unpack("linux-x64"), "tor-messenger");
    display = await openDisplay();
    home = await mkdtemp(join(tmpdir(), "tor-messenger-home-"));
    env = {
      DISPLAY: display.name,
      HOME: home,
      XDG_CONFIG_HOME: home,
      // Lets Chromium's own switches through: as root it runs without its sandbox only.
      TOR_MESSENGER_TEST_SWITCHES: "1",
    };
  });
  afterAll(async () => {
    await display.close();
    await rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  });

  /** To the end, by the launcher or another program. */
  async function runToEnd(
    args: readonly string[],
    more: Readonly<Record<string, string>> = {},
    program: string = join(folder, "tor-messenger"),
  ): Promise<Run & { readonly status: number | null }> {
    const started = start([program, "--no-sandbox", ...args], { ...env, ...more });
    return { ...started, status: await started.ended };
  }

  test("--version --json says what release.json says", async () => {
    const { status, output } = await runToEnd(["--version", "--json"], { DISPLAY: "" });
    expect(status).toBe(0);
    const { version, commit } = built.release;
    const { buildId } = built.artifact("linux-x64");
    const what = { edition: "desktop", platform: "linux-x64", version, commit, buildId };
    expect(JSON.parse(output())).toEqual({ name: "tor-messenger", ...what });
  });

  test("opens its window, without any socket, and closes when told to", async () => {
    const app = start([join(folder, "tor-messenger"), "--no-sandbox"], env);
    try {
      await eventually("the window to be painted", () =>
        display.pixelsOf(0xf6f5f9) > 400_000 ? true : undefined,
      );
      expect(internetSockets(processTree(app.pid))).toEqual([]);
    } finally {
      app.process.kill("SIGTERM");
    }
    expect(await app.ended).toBe(0);
  });

  test("the window shows the version", async () => {
    // Playwright needs Node's inspector, whose fuse is off in what we ship: on again in a copy.
    const copy = join(home, "copy");
    await cp(join(folder, "lib"), copy, { recursive: true, verbatimSymlinks: true });
    const executablePath = join(copy, "tor-messenger");
    await flipFuses(executablePath, {
      version: FuseVersion.V1,
      [FuseV1Options.EnableNodeCliInspectArguments]: true,
    });
    const app = await electron.launch({
      executablePath,
      args: ["--no-sandbox"],
      env: { PATH: process.env["PATH"] ?? "", ...env },
    });
    try {
      const page = await app.firstWindow();
      await page.waitForFunction("document.getElementById('version')?.textContent !== '–'");
      expect(await page.innerText("#version")).toContain(built.release.version);
      expect(await page.getAttribute("#build-id", "title")).toBe(
        built.artifact("linux-x64").buildId,
      );
      expect(await page.innerText("#tor")).toContain("Tor: not connected yet");
      const place = await app.evaluate(({ app: own }) => [own.isPackaged, own.getAppPath()]);
      expect(place).toEqual([true, join(copy, "resources/app.asar")]);
      const pictures = join(root, "out/screenshots");
      await mkdir(pictures, { recursive: true });
      await page.screenshot({ path: join(pictures, "desktop-linux-x64.png") });
    } finally {
      await app.close();
    }
  });

  test("Electron's own library reads our fuses", async () => {
    const on = await fusesOn(join(folder, "lib/tor-messenger"));
    expect(on.filter((name) => name !== "WasmTrapHandlers")).toEqual(wantedOn);
  });

  test("is no Node: not by ELECTRON_RUN_AS_NODE, NODE_OPTIONS or --inspect", async () => {
    const program = join(folder, "lib/tor-messenger");
    const script = join(home, "script.cjs");
    await writeFile(script, "console.log('a script of somebody else')");

    const asNode = await runToEnd(["-r", script], { ELECTRON_RUN_AS_NODE: "1" }, program);
    expect(asNode.status).toBe(2);
    expect(asNode.errors()).toContain("Unknown argument: -r");

    const byOptions = await runToEnd(["--version"], { NODE_OPTIONS: `-r ${script}` }, program);
    expect(byOptions.status).toBe(0);
    expect(byOptions.errors()).toContain("NODE_OPTIONS");

    const inspected = await runToEnd(["--inspect-brk=0", "--version"], {}, program);
    expect(inspected.status).toBe(0);
    expect(inspected.errors()).not.toContain("Debugger listening");

    for (const { output } of [asNode, byOptions, inspected]) {
      expect(output()).not.toContain("somebody else");
    }
  });

  test("runs nothing but app.asar: without it, not what lies beside it", async () => {
    const resources = join(folder, "lib/resources");
    const asar = join(resources, "app.asar");
    const other = join(resources, "app");
    await mkdir(other);
    await writeFile(join(other, "package.json"), '{"main":"main.js"}');
    await writeFile(join(other, "main.js"), "console.log('another app'); process.exit(0);");
    const before = await runToEnd(["--version"]);
    expect(before.output()).toMatch(/^Tor Messenger /);
    await rename(asar, `${asar}.away`);
    const without = await runToEnd(["--version"]);
    await rename(`${asar}.away`, asar);
    await rm(other, { recursive: true });
    expect(without.status).not.toBe(0);
    expect(without.output()).toBe("");
  });

  test("app.asar holds the app and nothing else; Electron's own is gone", async () => {
    const resources = join(folder, "lib/resources");
    expect(await readdir(resources)).toEqual(["app.asar", "tor"]);
    const members = listPackage(join(resources, "app.asar"), { isPack: false });
    expect(members.sort()).toEqual(["/main.cjs", "/package.json", "/page.html", "/preload.cjs"]);
  });

  describe("Tor inside", () => {
    let tor: string;
    let libraries: Readonly<Record<string, string>>;
    beforeAll(() => {
      tor = join(folder, "lib/resources/tor");
      libraries = { LD_LIBRARY_PATH: join(tor, "tor") };
    });

    test("starts with the libraries beside it", async () => {
      const program = join(tor, "tor/tor");
      const { stdout } = await run(program, ["--version"], { env: libraries });
      expect(stdout).toMatch(/^Tor version 0\.\d+\.\d+\.\d+/);
      const loaded = await run("ldd", [program], { env: { ...process.env, ...libraries } });
      for (const name of ["libcrypto", "libssl", "libevent"]) {
        expect(loaded.stdout).toMatch(new RegExp(`${name}\\S* => ${tor}/`));
      }
    });

    test("accepts its own country tables and transports", async () => {
      const config = join(home, "torrc");
      const transport = join(tor, "tor/pluggable_transports/lyrebird");
      await writeFile(
        config,
        [
          `DataDirectory ${join(home, "tor")}`,
          `GeoIPFile ${join(tor, "data/geoip")}`,
          `GeoIPv6File ${join(tor, "data/geoip6")}`,
          `ClientTransportPlugin obfs4 exec ${transport}`,
          "UseBridges 1",
          `Bridge obfs4 192.0.2.1:443 ${"A".repeat(40)} cert=${"A".repeat(70)} iat-mode=0`,
          "SocksPort 0",
        ].join("\n"),
      );
      const { stdout } = await run(join(tor, "tor/tor"), ["-f", config, "--verify-config"], {
        env: libraries,
      });
      expect(stdout).toContain("Configuration was valid");
    });

    test("has the pluggable transports and its licences, no debug information", async () => {
      const { stdout, stderr } = await run(join(tor, "tor/pluggable_transports/lyrebird"), [
        "-version",
      ]);
      expect(stdout + stderr).toMatch(/obfs4proxy|lyrebird/);
      expect(await readdir(tor)).toEqual(["data", "docs", "tor"]);
    });
  });

  test("a menu entry, an icon and the licences lie beside it", async () => {
    expect((await readdir(folder)).sort()).toEqual([
      "README.txt",
      "lib",
      "licences",
      "tor-messenger",
      "tor-messenger.desktop",
      "tor-messenger.png",
    ]);
    const licences = ["chromium.html", "electron.txt", "npm.txt"];
    expect((await readdir(join(folder, "licences"))).sort()).toEqual(licences);
  });
});

describe("linux-arm64", () => {
  test("is for arm64, with our fuses", async () => {
    const program = join(await built.unpack("linux-arm64"), "tor-messenger/lib/tor-messenger");
    const header = await readFile(program);
    expect(header.toString("latin1", 1, 4)).toBe("ELF");
    expect(header.readUInt16LE(18)).toBe(183); // EM_AARCH64
    const on = await fusesOn(program);
    expect(on.filter((name) => name !== "WasmTrapHandlers")).toEqual(wantedOn);
  });

  test("says that Tor is not inside, to people and in release.json", async () => {
    const folder = join(await built.unpack("linux-arm64"), "tor-messenger");
    expect(await readdir(join(folder, "lib/resources/tor"))).toEqual(["NOT-BUNDLED.txt"]);
    expect(await readFile(join(folder, "README.txt"), "utf8")).toContain("Tor is not inside");
    expect(built.artifact("linux-arm64").tor).toBe("system");
    expect(built.artifact("linux-x64").tor).toBe("bundled");
  });
});
