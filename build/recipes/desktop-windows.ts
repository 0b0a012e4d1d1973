/** The desktop edition on Windows: Electron's folder as it is, its exe under our name and icon. */
import { windowsIcon } from "../binary/icon.ts";
import { parsePe, stripAuthenticode } from "../binary/pe.ts";
import { setResources } from "../binary/pe-resources.ts";
import type { Entry } from "../tree.ts";
import { bytesFile, textFile } from "./context.ts";
import { licences, moved, resources, withOurFuses } from "./desktop-parts.ts";
import { desktopReadme } from "./desktop-texts.ts";
import type { DesktopParts } from "./desktop-tree.ts";

const executable = "Tor Messenger.exe";

/** Electron's paths to ours; undefined: ours takes its place, or nothing does. */
function ourPath(path: string): string | undefined {
  switch (path) {
    case "electron.exe":
    case "resources/default_app.asar":
    case "LICENSE":
    case "LICENSES.chromium.html":
    case "version":
      return undefined;
    default:
      return path;
  }
}

export async function windowsEntries(parts: DesktopParts): Promise<readonly Entry[]> {
  const readme = desktopReadme(parts.recipe, parts.version).replaceAll("\n", "\r\n");
  return [
    ...moved(parts.electron, ourPath),
    bytesFile(executable, await ourExecutable(parts), true),
    ...resources(parts, "resources"),
    ...licences(parts, "licences"),
    textFile("README.txt", readme),
  ];
}

async function ourExecutable(parts: DesktopParts): Promise<Uint8Array> {
  const bytes = await withOurFuses(parts, "electron.exe");
  // A signature of upstream's would no longer hold for the changed file.
  const signed = parsePe(bytes, executable).certificate !== undefined;
  const unsigned = signed ? stripAuthenticode(bytes, executable) : bytes;
  return setResources(
    unsigned,
    {
      icon: windowsIcon(),
      version: parts.version,
      strings: {
        CompanyName: "The Tor Messenger developers",
        FileDescription: "Tor Messenger",
        InternalName: "tor-messenger",
        LegalCopyright: "Copyright (c) The Tor Messenger developers",
        OriginalFilename: executable,
        ProductName: "Tor Messenger",
      },
      asarHeaderHash: parts.asarHeaderSha256,
    },
    executable,
  );
}
