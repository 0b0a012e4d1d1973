/**
 * What the desktop edition's Chromium may do: show one page. Follows Electron's security tutorial
 * ("Checklist: Security Recommendations"); numbers in comments are its.
 *
 * There is no network here: the page comes by a private scheme, everything else is cancelled, goes
 * to a dead proxy, and does not resolve. All traffic is app/tor's, in the main process.
 */
import type { App, Protocol, Session, WebContents } from "electron";
import { noNetworkSwitches } from "../no-network.ts";
import type { ServedPage } from "../page.ts";

const scheme = "app";
const origin = `${scheme}://tor-messenger`;
export const pageUrl: string = `${origin}/`;

/** Before `ready`: Chromium's switches, the scheme's rights, the sandbox for every renderer (4). */
export function lockApp(app: App, registry: Protocol): void {
  for (const { name, value } of noNetworkSwitches) app.commandLine.appendSwitch(name, value);
  // A secure context with an origin of its own (18); no fetch, no service workers, no CSP bypass.
  registry.registerSchemesAsPrivileged([{ scheme, privileges: { standard: true, secure: true } }]);
  // Would take back --no-sandbox, which gets this far in tests that run as root only.
  if (!app.commandLine.hasSwitch("no-sandbox")) app.enableSandbox();
  app.on("web-contents-created", (_event, contents) => lockContents(contents));
}

/** The page stays where it is (13), opens nothing (14), embeds nothing (12). */
function lockContents(contents: WebContents): void {
  contents.on("will-navigate", (event) => event.preventDefault());
  contents.on("will-frame-navigate", (event) => event.preventDefault());
  contents.on("will-redirect", (event) => event.preventDefault());
  contents.on("will-attach-webview", (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: "deny" }));
}

/** Serves the page at `pageUrl` and refuses the rest: requests, permissions (5), downloads. */
export async function lockSession(session: Session, page: ServedPage): Promise<void> {
  session.setPermissionRequestHandler((_contents, permission, grant) =>
    grant(isHarmless(permission)),
  );
  session.setPermissionCheckHandler((_contents, permission) => isHarmless(permission));
  session.setDevicePermissionHandler(() => false);
  session.on("will-download", (event) => event.preventDefault());
  session.setSpellCheckerEnabled(false);
  session.webRequest.onBeforeRequest(({ url }, decide) => decide({ cancel: !isOurs(url) }));
  session.protocol.handle(scheme, ({ url, method }) =>
    url === pageUrl && method === "GET"
      ? new Response(page.html, { headers: page.headers })
      : new Response(null, { status: 404 }),
  );
  await session.setProxy({ proxyRules: "socks5://127.0.0.1:9", proxyBypassRules: "<-loopback>" });
}

/** Writing text to the clipboard after a click, for copying. Nothing else is ever granted. */
function isHarmless(permission: string): boolean {
  return permission === "clipboard-sanitized-write";
}

/** Developer tools are Electron's own pages; a packaged copy has none (see `window.ts`). */
function isOurs(url: string): boolean {
  return url === pageUrl || url.startsWith("devtools://");
}
