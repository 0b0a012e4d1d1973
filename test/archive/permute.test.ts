/** What CI holds the archive writers to, and that it would notice. */
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import type { Result } from "../../build/permute/run.ts";

const run = promisify(execFile);
const permute = fileURLToPath(new URL("../../build/permute.ts", import.meta.url));
const leaky = fileURLToPath(new URL("leaky-writers.ts", import.meta.url));
const constant = fileURLToPath(new URL("constant-writers.ts", import.meta.url));

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function runPermute(...args: readonly string[]): Promise<Finished> {
  try {
    return { code: 0, ...(await run(process.execPath, [permute, ...args])) };
  } catch (error) {
    return error as Finished;
  }
}

it("finds every format identical under every condition", async () => {
  const { code, stdout, stderr } = await runPermute("--require-all", "--json");
  expect(stderr).toBe("");
  const results = JSON.parse(stdout) as readonly Result[];
  expect(results.length).toBeGreaterThan(15);
  for (const { condition, outcomes } of results) {
    const same = { state: "identical" };
    expect(outcomes, condition).toEqual({ "tar.zst": same, zip: same, asar: same });
  }
  expect(code).toBe(0);
});

it("catches writers that leak: each condition is really another", async () => {
  const { code, stdout } = await runPermute("--json", "--writers", leaky);
  expect(code).toBe(1);
  const results = JSON.parse(stdout) as readonly Result[];
  const caught = results.map(({ condition, outcomes }) => [
    condition,
    Object.keys(outcomes).filter((leak) => outcomes[leak]?.state === "different"),
  ]);
  const always = ["places"]; // each run has a HOME and a folder of its own
  for (const [condition, leak] of [
    ["time zone", "zip of local times"],
    ["time zone with half hours", "zip of local times"],
    ["locale", "locale"],
    ["umask 077", "mode"],
    ["umask 000", "mode"],
    ["HOME, working folder and path", "places"],
    ["clock", "clock"],
    ["order of creation", "order of creation"],
    ["another order of creation", "order of creation"],
    ["order of folders (disorderfs)", "order of folders"],
    ["one core", "cores"],
    ["many threads", "threads"],
    ["user", "user"],
    ["x64 without SIMD (emulated)", "processor"],
    ["arm64 (emulated)", "processor"],
  ] as const) {
    const [, found] = caught.find(([name]) => name === condition) ?? [];
    expect(found, condition).toEqual(expect.arrayContaining([...always, leak]));
  }
  expect(results[0]?.outcomes["zip of local times"]).toEqual({ state: "identical" });
  const zip = results.find(({ condition }) => condition === "time zone")?.outcomes[
    "zip of local times"
  ];
  expect(zip).toMatchObject({ where: expect.stringMatching(/> x\n {2}mtime\n {4}a: 2023-11-14/) });
});

it("says what was not run, and fails for it when all are required", async () => {
  // With this PATH there is neither emulator nor faketime; node itself is started by its path.
  const env = { PATH: "/nonexistent" };
  const args = [permute, "--writers", constant];
  const { stdout } = await run(process.execPath, args, { env });
  expect(stdout).toMatch(/^time zone +identical$/m);
  expect(stdout).toMatch(/^clock +not run\n {2}not run: faketime is not installed$/m);
  expect(stdout.trimEnd().split("\n").at(-1)).toBe("8 identical, 0 different, 8 not run");
  const strict = run(process.execPath, [...args, "--require-all"], { env });
  await expect(strict).rejects.toMatchObject({ code: 1 });
});

it("cleans up when it is stopped", async () => {
  const before = await readdir(tmpdir());
  const child = execFile(process.execPath, [permute]);
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  await new Promise((resolve) => child.stdout?.once("data", resolve));
  await new Promise((resolve) => child.stdout?.once("data", resolve));
  child.kill("SIGINT");
  expect(await ended).toBe(2);
  const left = (await readdir(tmpdir())).filter((name) => !before.includes(name));
  expect(left.filter((name) => name.startsWith("permute-"))).toEqual([]);
});
