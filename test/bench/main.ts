/** `npm run bench`. What is measured, and against what, is in README.md. */
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readTarZst } from "../../build/archive/read-tar.ts";
import { readZip } from "../../build/archive/read-zip.ts";
import { writeZip } from "../../build/archive/write-zip.ts";
import { type LiteRecipe, liteRecipes } from "../../build/recipes/lite.ts";
import { artifactName } from "../../build/recipes/recipe.ts";
import type { Tree } from "../../build/tree.ts";
import { measure } from "./run.ts";

interface Figure {
  readonly what: string;
  readonly value: number;
  readonly limit: number;
  readonly detail: string;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "bench-"));
const out = join(folder, "out");
const build = [process.execPath, join(root, "build/main.ts"), "--edition", "lite", "--out", out];

/** The artifact's files on disk: what the bare codec is given. */
async function unpack(recipe: LiteRecipe, release: string, version: string): Promise<Tree> {
  const artifact = join(release, artifactName(recipe, version));
  const into = join(folder, recipe.platform);
  return recipe.packing.format === "zip" ? readZip(artifact, into) : readTarZst(artifact, into);
}

async function filesOf(tree: Tree, name: string): Promise<readonly string[]> {
  const small = join(folder, `${name}-small`);
  await mkdir(small);
  const files: string[] = [];
  for (const [i, entry] of tree.entries()) {
    if (entry.kind !== "file") continue;
    if ("file" in entry.content) files.push(entry.content.file);
    else {
      files.push(join(small, String(i)));
      await writeFile(join(small, String(i)), entry.content.bytes);
    }
  }
  return files;
}

/** All five at once on as many processes as there are cores, in the build's own order. */
async function compressBare(work: readonly (readonly string[])[]): Promise<number> {
  const queue = [...work];
  const started = performance.now();
  const worker = async (): Promise<void> => {
    for (let args = queue.shift(); args !== undefined; args = queue.shift()) {
      await measure([process.execPath, join(root, "test/bench/compress.ts"), ...args]);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return (performance.now() - started) / 1000;
}

async function zipFigure(tree: Tree): Promise<Figure> {
  const ours = join(folder, "ours.zip");
  const started = performance.now();
  await writeZip(tree, ours, { mtime: 1_700_000_000, prefix: "", level: 9 });
  const seconds = (performance.now() - started) / 1000;
  const unpacked = join(folder, "peer");
  spawnSync("unzip", ["-q", ours, "-d", unpacked]);
  const theirs = join(folder, "peer.zip");
  const flags = ["-bd", "-mx=7", "-mm=Deflate", "-mcu", "-mtc=off"];
  const peer = await measure(
    ["sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", unpacked, "7z"].concat([
      "a",
      ...flags,
      theirs,
      ".",
    ]),
  );
  const [a, b] = [(await stat(ours)).size, (await stat(theirs)).size];
  return {
    what: "zip against 7z, time x size",
    value: (seconds * a) / (peer.seconds * b),
    limit: 1,
    detail: `${seconds.toFixed(1)} s, ${a} bytes against ${peer.seconds.toFixed(1)} s, ${b} bytes`,
  };
}

async function figures(): Promise<readonly Figure[]> {
  await measure([...build, "--platform", "win32-x64"]); // inputs into the cache
  await rm(out, { recursive: true });
  const cold = await measure(build);
  const [version = ""] = (await readdir(out)).filter((name) => !name.startsWith("."));
  const release = join(out, version);
  const noop = await measure(build);
  const trees = new Map<string, Tree>();
  const work: string[][] = [];
  for (const recipe of liteRecipes) {
    const tree = await unpack(recipe, release, version);
    trees.set(recipe.platform, tree);
    work.push([JSON.stringify(recipe.packing), ...(await filesOf(tree, recipe.platform))]);
  }
  const bare = await compressBare(work);
  return [
    {
      what: "cold build against bare codecs",
      value: cold.seconds / bare,
      limit: 1.15,
      detail: `${cold.seconds.toFixed(1)} s against ${bare.toFixed(1)} s`,
    },
    {
      what: "peak memory, GB",
      value: cold.peak / 1e9,
      limit: 1,
      detail: "all processes of the cold build together",
    },
    { what: "nothing to do, s", value: noop.seconds, limit: 1, detail: "whole process" },
    await zipFigure(trees.get("darwin-arm64") ?? []),
  ];
}

try {
  let missed = 0;
  for (const { what, value, limit, detail } of await figures()) {
    if (value > limit) missed += 1;
    const verdict = value > limit ? "MISSED" : "ok";
    console.log(
      `${what.padEnd(32)} ${value.toFixed(3)}  <= ${limit}  ${verdict.padEnd(6)}  ${detail}`,
    );
  }
  process.exitCode = missed === 0 ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
