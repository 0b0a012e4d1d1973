/**
 * Pictures of the page for looking at: light and dark, narrow and wide, into out/screenshots. Run by
 * hand: `sh ci/pinned test/app/screenshots.ts`. Debian's Chromium draws them, without a window.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { bundlePage } from "../../build/recipes/bundle.ts";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "out/screenshots");
const url = "https://tor-messenger.invalid/";

/** Stands in for the shells: what each edition's bridge answers. */
const bridge = `window.torMessenger = {
  buildInfo: async () => ({
    version: "0.1.0", edition: "lite", platform: "linux-x64",
    commit: "67ae9a9c1df5a4c0c5d7b1f64f7a30b7c9d25e18",
    buildId: "5f0c83b91e62a1d74f7eb1b0c88b8d5a2f64a9f2d9b5c1c83a0f4ce0fb8f4f5d",
  }),
  torStatus: async () => ({ state: "not-connected" }),
}`;

mkdirSync(folder, { recursive: true });
const html = await bundlePage(root);
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
try {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [360, 1280]) {
      const page = await browser.newPage({ colorScheme, viewport: { width, height: 800 } });
      page.on("console", (message) => console.error(`page: ${message.text()}`));
      await page.route("**", (route) => route.fulfill({ body: html, contentType: "text/html" }));
      await page.addInitScript(bridge);
      await page.goto(url);
      const file = join(folder, `page-${colorScheme}-${width}.png`);
      await page.screenshot({ path: file, fullPage: true });
      console.log(file);
      await page.close();
    }
  }
} finally {
  await browser.close();
}
