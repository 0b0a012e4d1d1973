/**
 * The app's code, bundled by esbuild into single files. It works on a staged folder that holds
 * exactly `app/` and the npm packages that package-lock.json pins, unpacked by us from verified
 * tarballs; nothing is taken from the checkout's node_modules. No source maps, no minification:
 * the output is there to be read and compared.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type BuildOptions, build } from "esbuild";
import { BuildError } from "../errors.ts";
import { inlinePage } from "./inline-page.ts";

/** Baked into every bundle as `__TOR_MESSENGER_BUILD__`. Same shape as app/shell/build-info.ts. */
export interface BuildInfo {
  readonly version: string;
  readonly edition: "lite" | "desktop" | "dev";
  readonly platform: string;
  readonly commit: string;
  readonly buildId: string;
}

const common = {
  bundle: true,
  write: false,
  charset: "utf8",
  legalComments: "eof",
  sourcemap: false,
  logLevel: "silent",
  treeShaking: true,
  // Anything else would be read from the machine: esbuild must find no tsconfig above the stage.
  tsconfigRaw: { compilerOptions: { target: "esnext", verbatimModuleSyntax: true } },
} as const satisfies BuildOptions;

async function bundle(stage: string, options: BuildOptions): Promise<string> {
  try {
    const result = await build({ ...common, absWorkingDir: stage, ...options });
    const [file] = result.outputFiles ?? [];
    if (file === undefined || result.outputFiles?.length !== 1) {
      throw new Error(`expected one output file, found ${result.outputFiles?.length ?? 0}`);
    }
    return file.text;
  } catch (cause) {
    const entry = String(Object.values(options.entryPoints ?? {})[0]);
    throw new BuildError("recipe", `bundling ${entry} failed: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function define(info: BuildInfo): Record<string, string> {
  return { __TOR_MESSENGER_BUILD__: JSON.stringify(info) };
}

/** What puppeteer-core only needs for what we never use: other protocols, and fetching browsers. */
const unusedByPuppeteer = [
  "chromium-bidi",
  "modern-tar/fs",
  "proxy-agent",
  "ws",
  "yargs",
  "yargs/helpers",
  "yauzl",
] as const;

/** The lite edition's main program: one ES module for the pinned Node. */
export async function bundleLiteMain(stage: string, info: BuildInfo): Promise<string> {
  return bundle(stage, {
    entryPoints: ["app/shell/chromium/main.ts"],
    platform: "node",
    target: "node26",
    format: "esm",
    alias: Object.fromEntries(
      unusedByPuppeteer.map((name) => [name, "./app/shell/chromium/not-bundled.ts"]),
    ),
    define: define(info),
  });
}

/**
 * Electron's main program. Electron itself is there at run time and stays outside. CommonJS, for an
 * ES module is loaded asynchronously, and what must come before Electron is ready could come late.
 */
export async function bundleDesktopMain(stage: string, info: BuildInfo): Promise<string> {
  return bundle(stage, {
    entryPoints: ["app/shell/electron/main.ts"],
    platform: "node",
    target: "node18",
    format: "cjs",
    external: ["electron"],
    define: define(info),
  });
}

/** A sandboxed preload can only be CommonJS, in one file. */
export async function bundleDesktopPreload(stage: string, info: BuildInfo): Promise<string> {
  return bundle(stage, {
    entryPoints: ["app/shell/electron/preload.cts"],
    platform: "node",
    target: "chrome114",
    format: "cjs",
    external: ["electron", "electron/renderer"],
    define: define(info),
  });
}

/** The page with its style and script inside, and a policy that allows just those two by hash. */
export async function bundlePage(stage: string): Promise<string> {
  const [html, css, js] = await Promise.all([
    readFile(join(stage, "app/renderer/page.html"), "utf8"),
    readFile(join(stage, "app/renderer/page.css"), "utf8"),
    bundle(stage, {
      entryPoints: ["app/renderer/page.ts"],
      platform: "browser",
      target: "es2022",
      format: "iife",
    }),
  ]);
  return inlinePage({ html, css, js });
}
