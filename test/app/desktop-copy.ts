/**
 * The desktop edition in a real Electron, unpacked: the app's files under `resources/app`. Electron is
 * the old one that the npm registry has (`../fixtures/desktop/electron-linux.ts`).
 */
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  type BuildInfo,
  bundleDesktopMain,
  bundleDesktopPreload,
  bundlePage,
} from "../../build/recipes/bundle.ts";
import { linuxX64Entries } from "../fixtures/desktop/electron-linux.ts";

const root = join(import.meta.dirname, "../..");

export const desktopInfo: BuildInfo = {
  version: "9.8.7",
  edition: "desktop",
  platform: "linux-x64",
  commit: "0123456789abcdef0123456789abcdef01234567",
  buildId: "fedcba9876543210".repeat(4),
};

export interface DesktopCopy {
  readonly folder: string;
  /** Not called `electron`: so it counts as packaged. */
  readonly program: string;
}

/** Makes one; the caller removes the folder. */
export async function makeDesktopCopy(): Promise<DesktopCopy> {
  const folder = mkdtempSync(join(tmpdir(), "tor-messenger-desktop-"));
  try {
    const work = join(folder, "work");
    mkdirSync(work);
    for (const entry of await linuxX64Entries("25.1.1", work)) {
      // An app of its own would come before ours.
      if (entry.kind !== "file" || entry.path.startsWith("resources/")) continue;
      const name = entry.path === "electron" ? "tor-messenger" : entry.path;
      const path = join(folder, "app", name);
      mkdirSync(dirname(path), { recursive: true });
      if ("file" in entry.content) copyFileSync(entry.content.file, path);
      else writeFileSync(path, entry.content.bytes);
      chmodSync(path, entry.executable ? 0o755 : 0o644);
    }
    rmSync(work, { recursive: true });
    await writeApp(join(folder, "app/resources/app"));
    return { folder, program: join(folder, "app/tor-messenger") };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function writeApp(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const main = { name: "tor-messenger", version: desktopInfo.version, main: "main.cjs" };
  writeFileSync(join(folder, "package.json"), JSON.stringify(main));
  writeFileSync(join(folder, "main.cjs"), await bundleDesktopMain(root, desktopInfo));
  writeFileSync(join(folder, "preload.cjs"), await bundleDesktopPreload(root, desktopInfo));
  writeFileSync(join(folder, "page.html"), await bundlePage(root));
}
