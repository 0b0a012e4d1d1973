/** Disks that are full or read-only: real ones, mounted for the test in a namespace of its own. */
import { mkdir } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeSmallBuild, runSmallBuild, type SmallBuild } from "./small-build.ts";

let small: SmallBuild;
beforeEach(async () => {
  small = await makeSmallBuild(3_000_000);
  await mkdir(small.out);
});
afterEach(() => small.remove());

/** Runs the build with `out` on a file system mounted with `options`; `then` sees it afterwards. */
function onDisk(options: string, then: string): readonly string[] {
  const script = `mount -t tmpfs -o ${options} none "$1"; shift; "$@"; status=$?; ${then}; exit $status`;
  return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", small.out];
}

test("a full disk: says so, and no artifact has a final name", async () => {
  const prefix = onDisk("size=2m", `find "${small.out}" -name "tor-messenger-*" >&2`);
  const ended = await runSmallBuild(small, { prefix });
  expect(ended.status).toBe(1);
  expect(`${ended.stderr}${ended.stdout}`).toMatch(/disk is full|no space/i);
  expect(ended.stderr).not.toContain(`${small.release}/tor-messenger-`);
});

test("a read-only folder: says so at once", async () => {
  const ended = await runSmallBuild(small, { prefix: onDisk("ro", "true") });
  expect(ended.status).toBe(1);
  expect(ended.stderr).toMatch(/^disk: .*--out/m);
});
