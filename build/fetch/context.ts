/** The network as the fetchers of all kinds share it in one run, and how it is set up. */
import { type Cache, openCache } from "./cache.ts";
import type { Net } from "./download.ts";
import type { NpmNet } from "./npm.ts";
import type { OnProgress } from "./progress.ts";
import { makeDispatcher, parseProxy } from "./proxy.ts";
import { defaultTiming, newHosts, type Timing } from "./retry.ts";
import type { Mirrors } from "./sources.ts";

export interface NetworkOptions {
  /** By default the system's cache folder. */
  readonly cacheDir?: string | undefined;
  readonly mirrors?: Mirrors | undefined;
  /** `socks5h://HOST:PORT` or `http://HOST:PORT`; everything goes through it, name look-ups too. */
  readonly proxy?: string | undefined;
  readonly onProgress?: OnProgress | undefined;
  /** For tests: shorter waits. */
  readonly timing?: Partial<Timing> | undefined;
}

export interface Network {
  readonly cache: Cache;
  readonly mirrors: Mirrors;
  readonly net: Net;
  /** The same network for npm's library; made when first needed. */
  readonly npm: () => Promise<NpmNet>;
  readonly onProgress: OnProgress;
}

/** Opens no connection yet. Destroy `net.dispatcher` when done. */
export async function openNetwork(options: NetworkOptions, signal: AbortSignal): Promise<Network> {
  const proxy = options.proxy === undefined ? null : parseProxy(options.proxy);
  const timing = { ...defaultTiming(proxy !== null), ...options.timing };
  const cache = await openCache(options.cacheDir);
  const { mirrors = {}, onProgress = () => {} } = options;
  const net = { dispatcher: makeDispatcher(proxy, timing), timing, hosts: newHosts(), signal };
  const npm = once(async () => {
    const { npmOptions, readNpmConfig } = await import("./npm-options.ts");
    return { ...net, options: npmOptions(await readNpmConfig(), mirrors.npm, proxy, timing) };
  });
  return { cache, mirrors, net, npm, onProgress };
}

export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
