/** What the three layouts of the desktop edition have in common. */
import { flipFuses, wantedFuses } from "../binary/fuses.ts";
import { contentBytes, type Entry, type Tree } from "../tree.ts";
import { member, textFile } from "./context.ts";
import type { DesktopParts } from "./desktop-tree.ts";

/** Entries under new paths; those for which `rename` has none are left out. */
export function moved(tree: Tree, rename: (path: string) => string | undefined): readonly Entry[] {
  return tree.flatMap((entry) => {
    const path = rename(entry.path);
    return path === undefined ? [] : [{ ...entry, path }];
  });
}

/** The bytes of the binary that holds Electron's fuses, with ours set. */
export async function withOurFuses(
  { electron, recipe }: DesktopParts,
  path: string,
): Promise<Uint8Array> {
  const { content } = member(electron, path, recipe.electron);
  return flipFuses(await contentBytes(content), wantedFuses, `${recipe.electron}: ${path}`);
}

/** `app.asar` and, where it is bundled, Tor. */
export function resources(parts: DesktopParts, folder: string): readonly Entry[] {
  const { asar, tor } = parts;
  return [
    { kind: "file", path: `${folder}/app.asar`, executable: false, content: asar },
    ...moved(tor ?? [], (path) => `${folder}/tor/${path}`),
    ...(tor === undefined ? [textFile(`${folder}/tor/NOT-BUNDLED.txt`, torNotBundled)] : []),
  ];
}

/** Electron's, Chromium's and the npm packages'; Tor's are in its own `docs`. */
export function licences(parts: DesktopParts, folder: string): readonly Entry[] {
  const { electron, recipe, npmLicences } = parts;
  return [
    { ...member(electron, "LICENSE", recipe.electron), path: `${folder}/electron.txt` },
    {
      ...member(electron, "LICENSES.chromium.html", recipe.electron),
      path: `${folder}/chromium.html`,
    },
    { ...npmLicences, path: `${folder}/npm.txt` },
  ];
}

const torNotBundled = `The Tor Project publishes no stable Tor for this system, so none is in here.
Install it from your system's packages; it is called tor.
`;
