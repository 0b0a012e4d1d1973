/**
 * `npm test`: installs what the tests need, then checks types, style and layers, then runs the unit
 * and the integration tests. With arguments, only the tests that match them. Ends with the first
 * step that fails.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { installDebianPackages } from "./install-debian.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const vitest = "node_modules/vitest/vitest.mjs";

const steps: readonly { readonly name: string; readonly args: readonly string[] }[] = [
  { name: "types, style, layers", args: ["ci/check.ts"] },
  { name: "unit tests", args: [vitest, "run", "--project", "unit"] },
  { name: "integration tests", args: [vitest, "run", "--project", "integration"] },
];

await installDebianPackages();
for (const { name, args } of steps) {
  console.log(`\n== ${name}`);
  const started = Date.now();
  const { status, error } = spawnSync(process.execPath, [...args, ...testFilter(args)], {
    cwd: root,
    stdio: "inherit",
  });
  if (error !== undefined) throw error;
  console.log(`== ${name}: ${((Date.now() - started) / 1000).toFixed(1)} s`);
  if (status !== 0) process.exit(status ?? 1);
}

function testFilter(args: readonly string[]): readonly string[] {
  return args[0] === vitest ? process.argv.slice(2) : [];
}
