/** The lite edition's files: the Node runtime, the app, and what each system wants around them. */
import { join } from "node:path";
import { normaliseTree } from "../archive/normalise.ts";
import { readTarGz } from "../archive/read-tar.ts";
import { linuxIcon, macosIcon, windowsIcon } from "../binary/icon.ts";
import { encodePlist, type PlistValue } from "../binary/plist.ts";
import type { Entry, FileEntry, Tree } from "../tree.ts";
import { bundleLiteMain, bundlePage } from "./bundle.ts";
import {
  bytesFile,
  inputFile,
  licencesFile,
  member,
  type RecipeContext,
  textFile,
} from "./context.ts";
import { linuxLauncher, linuxMenuEntry, macosLauncher, windowsLauncher } from "./launchers.ts";
import type { LiteRecipe } from "./lite.ts";
import { readme } from "./readme.ts";

interface Parts {
  readonly runtime: FileEntry;
  readonly nodeLicence: FileEntry;
  readonly packageLicences: FileEntry;
  readonly main: string;
  readonly page: string;
  readonly version: string;
}

export async function liteTree(recipe: LiteRecipe, context: RecipeContext): Promise<Tree> {
  const { job, licences } = context;
  const unpacked = new Map<string, Promise<Tree>>();
  const fileOf = async (from: { input: string; member: string }): Promise<FileEntry> => {
    const into = join(job.work, from.input.replace(":", "-"));
    const tree = unpacked.get(from.input) ?? readTarGz(inputFile(job, from.input), into);
    unpacked.set(from.input, tree);
    return member(await tree, from.member, from.input);
  };
  const parts: Parts = {
    runtime: await fileOf(recipe.runtime),
    nodeLicence: await fileOf(recipe.licence),
    packageLicences: licencesFile("npm.txt", licences),
    main: await bundleLiteMain(job.stage, job.info),
    page: await bundlePage(job.stage),
    version: job.info.version,
  };
  const windowsNames = recipe.layout === "windows";
  return normaliseTree(layouts[recipe.layout](recipe, parts), { windowsNames });
}

function at(path: string, entry: FileEntry, executable = false): FileEntry {
  return { ...entry, path, executable };
}

const layouts: Record<LiteRecipe["layout"], (recipe: LiteRecipe, parts: Parts) => Entry[]> = {
  linux: (recipe, parts) => [
    textFile("tor-messenger", linuxLauncher, true),
    textFile("tor-messenger.desktop", linuxMenuEntry("Tor Messenger Lite")),
    bytesFile("tor-messenger.png", linuxIcon(256)),
    textFile("README.txt", readme(recipe.layout, parts.version)),
    at(`lib/${recipe.runtime.name}`, parts.runtime, true),
    textFile("lib/main.mjs", parts.main),
    textFile("lib/page.html", parts.page),
    at("licences/node.txt", parts.nodeLicence),
    at("licences/npm.txt", parts.packageLicences),
  ],

  windows: (recipe, parts) => [
    textFile("Tor Messenger Lite.cmd", windowsLauncher, true),
    bytesFile("tor-messenger.ico", windowsIcon()),
    textFile("README.txt", readme(recipe.layout, parts.version).replaceAll("\n", "\r\n")),
    at(`lib/${recipe.runtime.name}`, parts.runtime, true),
    textFile("lib/main.mjs", parts.main),
    textFile("lib/page.html", parts.page),
    at("licences/node.txt", parts.nodeLicence),
    at("licences/npm.txt", parts.packageLicences),
  ],

  macos: (recipe, parts) => {
    const contents = "Tor Messenger Lite.app/Contents";
    return [
      bytesFile(`${contents}/Info.plist`, encodePlist(infoPlist(parts.version))),
      textFile(`${contents}/PkgInfo`, "APPL????"),
      textFile(`${contents}/MacOS/tor-messenger`, macosLauncher, true),
      at(`${contents}/Helpers/${recipe.runtime.name}`, parts.runtime, true),
      textFile(`${contents}/Resources/main.mjs`, parts.main),
      textFile(`${contents}/Resources/page.html`, parts.page),
      bytesFile(`${contents}/Resources/tor-messenger.icns`, macosIcon()),
      at(`${contents}/Resources/licences/node.txt`, parts.nodeLicence),
      at(`${contents}/Resources/licences/npm.txt`, parts.packageLicences),
      textFile("README.txt", readme(recipe.layout, parts.version)),
      // For a terminal: the launcher finds its bundle through the link.
      {
        kind: "symlink",
        path: "tor-messenger",
        target: "Tor Messenger Lite.app/Contents/MacOS/tor-messenger",
      },
    ];
  },
};

function infoPlist(version: string): { readonly [key: string]: PlistValue } {
  return {
    CFBundleDevelopmentRegion: "en",
    CFBundleDisplayName: "Tor Messenger Lite",
    CFBundleExecutable: "tor-messenger",
    CFBundleIconFile: "tor-messenger.icns",
    CFBundleIdentifier: "org.tormessenger.lite",
    CFBundleInfoDictionaryVersion: "6.0",
    CFBundleName: "Tor Messenger Lite",
    CFBundlePackageType: "APPL",
    CFBundleShortVersionString: version,
    CFBundleVersion: version,
    LSApplicationCategoryType: "public.app-category.social-networking",
    // The executable is a script: without this, macOS on arm64 may ask for Rosetta to start it.
    LSArchitecturePriority: ["arm64", "x86_64"],
    LSMinimumSystemVersion: "13.5",
    NSHighResolutionCapable: true,
  };
}
