/**
 * `npm run check`: types, lint and format, layers. Runs all of them, prints what is wrong, and ends
 * with 1 if anything is. `npm run format` mends what can be mended by machine.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { layerViolations, repositoryFiles } from "./check-layers.ts";

const root = join(import.meta.dirname, "..");

interface Check {
  readonly name: string;
  /** What is wrong, ready to print; empty when all is well. */
  readonly run: () => string;
}

const tsc = "node_modules/typescript/bin/tsc";
const biome = "node_modules/@biomejs/biome/bin/biome";

const biomeOptions = ["check", "--error-on-warnings", "--diagnostic-level=warn"];

const checks: readonly Check[] = [
  { name: "types", run: () => tool(tsc, "-p", "tsconfig.json") },
  { name: "types of the page", run: () => tool(tsc, "-p", "app/renderer/tsconfig.json") },
  { name: "types of app/core", run: coreTypes },
  { name: "lint and format", run: () => tool(biome, ...biomeOptions, ".") },
  { name: "layers", run: () => layerViolations(repositoryFiles(root)).join("\n") },
];

/** Runs a tool of node_modules; its output counts only when it fails. */
function tool(file: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [file, ...args], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  if (error !== undefined) return error.message;
  return status === 0 ? "" : `${stdout}${stderr}`.trim() || `${file} ended with ${status}`;
}

/** The compiler calls a folder without any code an error. */
function coreTypes(): string {
  const folder = join(root, "app/core");
  const hasCode =
    existsSync(folder) &&
    readdirSync(folder, { recursive: true, encoding: "utf8" }).some((name) => name.endsWith(".ts"));
  return hasCode ? tool(tsc, "-p", "app/core/tsconfig.json") : "";
}

let failed = 0;
for (const { name, run } of checks) {
  const started = performance.now();
  const problem = run();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${problem === "" ? "ok    " : "FAILED"}  ${name} (${seconds} s)`);
  if (problem === "") continue;
  failed++;
  console.log(problem.replace(/^/gm, "  "));
}
if (failed > 0) {
  console.log(`\n${failed} of ${checks.length} checks failed.`);
  process.exitCode = 1;
}
