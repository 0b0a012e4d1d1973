/** The desktop edition's window and menu: one window, one page, no way to anything else. */
import { BrowserWindow, Menu, nativeTheme, type Session } from "electron";
import { backgroundDark, backgroundLight, windowSize, windowTitle } from "../page.ts";

export interface AppWindowOptions {
  readonly session: Session;
  /** The bundled preload. */
  readonly preload: string;
  /** A packaged copy: without developer tools. */
  readonly packaged: boolean;
}

export function createWindow({ session, preload, packaged }: AppWindowOptions): BrowserWindow {
  const window = new BrowserWindow({
    title: windowTitle,
    ...windowSize,
    // Shown when the page is drawn, in the page's colours until then.
    show: false,
    backgroundColor: nativeTheme.shouldUseDarkColors ? backgroundDark : backgroundLight,
    webPreferences: {
      session,
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: !packaged,
    },
  });
  window.once("ready-to-show", () => window.show());
  return window;
}

/**
 * Electron's default menu has developer tools, reload and links to its web site. macOS needs a menu
 * for copy, paste and quit; the other systems have those without one.
 */
export function setMenu(platform: NodeJS.Platform, packaged: boolean): void {
  if (platform !== "darwin" && packaged) {
    Menu.setApplicationMenu(null);
    return;
  }
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      ...(platform === "darwin" ? [{ role: "appMenu" } as const] : []),
      { role: "editMenu" },
      { role: "windowMenu" },
      ...(packaged ? [] : [{ label: "Develop", submenu: [{ role: "toggleDevTools" } as const] }]),
    ]),
  );
}
