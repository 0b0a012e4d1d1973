/** The build command from outside: what it makes, what it keeps, and what it says of bad input. */
import { execFileSync } from "node:child_process";
import { readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  hashesIn,
  leftoversIn,
  makeSmallBuild,
  outcomesOf,
  root,
  runSmallBuild,
  type SmallBuild,
} from "./small-build.ts";

let small: SmallBuild;
beforeEach(async () => {
  small = await makeSmallBuild();
});
afterEach(() => small.remove());

test("five lite artifacts, with sums that sha256sum agrees to; then nothing to do", async () => {
  const first = await runSmallBuild(small, { args: ["--json"] });
  expect(first.stderr).toContain("lite/linux-x64: built");
  expect(first.status).toBe(0);
  expect(outcomesOf(first).map(({ state }) => state)).toEqual(Array(5).fill("built"));
  execFileSync("sha256sum", ["--check", "--strict", "SHA256SUMS"], { cwd: small.release });
  const release = JSON.parse(await readFile(join(small.release, "release.json"), "utf8")) as {
    artifacts: { file: string; tor: string }[];
    inputs: { id: string }[];
  };
  expect(release.artifacts).toHaveLength(5);
  expect(release.inputs.map(({ id }) => id)).toContain("npm:node_modules/puppeteer-core");
  expect(release.inputs.map(({ id }) => id)).not.toContain("electron:linux-x64");
  expect(await leftoversIn(small)).toEqual([]);

  const before = await hashesIn(small.release);
  const second = await runSmallBuild(small, { args: ["--json"] });
  expect(second.status).toBe(0);
  expect(outcomesOf(second).map(({ state }) => state)).toEqual(Array(5).fill("cached"));
  expect(await hashesIn(small.release)).toEqual(before);
});

test("a damaged or missing artifact is made again, the same", async () => {
  await runSmallBuild(small);
  const before = await hashesIn(small.release);
  const [first, second] = Object.keys(before).filter((name) => name.endsWith(".zip"));
  const damaged = join(small.release, String(first));
  const bytes = await readFile(damaged);
  bytes[100] = 255 - (bytes[100] ?? 0);
  await writeFile(damaged, bytes);
  await rm(join(small.release, String(second)));
  await rm(join(small.release, "SHA256SUMS"));
  const ended = await runSmallBuild(small, { args: ["--json"] });
  expect(outcomesOf(ended).filter(({ state }) => state === "built")).toHaveLength(2);
  expect(await hashesIn(small.release)).toEqual(before);
});

test("targets can be built one at a time, and the record ends up the same", async () => {
  await runSmallBuild(small);
  const together = await hashesIn(small.release);
  await rm(small.release, { recursive: true });
  for (const platform of ["win32-x64", "darwin-arm64,linux-x64", "linux-arm64,darwin-x64"]) {
    const ended = await runSmallBuild(small, { args: ["--platform", platform] });
    expect(ended.status).toBe(0);
  }
  expect(await hashesIn(small.release)).toEqual(together);
});

test("built again, differently, it is the same, and what was varied is said", async () => {
  const ended = await runSmallBuild(small, { args: ["--again"] });
  expect(ended.stderr).toContain("clock 400 days ahead");
  expect(ended.stderr).toContain("umask 077");
  expect(ended.stderr.match(/^identical {2}[0-9a-f]{64} {2}/gm)).toHaveLength(5);
  expect(ended.stderr).toContain("Both builds are the same, bit for bit.");
  expect(ended.status).toBe(0);
  expect(await leftoversIn(small)).toEqual([]);
});

test("no variable around the build changes what it makes, or of which commit", async () => {
  const args = ["--platform", "win32-x64"];
  await runSmallBuild(small, { args });
  const before = await hashesIn(small.release);
  await rm(small.release, { recursive: true });
  const env = {
    ESBUILD_BINARY_PATH: "/bin/false",
    GIT_DIR: join(small.folder, "another repository"),
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "status.showUntrackedFiles",
    GIT_CONFIG_VALUE_0: "no",
  };
  expect((await runSmallBuild(small, { args, env })).status).toBe(0);
  expect(await hashesIn(small.release)).toEqual(before);
});

test("artifacts do not go among the sources", async () => {
  const ended = await runSmallBuild(small, { args: ["--out", join(root, "release")] });
  expect(ended.status).toBe(2);
  expect(ended.stderr).toMatch(/^usage: --out .* among the sources/m);
  expect((await runSmallBuild(small, { args: ["--out", root] })).status).toBe(2);
});

test("an input with the wrong bytes stops everything and leaves what was there", async () => {
  await runSmallBuild(small, { args: ["--platform", "win32-x64"] });
  const before = await hashesIn(small.release);
  const [bad] = (await readdir(small.inputs)).filter((name) => name.includes("linux-arm64"));
  const path = join(small.inputs, String(bad));
  const bytes = await readFile(path);
  bytes[20] = 255 - (bytes[20] ?? 0);
  await writeFile(path, bytes);
  const ended = await runSmallBuild(small);
  expect(ended.status).toBe(1);
  expect(ended.stderr).toMatch(/^mismatch: /m);
  expect(ended.stderr).toContain("node:linux-arm64");
  expect(await hashesIn(small.release)).toEqual(before);
  expect(await leftoversIn(small)).toEqual([]);
});

test("what can't be reached is skipped, loudly, and fails only where all is required", async () => {
  const args = ["--edition", "desktop", "--platform", "linux-x64", "--offline"];
  // An empty cache and nothing in the folder.
  const cache = ["--cache", join(small.folder, "empty cache")];
  const ended = await runSmallBuild(small, { args: [...args, ...cache] });
  expect(ended.status).toBe(0);
  expect(ended.stdout).toContain("skipped: input unreachable");
  expect(ended.stdout).toMatch(/^desktop\/linux-x64: electron:linux-x64 /m);
  const required = await runSmallBuild(small, { args: [...args, ...cache, "--require-all"] });
  expect(required.status).toBe(3);
});

test("a pin with an unknown key is refused before anything is done", async () => {
  const pins = JSON.parse(await readFile(small.manifest, "utf8")) as { inputs: object[] };
  pins.inputs[0] = { ...pins.inputs[0], sha265: "typing mistake" };
  await writeFile(small.manifest, JSON.stringify(pins));
  const ended = await runSmallBuild(small);
  expect(ended.status).toBe(1);
  expect(ended.stderr).toMatch(/^manifest: .*sha265/m);
  await expect(readdir(small.out)).rejects.toThrow("ENOENT");
});

test("wrong usage exits with 2 and says what is right", async () => {
  const ended = await runSmallBuild(small, { args: ["--platform", "amiga"] });
  expect(ended.status).toBe(2);
  expect(ended.stderr).toMatch(/^usage: .*linux-x64/m);
});

test("an artifact's name that leads elsewhere is replaced, not followed", async () => {
  await runSmallBuild(small, { args: ["--platform", "win32-x64"] });
  const [name] = Object.keys(await hashesIn(small.release)).filter((n) => n.endsWith(".zip"));
  const artifact = join(small.release, String(name));
  const victim = join(small.folder, "victim");
  await writeFile(victim, "somebody's file\n");
  await rm(artifact);
  await symlink(victim, artifact);
  const ended = await runSmallBuild(small, { args: ["--platform", "win32-x64"] });
  expect(ended.status).toBe(0);
  expect(await readFile(victim, "utf8")).toBe("somebody's file\n");
});
