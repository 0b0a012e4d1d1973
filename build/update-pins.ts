/**
 * Moves the pins to another version: works them out, brings package.json and package-lock.json in
 * line, and writes `build/manifests/inputs.json`. Either all of it happens or none.
 */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { writeWhole } from "./archive/atomic.ts";
import { BuildError } from "./errors.ts";
import type { FetchOptions } from "./fetch/fetch-inputs.ts";
import { newElectronPins, newNodePins, newTorPins } from "./fetch/new-pins.ts";
import { findInput, type Input, type Inputs, parseInputs, readInputs } from "./manifest.ts";

export const updatable = ["tor", "electron", "node"] as const;
export type Updatable = (typeof updatable)[number];

export interface Update {
  readonly what: Updatable;
  readonly version: string;
  /** The repository. */
  readonly root: string;
  readonly fetch: FetchOptions;
}

export interface Updated {
  readonly checked: readonly string[];
  readonly changes: readonly string[];
  /** Ids of new pins that no signature confirms. */
  readonly unconfirmed: readonly string[];
}

/** A version of an npm package that package.json pins, with the integrity that it must have. */
interface PackagePin {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
}

interface Pins {
  readonly inputs: readonly Input[];
  readonly checked: readonly string[];
  readonly packages: readonly PackagePin[];
}

/** @throws BuildError; then every file is as it was. */
export async function updatePins(update: Update): Promise<Updated> {
  const path = join(update.root, "build/manifests/inputs.json");
  const before = await readInputs(path);
  const { inputs, checked, packages } = await findPins(update, before);
  const replaced = new Map(inputs.map((input) => [input.id, input]));
  const after: Inputs = {
    ...before,
    inputs: before.inputs.map((input) => replaced.get(input.id) ?? input),
  };
  const text = `${JSON.stringify(after, null, 2)}\n`;
  // What we would not read, we must not write.
  parseInputs(text, path);
  await withPackages(update.root, packages, update.fetch, () =>
    writeWhole(path, (temporary) => writeFile(temporary, text)),
  );
  return {
    checked,
    changes: describeChanges(before, after),
    unconfirmed: inputs.flatMap((input) =>
      input.kind !== "torKey" && input.trustOnFirstUse ? [input.id] : [],
    ),
  };
}

async function findPins(
  { what, version, fetch }: Update,
  { inputs, ...rest }: Inputs,
): Promise<Pins> {
  switch (what) {
    case "tor": {
      const key = findInput({ inputs, ...rest }, "tor-key");
      if (key.kind !== "torKey") throw new BuildError("manifest", "tor-key is not a signing key.");
      const current = inputs.filter((input) => input.kind === "tor");
      return { ...(await newTorPins(version, current, key, fetch)), packages: [] };
    }
    case "node": {
      const current = inputs
        .filter((input) => input.kind === "npm")
        .filter((input) => input.id.startsWith("node:"));
      const pins = await newNodePins(version, current, fetch);
      return { ...pins, packages: pins.inputs };
    }
    case "electron": {
      const current = inputs.filter((input) => input.kind === "electron");
      const { integrity, ...pins } = await newElectronPins(version, current, fetch);
      return { ...pins, packages: [{ name: "electron", version, integrity }] };
    }
  }
}

/** Pins `packages` in package.json and package-lock.json, runs `then`, and undoes it on failure. */
async function withPackages(
  root: string,
  packages: readonly PackagePin[],
  options: FetchOptions,
  then: () => Promise<void>,
): Promise<void> {
  if (packages.length === 0) return await then();
  const paths = [join(root, "package.json"), join(root, "package-lock.json")];
  const before = await Promise.all(paths.map((path) => readFile(path, "utf8")));
  try {
    await pinPackages(root, packages, options);
    await then();
  } catch (error) {
    await Promise.all(paths.map((path, index) => writeFile(path, before[index] ?? "")));
    throw error;
  }
}

/**
 * Only the lockfile is made anew: `ci/pinned` installs from it before anything else runs. npm is
 * not told the packages themselves, for it would list optional ones twice.
 */
async function pinPackages(
  root: string,
  packages: readonly PackagePin[],
  options: FetchOptions,
): Promise<void> {
  const path = join(root, "package.json");
  const manifest = JSON.parse(await readFile(path, "utf8"));
  for (const { name, version } of packages) {
    const section = [manifest.optionalDependencies, manifest.devDependencies].find(
      (candidate) => candidate !== undefined && name in candidate,
    );
    if (section === undefined) throw new BuildError("manifest", `${path} does not have ${name}.`);
    section[name] = version;
  }
  await writeFile(path, `${JSON.stringify(manifest, null, 2)}\n`);
  await runNpm(root, options);
  const lock = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8"));
  // An optional package that the registry lacks is dropped by npm without a word.
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  const wanted = { ...dependencies, ...devDependencies, ...optionalDependencies };
  for (const [name, version] of Object.entries(wanted)) {
    const locked = lock.packages?.[`node_modules/${name}`]?.version;
    if (locked === version) continue;
    throw new BuildError(
      "mismatch",
      `npm locked ${name} at ${locked ?? "no version"}, not at ${version} as package.json has it. ` +
        "Does the registry have that version?",
    );
  }
  for (const { name, version, integrity } of packages) {
    const locked = lock.packages?.[`node_modules/${name}`];
    if (locked.integrity === integrity) continue;
    throw new BuildError(
      "mismatch",
      `npm locked ${name}@${version} with ${locked.integrity}, but ${integrity} was checked. ` +
        "Is there another registry in between?",
    );
  }
}

async function runNpm(root: string, { mirrors, proxy }: FetchOptions): Promise<void> {
  const args = ["install", "--package-lock-only", "--ignore-scripts", "--loglevel=error"];
  if (mirrors?.npm !== undefined) args.push(`--registry=${mirrors.npm}`);
  const env = { ...process.env };
  if (proxy !== undefined) {
    args.push(`--proxy=${proxy}`, `--https-proxy=${proxy}`, "--noproxy=");
    // npm's library would lead around the proxy for the hosts in it.
    delete env["no_proxy"];
    delete env["NO_PROXY"];
  }
  const cli = process.env["npm_execpath"];
  const [program, first] = cli === undefined ? ["npm", []] : [process.execPath, [cli]];
  try {
    await promisify(execFile)(program, [...first, ...args], { cwd: root, env });
  } catch (cause) {
    const { stderr = "" } = cause as { readonly stderr?: string };
    throw new BuildError("recipe", `npm can't lock the new version in ${root}: ${stderr.trim()}`, {
      cause,
    });
  }
}

/** The difference, a line for each field. */
export function describeChanges(before: Inputs, after: Inputs): readonly string[] {
  const lines: string[] = [];
  for (const [index, input] of after.inputs.entries()) {
    const was: Readonly<Record<string, unknown>> = { ...before.inputs[index] };
    const is: Readonly<Record<string, unknown>> = { ...input };
    for (const field of new Set([...Object.keys(was), ...Object.keys(is)])) {
      if (was[field] === is[field]) continue;
      lines.push(`${input.id} ${field}`);
      if (was[field] !== undefined) lines.push(`  - ${was[field]}`);
      if (is[field] !== undefined) lines.push(`  + ${is[field]}`);
    }
  }
  return lines;
}
