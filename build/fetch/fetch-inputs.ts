/**
 * Brings inputs here: from a folder that was given, from the cache, or from their hosts. Every file
 * that it returns as ready was hashed a moment ago. What can't be reached is a result; what does
 * not match ends the run.
 */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { BuildError } from "../errors.ts";
import {
  type ElectronInput,
  findInput,
  type Input,
  type NpmInput,
  readInputs,
  type TorInput,
  type TorKeyInput,
} from "../manifest.ts";
import { type Pin, type Verified, verifyFile } from "../verify/digest.ts";
import { claimPart, findCached, keyOf, store } from "./cache.ts";
import { type Network, type NetworkOptions, once, openNetwork } from "./context.ts";
import type { Source } from "./progress.ts";
import type { TorKey } from "./tor-key.ts";

export interface FetchOptions extends NetworkOptions {
  /** A folder of already fetched files, by their names upstream. */
  readonly inputsDir?: string | undefined;
  readonly offline?: boolean | undefined;
  /** How many inputs at once. */
  readonly concurrency?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The signer of Tor bundles, where it is neither among the inputs nor the repository's. */
  readonly key?: TorKeyInput | undefined;
}

export type FetchResult =
  | {
      readonly state: "ready";
      readonly path: string;
      readonly sha256: string;
      readonly size: number;
      readonly from: Source;
    }
  | { readonly state: "unreachable"; readonly error: BuildError };

type Ready = Extract<FetchResult, { readonly state: "ready" }>;

interface Run extends Network {
  readonly inputsDir: string | undefined;
  readonly offline: boolean;
  /** To verify what is fetched now; fetched when first needed. */
  readonly newestTorKey: () => Promise<TorKey>;
}

/**
 * Fetches all of `inputs`; the result has each id.
 * @throws BuildError with any code but `unreachable`. The first one ends all other transfers; what
 * they have got so far is kept and continued by the next run.
 */
export async function fetchInputs(
  inputs: readonly Input[],
  options: FetchOptions = {},
): Promise<ReadonlyMap<string, FetchResult>> {
  const stop = new AbortController();
  const run = await prepare(inputs, options, stop.signal);
  const { signal } = options;
  const onAbort = (): void => stop.abort(interrupted(signal?.reason));
  signal?.addEventListener("abort", onAbort);
  if (signal?.aborted) onAbort();
  try {
    return await fetchAll(inputs, run, options.concurrency ?? 6, stop);
  } finally {
    signal?.removeEventListener("abort", onAbort);
    await run.net.dispatcher.destroy();
  }
}

function interrupted(reason: unknown): BuildError {
  if (reason instanceof BuildError) return reason;
  const message = "Interrupted. What was fetched is kept; run this again to continue.";
  return new BuildError("interrupted", message, { cause: reason });
}

async function prepare(
  inputs: readonly Input[],
  options: FetchOptions,
  signal: AbortSignal,
): Promise<Run> {
  const { inputsDir, offline = false } = options;
  if (inputsDir !== undefined && !(await exists(inputsDir))) {
    throw new BuildError("usage", `--inputs ${inputsDir}: there is no such folder.`);
  }
  const network = await openNetwork(options, signal);
  const newest = once(async () => newestTorKey(options.key ?? (await torKeyAmong(inputs)), run));
  const run: Run = { ...network, inputsDir, offline, newestTorKey: newest };
  return run;
}

async function torKeyAmong(inputs: readonly Input[]): Promise<TorKeyInput> {
  const key =
    inputs.find((input) => input.kind === "torKey") ?? findInput(await readInputs(), "tor-key");
  if (key.kind !== "torKey") throw new BuildError("manifest", `${key.id} is not a signing key.`);
  return key;
}

/** `concurrency` workers that share one queue. */
async function fetchAll(
  inputs: readonly Input[],
  run: Run,
  concurrency: number,
  stop: AbortController,
): Promise<ReadonlyMap<string, FetchResult>> {
  const results = new Map<string, FetchResult>();
  const queue = inputs.values();
  const worker = async (): Promise<void> => {
    for (const input of queue) {
      stop.signal.throwIfAborted();
      results.set(input.id, await fetchOne(input, run));
    }
  };
  for (const { id } of inputs) run.onProgress({ id, state: "queued" });
  const failures: unknown[] = [];
  // All of them end before this does, so that nothing writes into the cache afterwards.
  const workers = Array.from({ length: concurrency }, () =>
    worker().catch((error: unknown) => {
      failures.push(error);
      // Not with `error` itself: to the others it must not look like a mismatch of their own.
      stop.abort(new BuildError("interrupted", "Another input failed.", { cause: error }));
    }),
  );
  await Promise.all(workers);
  if (failures.length > 0) throw failures[0];
  return results;
}

async function fetchOne(input: Input, run: Run): Promise<FetchResult> {
  const { id } = input;
  try {
    const found = input.kind === "torKey" ? obtainTorKey(input, run) : obtain(input, run);
    const { from, size } = await found;
    run.onProgress({ id, state: "done", from, size });
    return await found;
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    run.onProgress({ id, state: "unreachable", reason: error.message });
    return { state: "unreachable", error };
  }
}

function isUnreachable(error: unknown): error is BuildError {
  return error instanceof BuildError && error.code === "unreachable";
}

type FileInput = Exclude<Input, TorKeyInput>;

/** Folder, cache, npm's cache, network: the first that has the file. */
async function obtain(input: FileInput, run: Run): Promise<Ready> {
  const { id } = input;
  const { signal } = run.net;
  const pin = pinOf(input);
  const given = await findGiven(input, run);
  if (given !== undefined) {
    run.onProgress({ id, state: "verifying" });
    return ready(given, "folder", await verifyFile(given, pin, id, signal));
  }
  const onCorrupt = (path: string): void => run.onProgress({ id, state: "corrupt", path });
  const cached = await findCached(run.cache, pin, id, onCorrupt, signal);
  if (cached !== null) return ready(cached.path, "cache", cached);
  if (input.kind === "npm") return await obtainNpm(input, pin, run);
  if (run.offline) throw notHere(id);
  return await obtainFromHost(input, pin, run);
}

async function obtainFromHost(input: ElectronInput | TorInput, pin: Pin, run: Run): Promise<Ready> {
  const folder = await mkdtemp(join(run.cache.folder, "tmp", "fetch-"));
  try {
    const fetched =
      input.kind === "electron"
        ? await (await import("./electron.ts")).fetchElectron(input, run, folder)
        : await fetchTorBundle(input, run, folder);
    // Once more, after the library had it in its hands.
    const verified = await verifyFile(fetched, pin, input.id, run.net.signal);
    return ready(await store(run.cache, fetched, pin), "network", verified);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function obtainNpm(input: NpmInput, pin: Pin, run: Run): Promise<Ready> {
  const { copyFromNpmCache, fetchNpm } = await import("./npm.ts");
  const npm = await run.npm();
  const part = await claimPart(run.cache, keyOf(pin));
  try {
    const copied = await copyFromNpmCache(input, part.path, npm);
    if (!copied && run.offline) throw notHere(input.id);
    if (!copied) await fetchNpm(input, part.path, npm, run.onProgress);
    run.onProgress({ id: input.id, state: "verifying" });
    const verified = await verifyFile(part.path, pin, input.id, npm.signal);
    return ready(await store(run.cache, part.path, pin), copied ? "cache" : "network", verified);
  } finally {
    // npm's library does not resume.
    await rm(part.path, { force: true });
  }
}

// What a cached run does not need is imported only where it is used: openpgp, npm's libraries.

async function fetchTorBundle(input: TorInput, run: Run, folder: string): Promise<string> {
  const { fetchTor } = await import("./tor.ts");
  return await fetchTor(input, await run.newestTorKey(), run, folder);
}

/** For the record, any copy of the key will do. */
async function obtainTorKey(key: TorKeyInput, run: Run): Promise<Ready> {
  const { cachedTorKey, readTorKey } = await import("./tor-key.ts");
  const given = await findGiven(key, run);
  if (given !== undefined) return ready(given, "folder", await readTorKey(key, given));
  const cached = await cachedTorKey(key, run.cache);
  if (cached !== null) return ready(cached.path, "cache", cached);
  if (run.offline) throw notHere(key.id);
  const fetched = await run.newestTorKey();
  return ready(fetched.path, "network", fetched);
}

/** Subkeys come and go, so the network's copy is better than one that is here already. */
async function newestTorKey(key: TorKeyInput, run: Run): Promise<TorKey> {
  const { cachedTorKey, freshTorKey, readTorKey } = await import("./tor-key.ts");
  const given = await findGiven(key, run);
  if (given !== undefined) return await readTorKey(key, given);
  try {
    return await freshTorKey(key, run);
  } catch (error) {
    const cached = isUnreachable(error) ? await cachedTorKey(key, run.cache) : null;
    if (cached === null) throw error;
    return cached;
  }
}

function notHere(id: string): BuildError {
  return new BuildError(
    "unreachable",
    `${id} is neither in the cache nor in --inputs, and --offline forbids fetching it.`,
  );
}

/** Where a file of this input's name is in `--inputs`; undefined if it isn't. */
async function findGiven(input: Input, run: Run): Promise<string | undefined> {
  if (run.inputsDir === undefined) return undefined;
  const path = join(run.inputsDir, fileNameOf(input));
  return (await exists(path)) ? path : undefined;
}

/** What the file is called upstream: for npm, what `npm pack` writes. */
export function fileNameOf(input: Input): string {
  if (input.kind === "torKey") return basename(new URL(input.url).pathname);
  if (input.kind !== "npm") return input.file;
  return `${input.name.replace(/^@/, "").replace("/", "-")}-${input.version}.tgz`;
}

function pinOf(input: FileInput): Pin {
  const integrity = input.kind === "npm" ? input.integrity : null;
  return { sha256: input.sha256, integrity, size: input.size };
}

function ready(path: string, from: Source, { sha256, size }: Verified): Ready {
  return { state: "ready", path, sha256, size, from };
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
