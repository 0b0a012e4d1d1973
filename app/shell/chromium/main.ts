/**
 * The lite edition's program: `page.html` beside it, shown by a browser that is already installed.
 * Exit codes: 0 the window was closed, 1 it could not be opened or crashed, 2 wrong command line,
 * 128 + n ended by signal n.
 */
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { homedir, constants as osConstants, tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { createActions } from "../actions.ts";
import { helpText, parseArguments } from "../arguments.ts";
import { buildInfo } from "../build-info.ts";
import { exitCodeOf, ShellError } from "../errors.ts";
import { type ServedPage, servedPage } from "../page.ts";
import { versionJson, versionText } from "../version.ts";
import { findBrowser } from "./find-browser.ts";
import { openWindow } from "./launch.ts";
import { makeProfile, profileParent, removeLeftovers, removeProfile } from "./profile.ts";

const endingSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

async function main(): Promise<number> {
  const args = parseArguments(process.argv.slice(2), "lite");
  if (args.action === "help") {
    console.log(helpText("lite"));
    return 0;
  }
  if (args.action === "version") {
    console.log(args.json ? versionJson(buildInfo) : versionText(buildInfo));
    return 0;
  }
  return open(args.browser);
}

async function open(asked: string | undefined): Promise<number> {
  const sandbox = browserSandbox();
  const page = readPage();
  const { env, platform } = process;
  const browser = findBrowser({ platform, env, home: homedir(), asked, isProgram });
  const parent = profileParent({
    env,
    home: homedir(),
    temporary: tmpdir(),
    snap: browser.snap,
  });
  removeLeftovers(parent, isRunning);
  // Heard from here on, so that a profile never outlives its run.
  const ended = endedBySignal();
  const profile = makeProfile(parent, process.pid);
  try {
    const opened = openWindow({
      browser: browser.path,
      profile,
      sandbox,
      page,
      actions: createActions(buildInfo),
    });
    const signal = await Promise.race([ended, opened.then(({ closed }) => closed)]);
    if (signal === undefined) return 0;
    await opened.then(({ close }) => close());
    return 128 + osConstants.signals[signal];
  } finally {
    removeProfile(profile);
  }
}

/** A browser that runs as root has no sandbox. Only tests may do that, on machines of their own. */
function browserSandbox(): boolean {
  if (process.env["TOR_MESSENGER_TEST_NO_SANDBOX"] === "1") return false;
  if (process.getuid?.() === 0) {
    throw new ShellError(
      "root",
      "Tor Messenger does not run as root: the browser that shows its window would have no sandbox. " +
        "Start it as an ordinary user.",
    );
  }
  return true;
}

function readPage(): ServedPage {
  const path = fileURLToPath(new URL("page.html", import.meta.url));
  try {
    return servedPage(readFileSync(path, "utf8"));
  } catch (cause) {
    if (cause instanceof ShellError) throw cause;
    const reason = (cause as Error).message;
    throw new ShellError("page", `Can't read ${path}: ${reason}\nInstall Tor Messenger again.`, {
      cause,
    });
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as another user.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function endedBySignal(): Promise<(typeof endingSignals)[number]> {
  return new Promise((resolve) => {
    for (const signal of endingSignals) process.once(signal, () => resolve(signal));
  });
}

try {
  // process.exit and not exitCode: a browser that hangs must not keep the program alive.
  process.exit(await main());
} catch (error) {
  if (!(error instanceof ShellError)) throw error;
  console.error(error.message);
  process.exit(exitCodeOf(error));
}
