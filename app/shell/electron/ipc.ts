/**
 * Main's end of the bridge: one channel an action, `tor-messenger:NAME`. Answers only the top frame
 * of our window while it shows our page; the arguments are parsed by the action itself.
 */
import { type BrowserWindow, type IpcMainInvokeEvent, ipcMain } from "electron";
import type { ActionName, Actions } from "../actions.ts";
import { ShellError } from "../errors.ts";
import { pageUrl } from "./lockdown.ts";

export function installIpc(window: BrowserWindow, actions: Actions): void {
  for (const name of Object.keys(actions) as ActionName[]) {
    ipcMain.handle(`tor-messenger:${name}`, (event, ...args: unknown[]) => {
      checkSender(window, event);
      return actions[name](args);
    });
  }
}

function checkSender(window: BrowserWindow, { senderFrame }: IpcMainInvokeEvent): void {
  const { mainFrame } = window.webContents;
  if (senderFrame !== mainFrame || senderFrame.url !== pageUrl) {
    throw new ShellError("bridge", "A call came from something other than the messenger's page.");
  }
}
