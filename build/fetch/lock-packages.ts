/**
 * Reads package-lock.json (lockfileVersion 3) for the npm packages that the app itself contains:
 * everything that `dependencies` pulls in. They are fetched by the integrity that the lockfile
 * pins, not taken from node_modules, where anything may have touched them.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { BuildError } from "../errors.ts";
import type { NpmInput } from "../manifest.ts";

const lockPathPattern =
  /^(node_modules\/(@[a-z0-9._-]+\/)?[a-z0-9._-]+)(\/node_modules\/(@[a-z0-9._-]+\/)?[a-z0-9._-]+)*$/;

const packageSchema = v.object({
  name: v.optional(v.string()),
  version: v.pipe(v.string(), v.regex(/^\d+\.\d+\.\d+[0-9A-Za-z.+-]*$/)),
  integrity: v.pipe(v.string(), v.regex(/^sha512-[A-Za-z0-9+/]{86}==$/)),
});

const flagsSchema = v.object({
  dev: v.optional(v.boolean(), false),
  optional: v.optional(v.boolean(), false),
  devOptional: v.optional(v.boolean(), false),
  peer: v.optional(v.boolean(), false),
  link: v.optional(v.boolean(), false),
});

const lockSchema = v.object({
  lockfileVersion: v.literal(3),
  packages: v.record(v.string(), v.unknown()),
});

/** A package that package-lock.json pins: `lockPath` is set, `sha256` and `size` are not known. */
export interface LockPackage extends NpmInput {
  readonly lockPath: string;
}

export const lockPath: string = fileURLToPath(new URL("../../package-lock.json", import.meta.url));

function parse<T>(schema: v.GenericSchema<unknown, T>, value: unknown, where: string): T {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const problems = result.issues.map((issue) => `${v.getDotPath(issue) ?? ""}: ${issue.message}`);
  throw new BuildError("manifest", `${where} can't be used. ${problems.join(". ")}.`);
}

/** The packages of the app, in the lockfile's order; throws if one is not pinned by sha512. */
export function parseLockPackages(text: string, path: string): readonly LockPackage[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new BuildError("manifest", `${path} is not JSON: restore it from git.`, { cause });
  }
  const found: LockPackage[] = [];
  for (const [lockPath, entry] of Object.entries(parse(lockSchema, json, path).packages)) {
    const where = `${path}: ${lockPath}`;
    const flags = parse(flagsSchema, entry, where);
    // "" is the project itself. The Node runtimes are optional: the manifest has those.
    if (lockPath === "" || Object.values(flags).includes(true)) continue;
    if (!lockPathPattern.test(lockPath)) {
      throw new BuildError("manifest", `${where} is not a path below node_modules.`);
    }
    const { name, version, integrity } = parse(packageSchema, entry, where);
    found.push({
      id: `npm:${lockPath}`,
      kind: "npm",
      // An alias (`"a": "npm:b@1"`) has its true name in the entry.
      name: name ?? lockPath.slice(lockPath.lastIndexOf("node_modules/") + 13),
      version,
      integrity,
      lockPath,
      size: null,
      sha256: null,
      trustOnFirstUse: false,
    });
  }
  return found;
}

export async function readLockPackages(path: string = lockPath): Promise<readonly LockPackage[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new BuildError("manifest", `Can't read ${path}: is it in this folder's git?`, { cause });
  }
  return parseLockPackages(text, path);
}
