/** The package as it would be published: it stands alone, compiles, and runs as plain JavaScript. */
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const folder = join(root, "build/tor-expert-bundle-dl");
const run = promisify(execFile);

describe("tor-expert-bundle-dl as a package", () => {
  test("its sources import nothing of this repository, and only what package.json names", async () => {
    const { dependencies } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const sources = (await readdir(join(folder, "src"))).filter((name) => !name.includes(".test."));
    expect(sources).toContain("download.ts");
    for (const name of sources) {
      const text = await readFile(join(folder, "src", name), "utf8");
      for (const [, from = ""] of text.matchAll(/^(?:import|export|\}).* from "(.*)";$/gm)) {
        const allowed =
          from.startsWith("node:") ||
          (from.startsWith("./") && sources.includes(from.slice(2))) ||
          Object.hasOwn(dependencies, from);
        expect(allowed, `${name} imports ${from}`).toBe(true);
      }
    }
  });

  test("its dependencies are those that the repository tests it with", async () => {
    const read = async (path: string): Promise<Record<string, Record<string, string>>> =>
      JSON.parse(await readFile(join(path, "package.json"), "utf8"));
    const [own, ours] = [await read(folder), await read(root)];
    const used = { ...own["dependencies"], ...own["devDependencies"] };
    const installed = { ...ours["dependencies"], ...ours["devDependencies"] };
    expect(installed).toMatchObject(used);
  });

  test("compiled, every entry point loads", async () => {
    const place = await mkdtemp(join(tmpdir(), "tebd-"));
    try {
      await copyFile(join(folder, "package.json"), join(place, "package.json"));
      await symlink(join(root, "node_modules"), join(place, "node_modules"));
      const tsc = join(root, "node_modules/typescript/bin/tsc");
      const project = join(folder, "tsconfig.json");
      await run(process.execPath, [tsc, "-p", project, "--outDir", join(place, "dist")]);

      const { exports } = JSON.parse(await readFile(join(place, "package.json"), "utf8"));
      const entries = Object.keys(exports).map((entry) => `tor-expert-bundle-dl${entry.slice(1)}`);
      const script = `
        const names = [];
        for (const entry of ${JSON.stringify(entries)}) names.push(...Object.keys(await import(entry)));
        console.log(JSON.stringify(names));`;
      const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], {
        cwd: place,
      });
      expect(JSON.parse(stdout)).toEqual(
        expect.arrayContaining([
          "downloadArtifact",
          "fetchSigningKey",
          "verifySums",
          "parseSums",
          "artifactName",
          "artifactUrl",
          "FetchDownloader",
          "TorBundleError",
        ]),
      );
    } finally {
      await rm(place, { recursive: true });
    }
  });
});
