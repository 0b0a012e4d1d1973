/** What the fetchers of all kinds share in one run. */
import type { Cache } from "./cache.ts";
import type { Net } from "./download.ts";
import type { OnProgress } from "./progress.ts";
import type { Mirrors } from "./sources.ts";

export interface Network {
  readonly cache: Cache;
  readonly mirrors: Mirrors;
  readonly net: Net;
  readonly onProgress: OnProgress;
}
