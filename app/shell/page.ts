/**
 * The page as both shells serve it: at one made-up address that no network knows, with headers that
 * repeat the page's own policy. `.invalid` is reserved (RFC 2606), so the name can never be someone's.
 */
import { ShellError } from "./errors.ts";

export const windowTitle = "Tor Messenger";

/** Background of a window before its page is there; the same as `--bg` in app/renderer/page.css. */
export const backgroundLight = "#f6f5f9";
export const backgroundDark = "#17151d";

export const windowSize = { width: 1120, height: 760, minWidth: 360, minHeight: 480 } as const;

export interface ServedPage {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The policy that the build wrote into the page: without one the page is not shown at all. */
const policyInPage =
  /<meta http-equiv="Content-Security-Policy" content="(default-src 'none'; [^"]*)"/;

export function servedPage(html: string): ServedPage {
  const policy = policyInPage.exec(html)?.[1];
  if (policy === undefined) {
    throw new ShellError(
      "page",
      "page.html has no content security policy that starts with default-src 'none'. " +
        "It was not made by this project's build: install Tor Messenger again.",
    );
  }
  return {
    html,
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      // frame-ancestors is only heard in a header.
      "Content-Security-Policy": `${policy}; frame-ancestors 'none'`,
      "Cross-Origin-Opener-Policy": "same-origin",
      "Referrer-Policy": "no-referrer",
      "X-Content-Type-Options": "nosniff",
      "X-DNS-Prefetch-Control": "off",
      "Cache-Control": "no-store",
    },
  };
}
