/**
 * Makes the app's page one file: style and script go inside, and a content security policy
 * (CSP level 3) allows exactly those two, by hash. So the page can load nothing, run nothing else,
 * connect nowhere, and its bytes say so.
 */
import { createHash } from "node:crypto";
import { BuildError } from "../errors.ts";

export interface PageSources {
  /** Holds `<!--inline:csp-->`, `<!--inline:page.css-->` and `<!--inline:page.js-->`, once each. */
  readonly html: string;
  readonly css: string;
  readonly js: string;
}

export function inlinePage({ html, css, js }: PageSources): string {
  // Hashes cover everything between the tags, so nothing is added there.
  let page = replaceOnce(
    html,
    "csp",
    `<meta http-equiv="Content-Security-Policy" content="${policy(css, js)}">`,
  );
  page = replaceOnce(page, "page.css", `<style>${embeddable("style", css)}</style>`);
  return replaceOnce(page, "page.js", `<script>${embeddable("script", js)}</script>`);
}

function policy(css: string, js: string): string {
  return [
    "default-src 'none'",
    `script-src '${hashSource(js)}'`,
    `style-src '${hashSource(css)}'`,
    // The window's icon.
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    // No text ever becomes markup or script (Trusted Types).
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}

function hashSource(text: string): string {
  return `sha256-${createHash("sha256").update(text, "utf8").digest("base64")}`;
}

function replaceOnce(html: string, name: string, replacement: string): string {
  const marker = `<!--inline:${name}-->`;
  const [before, after, ...more] = html.split(marker);
  if (before === undefined || after === undefined || more.length > 0) {
    const found = html.split(marker).length - 1;
    throw new BuildError("recipe", `page.html: expected ${marker} once, found it ${found} times`);
  }
  return before + replacement + after;
}

/** Text that can't end its element early or open a comment, see HTML "Restrictions for script". */
function embeddable(element: "script" | "style", text: string): string {
  const trap = element === "script" ? /<\/script|<script|<!--/i : /<\/style/i;
  const found = trap.exec(text);
  if (found !== null) {
    throw new BuildError(
      "recipe",
      `The page's ${element} holds ${JSON.stringify(found[0])}, which would end or open an element: write it in another way`,
    );
  }
  // HTML parsers turn CR LF and CR into LF, and the hash would no longer match.
  if (text.includes("\r")) {
    throw new BuildError("recipe", `The page's ${element} has a carriage return: use LF only`);
  }
  return text;
}
