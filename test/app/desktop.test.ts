/**
 * The desktop edition's shell in a real Electron 25 on a display of its own. What is packed and signed
 * around it is the build's to test; here: what the page shows, and what nobody in it can do.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ElectronApplication, _electron as electron, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type DesktopCopy, desktopInfo, makeDesktopCopy } from "./desktop-copy.ts";
import { type Display, openDisplay } from "./display.ts";
import { internetSockets, processTree } from "./processes.ts";
import { eventually, type Run, start } from "./run.ts";

let copy: DesktopCopy;
let display: Display;
let home: string;
let env: Record<string, string>;

beforeAll(async () => {
  display = await openDisplay();
  copy = await makeDesktopCopy();
});
afterAll(async () => {
  await display.close();
  rmSync(copy.folder, { recursive: true, force: true });
});
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "tor-messenger-home-"));
  env = {
    DISPLAY: display.name,
    HOME: home,
    XDG_CONFIG_HOME: home,
    TOR_MESSENGER_TEST_SWITCHES: "1",
  };
});
afterEach(() => rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));

/** As root Chromium runs without its sandbox only. */
const noSandbox = "--no-sandbox";

describe("inside the window", () => {
  let app: ElectronApplication;
  let page: Page;
  let listener: Server;
  let connections: number;
  let address: string;

  beforeEach(async () => {
    connections = 0;
    listener = createServer((socket) => {
      connections++;
      socket.on("error", () => undefined);
      socket.destroy();
    });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    address = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
    app = await electron.launch({
      executablePath: copy.program,
      args: [noSandbox],
      env: { PATH: process.env["PATH"] ?? "", ...env },
    });
    page = await app.firstWindow();
    await page.waitForFunction("document.getElementById('version')?.textContent !== '–'");
  });
  afterEach(async () => {
    await app.close();
    listener.close();
  });

  it("are version, edition, platform, commit, build id and the state of Tor", async () => {
    const text = await page.innerText("body");
    expect(await page.title()).toBe("Tor Messenger");
    expect(text).toContain(desktopInfo.version);
    expect(text).toContain("Desktop");
    expect(text).toContain(desktopInfo.platform);
    expect(await page.getAttribute("#commit", "title")).toBe(desktopInfo.commit);
    expect(await page.getAttribute("#build-id", "title")).toBe(desktopInfo.buildId);
    expect(await page.innerText("#tor")).toContain("Tor: not connected yet");
  });

  it("copies the whole commit", async () => {
    await page.click("#copy-commit");
    await expect.poll(() => page.innerText("#copy-commit")).toBe("Copied");
    expect(await app.evaluate(({ clipboard }) => clipboard.readText())).toBe(desktopInfo.commit);
  });

  it("is the bridge, and nothing of Node or Electron", async () => {
    const seen = await page.evaluate(`(async () => ({
      methods: Object.keys(torMessenger),
      status: await torMessenger.torStatus(),
      refused: await torMessenger.buildInfo("argument").then(() => "", (error) => error.message),
      node: [typeof require, typeof process, typeof Buffer, typeof module],
    }))()`);
    expect(seen).toMatchObject({
      methods: ["buildInfo", "torStatus"],
      status: { state: "not-connected" },
      // The preload passes on no arguments, whatever the page gives.
      refused: "",
      node: ["undefined", "undefined", "undefined", "undefined"],
    });
  });

  it("no request gets out, of the page or of its session", async () => {
    const fromPage = await page.evaluate(
      async (url) => fetch(url).then(String, (error) => `refused: ${error.name}`),
      `http://${address}/`,
    );
    expect(fromPage).toBe("refused: TypeError");
    const fromSessions = await app.evaluate(async ({ session }, url) => {
      const sessions = [session.defaultSession, session.fromPartition("tor-messenger")];
      return Promise.all(
        sessions.map((each) => each.fetch(url).then(String, (error: Error) => error.message)),
      );
    }, `http://${address}/`);
    expect(fromSessions).toEqual(["net::ERR_BLOCKED_BY_CLIENT", "net::ERR_BLOCKED_BY_CLIENT"]);
    expect(connections).toBe(0);
  });

  it("no request would get out if the session let it: there is a dead proxy", async () => {
    const answer = await app.evaluate(async ({ session }, url) => {
      const own = session.fromPartition("tor-messenger");
      own.webRequest.onBeforeRequest(null);
      return own.fetch(url).then(String, (error: Error) => error.message);
    }, `http://${address}/`);
    expect(answer).toMatch(/^net::ERR_/);
    expect(connections).toBe(0);
  });

  it("the page stays, opens nothing and gets no permission", async () => {
    const url = page.url();
    const opened = await page.evaluate((to) => window.open(to) === null, `http://${address}/`);
    expect(opened).toBe(true);
    await page.evaluate((to) => {
      location.href = to;
    }, `http://${address}/`);
    expect(await page.evaluate("location.href")).toBe(url);
    expect(url).toBe("app://tor-messenger/");
    expect(app.windows()).toHaveLength(1);
    const permissions = await page.evaluate(`Promise.all(
      ["geolocation", "notifications", "camera", "microphone", "midi", "clipboard-read"].map(
        async (name) => (await navigator.permissions.query({ name })).state))`);
    expect(new Set(permissions as string[])).toEqual(new Set(["denied"]));
    expect(connections).toBe(0);
  });

  it("only the one page is served, and its policy comes as a header too", async () => {
    const answers = await app.evaluate(async ({ session }) => {
      const own = session.fromPartition("tor-messenger");
      const page = await own.fetch("app://tor-messenger/");
      const ask = (url: string) =>
        own.fetch(url).then(
          ({ status }) => status,
          (error: Error) => error.message,
        );
      return {
        policy: page.headers.get("content-security-policy"),
        others: [await ask("app://tor-messenger/main.cjs"), await ask("app://other/")],
      };
    });
    expect(answers.policy).toMatch(/^default-src 'none'; .*frame-ancestors 'none'$/);
    expect(answers.others).toEqual([404, 404]);
  });

  it("there are no developer tools in a packaged copy", async () => {
    const open = await app.evaluate(({ app: own, BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows();
      window?.webContents.openDevTools();
      return [own.isPackaged, window?.webContents.isDevToolsOpened()];
    });
    expect(open).toEqual([true, false]);
  });
});

describe("the program", () => {
  let running: Run[] = [];
  afterEach(async () => {
    for (const { process: child, ended } of running) {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await ended;
    }
    running = [];
  });
  function run(args: readonly string[], more: Readonly<Record<string, string>> = {}): Run {
    const started = start([copy.program, ...args], { ...env, ...more });
    running.push(started);
    return started;
  }
  /** The strip that says how Tor is has a background that nothing else has. */
  const painted = () =>
    eventually("the window to be painted", () =>
      display.pixelsOf(0xfdf3e0) > 5_000 ? true : undefined,
    );

  it("is painted, has no TCP, UDP or raw socket, and ends with 0 when told to", async () => {
    const app = run([noSandbox]);
    await painted();
    const tree = processTree(app.pid);
    expect(tree.length).toBeGreaterThan(2);
    expect(internetSockets(tree)).toEqual([]);
    app.process.kill("SIGTERM");
    expect(await app.ended).toBe(0);
  });

  it("runs once: a second start ends with 0 at once", async () => {
    const first = run([noSandbox]);
    await painted();
    const second = run([noSandbox]);
    expect(await second.ended).toBe(0);
    expect(first.process.exitCode).toBe(null);
  });

  it("--version prints what was built, without a display", async () => {
    const app = run([noSandbox, "--version"], { DISPLAY: "" });
    expect(await app.ended).toBe(0);
    expect(app.output()).toBe(
      `Tor Messenger 9.8.7 (desktop, linux-x64)\ncommit   ${desktopInfo.commit}\nbuild id ${desktopInfo.buildId}\n`,
    );
  });

  it("--version --json prints it for scripts", async () => {
    const app = run([noSandbox, "--version", "--json"], { DISPLAY: "" });
    expect(await app.ended).toBe(0);
    expect(JSON.parse(app.output())).toEqual({ name: "tor-messenger", ...desktopInfo });
  });

  it("an unknown argument ends it with 2 before there is a window", async () => {
    const app = run([noSandbox, "file"], { DISPLAY: "" });
    expect(await app.ended).toBe(2);
    expect(app.errors()).toContain("Unknown argument: file");
  });

  it("so do Chromium's switches that open ports or the sandbox, outside tests", async () => {
    const app = run([noSandbox], { DISPLAY: "", TOR_MESSENGER_TEST_SWITCHES: "" });
    expect(await app.ended).toBe(2);
    expect(app.errors()).toContain("Unknown argument: --no-sandbox");
  });

  it("a page that crashes ends it with 1 and a message", async () => {
    const app = run([noSandbox]);
    await painted();
    const renderer = processTree(app.pid).find((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("--type=renderer"),
    );
    process.kill(renderer ?? 0, "SIGKILL");
    expect(await app.ended).toBe(1);
    expect(app.errors()).toContain("The window's process ended (killed)");
  });
});
