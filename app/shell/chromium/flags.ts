/**
 * The whole command line of the browser: none of puppeteer's defaults, which are made for tests
 * (`--enable-automation`, `--disable-popup-blocking`, ...).
 */
import { noNetworkSwitches } from "../no-network.ts";
import { backgroundDark, backgroundLight, windowSize, windowTitle } from "../page.ts";

export interface FlagOptions {
  readonly profile: string;
  /** False only in tests that run as root. */
  readonly sandbox: boolean;
}

/** Shown until the page is there; in the window's colours, so that nothing flashes. */
const waitingPage = `<!doctype html><html lang="en"><title>${windowTitle}</title><style>
:root{color-scheme:light dark;background:${backgroundLight}}
@media(prefers-color-scheme:dark){:root{background:${backgroundDark}}}</style>`;

export function browserFlags({ profile, sandbox }: FlagOptions): readonly string[] {
  const flags = [
    `--user-data-dir=${profile}`,
    // DevTools over file descriptors 3 and 4: no port, so nothing for another program to talk to.
    "--remote-debugging-pipe",
    `--app=data:text/html;charset=utf-8,${encodeURIComponent(waitingPage)}`,
    // The window's class: launchers' StartupWMClass.
    "--class=tor-messenger",
    `--window-size=${windowSize.width},${windowSize.height}`,
    "--no-first-run",
    "--no-default-browser-check",
    "--no-service-autorun",
    "--disable-extensions",
    "--disable-component-extensions-with-background-pages",
    "--disable-default-apps",
    "--disable-notifications",
    "--disable-search-engine-choice-screen",
    "--disable-session-crashed-bubble",
    // No question for the system's keyring: nothing is kept.
    "--password-store=basic",
    "--use-mock-keychain",
    // Hides the bar which warns that host-resolver-rules is set; ChromeDriver sets it too.
    "--test-type=webdriver",
    ...noNetworkSwitches.map(({ name, value }) =>
      value === undefined ? `--${name}` : `--${name}=${value}`,
    ),
  ];
  if (!sandbox) flags.push("--no-sandbox");
  return flags;
}
