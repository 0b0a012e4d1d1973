/**
 * The small programs that start the app with its own runtime. Each clears what could make Node run
 * or trust something else than what is beside it. They carry no version: only paths.
 */

/** POSIX sh; follows symbolic links by hand, for `readlink -f` came late to macOS. */
function posixLauncher(command: string, unset: readonly string[]): string {
  return `#!/bin/sh
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
unset ${unset.join(" ")}
exec ${command} "$@"
`;
}

/** What Node obeys before the first line of the program runs. */
const nodeVariables = [
  "NODE_OPTIONS",
  "NODE_PATH",
  "NODE_EXTRA_CA_CERTS",
  "NODE_V8_COVERAGE",
  "NODE_COMPILE_CACHE",
  "NODE_DEBUG",
  "NODE_REDIRECT_WARNINGS",
  "NODE_REPL_EXTERNAL_MODULE",
  "NODE_ICU_DATA",
  "NODE_TLS_REJECT_UNAUTHORIZED",
  "NODE_USE_ENV_PROXY",
  "NODE_USE_SYSTEM_CA",
  "OPENSSL_CONF",
  "SSLKEYLOGFILE",
] as const;

/**
 * Node's own variables are off in Electron by fuse; these are what is left that would write what
 * happens to a file, or let Chromium trust or run something else than what is beside it.
 */
const electronVariables = [
  "ELECTRON_ENABLE_LOGGING",
  "ELECTRON_LOG_FILE",
  "ELECTRON_DEBUG_NOTIFICATIONS",
  "CHROME_LOG_FILE",
  "CHROME_DEVEL_SANDBOX",
  "NODE_EXTRA_CA_CERTS",
  "NODE_ICU_DATA",
  "NODE_TLS_REJECT_UNAUTHORIZED",
  "NODE_USE_ENV_PROXY",
  "NODE_USE_SYSTEM_CA",
  "OPENSSL_CONF",
  "SSLKEYLOGFILE",
] as const;

export const linuxLauncher: string = posixLauncher(
  '"$here/lib/node" "$here/lib/main.mjs"',
  nodeVariables,
);
export const macosLauncher: string = posixLauncher(
  '"$here/../Helpers/node" "$here/../Resources/main.mjs"',
  nodeVariables,
);
export const linuxDesktopLauncher: string = posixLauncher(
  '"$here/lib/tor-messenger"',
  electronVariables,
);

/** cmd wants CRLF. %~dp0 is the folder of the script, whatever the current one is. */
export const windowsLauncher: string = [
  "@echo off",
  "setlocal DisableDelayedExpansion",
  "title Tor Messenger Lite",
  ...nodeVariables.map((name) => `set "${name}="`),
  '"%~dp0lib\\node.exe" "%~dp0lib\\main.mjs" %*',
  "exit /b %ERRORLEVEL%",
  "",
].join("\r\n");

/** Freedesktop entry. Exec must be absolute or on PATH; a copy beside the program finds it by PATH. */
export function linuxMenuEntry(name: string): string {
  return `[Desktop Entry]
Type=Application
Name=${name}
GenericName=Messenger
Comment=Messages through Tor, encrypted by default
Exec=tor-messenger
Icon=tor-messenger
Terminal=false
Categories=Network;InstantMessaging;
StartupWMClass=tor-messenger
`;
}
