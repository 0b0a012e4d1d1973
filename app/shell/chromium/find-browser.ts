/**
 * Finds an installed Chromium-family browser: the one that was asked for, else the first on PATH,
 * else the first in the usual places of the system. Pure: platform, environment and the look at the
 * disk are passed in.
 *
 * Flatpak browsers are left out on purpose: `flatpak run` starts them in a sandbox of their own that
 * has neither our profile folder nor a promise to pass on the pipe. The message says so.
 */
import { posix, win32 } from "node:path";
import { ShellError } from "../errors.ts";

export interface BrowserSearch {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home folder. */
  readonly home: string;
  /** From `--browser`. */
  readonly asked: string | undefined;
  readonly isProgram: (path: string) => boolean;
}

export interface FoundBrowser {
  readonly path: string;
  /** A snap can write only below `~/snap/NAME/common`: its profile has to lie there. */
  readonly snap: string | undefined;
}

/**
 * Names of programs on Linux, in the order in which they are preferred: browsers that are not tied
 * to a company's services come first, since less of them has to be switched off.
 */
const linuxNames = [
  "chromium",
  "chromium-browser",
  "ungoogled-chromium",
  "brave-browser",
  "brave",
  "vivaldi-stable",
  "vivaldi",
  "google-chrome-stable",
  "google-chrome",
  "microsoft-edge-stable",
  "microsoft-edge",
];

/** Folders that a desktop session's PATH can lack. */
const linuxFolders = ["/usr/local/bin", "/usr/bin", "/snap/bin"];

const linuxPlaces = [
  "/usr/lib/chromium/chromium",
  "/opt/brave.com/brave/brave-browser",
  "/opt/vivaldi/vivaldi",
  "/opt/google/chrome/google-chrome",
  "/opt/microsoft/msedge/microsoft-edge",
];

/** Below Program Files, Program Files (x86) and the user's own %LOCALAPPDATA%. */
const windowsPlaces = [
  "Chromium\\Application\\chrome.exe",
  "BraveSoftware\\Brave-Browser\\Application\\brave.exe",
  "Vivaldi\\Application\\vivaldi.exe",
  "Google\\Chrome\\Application\\chrome.exe",
  "Microsoft\\Edge\\Application\\msedge.exe",
];

/** Below /Applications and ~/Applications. */
const macPlaces = [
  "Chromium.app/Contents/MacOS/Chromium",
  "Brave Browser.app/Contents/MacOS/Brave Browser",
  "Vivaldi.app/Contents/MacOS/Vivaldi",
  "Google Chrome.app/Contents/MacOS/Google Chrome",
  "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
];

export function findBrowser(search: BrowserSearch): FoundBrowser {
  const asked = search.asked ?? nonEmpty(search.env["TOR_MESSENGER_BROWSER"]);
  if (asked !== undefined) return askedFor(asked, search);
  const places = candidates(search);
  const path = places.find(search.isProgram);
  if (path === undefined) throw new ShellError("no-browser", notFoundMessage(search));
  return found(path);
}

function askedFor(asked: string, search: BrowserSearch): FoundBrowser {
  if (search.isProgram(asked)) return found(asked);
  const from = search.asked === undefined ? "TOR_MESSENGER_BROWSER" : "--browser";
  throw new ShellError(
    "no-browser",
    `${from} names ${asked}, and there is no program of that name that can be run. ` +
      "Give the whole path of a Chromium-family browser's program.",
  );
}

function candidates(search: BrowserSearch): readonly string[] {
  switch (search.platform) {
    case "win32":
      return windowsCandidates(search);
    case "darwin":
      return ["/Applications", posix.join(search.home, "Applications")].flatMap((folder) =>
        macPlaces.map((place) => posix.join(folder, place)),
      );
    default:
      return linuxCandidates(search);
  }
}

/** Snaps go last: they start slowly, and their confinement decides what works. */
function linuxCandidates({ env }: BrowserSearch): readonly string[] {
  const onPath = (env["PATH"] ?? "").split(":").filter((folder) => posix.isAbsolute(folder));
  const folders = [...new Set([...onPath, ...linuxFolders])];
  const paths = linuxNames.flatMap((name) => folders.map((folder) => posix.join(folder, name)));
  const all = [...paths, ...linuxPlaces];
  return [...all.filter((path) => !isSnap(path)), ...all.filter(isSnap)];
}

function windowsCandidates({ env }: BrowserSearch): readonly string[] {
  return ["ProgramFiles", "ProgramFiles(x86)", "LOCALAPPDATA"].flatMap((variable) => {
    const folder = nonEmpty(env[variable]);
    return folder === undefined ? [] : windowsPlaces.map((place) => win32.join(folder, place));
  });
}

function isSnap(path: string): boolean {
  return path.startsWith("/snap/") || path.startsWith("/var/lib/snapd/snap/");
}

function found(path: string): FoundBrowser {
  return { path, snap: isSnap(path) ? posix.basename(path).split(".")[0] : undefined };
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

function notFoundMessage({ platform }: BrowserSearch): string {
  const looked =
    platform === "win32"
      ? "Chromium, Brave, Vivaldi, Chrome and Edge in Program Files and %LOCALAPPDATA%"
      : platform === "darwin"
        ? "Chromium, Brave, Vivaldi, Chrome and Edge in /Applications and ~/Applications"
        : `${linuxNames.join(", ")} on PATH and in ${linuxFolders.join(", ")} and /opt`;
  const lines = [
    "No browser that could show the window was found.",
    `Looked for ${looked}.`,
    "The lite edition needs a Chromium-family browser: install one, or name it with --browser PATH",
    "or TOR_MESSENGER_BROWSER. It is used as a window only, with a throw-away profile and no network.",
  ];
  if (platform === "linux") lines.push("A browser from Flatpak can't be used.");
  return lines.join("\n");
}
