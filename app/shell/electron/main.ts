/**
 * The desktop edition's program. `page.html` and `preload.cjs` lie beside it in `app.asar`.
 * Exit codes as in the lite edition: 0 closed, 1 could not open or crashed, 2 wrong command line.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { app, protocol, session } from "electron";
import { createActions } from "../actions.ts";
import { helpText, parseArguments } from "../arguments.ts";
import { buildInfo } from "../build-info.ts";
import { exitCodeOf, ShellError } from "../errors.ts";
import { servedPage } from "../page.ts";
import { versionJson, versionText } from "../version.ts";
import { ownArguments } from "./chromium-switches.ts";
import { installIpc } from "./ipc.ts";
import { lockApp, lockSession, pageUrl } from "./lockdown.ts";
import { createWindow, setMenu } from "./window.ts";

function main(): void {
  const args = parseArguments(
    ownArguments(process.argv, app.isPackaged, process.env["TOR_MESSENGER_TEST_SWITCHES"] === "1"),
    "desktop",
  );
  if (args.action === "help") print(helpText("desktop"));
  else if (args.action === "version") {
    print(args.json ? versionJson(buildInfo) : versionText(buildInfo));
  } else start();
}

function start(): void {
  lockApp(app, protocol);
  // The first copy shows its window instead (`second-instance`).
  if (!app.requestSingleInstanceLock()) {
    app.exit(0);
    return;
  }
  app.on("window-all-closed", () => app.quit());
  app.whenReady().then(open).catch(fail);
}

async function open(): Promise<void> {
  const folder = app.getAppPath();
  const page = servedPage(readFileSync(join(folder, "page.html"), "utf8"));
  // Without `persist:` a session is kept in memory only.
  const own = session.fromPartition("tor-messenger");
  await lockSession(session.defaultSession, page);
  await lockSession(own, page);
  setMenu(process.platform, app.isPackaged);
  const window = createWindow({
    session: own,
    preload: join(folder, "preload.cjs"),
    packaged: app.isPackaged,
  });
  installIpc(window, createActions(buildInfo));
  app.on("second-instance", () => {
    if (window.isMinimized()) window.restore();
    window.focus();
  });
  window.webContents.on("render-process-gone", (_event, { reason }) => {
    if (reason === "clean-exit") return;
    fail(new ShellError("browser", `The window's process ended (${reason}). Start it again.`));
  });
  await window.loadURL(pageUrl);
}

function print(text: string): void {
  console.log(text);
  app.exit(0);
}

function fail(error: unknown): void {
  console.error(error instanceof ShellError ? error.message : error);
  app.exit(error instanceof ShellError ? exitCodeOf(error) : 1);
}

try {
  main();
} catch (error) {
  fail(error);
}
