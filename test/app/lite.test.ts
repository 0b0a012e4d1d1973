/** The lite edition with Debian's Chromium on a display of its own: as a person would run it. */
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Display, openDisplay } from "./display.ts";
import { liteInfo, makeLiteCopy } from "./lite-copy.ts";
import { internetSockets, processTree } from "./processes.ts";
import { eventually, type Run, start as startProgram } from "./run.ts";

let copy: string;
let display: Display;
/** Where profiles are made. */
let runtime: string;
let env: Readonly<Record<string, string>>;
let running: Run | undefined;

beforeAll(async () => {
  copy = await makeLiteCopy();
  display = await openDisplay();
});
afterAll(async () => {
  await display.close();
  rmSync(copy, { recursive: true, force: true });
});
beforeEach(() => {
  runtime = mkdtempSync(join(tmpdir(), "tor-messenger-runtime-"));
  env = {
    DISPLAY: display.name,
    HOME: runtime,
    XDG_RUNTIME_DIR: runtime,
    TOR_MESSENGER_TEST_NO_SANDBOX: "1",
  };
});
afterEach(async () => {
  if (running?.process.exitCode === null) {
    running.process.kill("SIGTERM");
    await running.ended;
  }
  running = undefined;
  rmSync(runtime, { recursive: true, force: true });
});

function start(args: readonly string[] = [], more: Readonly<Record<string, string>> = {}): Run {
  running = startProgram([process.execPath, join(copy, "main.mjs"), ...args], { ...env, ...more });
  return running;
}

function profiles(): readonly string[] {
  return readdirSync(runtime).filter((name) => name.startsWith("tor-messenger-profile-"));
}

/** The strip that says how Tor is has a background that nothing else has. */
async function windowIsPainted(): Promise<void> {
  await eventually("the window to be painted", () =>
    display.pixelsOf(0xfdf3e0) > 5_000 ? true : undefined,
  );
}

/**
 * A stand-in for a browser's program: starts Chromium with a debugging port besides the pipe, so
 * that a test can look into the window that the app opened.
 */
function observableBrowser(): string {
  const path = join(runtime, "observable-browser");
  writeFileSync(path, `#!/bin/sh\nexec chromium "$@" --remote-debugging-port=0\n`);
  chmodSync(path, 0o755);
  return path;
}

async function look<T>(inside: (page: import("playwright-core").Page) => Promise<T>): Promise<T> {
  const port = await eventually("the test's debugging port", () => {
    const [profile] = profiles();
    if (profile === undefined) return undefined;
    try {
      return readFileSync(join(runtime, profile, "DevToolsActivePort"), "latin1").split("\n")[0];
    } catch {
      return undefined;
    }
  });
  const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
  try {
    const page = await eventually("the page", () =>
      browser
        .contexts()
        .flatMap((context) => context.pages())
        .find((candidate) => candidate.url() === "https://tor-messenger.invalid/"),
    );
    return await inside(page);
  } finally {
    await browser.close();
  }
}

describe("the window", () => {
  it("shows version, edition, platform, commit, build id and the state of Tor", async () => {
    start(["--browser", observableBrowser()]);
    const seen = await look(async (page) => {
      await page.waitForFunction("document.getElementById('version').textContent !== '–'");
      return {
        title: await page.title(),
        text: await page.innerText("body"),
        commit: await page.getAttribute("#commit", "title"),
        buildId: await page.getAttribute("#build-id", "title"),
        tor: await page.innerText("#tor"),
      };
    });
    expect(seen.title).toBe("Tor Messenger");
    expect(seen.text).toContain(liteInfo.version);
    expect(seen.text).toContain("Lite");
    expect(seen.text).toContain(liteInfo.platform);
    expect(seen.text).toContain(liteInfo.commit.slice(0, 12));
    expect(seen.text).toContain(liteInfo.buildId.slice(0, 12));
    expect(seen.commit).toBe(liteInfo.commit);
    expect(seen.buildId).toBe(liteInfo.buildId);
    expect(seen.tor).toContain("Tor: not connected yet");
  });

  it("copies the whole commit", async () => {
    start(["--browser", observableBrowser()]);
    await look(async (page) => {
      await page.click("#copy-commit");
      await expect.poll(() => page.innerText("#copy-commit")).toBe("Copied");
      expect(await page.textContent("#copied")).toBe("The commit is copied.");
    });
  });

  it("gives the page the bridge and nothing beside it", async () => {
    start(["--browser", observableBrowser()]);
    const seen = await look((page) =>
      page.evaluate(`(async () => ({
        methods: Object.keys(torMessenger),
        frozen: Object.isFrozen(torMessenger),
        bindings: Object.keys(globalThis).filter((name) => name.startsWith("torMessenger:")),
        status: await torMessenger.torStatus(),
        refused: await torMessenger.buildInfo("argument").catch((error) => error.message),
      }))()`),
    );
    expect(seen).toEqual({
      methods: ["buildInfo", "torStatus"],
      frozen: true,
      bindings: [],
      status: { state: "not-connected" },
      refused: "buildInfo takes no arguments, the page gave 1.",
    });
  });

  it("closes every other window that the browser opens", async () => {
    start(["--browser", observableBrowser()]);
    await look(async (page) => {
      const session = await page.context().newCDPSession(page);
      await session.send("Target.createTarget" as never, { url: "about:blank" } as never);
      await expect.poll(() => page.context().pages().length, { timeout: 10_000 }).toBe(1);
      expect(page.isClosed()).toBe(false);
    });
  });

  it("is painted, and no process of it has a TCP, UDP or raw socket", async () => {
    const app = start();
    await windowIsPainted();
    const tree = processTree(app.pid);
    // Node, and a browser of several processes.
    expect(tree.length).toBeGreaterThan(3);
    expect(internetSockets(tree)).toEqual([]);
  });

  it("would be seen to have a socket if it had one", async () => {
    const app = start(["--browser", observableBrowser()]);
    await windowIsPainted();
    expect(internetSockets(processTree(app.pid)).join("\n")).toMatch(/^tcp .* 0A /m);
  });
});

describe("the end", () => {
  it("by closing the window: exit code 0, no profile, no process", async () => {
    const app = start(["--browser", observableBrowser()]);
    await look((page) => page.close());
    expect(await app.ended).toBe(0);
    expect(app.errors()).toBe("");
    expect(profiles()).toEqual([]);
  });

  it.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
    ["SIGHUP", 129],
  ] as const)("by %s: exit code %i, no profile, no process", async (signal, code) => {
    const app = start();
    await windowIsPainted();
    expect(profiles()).toHaveLength(1);
    const tree = processTree(app.pid);
    app.process.kill(signal);
    expect(await app.ended).toBe(code);
    expect(profiles()).toEqual([]);
    expect(tree.flatMap(processTree)).toEqual([]);
  });

  it("by a signal before the window is there: no profile either", async () => {
    const app = start();
    await eventually("the profile", () => (profiles().length > 0 ? true : undefined));
    app.process.kill("SIGTERM");
    expect(await app.ended).toBe(143);
    expect(profiles()).toEqual([]);
  });

  it("by a crash of the browser: exit code 1, a message, no profile", async () => {
    const app = start();
    await windowIsPainted();
    const [, browser] = processTree(app.pid);
    process.kill(browser ?? 0, "SIGKILL");
    expect(await app.ended).toBe(1);
    expect(app.errors()).toContain("The browser ended by SIGKILL");
    expect(profiles()).toEqual([]);
  });

  it("by a crash while the window opens: exit code 1, a message, no profile", async () => {
    const app = start();
    const browser = await eventually("the browser", () => processTree(app.pid)[1]);
    process.kill(browser, "SIGKILL");
    expect(await app.ended).toBe(1);
    expect(app.errors()).toMatch(/did not show the window|The browser ended by SIGKILL/);
    expect(app.errors()).not.toContain("    at ");
    expect(profiles()).toEqual([]);
  });

  it("by kill -9: the browser ends too, and the next start removes the profile", async () => {
    const first = start();
    await windowIsPainted();
    const tree = processTree(first.pid);
    const left = profiles();
    first.process.kill("SIGKILL");
    await first.ended;
    await eventually("the browser to end", () =>
      tree.flatMap(processTree).length === 0 ? true : undefined,
    );
    expect(profiles()).toEqual(left);
    const second = start();
    await eventually("a profile of its own", () =>
      profiles().some((name) => !left.includes(name)) ? true : undefined,
    );
    expect(profiles()).toHaveLength(1);
    second.process.kill("SIGTERM");
    await second.ended;
  });
});

describe("the profile", () => {
  it("takes all that the browser writes: nothing of it lies in the home folder", async () => {
    const app = start();
    await windowIsPainted();
    const [profile] = profiles();
    expect(readdirSync(join(runtime, profile ?? ""))).toContain("Crash Reports");
    app.process.kill("SIGTERM");
    await app.ended;
    const left = readdirSync(runtime, { recursive: true, encoding: "utf8" });
    expect(left.filter((path) => /chrom|crash|mozilla|nss/i.test(path))).toEqual([]);
  });

  it("can be read by its user only", async () => {
    start();
    await windowIsPainted();
    const [profile] = profiles();
    expect(statSync(join(runtime, profile ?? "")).mode & 0o777).toBe(0o700);
  });
});

describe("without a window", () => {
  const noDisplay = { DISPLAY: "", TOR_MESSENGER_TEST_NO_SANDBOX: "" };

  it("--version prints what was built", async () => {
    const app = start(["--version"], noDisplay);
    expect(await app.ended).toBe(0);
    expect(app.output()).toBe(
      `Tor Messenger 9.8.7 (lite, linux-x64)\ncommit   ${liteInfo.commit}\nbuild id ${liteInfo.buildId}\n`,
    );
  });

  it("--version --json prints it for scripts", async () => {
    const app = start(["--version", "--json"], noDisplay);
    expect(await app.ended).toBe(0);
    expect(JSON.parse(app.output())).toEqual({ name: "tor-messenger", ...liteInfo });
  });

  it("an unknown argument ends with 2 and says so", async () => {
    const app = start(["--verison"], noDisplay);
    expect(await app.ended).toBe(2);
    expect(app.errors()).toContain("Unknown argument: --verison");
    expect(app.output()).toBe("");
  });
});

describe("what can't work", () => {
  it("no browser anywhere: exit code 1, and what was looked for", async () => {
    // Chromium's programs are covered up, in a mount namespace that only this run sees.
    const hide =
      'for f in $(command -v chromium) /usr/lib/chromium/chromium; do mount --bind /dev/null "$f" || exit 99; done; exec "$@"';
    const main = join(copy, "main.mjs");
    running = startProgram(["unshare", "-rm", "sh", "-c", hide, "sh", process.execPath, main], env);
    expect(await running.ended).toBe(1);
    expect(running.errors()).toContain("No browser that could show the window was found");
    expect(running.errors()).toContain("--browser PATH");
    expect(profiles()).toEqual([]);
  });

  it("a browser that is not there: exit code 1, and its name", async () => {
    const app = start(["--browser", "/nowhere/chromium"]);
    expect(await app.ended).toBe(1);
    expect(app.errors()).toContain("--browser names /nowhere/chromium");
    expect(profiles()).toEqual([]);
  });

  it("a browser that ends at once: exit code 1, its name, no profile", async () => {
    const app = start(["--browser", "/bin/false"]);
    expect(await app.ended).toBe(1);
    expect(app.errors()).toContain("/bin/false did not show the window");
    expect(profiles()).toEqual([]);
  });

  it.runIf(process.getuid?.() === 0)("root: exit code 1, and why", async () => {
    const app = start([], { TOR_MESSENGER_TEST_NO_SANDBOX: "" });
    expect(await app.ended).toBe(1);
    expect(app.errors()).toContain("does not run as root");
  });

  it("a page without a policy is not shown", async () => {
    const broken = await makeLiteCopy();
    try {
      writeFileSync(join(broken, "page.html"), "<!doctype html><p>x");
      running = startProgram([process.execPath, join(broken, "main.mjs")], env);
      expect(await running.ended).toBe(1);
      expect(running.errors()).toContain("no content security policy");
    } finally {
      rmSync(broken, { recursive: true, force: true });
    }
  });

  it("a folder for profiles that is not there: exit code 1, and its name", async () => {
    const missing = join(runtime, "missing");
    const app = start([], { XDG_RUNTIME_DIR: missing });
    expect(await app.ended).toBe(1);
    expect(app.errors()).toContain(missing);
  });
});
