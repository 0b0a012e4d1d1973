/**
 * Downloads a Tor expert bundle and returns the path of the verified archive, in the manner of
 * @electron/get's `downloadArtifact`. Nothing is believed because of where it came from, neither a
 * mirror nor the cache: a signature of the Tor Project decides which sha256 is right, each time, and
 * the archive is hashed, each time.
 */
import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import envPaths from "env-paths";
import { TorBundleError } from "./errors.ts";
import { type Downloader, type DownloadOptions, FetchDownloader } from "./fetch-downloader.ts";
import {
  moveIntoPlace,
  onDisk,
  readSmallFile,
  readSmallFileIfThere,
  sha256OfFile,
} from "./files.ts";
import {
  type ArtifactId,
  archiveUrl,
  artifactName,
  distUrl,
  releaseUrl,
  sumsName,
} from "./names.ts";
import { fetchSigningKey } from "./signing-key.ts";
import { maxSumsBytes } from "./sums.ts";
import { maxSignatureBytes, type VerifiedSums, verifySums } from "./verify.ts";

export interface MirrorOptions {
  /** What stands before the version, instead of dist.torproject.org's. */
  readonly mirror?: string;
  /** Asked when `mirror` answers 404. Not asked when only `mirror` is given. */
  readonly archiveMirror?: string;
  /** What stands before `/.well-known/`, for the key. */
  readonly keyMirror?: string;
}

/**
 * As in @electron/get. With `read-only` and `bypass` the file is outside the cache, in a new folder
 * of its own, and the caller deletes that folder.
 */
export type CacheMode = "read-write" | "read-only" | "write-only" | "bypass";

export interface ArtifactOptions {
  /** `15.0.24` */
  readonly version: string;
  /** `process.platform` when not given. */
  readonly platform?: string;
  /** `process.arch` when not given. */
  readonly arch?: string;
  /** The signing key's file. When not given it is fetched, each time. */
  readonly key?: Uint8Array;
  /** Of the primary key; the Tor Browser Developers' when not given. */
  readonly fingerprint?: string;
  /** File name to sha256, checked in addition to the signature; must name the bundle. */
  readonly checksums?: Readonly<Record<string, string>>;
  /** The system's cache folder when not given. */
  readonly cacheRoot?: string;
  readonly cacheMode?: CacheMode;
  /** The same as `cacheMode: "write-only"`. */
  readonly force?: boolean;
  /** The system's when not given. */
  readonly tempDirectory?: string;
  readonly mirrorOptions?: MirrorOptions;
  readonly downloader?: Downloader;
  readonly downloadOptions?: DownloadOptions;
  readonly now?: Date;
}

/** The real ones have 18 to 33 MB. */
const maxArchiveBytes = 256 * 1024 * 1024;

export async function downloadArtifact(options: ArtifactOptions): Promise<string> {
  const job = planJob(options);
  return withFolder(job, async (folder) => {
    const key = options.key ?? (await fetchKey(job));
    const sums = await obtainSums(job, key, folder);
    const sha256 = expectedHash(job, sums);
    const cached = join(job.cacheRoot, sha256, job.name);
    if (job.readsCache && (await sha256OfFile(cached)) === sha256) {
      if (job.writesCache) {
        return cached;
      }
      const copy = join(folder, job.name);
      await onDisk(copyFile(cached, copy));
      return checkHash(copy, sha256, cached);
    }
    const archive = await fetchArchive(job, sha256, folder);
    if (!job.writesCache) {
      return archive;
    }
    await moveIntoPlace(archive, cached);
    return cached;
  });
}

/** The options with every default filled in and checked, before anything is fetched. */
interface Job {
  readonly id: ArtifactId;
  readonly name: string;
  readonly pinned: string | undefined;
  readonly mirrors: readonly string[];
  readonly cacheRoot: string;
  readonly readsCache: boolean;
  readonly writesCache: boolean;
  readonly tempDirectory: string;
  readonly downloader: Downloader;
  /** For the small files: without the progress, which is the archive's. */
  readonly quiet: DownloadOptions;
  readonly options: ArtifactOptions;
}

function planJob(options: ArtifactOptions): Job {
  const { version, platform = process.platform, arch = process.arch } = options;
  const id = { version, platform, arch };
  const name = artifactName(id);
  const { mirror, archiveMirror } = options.mirrorOptions ?? {};
  const fallback = archiveMirror ?? (mirror === undefined ? archiveUrl : undefined);
  const { getProgressCallback: _, ...quiet } = options.downloadOptions ?? {};
  const mode = options.force ? "write-only" : (options.cacheMode ?? "read-write");
  return {
    id,
    name,
    pinned: pinnedHash(name, options.checksums),
    mirrors: [mirror ?? distUrl, ...(fallback === undefined ? [] : [fallback])],
    cacheRoot: resolve(options.cacheRoot ?? envPaths("tor-expert-bundle-dl", { suffix: "" }).cache),
    readsCache: mode === "read-write" || mode === "read-only",
    writesCache: mode === "read-write" || mode === "write-only",
    tempDirectory: resolve(options.tempDirectory ?? tmpdir()),
    downloader: options.downloader ?? new FetchDownloader(),
    quiet,
    options,
  };
}

function pinnedHash(name: string, checksums: ArtifactOptions["checksums"]): string | undefined {
  if (checksums === undefined) {
    return undefined;
  }
  const pinned = Object.hasOwn(checksums, name) ? checksums[name] : undefined;
  if (pinned === undefined || !/^[0-9a-f]{64}$/i.test(pinned)) {
    throw new TorBundleError("usage", `"checksums" has no sha256 for ${name}.`);
  }
  return pinned.toLowerCase();
}

function fetchKey({ options, downloader, quiet, tempDirectory }: Job): Promise<Uint8Array> {
  return fetchSigningKey({
    ...(options.fingerprint === undefined ? {} : { fingerprint: options.fingerprint }),
    ...options.mirrorOptions,
    downloader,
    downloadOptions: quiet,
    tempDirectory,
  });
}

/** The verified sums, from the cache when those there still verify. */
async function obtainSums(job: Job, key: Uint8Array, folder: string): Promise<VerifiedSums> {
  const verify = (sums: Uint8Array, signature: Uint8Array): Promise<VerifiedSums> => {
    const { fingerprint, now } = job.options;
    return verifySums({
      sums,
      signature,
      key,
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...(now === undefined ? {} : { now }),
    });
  };
  const kept = (suffix: string): string =>
    join(job.cacheRoot, job.id.version, `${sumsName}${suffix}`);

  if (job.readsCache) {
    const sums = await readSmallFileIfThere(kept(""), maxSumsBytes);
    const signature = await readSmallFileIfThere(kept(".asc"), maxSignatureBytes);
    if (sums !== undefined && signature !== undefined) {
      try {
        return await verify(sums, signature);
      } catch {
        // Spoiled, or signed by a key that no longer counts: what the host has now decides.
      }
    }
  }
  const sumsFile = join(folder, "sums");
  const signatureFile = join(folder, "sums.asc");
  const sumsUrl = await fetchFile(job, sumsName, sumsFile, maxSumsBytes);
  const signatureUrl = await fetchFile(job, `${sumsName}.asc`, signatureFile, maxSignatureBytes);
  const verified = await verify(
    await readSmallFile(sumsFile, maxSumsBytes, sumsUrl),
    await readSmallFile(signatureFile, maxSignatureBytes, signatureUrl),
  );
  if (job.writesCache) {
    await moveIntoPlace(sumsFile, kept(""));
    await moveIntoPlace(signatureFile, kept(".asc"));
  } else {
    await Promise.all([rm(sumsFile), rm(signatureFile)]); // The caller's folder holds the archive.
  }
  return verified;
}

/** The name holds the version, so sums of another release do not have it. */
function expectedHash(job: Job, sums: VerifiedSums): string {
  const signed = sums.files.get(job.name);
  if (signed === undefined) {
    throw new TorBundleError(
      "sums",
      `The signed ${sumsName} of ${job.id.version} does not list ${job.name}.`,
    );
  }
  if (job.pinned !== undefined && job.pinned !== signed) {
    throw new TorBundleError(
      "mismatch",
      `${job.name}: "checksums" pins ${job.pinned}, but the Tor Project signed ${signed}. One of the two is wrong; neither is used.`,
    );
  }
  return signed;
}

async function fetchArchive(job: Job, sha256: string, folder: string): Promise<string> {
  const target = join(folder, job.name);
  const url = await fetchFile(job, job.name, target, maxArchiveBytes);
  return checkHash(target, sha256, url);
}

async function checkHash(path: string, sha256: string, source: string): Promise<string> {
  const found = await sha256OfFile(path);
  if (found !== sha256) {
    throw new TorBundleError(
      "mismatch",
      `${source} is not the file that was signed: expected sha256 ${sha256}, found ${found ?? "no file"}.`,
    );
  }
  return path;
}

/** Fetches a file of the release from the first mirror that has it, and returns its URL. */
async function fetchFile(
  job: Job,
  fileName: string,
  target: string,
  maxBytes: number,
): Promise<string> {
  const options = {
    ...(fileName === job.name ? job.options.downloadOptions : job.quiet),
    maxBytes,
  };
  const causes: unknown[] = [];
  for (const mirror of job.mirrors) {
    const url = releaseUrl(mirror, job.id.version, fileName);
    try {
      await job.downloader.download(url, target, options);
      return url;
    } catch (error) {
      if (!isNotFound(error)) {
        throw error;
      }
      causes.push(error);
    }
  }
  throw new TorBundleError(
    "not-found",
    `${fileName} is in none of ${job.mirrors.join(", ")}: is ${job.id.version} a released version?`,
    { cause: new AggregateError(causes) },
  );
}

function isNotFound(error: unknown): boolean {
  if (error instanceof TorBundleError) {
    return error.code === "not-found";
  }
  // @electron/get's HTTPError, and got's.
  const response = error instanceof Error && "response" in error ? error.response : undefined;
  return (
    typeof response === "object" &&
    response !== null &&
    (("status" in response && response.status === 404) ||
      ("statusCode" in response && response.statusCode === 404))
  );
}

/** Runs in a new folder, which is deleted afterwards unless it then holds the result. */
async function withFolder(job: Job, work: (folder: string) => Promise<string>): Promise<string> {
  await onDisk(mkdir(job.tempDirectory, { recursive: true }));
  const folder = await onDisk(mkdtemp(join(job.tempDirectory, "tor-expert-bundle-")));
  let keep = false;
  try {
    const result = await work(folder);
    keep = !job.writesCache;
    return result;
  } finally {
    if (!keep) {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
