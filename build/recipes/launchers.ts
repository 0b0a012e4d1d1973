/**
 * The small programs that start the app with its own runtime. Each clears what could make Node run
 * or trust something else than what is beside it. They carry no version: only paths.
 */

/** POSIX sh; follows symbolic links by hand, for `readlink -f` came late to macOS. */
function posixLauncher(runtime: string, main: string): string {
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
unset NODE_OPTIONS NODE_PATH NODE_EXTRA_CA_CERTS NODE_V8_COVERAGE NODE_COMPILE_CACHE NODE_DEBUG
unset NODE_REDIRECT_WARNINGS NODE_REPL_EXTERNAL_MODULE NODE_ICU_DATA OPENSSL_CONF SSLKEYLOGFILE
exec "$here/${runtime}" "$here/${main}" "$@"
`;
}

export const linuxLauncher: string = posixLauncher("lib/node", "lib/main.mjs");
export const macosLauncher: string = posixLauncher("../Helpers/node", "../Resources/main.mjs");

/** cmd wants CRLF. %~dp0 is the folder of the script, whatever the current one is. */
export const windowsLauncher: string = [
  "@echo off",
  "setlocal DisableDelayedExpansion",
  "title Tor Messenger Lite",
  ...["NODE_OPTIONS", "NODE_PATH", "NODE_EXTRA_CA_CERTS", "NODE_V8_COVERAGE"],
  ...["NODE_COMPILE_CACHE", "NODE_DEBUG", "NODE_REDIRECT_WARNINGS", "NODE_REPL_EXTERNAL_MODULE"],
  ...["NODE_ICU_DATA", "OPENSSL_CONF", "SSLKEYLOGFILE"],
  '"%~dp0lib\\node.exe" "%~dp0lib\\main.mjs" %*',
  "exit /b %ERRORLEVEL%",
  "",
]
  .map((line) => (/^[A-Z0-9_]+$/.test(line) ? `set "${line}="` : line))
  .join("\r\n");

/** Freedesktop entry. Exec must be absolute or on PATH; a copy beside the program finds it by PATH. */
export const linuxDesktopEntry: string = `[Desktop Entry]
Type=Application
Name=Tor Messenger Lite
GenericName=Messenger
Comment=Messages through Tor, encrypted by default
Exec=tor-messenger
Icon=tor-messenger
Terminal=false
Categories=Network;InstantMessaging;
StartupWMClass=tor-messenger
`;
