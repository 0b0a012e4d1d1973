/**
 * Where each kind of input is fetched from, how large it may be, and to which other hosts its own
 * host may send us. Data; `--mirror` overrides the first.
 */
import { BuildError } from "../errors.ts";

export const mirrorKinds = ["npm", "electron", "tor", "tor-key"] as const;
export type MirrorKind = (typeof mirrorKinds)[number];

/** Base URLs by kind: what `--mirror KIND=URL` sets. */
export type Mirrors = Readonly<Partial<Record<MirrorKind, string>>>;

export interface Rules {
  /** In bytes, for a file of unknown size. */
  readonly limit: number;
  /** Hosts that a redirect may lead to, by https, besides the one that was asked. */
  readonly redirectHosts: readonly string[];
}

const mebibyte = 1 << 20;

export const rules: Readonly<Record<MirrorKind, Rules>> = {
  npm: { limit: 512 * mebibyte, redirectHosts: [] },
  electron: {
    limit: 512 * mebibyte,
    // GitHub keeps release files on hosts of their own; the second name is the older one.
    redirectHosts: ["release-assets.githubusercontent.com", "objects.githubusercontent.com"],
  },
  tor: { limit: 256 * mebibyte, redirectHosts: ["archive.torproject.org", "dist.torproject.org"] },
  "tor-key": { limit: mebibyte, redirectHosts: [] },
};

/**
 * Plain http only where the user named it: every file is pinned by hash, so that costs privacy,
 * not integrity.
 * @throws BuildError `usage`
 */
export function checkUrl(text: string, isMirror: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isMirror)) return url;
  throw new BuildError("usage", `${text} is not an https URL; name an http one with --mirror.`);
}

/** The URL that a redirect leads to, or a reason not to follow it. */
export function checkRedirect(
  from: URL,
  location: string | undefined,
  allowed: readonly string[],
): URL | string {
  if (location === undefined || !URL.canParse(location, from)) {
    return "it answered with a redirect to nowhere";
  }
  const to = new URL(location, from);
  if (to.origin === from.origin) return to;
  if (to.protocol === "https:" && to.port === "" && allowed.includes(to.hostname)) return to;
  return `it redirects to ${to.origin}, which is not a host that such files are known to come from`;
}
