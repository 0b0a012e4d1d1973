/**
 * A build id names everything that decides an artifact's bytes: the recipe, its inputs by digest,
 * the toolchain, the sources and the commit. The same id means the same bytes, so an artifact is
 * rebuilt only when its id changes. It does not depend on the host.
 */
import { createHash } from "node:crypto";
import { canonicalJson, type Json } from "./canonical-json.ts";
import type { Recipe } from "./recipes/all.ts";
import type { Source } from "./source.ts";

export interface ResolvedInput {
  readonly id: string;
  /** `sha256-…` or npm's `sha512-…`, as pinned. */
  readonly integrity: string;
}

/** sha256 in hex of the canonical JSON of all that goes into a target. */
export function computeBuildId(
  recipe: Recipe,
  inputs: readonly ResolvedInput[],
  source: Source,
  nodeVersion: string,
): string {
  const parts: Json = {
    formatVersion: 1,
    recipe: recipe as unknown as Json,
    inputs: [...inputs]
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .map(({ id, integrity }) => ({ id, integrity })),
    toolchain: { node: nodeVersion, lockfile: source.lockfile },
    source: {
      commit: source.commit,
      digest: source.digest,
      epoch: source.epoch,
      version: source.version,
    },
  };
  return createHash("sha256").update(canonicalJson(parts)).digest("hex");
}
