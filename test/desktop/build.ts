/**
 * Builds targets with the real command and unpacks the artifacts with the system's own programs.
 * The inputs are the stand-ins of ../fixtures/desktop, over HTTP; or, where the variable
 * TOR_MESSENGER_INPUTS names a folder of the real ones, those, by the repository's own pins.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { readInputs } from "../../build/manifest.ts";
import type { Platform } from "../../build/recipes/recipe.ts";
import { type Release, type ReleaseArtifact, readRelease } from "../../build/release.ts";
import { standInManifest } from "../fixtures/desktop/manifest.ts";
import { type StandInServer, serve, standInRoutes } from "../fixtures/desktop/server.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const realInputs = process.env["TOR_MESSENGER_INPUTS"];

export const withStandIns: boolean = realInputs === undefined;

export interface Built extends AsyncDisposable {
  readonly release: Release;
  artifact(platform: Platform): ReleaseArtifact;
  /** The folder that the artifact was unpacked to; unpacked once. */
  unpack(platform: Platform): Promise<string>;
}

export interface Conditions {
  readonly env?: Readonly<Record<string, string>>;
  /** Octal. */
  readonly umask?: string;
}

export async function buildDesktop(
  platforms: readonly Platform[],
  conditions: Conditions = {},
): Promise<Built> {
  const folder = await newFolder();
  try {
    if (realInputs !== undefined) {
      await runBuild(folder, "desktop", platforms, ["--inputs", realInputs], conditions);
    } else {
      await using server = await serveStandIns(platforms);
      const options = [...(await standInOptions(folder, server)), "--cache", join(folder, "cache")];
      await runBuild(folder, "desktop", platforms, options, conditions);
    }
    return await built(folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** The lite edition; its inputs come from the npm registry or the user's cache. */
export async function buildLite(platforms: readonly Platform[]): Promise<Built> {
  const folder = await newFolder();
  try {
    await runBuild(folder, "lite", platforms, [], {});
    return await built(folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** By its real name, whatever links lead to the system's folder for temporary files. */
async function newFolder(): Promise<string> {
  return await mkdtemp(join(await realpath(tmpdir()), "tor-messenger-built-"));
}

async function serveStandIns(platforms: readonly Platform[]): Promise<StandInServer> {
  const { inputs } = await readInputs();
  const versionOf = (kind: "electron" | "tor"): string => {
    const input = inputs.find((each) => each.kind === kind);
    if (input === undefined || !("version" in input)) throw new Error(`no ${kind} is pinned`);
    return input.version;
  };
  const versions = { electron: versionOf("electron"), tor: versionOf("tor") };
  return await serve(await standInRoutes({ ...versions, platforms }));
}

async function standInOptions(
  folder: string,
  { origin }: StandInServer,
): Promise<readonly string[]> {
  const manifest = join(folder, "inputs.json");
  await writeFile(manifest, JSON.stringify(await standInManifest()));
  const mirrors = {
    electron: `${origin}/github.com/electron/electron/releases/download`,
    tor: `${origin}/dist.torproject.org/torbrowser`,
    "tor-key": `${origin}/openpgpkey.torproject.org`,
  };
  const options = Object.entries(mirrors).flatMap(([kind, url]) => ["--mirror", `${kind}=${url}`]);
  return ["--manifest", manifest, ...options];
}

async function runBuild(
  folder: string,
  edition: string,
  platforms: readonly Platform[],
  options: readonly string[],
  { env = {}, umask = "022" }: Conditions,
): Promise<void> {
  const command = [process.execPath, join(root, "build/main.ts")];
  const what = ["--edition", edition, "--platform", platforms.join(","), "--require-all"];
  const args = [...command, ...what, "--out", join(folder, "out"), ...options];
  await run("sh", ["-c", 'umask "$0" && exec "$@"', umask, ...args], {
    env: { ...process.env, ...env },
    maxBuffer: 1 << 24,
    timeout: 15 * 60_000,
  });
}

async function built(folder: string): Promise<Built> {
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    version: string;
  };
  const releaseFolder = join(folder, "out", version);
  const release = await readRelease(releaseFolder);
  if (release === undefined) throw new Error(`no release.json in ${releaseFolder}`);
  const artifact = (platform: Platform): ReleaseArtifact => {
    const found = release.artifacts.find(({ target }) => target.endsWith(`/${platform}`));
    if (found === undefined) throw new Error(`${platform} was not built`);
    return found;
  };
  const unpacked = new Map<Platform, Promise<string>>();
  return {
    release,
    artifact,
    unpack(platform) {
      const known = unpacked.get(platform);
      if (known !== undefined) return known;
      const unpacking = unpack(
        join(releaseFolder, artifact(platform).file),
        join(folder, platform),
      );
      unpacked.set(platform, unpacking);
      return unpacking;
    },
    [Symbol.asyncDispose]: () =>
      rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }),
  };
}

async function unpack(archive: string, into: string): Promise<string> {
  await mkdir(into);
  if (archive.endsWith(".zip")) await run("unzip", ["-q", archive, "-d", into]);
  else await run("tar", ["--zstd", "-xf", archive, "-C", into]);
  return into;
}
