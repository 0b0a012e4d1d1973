/**
 * The desktop edition, one recipe a platform: Electron with the app in `app.asar`, and the Tor
 * expert bundle under `resources/tor`. There is no stable expert bundle for Linux on arm64: that
 * one uses the system's tor.
 */
import { type RecipeBase, zip, zstd } from "./recipe.ts";

export interface DesktopRecipe extends RecipeBase {
  readonly edition: "desktop";
  readonly electron: string;
  /** The input that holds the expert bundle, or `system` where none is published. */
  readonly tor: string;
  readonly layout: "linux" | "windows" | "macos";
}

export const desktopRecipes: readonly DesktopRecipe[] = [
  {
    edition: "desktop",
    target: "desktop/linux-x64",
    platform: "linux-x64",
    inputs: ["electron:linux-x64", "tor:linux-x64"],
    electron: "electron:linux-x64",
    tor: "tor:linux-x64",
    layout: "linux",
    prefix: "tor-messenger",
    packing: zstd,
  },
  {
    edition: "desktop",
    target: "desktop/linux-arm64",
    platform: "linux-arm64",
    inputs: ["electron:linux-arm64"],
    electron: "electron:linux-arm64",
    tor: "system",
    layout: "linux",
    prefix: "tor-messenger",
    packing: zstd,
  },
  {
    edition: "desktop",
    target: "desktop/win32-x64",
    platform: "win32-x64",
    inputs: ["electron:win32-x64", "tor:win32-x64"],
    electron: "electron:win32-x64",
    tor: "tor:win32-x64",
    layout: "windows",
    prefix: "Tor Messenger",
    packing: zip,
  },
  {
    edition: "desktop",
    target: "desktop/darwin-x64",
    platform: "darwin-x64",
    inputs: ["electron:darwin-x64", "tor:darwin-x64"],
    electron: "electron:darwin-x64",
    tor: "tor:darwin-x64",
    layout: "macos",
    prefix: "",
    packing: zip,
  },
  {
    edition: "desktop",
    target: "desktop/darwin-arm64",
    platform: "darwin-arm64",
    inputs: ["electron:darwin-arm64", "tor:darwin-arm64"],
    electron: "electron:darwin-arm64",
    tor: "tor:darwin-arm64",
    layout: "macos",
    prefix: "",
    packing: zip,
  },
];
