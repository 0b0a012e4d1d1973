/**
 * A build that is stopped, at every step and by every means, leaves nothing half-made under a final
 * name, and the next one goes on and ends with the same bytes.
 */

import { rm } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  hashesIn,
  leftoversIn,
  makeSmallBuild,
  runSmallBuild,
  type SmallBuild,
} from "./small-build.ts";

// One of each format, packed at the same time.
const args = ["--platform", "linux-x64,win32-x64"];

let small: SmallBuild;
let whole: Readonly<Record<string, string>>;
beforeAll(async () => {
  // Large enough for packing to be caught in the act.
  small = await makeSmallBuild(3_000_000);
  const ended = await runSmallBuild(small, { args });
  expect(ended.stderr).toContain("built");
  whole = await hashesIn(small.release);
}, 120_000);
afterAll(() => small.remove());

/** What has a final name is whole; release.json and SHA256SUMS may be of fewer artifacts. */
async function expectNothingHalfMade(): Promise<void> {
  const found = await hashesIn(small.release).catch(() => ({}));
  for (const [name, sha256] of Object.entries(found)) {
    if (name !== "SHA256SUMS" && name !== "release.json")
      expect([name, sha256]).toEqual([name, whole[name]]);
  }
}

const steps = ["-> ", "recipes run in", "started", "bundling", "packing", ": built"];
const signals = ["SIGINT", "SIGTERM", "SIGKILL"] as const;

test.each(
  steps.flatMap((step) => signals.map((signal) => [signal, step] as const)),
)('%s at "%s"', async (signal, step) => {
  await rm(small.out, { recursive: true, force: true });
  let sent = false;
  const ended = await runSmallBuild(small, {
    args,
    onStderr: (text, child) => {
      if (sent || !text.includes(step)) return;
      sent = true;
      child.kill(signal);
    },
  });
  expect(sent).toBe(true);
  expect(ended.status).toBe(signal === "SIGKILL" ? null : 130);
  await expectNothingHalfMade();
  if (signal !== "SIGKILL") expect(await leftoversIn(small)).toEqual([]);

  const again = await runSmallBuild(small, { args });
  expect(again.status).toBe(0);
  expect(await hashesIn(small.release)).toEqual(whole);
  expect(await leftoversIn(small)).toEqual([]);
});
