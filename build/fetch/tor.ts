/**
 * Fetches Tor expert bundles and the key that signs them with `tor-expert-bundle-dl`, which
 * verifies the Tor Project's signature over the sums, then the bundle. We add the pinned sha256,
 * the way to the network, and resuming.
 */
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { BuildError, type BuildErrorCode } from "../errors.ts";
import type { TorInput, TorKeyInput } from "../manifest.ts";
import { downloadArtifact } from "../tor-expert-bundle-dl/src/download.ts";
import { TorBundleError, type TorBundleErrorCode } from "../tor-expert-bundle-dl/src/errors.ts";
import type { Downloader, DownloadOptions } from "../tor-expert-bundle-dl/src/fetch-downloader.ts";
import { fetchSigningKey, readSigningKey } from "../tor-expert-bundle-dl/src/signing-key.ts";
import { verifyFile } from "../verify/digest.ts";
import { claimPart, keyOf, releasePart } from "./cache.ts";
import type { Network } from "./context.ts";
import { download } from "./download.ts";
import type { OnProgress } from "./progress.ts";
import { checkUrl, type MirrorKind, rules } from "./sources.ts";
import type { TorKey } from "./tor-key.ts";

/** The verified bundle, somewhere in `folder`. */
export async function fetchTor(
  input: TorInput,
  key: TorKey,
  network: Network,
  folder: string,
): Promise<string> {
  const { cache, net, onProgress, mirrors } = network;
  const { id, file, size, version } = input;
  const pin = { sha256: input.sha256, integrity: null, size };
  const part = await claimPart(cache, keyOf(pin));
  const [platform = "", arch = ""] = input.platform.split("-");
  const small = plainDownloader(id, "tor", network);
  const downloader: Downloader = {
    download: async (from, to, options) => {
      if (!from.endsWith(`/${file}`)) return small.download(from, to, options);
      const url = checkUrl(from, mirrors.tor !== undefined);
      const wanted = { id, url, part: part.path, size, rules: rules.tor };
      const verify = (path: string) => verifyFile(path, pin, id, net.signal);
      await withNotFound(download(wanted, verify, net, onProgress));
      await rename(part.path, to);
    },
  };
  try {
    return await downloadArtifact({
      version,
      platform,
      arch,
      key: key.bytes,
      fingerprint: key.fingerprint,
      checksums: { [file]: input.sha256 },
      // Ours is the cache.
      cacheMode: "bypass",
      tempDirectory: folder,
      ...(mirrors.tor === undefined ? {} : { mirrorOptions: { mirror: mirrors.tor } }),
      downloader,
    });
  } catch (error) {
    throw translate(id, error, net.signal);
  } finally {
    await releasePart(cache, part);
  }
}

/** A bundle that nothing pins yet: the Tor Project's signature alone says that it is the one. */
export async function fetchNewTor(
  input: Pick<TorInput, "id" | "version" | "platform">,
  key: TorKey,
  network: Network,
  folder: string,
): Promise<string> {
  const { mirrors, net } = network;
  const [platform = "", arch = ""] = input.platform.split("-");
  try {
    return await downloadArtifact({
      version: input.version,
      platform,
      arch,
      key: key.bytes,
      fingerprint: key.fingerprint,
      cacheMode: "bypass",
      tempDirectory: folder,
      ...(mirrors.tor === undefined ? {} : { mirrorOptions: { mirror: mirrors.tor } }),
      downloader: plainDownloader(input.id, "tor", network),
    });
  } catch (error) {
    throw translate(input.id, error, net.signal);
  }
}

/** The signing key as its owner publishes it now; its primary key is the pinned one. */
export async function fetchTorKey(input: TorKeyInput, network: Network): Promise<Uint8Array> {
  try {
    return await fetchSigningKey({
      fingerprint: input.fingerprint,
      keyMirror: network.mirrors["tor-key"] ?? new URL(input.url).origin,
      downloader: plainDownloader(input.id, "tor-key", network),
      tempDirectory: join(network.cache.folder, "tmp"),
    });
  } catch (error) {
    throw translate(input.id, error, network.net.signal);
  }
}

/** @throws BuildError `signature` unless `bytes` hold the key with the pinned primary key. */
export async function checkTorKey(input: TorKeyInput, bytes: Uint8Array): Promise<void> {
  try {
    await readSigningKey(bytes, input.fingerprint);
  } catch (error) {
    throw translate(input.id, error, undefined);
  }
}

/**
 * For files that no hash pins: their signature or fingerprint is checked by the caller. Mostly they
 * are small, and their progress is not the input's.
 */
function plainDownloader(id: string, kind: MirrorKind, network: Network): Downloader {
  const { net, mirrors } = network;
  const onProgress: OnProgress = (event) => {
    if (event.state === "connecting" || event.state === "retrying") network.onProgress(event);
  };
  return {
    download: async (from: string, to: string, options: DownloadOptions) => {
      const url = checkUrl(from, mirrors[kind] !== undefined);
      const limit = Math.min(rules[kind].limit, options.maxBytes ?? Number.POSITIVE_INFINITY);
      const wanted = { id, url, part: to, size: null, rules: { ...rules[kind], limit } };
      await withNotFound(download(wanted, () => Promise.resolve(), net, onProgress));
    },
  };
}

/** Says 404 in the words that make `tor-expert-bundle-dl` ask the archive next. */
async function withNotFound(result: Promise<unknown>): Promise<void> {
  try {
    await result;
  } catch (cause) {
    if (!(cause instanceof BuildError)) throw cause;
    const { cause: answer } = cause;
    if (answer instanceof Object && "status" in answer && answer.status === 404) {
      throw new TorBundleError("not-found", cause.message, { cause });
    }
    throw cause;
  }
}

const codes: Readonly<Record<Exclude<TorBundleErrorCode, "aborted">, BuildErrorCode>> = {
  usage: "manifest",
  unsupported: "manifest",
  unreachable: "unreachable",
  "not-found": "unreachable",
  refused: "unreachable",
  "too-large": "mismatch",
  sums: "signature",
  key: "signature",
  "key-outdated": "signature",
  signature: "signature",
  expired: "signature",
  revoked: "signature",
  mismatch: "mismatch",
  disk: "disk",
};

function translate(id: string, error: unknown, signal: AbortSignal | undefined): unknown {
  if (!(error instanceof TorBundleError)) return error;
  if (error.code === "aborted") return signal?.reason ?? error;
  return new BuildError(codes[error.code], `${id}: ${error.message}`, { cause: error });
}
