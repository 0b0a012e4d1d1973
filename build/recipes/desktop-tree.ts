/**
 * The desktop edition's files: Electron under our name with its fuses set, the app in `app.asar`,
 * and the Tor expert bundle. What each system wants around them is in desktop-linux.ts,
 * desktop-windows.ts and desktop-macos.ts.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { normaliseTree } from "../archive/normalise.ts";
import { readTarGz } from "../archive/read-tar.ts";
import { readZip } from "../archive/read-zip.ts";
import { writeAsar } from "../archive/write-asar.ts";
import type { Content, Entry, FileEntry, Tree } from "../tree.ts";
import { bundleDesktopMain, bundleDesktopPreload, bundlePage } from "./bundle.ts";
import { inputFile, licencesFile, type RecipeContext, textFile } from "./context.ts";
import type { DesktopRecipe } from "./desktop.ts";
import { linuxEntries } from "./desktop-linux.ts";
import { macosEntries } from "./desktop-macos.ts";
import { windowsEntries } from "./desktop-windows.ts";

export interface DesktopParts {
  readonly recipe: DesktopRecipe;
  /** The release's zip, all of it. */
  readonly electron: Tree;
  /** The expert bundle without its debug information; undefined where none is published. */
  readonly tor: Tree | undefined;
  readonly asar: Content;
  /** What macOS and Windows compare `app.asar` with. */
  readonly asarHeaderSha256: string;
  readonly npmLicences: FileEntry;
  readonly version: string;
}

const layouts: Record<DesktopRecipe["layout"], (parts: DesktopParts) => Promise<readonly Entry[]>> =
  { linux: linuxEntries, windows: windowsEntries, macos: macosEntries };

export async function desktopTree(recipe: DesktopRecipe, context: RecipeContext): Promise<Tree> {
  const { job, licences } = context;
  const asarFile = join(job.work, "app.asar");
  const { headerSha256 } = await writeAsar(await appTree(context), asarFile);
  const entries = await layouts[recipe.layout]({
    recipe,
    electron: await readZip(inputFile(job, recipe.electron), join(job.work, "electron")),
    tor: await torTree(recipe, context),
    asar: { file: asarFile, size: (await stat(asarFile)).size },
    asarHeaderSha256: headerSha256,
    npmLicences: licencesFile("npm.txt", licences),
    version: job.info.version,
  });
  return normaliseTree(entries, { windowsNames: recipe.layout === "windows" });
}

/** What Electron runs. */
async function appTree({ job }: RecipeContext): Promise<Tree> {
  const manifest = {
    name: "tor-messenger",
    productName: "Tor Messenger",
    desktopName: "tor-messenger.desktop",
    version: job.info.version,
    main: "main.cjs",
  };
  return normaliseTree(
    [
      textFile("package.json", `${JSON.stringify(manifest, null, 2)}\n`),
      textFile("main.cjs", await bundleDesktopMain(job.stage, job.info)),
      textFile("preload.cjs", await bundleDesktopPreload(job.stage, job.info)),
      textFile("page.html", await bundlePage(job.stage)),
    ],
    { windowsNames: true },
  );
}

async function torTree(recipe: DesktopRecipe, { job }: RecipeContext): Promise<Tree | undefined> {
  if (recipe.tor === "system") return undefined;
  const tree = await readTarGz(inputFile(job, recipe.tor), join(job.work, "tor"));
  return tree.filter(({ path }) => path !== "debug" && !path.startsWith("debug/"));
}
