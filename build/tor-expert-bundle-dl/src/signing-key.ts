/**
 * The key that signs releases, "Tor Browser Developers (signing key)". What is pinned is the
 * fingerprint of its primary key, which only certifies. The subkeys that sign change every two
 * years or so, and their dates are extended in between, so a copy of the key goes stale: fetch it
 * afresh when a new version is taken up. Where a copy comes from does not matter; whether its
 * subkeys are the primary key's is decided in signer.ts.
 *
 * The address is the Web Key Directory's advanced form (draft-koch-openpgp-webkey-service §3.1) for
 * torbrowser@torproject.org.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Key, readKeys } from "openpgp";
import { TorBundleError } from "./errors.ts";
import { type Downloader, type DownloadOptions, FetchDownloader } from "./fetch-downloader.ts";
import { onDisk, readSmallFile } from "./files.ts";

export const signingKeyFingerprint = "EF6E286DDA85EA2A4BA7DE684E2C6E8793298290";
export const keyMirrorUrl = "https://openpgpkey.torproject.org";

const wkdPath = ".well-known/openpgpkey/torproject.org/hu/kounek7zrdx745qydx6p59t9mqjpuhdf";
const maxKeyBytes = 1024 * 1024;

export interface FetchKeyOptions {
  /** The primary key's fingerprint, 40 hex digits. */
  readonly fingerprint?: string;
  /** What stands before `/.well-known/`. */
  readonly keyMirror?: string;
  readonly downloader?: Downloader;
  readonly downloadOptions?: DownloadOptions;
  readonly tempDirectory?: string;
}

/** Fetches the key and returns its bytes once its primary key is seen to be the pinned one. */
export async function fetchSigningKey(options: FetchKeyOptions = {}): Promise<Uint8Array> {
  const url = `${(options.keyMirror ?? keyMirrorUrl).replace(/\/+$/, "")}/${wkdPath}`;
  const folder = await onDisk(mkdtemp(join(options.tempDirectory ?? tmpdir(), "tor-key-")));
  try {
    const target = join(folder, "key");
    const downloader = options.downloader ?? new FetchDownloader();
    await downloader.download(url, target, { ...options.downloadOptions, maxBytes: maxKeyBytes });
    const bytes = await readSmallFile(target, maxKeyBytes, url);
    await readSigningKey(bytes, options.fingerprint);
    return bytes;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Parses a key file, binary or armored, and picks the key with the pinned primary fingerprint. */
export async function readSigningKey(
  bytes: Uint8Array,
  fingerprint: string = signingKeyFingerprint,
): Promise<Key> {
  const wanted = fingerprint.replaceAll(" ", "").toLowerCase();
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(wanted)) {
    throw new TorBundleError("usage", `"${fingerprint}" is not an OpenPGP fingerprint.`);
  }
  if (bytes.length > maxKeyBytes) {
    throw new TorBundleError("key", `The key file has ${bytes.length} bytes: too many for a key.`);
  }
  const keys = await parseKeys(bytes);
  const key = keys.find((candidate) => candidate.getFingerprint() === wanted);
  if (key === undefined) {
    const found = keys.map((candidate) => candidate.getFingerprint().toUpperCase()).join(", ");
    throw new TorBundleError(
      "key",
      `The key file does not hold the pinned key: expected the primary key ${wanted.toUpperCase()}, found ${found}.`,
    );
  }
  return key;
}

async function parseKeys(bytes: Uint8Array): Promise<Key[]> {
  try {
    // The first bit of every OpenPGP packet is set (RFC 9580 §4.2); armor is ASCII.
    return ((bytes[0] ?? 0) & 0x80) !== 0
      ? await readKeys({ binaryKeys: bytes })
      : await readKeys({ armoredKeys: Buffer.from(bytes).toString("latin1") });
  } catch (cause) {
    throw new TorBundleError("key", "The key file does not hold an OpenPGP key.", { cause });
  }
}
