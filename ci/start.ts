/**
 * `npm start [-- OPTION ...]`: the lite edition from the checkout. Bundles the app as a release does,
 * but out of this folder's files and node_modules and without an id that anyone could check, and so
 * says that it is a development copy. Options go to the app: `npm start -- --browser PATH`.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BuildInfo, bundleLiteMain, bundlePage } from "../build/recipes/bundle.ts";
import { readSource } from "../build/source.ts";

const root = join(import.meta.dirname, "..");

async function developmentInfo(): Promise<BuildInfo> {
  const { version, commit } = await readSource(root);
  return {
    version,
    edition: "dev",
    platform: `${process.platform}-${process.arch}`,
    commit,
    buildId: "none",
  };
}

/** Puts `main.mjs` and `page.html` into `folder`. */
export async function bundleLite(folder: string, info: BuildInfo): Promise<void> {
  writeFileSync(join(folder, "main.mjs"), await bundleLiteMain(root, info));
  writeFileSync(join(folder, "page.html"), await bundlePage(root));
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tor-messenger-start-"));
  await bundleLite(folder, await developmentInfo());
  const app = spawn(process.execPath, [join(folder, "main.mjs"), ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  // The app hears Ctrl+C itself and ends in its own way; this waits for it.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => app.kill(signal));
  }
  app.on("close", (code) => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(code ?? 1);
  });
}

if (import.meta.main) await main();
