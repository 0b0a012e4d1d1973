/**
 * The desktop edition twice, the second time as somebody else would: another folder, zone, locale
 * and umask. (`npm run build:repro -- --again` does this with more differences.)
 */
import { expect, test } from "vitest";
import type { Platform } from "../../build/recipes/recipe.ts";
import { buildDesktop } from "./build.ts";

// Each layout once, with the stand-ins that are quick to pack.
const platforms: readonly Platform[] = ["linux-arm64", "win32-x64", "darwin-x64"];

test("two builds give the same bytes", async () => {
  await using first = await buildDesktop(platforms);
  await using second = await buildDesktop(platforms, {
    env: { TZ: "Pacific/Kiritimati", LC_ALL: "tr_TR.UTF-8", LANG: "tr_TR.UTF-8" },
    umask: "077",
  });
  expect(first.release.artifacts).toHaveLength(3);
  expect(second.release).toEqual(first.release);
}, 600_000);
