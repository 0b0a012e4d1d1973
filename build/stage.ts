/**
 * Lays out the folder that the bundler works on: `app/` as the sources have it, and the app's npm
 * packages where package-lock.json puts them. Modes, times and order don't matter here, for only
 * the bundler reads it.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readTarGz } from "./archive/read-tar.ts";
import { BuildError } from "./errors.ts";
import type { PackageFile } from "./job.ts";
import type { SourceFile } from "./source.ts";
import { contentBytes, type Tree } from "./tree.ts";

export interface PackageLicence {
  /** Package name and version as its package.json says. */
  readonly name: string;
  readonly text: string;
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

/** Copies the app's sources; what is copied is what the build id was computed from. */
export async function stageApp(
  root: string,
  files: readonly SourceFile[],
  stage: string,
): Promise<void> {
  for (const { path, sha256 } of files) {
    const bytes = await readFile(join(root, path));
    const found = createHash("sha256").update(bytes).digest("hex");
    if (found !== sha256) {
      throw new BuildError(
        "source",
        `${path} changed while the build was running (${sha256} became ${found}): start again`,
      );
    }
    await write(join(stage, path), bytes);
  }
}

/** Unpacks the app's packages and returns their licence texts, by package in the lockfile's order. */
export async function stagePackages(
  packages: readonly PackageFile[],
  stage: string,
  scratch: string,
): Promise<readonly PackageLicence[]> {
  const licences: PackageLicence[] = [];
  for (const { lockPath, file } of packages) {
    const tree = await readTarGz(file, join(scratch, lockPath.replaceAll("/", "+")));
    for (const entry of tree) {
      if (entry.kind !== "file" || !isCode(entry.path)) continue;
      await write(join(stage, lockPath, stripRoot(entry.path)), await contentBytes(entry.content));
    }
    licences.push(await licenceOf(tree, lockPath));
  }
  return licences;
}

/** What a bundler reads; the rest (types, source maps, documents) would only cost time. */
function isCode(path: string): boolean {
  return /\.(?:js|mjs|cjs|json)$/.test(path);
}

/** npm tarballs hold everything in one folder, mostly but not always called `package`. */
function stripRoot(path: string): string {
  return path.slice(path.indexOf("/") + 1);
}

async function licenceOf(tree: Tree, lockPath: string): Promise<PackageLicence> {
  const texts: string[] = [];
  let name = lockPath;
  for (const entry of tree) {
    if (entry.kind !== "file") continue;
    const member = stripRoot(entry.path);
    const isLicence = /^(licen[cs]e|notice|copying)([.-].*)?$/i.test(member);
    if (!isLicence && member !== "package.json") continue;
    const text = Buffer.from(await contentBytes(entry.content)).toString("utf8");
    if (isLicence) {
      texts.push(text);
    } else {
      const json = JSON.parse(text) as { name: string; version: string; license?: string };
      name = `${json.name}@${json.version} (${json.license ?? "no licence field"})`;
    }
  }
  return { name, text: texts.join("\n") };
}
