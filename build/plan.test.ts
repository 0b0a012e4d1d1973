import { expect, test } from "vitest";
import { computeBuildId } from "./build-id.ts";
import { readLockPackages } from "./fetch/lock-packages.ts";
import { readInputs } from "./manifest.ts";
import { planTargets } from "./plan.ts";
import { liteRecipes } from "./recipes/lite.ts";
import { editions, platforms } from "./recipes/recipe.ts";
import type { Source } from "./source.ts";

const source: Source = {
  root: "/nowhere",
  version: "1.2.3",
  commit: "0".repeat(40),
  epoch: 1_700_000_000,
  app: [],
  digest: "1".repeat(64),
  lockfile: "2".repeat(64),
};
const pinned = await readInputs();
const packages = await readLockPackages();
const all = planTargets({ editions, platforms }, pinned, packages, source);

test("there is a target for each edition and platform, each with its own artifact and build id", () => {
  expect(all.targets.map(({ recipe }) => recipe.target).sort()).toEqual(
    editions.flatMap((e) => platforms.map((p) => `${e}/${p}`)).sort(),
  );
  expect(new Set(all.targets.map(({ buildId }) => buildId)).size).toBe(10);
  expect(all.targets.map(({ artifact }) => artifact)).toContain(
    "tor-messenger-lite-1.2.3-linux-x64.tar.zst",
  );
  expect(all.targets.map(({ artifact }) => artifact)).toContain(
    "tor-messenger-desktop-1.2.3-darwin-arm64.zip",
  );
});

test("lite needs nothing but the npm registry", () => {
  const lite = planTargets({ editions: ["lite"], platforms }, pinned, packages, source);
  expect(new Set(lite.inputs.map(({ kind }) => kind))).toEqual(new Set(["npm"]));
});

test("whoever gets an expert bundle also gets the key that signed it", () => {
  for (const { inputs } of all.targets) {
    const kinds = inputs.map(({ kind }) => kind);
    expect(kinds.includes("torKey")).toBe(kinds.includes("tor"));
  }
});

test("every input that is pinned is used, and every one that is used is pinned", () => {
  const used = new Set(all.inputs.map(({ id }) => id));
  for (const { id } of [...pinned.inputs, ...packages]) expect(used).toContain(id);
});

test("the build id changes with anything that decides bytes, and with nothing else", () => {
  const [recipe] = liteRecipes;
  if (recipe === undefined) throw new Error("no lite recipe");
  const inputs = [
    { id: "a", integrity: "sha256-1" },
    { id: "b", integrity: "sha256-2" },
  ];
  const id = (changes: Partial<Source> = {}, node = "v26.10.0", list = inputs): string =>
    computeBuildId(recipe, list, { ...source, ...changes }, node);
  expect(id({ root: "/elsewhere" })).toBe(id());
  expect(id({}, "v26.10.0", inputs.toReversed())).toBe(id());
  const others = [
    id({ commit: "1".repeat(40) }),
    id({ epoch: source.epoch + 1 }),
    id({ digest: "3".repeat(64) }),
    id({ lockfile: "3".repeat(64) }),
    id({ version: "1.2.4" }),
    id({}, "v26.10.1"),
    id({}, "v26.10.0", [{ id: "a", integrity: "sha256-1" }]),
    computeBuildId({ ...recipe, prefix: "x" }, inputs, source, "v26.10.0"),
  ];
  expect(new Set([id(), ...others]).size).toBe(others.length + 1);
});
