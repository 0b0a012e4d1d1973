/**
 * What the Tor Project calls its expert bundles and where they are. Platforms and architectures go
 * in as Node names them.
 */
import { TorBundleError } from "./errors.ts";

/** Holds the current releases; a version goes away some weeks after the next one. */
export const distUrl = "https://dist.torproject.org/torbrowser";
/** Holds every release for good. */
export const archiveUrl = "https://archive.torproject.org/tor-package-archive/torbrowser";

/** Lists every file of a release by sha256; beside it is its signature, `.asc`. */
export const sumsName = "sha256sums-signed-build.txt";

export interface ArtifactId {
  /** As the Tor Project writes it: `15.0.24`, or `16.0a13` for an alpha. */
  readonly version: string;
  /** `process.platform`: linux, win32 or darwin. */
  readonly platform: string;
  /** `process.arch`: x64 or arm64. */
  readonly arch: string;
}

const bundles: ReadonlyMap<string, { readonly name: string; readonly alphaOnly: boolean }> =
  new Map([
    ["linux-x64", { name: "linux-x86_64", alphaOnly: false }],
    ["linux-arm64", { name: "linux-aarch64", alphaOnly: true }],
    ["win32-x64", { name: "windows-x86_64", alphaOnly: false }],
    ["darwin-x64", { name: "macos-x86_64", alphaOnly: false }],
    ["darwin-arm64", { name: "macos-aarch64", alphaOnly: false }],
  ]);

const versionForm = /^\d{1,3}\.\d{1,3}(\.\d{1,3})?(a\d{1,3})?$/;

export function artifactName({ version, platform, arch }: ArtifactId): string {
  checkVersion(version);
  const bundle = bundles.get(`${platform}-${arch}`);
  if (bundle === undefined) {
    throw new TorBundleError(
      "unsupported",
      `The Tor Project makes no expert bundle for ${platform} ${arch}; there are bundles for ${[...bundles.keys()].join(", ")}.`,
    );
  }
  if (bundle.alphaOnly && !version.includes("a")) {
    throw new TorBundleError(
      "unsupported",
      `There is no stable expert bundle for ${platform} ${arch}, only for alpha versions, and ${version} is stable: use the system's own tor there.`,
    );
  }
  return `tor-expert-bundle-${bundle.name}-${version}.tar.gz`;
}

/** `mirror` is what stands before the version: `distUrl`, `archiveUrl` or one of your own. */
export function artifactUrl(id: ArtifactId, mirror: string = distUrl): string {
  return releaseUrl(mirror, id.version, artifactName(id));
}

export function releaseUrl(mirror: string, version: string, fileName: string): string {
  checkVersion(version);
  return `${mirror.replace(/\/+$/, "")}/${version}/${fileName}`;
}

function checkVersion(version: string): void {
  if (!versionForm.test(version)) {
    throw new TorBundleError(
      "usage",
      `"${version}" is not a Tor Browser version: expected one like 15.0.24 or 16.0a13.`,
    );
  }
}
