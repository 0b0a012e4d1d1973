import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { lockPath, parseLockPackages, readLockPackages } from "./lock-packages.ts";

const integrity = `sha512-${"A".repeat(86)}==`;

function lock(packages: Record<string, object>): string {
  return JSON.stringify({ lockfileVersion: 3, packages: { "": { name: "x" }, ...packages } });
}

test("finds what npm itself says the app needs", async () => {
  const found = await readLockPackages();
  // `npm ls` works the closure out from package.json files, independently of our flags.
  const { stdout } = await promisify(execFile)(
    "npm",
    ["ls", "--all", "--parseable", "--package-lock-only", "--omit=dev", "--omit=optional"],
    { cwd: dirname(lockPath) },
  );
  const paths = stdout.trim().split("\n").slice(1);
  // It lists an optional peer too, where a dev dependency of ours happens to satisfy one.
  const { packages } = JSON.parse(await readFile(lockPath, "utf8"));
  const expected = paths
    .map((path) => path.slice(dirname(lockPath).length + 1))
    .filter((path) => packages[path].devOptional !== true);
  expect(found.map((entry) => entry.lockPath).sort()).toEqual(expected.sort());
  expect(found.map((entry) => entry.name)).toContain("puppeteer-core");
});

test("leaves out what is not the app's, and reads nested, scoped and aliased packages", () => {
  const entry = { version: "1.2.3", integrity };
  const found = parseLockPackages(
    lock({
      "node_modules/a": entry,
      "node_modules/a/node_modules/@s/b": entry,
      "node_modules/alias": { ...entry, name: "real" },
      "node_modules/d": { ...entry, dev: true },
      "node_modules/o": { ...entry, optional: true },
      "node_modules/do": { ...entry, devOptional: true },
      "node_modules/l": { link: true, resolved: "l" },
    }),
    "package-lock.json",
  );
  expect(found.map(({ id, name }) => [id, name])).toEqual([
    ["npm:node_modules/a", "a"],
    ["npm:node_modules/a/node_modules/@s/b", "@s/b"],
    ["npm:node_modules/alias", "real"],
  ]);
});

test.each<[string, string, RegExp]>([
  ["not JSON", "{", /not JSON/],
  ["another format", JSON.stringify({ lockfileVersion: 2, packages: {} }), /lockfileVersion/],
  ["no integrity", lock({ "node_modules/a": { version: "1.0.0" } }), /node_modules\/a .*integrity/],
  ["sha1", lock({ "node_modules/a": { version: "1.0.0", integrity: "sha1-x" } }), /integrity/],
  [
    "a path that leads out",
    lock({ "node_modules/../../a": { version: "1.0.0", integrity } }),
    /below/,
  ],
  ["a folder of its own", lock({ "packages/a": { version: "1.0.0", integrity } }), /below/],
])("refuses %s", (_name, text, message) => {
  const run = () => parseLockPackages(text, "package-lock.json");
  expect(run).toThrow(message);
  expect(run).toThrow(expect.objectContaining({ code: "manifest" }));
});
