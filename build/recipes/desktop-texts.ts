/** README.txt inside each desktop artifact: how to start it and how to check it. For people. */
import type { DesktopRecipe } from "./desktop.ts";

const start: Record<DesktopRecipe["layout"], string> = {
  linux: `Start:      ./tor-messenger
In a menu:  copy tor-messenger.desktop to ~/.local/share/applications and
            tor-messenger.png to ~/.local/share/icons, and put a link to
            ./tor-messenger in a folder on your PATH.

Its window runs in Chromium's sandbox, which needs user namespaces. Where the
system denies those, allow them for this program, or as root give the helper to
root: chown root lib/chrome-sandbox && chmod 4755 lib/chrome-sandbox`,
  windows: `Start:      double-click "Tor Messenger.exe". Keep it in this folder.`,
  macos: `Start:      move "Tor Messenger" to Applications and open it. It is not signed by
            Apple, so macOS will say that it is damaged or from nobody known.
            Once you have checked it (see below), tell macOS so in a terminal:
            xattr -dr com.apple.quarantine "/Applications/Tor Messenger.app"`,
};

const tor = {
  bundled: "Tor is inside: the Tor Project's own expert bundle.",
  system: `Tor is not inside: the Tor Project publishes no stable one for this system.
Install your system's package; it is called tor.`,
} as const;

export function desktopReadme(recipe: DesktopRecipe, version: string): string {
  return `Tor Messenger ${version}

${start[recipe.layout]}

${recipe.tor === "system" ? tor.system : tor.bundled}

Check that your copy is the one everybody else has: anyone can build this file
from the source code, and everyone gets the same SHA-256. The version, commit
and build id are in the window and in the output of --version --json.

Licences of what is inside: see "licences"${recipe.tor === "system" ? "" : ' and the "docs" beside Tor'}.
`;
}
