/**
 * Reads `build/manifests/inputs.json`: every file that comes from outside, pinned. This is the one
 * place that parses it; what it returns can be relied on. It fetches and hashes nothing.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { BuildError } from "./errors.ts";
import { type Platform, platforms } from "./recipes/recipe.ts";

export type { Platform };

/** What every pinned file says of itself. */
interface Pinned {
  /** Names the input to recipes and in messages, e.g. `node:linux-x64`. */
  readonly id: string;
  /** In bytes; null where nobody has had the file in hand yet. */
  readonly size: number | null;
  readonly sha256: string;
  /** True while no signature of the upstream's confirms the pin; `note` then says where it is from. */
  readonly trustOnFirstUse: boolean;
  readonly note?: string | undefined;
}

/** The tarball of a package in the npm registry. */
export interface NpmInput extends Omit<Pinned, "sha256"> {
  readonly kind: "npm";
  readonly name: string;
  readonly version: string;
  /** `sha512-…`, the registry's own hash of the tarball; enforced as well as `sha256`. */
  readonly integrity: string;
  /** Null only for a package that package-lock.json pins, by integrity alone. */
  readonly sha256: string | null;
  /** Its path in package-lock.json (`node_modules/ws`), where it is pinned there. */
  readonly lockPath?: string | undefined;
}

/** A zip of an Electron release. */
export interface ElectronInput extends Pinned {
  readonly kind: "electron";
  readonly version: string;
  readonly platform: Platform;
  /** Its name upstream. */
  readonly file: string;
}

/** A Tor expert bundle. */
export interface TorInput extends Pinned {
  readonly kind: "tor";
  readonly version: string;
  readonly platform: Platform;
  /** Its name upstream. */
  readonly file: string;
}

/** The key that signs Tor's bundles: refreshed by its owner, so pinned by primary fingerprint. */
export interface TorKeyInput {
  readonly id: string;
  readonly kind: "torKey";
  readonly fingerprint: string;
  /** Where the Web Key Directory has it. */
  readonly url: string;
}

export type Input = NpmInput | ElectronInput | TorInput | TorKeyInput;

export interface Inputs {
  readonly format: 1;
  readonly inputs: readonly Input[];
}

export const inputsPath: string = fileURLToPath(
  new URL("./manifests/inputs.json", import.meta.url),
);

const id = v.pipe(v.string(), v.regex(/^[a-z0-9]+([:-][a-z0-9]+)*$/), v.maxLength(64));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "sha256 is 64 lower-case hex digits"));
const size = v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(1)));
const version = v.pipe(v.string(), v.regex(/^\d+(\.\d+)+(-[0-9A-Za-z.]+)?$/));
// No separators and no leading dot: it becomes a file name in the cache and in `--inputs`.
const file = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*$/), v.maxLength(128));
const platform = v.picklist(platforms);
const integrity = v.pipe(
  v.string(),
  v.regex(/^sha512-[A-Za-z0-9+/]{86}==$/, "integrity is sha512- and 88 base64 digits"),
);
const provenance = {
  trustOnFirstUse: v.boolean(),
  note: v.optional(v.pipe(v.string(), v.minLength(1))),
};

const inputSchema = v.pipe(
  v.variant("kind", [
    v.strictObject({
      id,
      kind: v.literal("npm"),
      name: v.pipe(v.string(), v.regex(/^(@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/)),
      version,
      integrity,
      size,
      sha256,
      ...provenance,
    }),
    v.strictObject({
      id,
      kind: v.literal("electron"),
      version,
      platform,
      file,
      size,
      sha256,
      ...provenance,
    }),
    v.strictObject({
      id,
      kind: v.literal("tor"),
      version,
      platform,
      file,
      size,
      sha256,
      ...provenance,
    }),
    v.strictObject({
      id,
      kind: v.literal("torKey"),
      fingerprint: v.pipe(v.string(), v.regex(/^[0-9A-F]{40}$/, "40 upper-case hex digits")),
      url: v.pipe(v.string(), v.url(), v.startsWith("https://")),
    }),
  ]),
  v.check(
    (input) => input.kind === "torKey" || !input.trustOnFirstUse || input.note !== undefined,
    "trustOnFirstUse needs a note that says where the pin is from",
  ),
);

const schema = v.strictObject({
  format: v.literal(1),
  inputs: v.pipe(
    v.array(inputSchema),
    v.maxLength(256),
    v.check(
      (inputs) => new Set(inputs.map((input) => input.id)).size === inputs.length,
      "two inputs have the same id",
    ),
  ),
});

/** Parses the manifest's text; `path` is for messages. */
export function parseInputs(text: string, path: string): Inputs {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new BuildError("manifest", `${path} is not JSON: restore it from git.`, { cause });
  }
  const result = v.safeParse(schema, json);
  if (result.success) return result.output;
  const problems = result.issues.map(
    (issue) => `${v.getDotPath(issue) ?? "top"}: ${issue.message}`,
  );
  throw new BuildError("manifest", `${path} can't be used. ${problems.join(". ")}.`);
}

/** Reads and parses the pinned inputs, by default those of this repository. */
export async function readInputs(path: string = inputsPath): Promise<Inputs> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new BuildError("manifest", `Can't read the pinned inputs at ${path}.`, { cause });
  }
  return parseInputs(text, path);
}

/** The input that a recipe names. */
export function findInput(inputs: Inputs, id: string): Input {
  const found = inputs.inputs.find((input) => input.id === id);
  if (found === undefined) {
    throw new BuildError("manifest", `No input is called ${id} in build/manifests/inputs.json.`);
  }
  return found;
}
