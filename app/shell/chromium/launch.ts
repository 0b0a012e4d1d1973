/**
 * Opens the window: starts the browser on a pipe, takes its network away, hands it the page and the
 * bridge, and waits until the window is closed. What a browser is to us ends here: the rest of the
 * app knows only the bridge.
 */
import { join } from "node:path";
import { type Browser, launch, type Page, type Target } from "puppeteer-core";
import type { Actions } from "../actions.ts";
import { ShellError } from "../errors.ts";
import { type ServedPage, windowTitle } from "../page.ts";
import { browserFlags } from "./flags.ts";
import { installBridge } from "./page-bridge.ts";
import { pageUrl, servePage } from "./serve-page.ts";

export interface WindowOptions {
  /** The browser's program. */
  readonly browser: string;
  readonly profile: string;
  readonly sandbox: boolean;
  readonly page: ServedPage;
  readonly actions: Actions;
}

export interface AppWindow {
  /** Resolves when the person closed the window or `close` did; rejects when the browser crashed. */
  readonly closed: Promise<void>;
  readonly close: () => Promise<void>;
}

export async function openWindow(options: WindowOptions): Promise<AppWindow> {
  const browser = await startBrowser(options);
  try {
    await servePage(await browser.target().createCDPSession(), options.page);
    const target = await browser.waitForTarget((candidate) => candidate.type() === "page");
    const page = await pageOf(target);
    closeOtherWindows(browser, target);
    const session = await page.createCDPSession();
    const { frameTree } = await session.send("Page.getFrameTree");
    await installBridge(session, frameTree.frame.id, options.actions);
    const closed = whenClosed(browser, target, page);
    await show(browser, page);
    return { closed, close: () => browser.close() };
  } catch (cause) {
    await browser.close();
    throw browserError(options.browser, cause);
  }
}

async function startBrowser({ browser, profile, sandbox }: WindowOptions): Promise<Browser> {
  try {
    return await launch({
      executablePath: browser,
      pipe: true,
      args: [...browserFlags({ profile, sandbox })],
      ignoreDefaultArgs: true,
      // A dump of the window's memory would otherwise lie in the person's own browser's folder.
      env: { ...process.env, BREAKPAD_DUMP_LOCATION: join(profile, "Crash Reports") },
      defaultViewport: null,
      waitForInitialPage: false,
      // main.ts handles signals, so that the profile goes after the browser has.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
  } catch (cause) {
    throw browserError(browser, cause);
  }
}

async function show(browser: Browser, page: Page): Promise<void> {
  try {
    await page.goto(pageUrl, { waitUntil: "domcontentloaded" });
  } catch (cause) {
    // Closed or crashed while it was loading: what `closed` says is what happened.
    if (browser.connected && !page.isClosed()) throw cause;
  }
}

function browserError(path: string, cause: unknown): ShellError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ShellError(
    "browser",
    `${path} did not show the window: ${reason}\nTry another browser with --browser PATH.`,
    { cause },
  );
}

async function pageOf(target: Target): Promise<Page> {
  const page = await target.page();
  if (page === null) throw new Error("its window is gone");
  return page;
}

/** Ctrl+N and its like open ordinary browser windows: they have no network, and no use. */
function closeOtherWindows(browser: Browser, own: Target): void {
  browser.on("targetcreated", async (target) => {
    if (target === own || target.type() !== "page") return;
    const page = await target.page().catch(() => null);
    await page?.close().catch(() => undefined);
  });
}

/** On macOS a browser outlives its last window: so the window's end closes the browser as well. */
function whenClosed(browser: Browser, own: Target, page: Page): Promise<void> {
  const process = browser.process();
  const closed = new Promise<void>((resolve, reject) => {
    const crashed = (what: string): void =>
      reject(new ShellError("browser", `${what} ${windowTitle} is closed. Start it again.`));
    browser.on("targetdestroyed", (target) => {
      if (target === own) browser.close().catch(reject);
    });
    page.on("error", () => {
      crashed("The browser's page process crashed.");
      browser.close().catch(reject);
    });
    process?.once("close", (code, signal) => {
      if (code === 0) resolve();
      else crashed(`The browser ended by ${signal ?? `exit code ${code}`}.`);
    });
  });
  // It can crash before somebody waits for it.
  closed.catch(() => undefined);
  return closed;
}
