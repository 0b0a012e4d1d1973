/**
 * The lite edition, one recipe a platform: the Node runtime from the npm registry, the app in a
 * single file, the page in another. It uses the browser and the Tor that are already there.
 */
import { type RecipeBase, zip, zstd } from "./recipe.ts";

export interface LiteRecipe extends RecipeBase {
  readonly edition: "lite";
  /** Where the runtime lies in the npm package, and what it is called beside the app. */
  readonly runtime: { readonly input: string; readonly member: string; readonly name: string };
  /** Node's licence; the Windows package lacks it, so that one takes it from another platform's. */
  readonly licence: { readonly input: string; readonly member: string };
  readonly layout: "linux" | "windows" | "macos";
}

export const liteRecipes: readonly LiteRecipe[] = [
  {
    edition: "lite",
    target: "lite/linux-x64",
    platform: "linux-x64",
    inputs: ["node:linux-x64"],
    runtime: { input: "node:linux-x64", member: "package/bin/node", name: "node" },
    licence: { input: "node:linux-x64", member: "package/LICENSE" },
    layout: "linux",
    prefix: "tor-messenger-lite",
    packing: zstd,
  },
  {
    edition: "lite",
    target: "lite/linux-arm64",
    platform: "linux-arm64",
    inputs: ["node:linux-arm64"],
    runtime: { input: "node:linux-arm64", member: "package/bin/node", name: "node" },
    licence: { input: "node:linux-arm64", member: "package/LICENSE" },
    layout: "linux",
    prefix: "tor-messenger-lite",
    packing: zstd,
  },
  {
    edition: "lite",
    target: "lite/win32-x64",
    platform: "win32-x64",
    inputs: ["node:win32-x64", "node:linux-x64"],
    runtime: { input: "node:win32-x64", member: "package/bin/node.exe", name: "node.exe" },
    licence: { input: "node:linux-x64", member: "package/LICENSE" },
    layout: "windows",
    prefix: "Tor Messenger Lite",
    packing: zip,
  },
  {
    edition: "lite",
    target: "lite/darwin-x64",
    platform: "darwin-x64",
    inputs: ["node:darwin-x64"],
    runtime: { input: "node:darwin-x64", member: "package/bin/node", name: "node" },
    licence: { input: "node:darwin-x64", member: "package/LICENSE" },
    layout: "macos",
    prefix: "Tor Messenger Lite",
    packing: zip,
  },
  {
    edition: "lite",
    target: "lite/darwin-arm64",
    platform: "darwin-arm64",
    inputs: ["node:darwin-arm64"],
    runtime: { input: "node:darwin-arm64", member: "package/bin/node", name: "node" },
    licence: { input: "node:darwin-arm64", member: "package/LICENSE" },
    layout: "macos",
    prefix: "Tor Messenger Lite",
    packing: zip,
  },
];
