import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { writeZip } from "../../build/archive/write-zip.ts";
import { diffoscopeView } from "../../build/compare/diffoscope.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "diffoscope-"));
  for (const [name, text] of [
    ["a.zip", "one\n"],
    ["b.zip", "two\n"],
  ] as const) {
    const content = { bytes: Buffer.from(text) };
    const tree = [{ kind: "file", path: "doc.txt", executable: false, content }] as const;
    const options = { mtime: 1_700_000_000, prefix: "", level: 9 };
    await writeZip(tree, join(folder, name), options);
  }
});
afterEach(() => vi.unstubAllEnvs());
afterAll(async () => {
  await rm(folder, { recursive: true });
});

it("shows what differs inside an archive", async () => {
  const view = await diffoscopeView(join(folder, "a.zip"), join(folder, "b.zip"));
  expect(view).toContain("doc.txt");
  expect(view).toMatch(/-one\n.*\+two/s);
});

it("says when it sees nothing, and when it fails", async () => {
  const same = await diffoscopeView(join(folder, "a.zip"), join(folder, "a.zip"));
  expect(same).toBe("diffoscope sees no difference");
  const missing = await diffoscopeView(join(folder, "a.zip"), join(folder, "c.zip"));
  expect(missing).toMatch(/^diffoscope failed: .*c\.zip/s);
});

it("is stopped when it takes too long", async () => {
  const limits = { timeoutMs: 50, maxBytes: 1000 };
  const view = await diffoscopeView(join(folder, "a.zip"), join(folder, "b.zip"), limits);
  expect(view).toBe("diffoscope was stopped after 50 ms");
});

it("is undefined where diffoscope is not installed", async () => {
  vi.stubEnv("PATH", folder);
  const view = await diffoscopeView(join(folder, "a.zip"), join(folder, "b.zip"));
  expect(view).toBeUndefined();
});
