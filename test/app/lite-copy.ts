/** A copy of the lite edition as a release has it: `main.mjs` and `page.html` in a folder. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BuildInfo } from "../../build/recipes/bundle.ts";
import { bundleLite } from "../../ci/start.ts";

export const liteInfo: BuildInfo = {
  version: "9.8.7",
  edition: "lite",
  platform: "linux-x64",
  commit: "0123456789abcdef0123456789abcdef01234567",
  buildId: "fedcba9876543210".repeat(4),
};

/** Makes one; the caller removes the folder. */
export async function makeLiteCopy(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "tor-messenger-lite-"));
  try {
    await bundleLite(folder, liteInfo);
    return folder;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}
