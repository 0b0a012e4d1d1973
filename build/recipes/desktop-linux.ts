/** The desktop edition on Linux: a launcher on top, Electron and all that it needs in `lib`. */
import { linuxIcon } from "../binary/icon.ts";
import type { Entry } from "../tree.ts";
import { bytesFile, textFile } from "./context.ts";
import { licences, moved, resources, withOurFuses } from "./desktop-parts.ts";
import { desktopReadme } from "./desktop-texts.ts";
import type { DesktopParts } from "./desktop-tree.ts";
import { linuxDesktopLauncher, linuxMenuEntry } from "./launchers.ts";

/** Electron's paths to ours; undefined: ours takes its place, or nothing does. */
function ourPath(path: string): string | undefined {
  switch (path) {
    case "electron":
    case "resources/default_app.asar":
    case "LICENSE":
    case "LICENSES.chromium.html":
    case "version":
      return undefined;
    default:
      return `lib/${path}`;
  }
}

export async function linuxEntries(parts: DesktopParts): Promise<readonly Entry[]> {
  return [
    ...moved(parts.electron, ourPath),
    bytesFile("lib/tor-messenger", await withOurFuses(parts, "electron"), true),
    ...resources(parts, "lib/resources"),
    ...licences(parts, "licences"),
    textFile("tor-messenger", linuxDesktopLauncher, true),
    textFile("tor-messenger.desktop", linuxMenuEntry("Tor Messenger")),
    bytesFile("tor-messenger.png", linuxIcon(256)),
    textFile("README.txt", desktopReadme(parts.recipe, parts.version)),
  ];
}
