/**
 * The bridge of the desktop edition: one named function an action, each on a channel of its own.
 * Sandboxed preloads can't be ES modules, so this is the one CommonJS file. It holds no logic:
 * arguments are parsed and senders checked in main (`ipc.ts`).
 */
import type { TorMessengerBridge } from "../bridge.ts" with { "resolution-mode": "import" };

const { contextBridge, ipcRenderer }: typeof import("electron/renderer") =
  require("electron/renderer");

const bridge: TorMessengerBridge = {
  buildInfo: () => ipcRenderer.invoke("tor-messenger:buildInfo"),
  torStatus: () => ipcRenderer.invoke("tor-messenger:torStatus"),
};

contextBridge.exposeInMainWorld("torMessenger", bridge);
