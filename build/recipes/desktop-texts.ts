/** The desktop edition's small text files: README, Linux launcher and menu entry. */
import type { DesktopRecipe } from "./desktop.ts";

/**
 * POSIX sh. Node's own variables are off by fuse; these are what is left that would write what
 * happens to a file, or let Chromium trust or run something else than what is beside it.
 */
export const linuxDesktopLauncher: string = `#!/bin/sh
set -eu
self=$0
while [ -h "$self" ]; do
  link=$(readlink -- "$self")
  case $link in
    /*) self=$link ;;
    *) self=$(dirname -- "$self")/$link ;;
  esac
done
here=$(CDPATH='' cd -- "$(dirname -- "$self")" && pwd -P)
unset ELECTRON_ENABLE_LOGGING ELECTRON_LOG_FILE ELECTRON_DEBUG_NOTIFICATIONS CHROME_LOG_FILE
unset CHROME_DEVEL_SANDBOX NODE_EXTRA_CA_CERTS NODE_ICU_DATA OPENSSL_CONF SSLKEYLOGFILE
exec "$here/lib/tor-messenger" "$@"
`;

/** Freedesktop entry. Exec must be absolute or on PATH; a copy beside the program finds it by PATH. */
export const linuxDesktopEntry: string = `[Desktop Entry]
Type=Application
Name=Tor Messenger
GenericName=Messenger
Comment=Messages through Tor, encrypted by default
Exec=tor-messenger
Icon=tor-messenger
Terminal=false
Categories=Network;InstantMessaging;
StartupWMClass=tor-messenger
`;

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
