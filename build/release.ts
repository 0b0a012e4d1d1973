/**
 * `release.json` and `SHA256SUMS`: what was made, from what, by which build id. Both are the same
 * on every host for the same targets, so a verifier can compare them as they are.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { writeWhole } from "./archive/atomic.ts";
import { type Json, readableJson } from "./canonical-json.ts";
import { BuildError } from "./errors.ts";
import type { Input } from "./manifest.ts";
import { type Plan, pinOf } from "./plan.ts";
import type { Source } from "./source.ts";

export interface ReleaseArtifact {
  readonly target: string;
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
  readonly buildId: string;
  /** `bundled`: the expert bundle is inside; `system`: the copy uses the tor that is installed. */
  readonly tor: "bundled" | "system";
  /** Ids of the inputs. */
  readonly inputs: readonly string[];
}

export interface Release {
  readonly formatVersion: 1;
  readonly name: "tor-messenger";
  readonly version: string;
  readonly commit: string;
  readonly sourceDateEpoch: number;
  readonly toolchain: { readonly node: string; readonly lockfile: string };
  /** `pin`: `sha256-HEX`, npm's `sha512-BASE64`, or `openpgp4fpr-FINGERPRINT`. */
  readonly inputs: readonly {
    readonly id: string;
    readonly version: string;
    readonly pin: string;
  }[];
  readonly artifacts: readonly ReleaseArtifact[];
}

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const artifactSchema = v.strictObject({
  target: v.string(),
  file: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/)),
  size: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  sha256,
  buildId: sha256,
  tor: v.picklist(["bundled", "system"]),
  inputs: v.array(v.string()),
});

const releaseSchema = v.strictObject({
  formatVersion: v.literal(1),
  name: v.literal("tor-messenger"),
  version: v.string(),
  commit: v.string(),
  sourceDateEpoch: v.pipe(v.number(), v.safeInteger()),
  toolchain: v.strictObject({ node: v.string(), lockfile: sha256 }),
  inputs: v.array(v.strictObject({ id: v.string(), version: v.string(), pin: v.string() })),
  artifacts: v.array(artifactSchema),
});

/** An earlier build's record, or undefined: missing, or not ours to understand, is not an error. */
export async function readRelease(folder: string): Promise<Release | undefined> {
  try {
    const text = await readFile(join(folder, "release.json"), "utf8");
    return v.parse(releaseSchema, JSON.parse(text));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== undefined && code !== "ENOENT") {
      throw new BuildError("disk", `cannot read ${folder}/release.json: ${code}`, { cause });
    }
    return undefined;
  }
}

function versionOf(input: Input): string {
  return input.kind === "torKey" ? "" : input.version;
}

/** The record of `artifacts`, with just the inputs that went into them. */
export function describeRelease(
  plan: Plan,
  source: Source,
  artifacts: readonly ReleaseArtifact[],
): Release {
  const used = new Set(artifacts.flatMap((artifact) => artifact.inputs));
  return {
    formatVersion: 1,
    name: "tor-messenger",
    version: source.version,
    commit: source.commit,
    sourceDateEpoch: source.epoch,
    toolchain: { node: process.version, lockfile: source.lockfile },
    inputs: plan.inputs
      .filter((input) => used.has(input.id))
      .map((input) => ({ id: input.id, version: versionOf(input), pin: pinOf(input) }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
    artifacts: [...artifacts].sort((a, b) => (a.file < b.file ? -1 : 1)),
  };
}

/** As `sha256sum` writes and checks it, release.json included. */
export function sums(files: readonly { readonly file: string; readonly sha256: string }[]): string {
  return [...files]
    .sort((a, b) => (a.file < b.file ? -1 : 1))
    .map(({ file, sha256 }) => `${sha256}  ${file}\n`)
    .join("");
}

export async function writeText(path: string, text: string): Promise<void> {
  await writeWhole(path, (temporary) => writeFile(temporary, text));
}

export function releaseText(release: Release): string {
  return readableJson(release as unknown as Json);
}
