/** README.txt inside each lite artifact: how to start it and how to check it. For people. */
import type { LiteRecipe } from "./lite.ts";

const start: Record<LiteRecipe["layout"], string> = {
  linux: `Start:      ./tor-messenger
In a menu:  copy tor-messenger.desktop to ~/.local/share/applications and
            tor-messenger.png to ~/.local/share/icons, and put a link to
            ./tor-messenger in a folder on your PATH.`,
  windows: `Start:      double-click "Tor Messenger Lite.cmd". Closing the text window
            that it opens closes the messenger too.`,
  macos: `Start:      open "Tor Messenger Lite". It is not signed by Apple: the first time,
            control-click it and choose Open.
Terminal:   ./tor-messenger`,
};

export function readme(layout: LiteRecipe["layout"], version: string): string {
  return `Tor Messenger Lite ${version}

${start[layout]}

It shows its window with a browser that is already on this computer (Chromium,
Chrome, Edge or Brave), in a profile of its own that is thrown away afterwards.
That browser is given no way to the network.

Check that your copy is the one everybody else has: anyone can build this file
from the source code, and everyone gets the same SHA-256. The version, commit
and build id are in the window and in the output of --version --json.

Licences of what is inside: see "licences".
`;
}
