/** The cache and `--inputs`: spoiled files, two processes, a killed one, a full disk. */
import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inputsPath, readInputs } from "../../build/manifest.ts";
import { outcome, startFetch } from "./child.ts";
import { sendFile } from "./server.ts";
import { errorOf, leftovers, makeWorld, pathOf, readyOf, sha256, someBytes } from "./world.ts";

const mebibyte = 1 << 20;

test.each([
  ["other bytes", (bytes: Buffer) => bytes.fill(0, 10, 20)],
  ["cut short", (bytes: Buffer) => bytes.subarray(0, 10)],
])("a cached file that was spoiled (%s) is reported, and fetched again", async (_name, spoil) => {
  const world = await makeWorld();
  const input = world.offer(someBytes(1000));
  const { path } = readyOf(await world.fetch(input));
  await writeFile(path, spoil(await readFile(path)));
  world.events.length = 0;
  expect(readyOf(await world.fetch(input))).toMatchObject({ path, from: "network" });
  expect(world.events).toContainEqual({ id: input.id, state: "corrupt", path });
  expect(sha256(await readFile(path))).toBe(input.sha256);
  expect(world.server.seen).toHaveLength(2);
});

test("offline: what is cached is used, what isn't is unreachable", async () => {
  const world = await makeWorld();
  const here = world.offer(someBytes(1000));
  await world.fetch(here);
  expect(readyOf(await world.fetch(here, { offline: true })).from).toBe("cache");
  const absent = world.offer(someBytes(1000));
  const error = errorOf(await world.fetch(absent, { offline: true }));
  expect(error).toMatchObject({ code: "unreachable" });
  expect(error.message).toMatch(/electron:linux-x64 .*--offline/);
  expect(world.server.seen).toHaveLength(1);
});

test("--inputs: a good file is used where it is, before cache and network", async () => {
  const world = await makeWorld();
  const bytes = someBytes(1000);
  const input = world.offer(bytes);
  await world.fetch(input);
  const inputsDir = join(world.folder, "inputs");
  await mkdir(inputsDir);
  const path = join(inputsDir, input.file);
  await writeFile(path, bytes);
  const given = readyOf(await world.fetch(input, { inputsDir }));
  expect(given).toEqual({ state: "ready", from: "folder", path, sha256: input.sha256, size: 1000 });

  await writeFile(path, someBytes(1000));
  const result = world.fetch(input, { inputsDir });
  await expect(result).rejects.toMatchObject({ code: "mismatch" });
  await expect(result).rejects.toThrow(path);
  expect(await stat(path)).toMatchObject({ size: 1000 });
});

test("--inputs: a file that is not there is fetched, a folder that is not there is an error", async () => {
  const world = await makeWorld();
  const input = world.offer(someBytes(1000));
  expect(readyOf(await world.fetch(input, { inputsDir: world.folder })).from).toBe("network");
  const inputsDir = join(world.folder, "absent");
  const result = world.fetch(input, { inputsDir });
  await expect(result).rejects.toMatchObject({ code: "usage" });
  await expect(result).rejects.toThrow(inputsDir);
});

test("two processes fetch one input at once: both have it, once", async () => {
  const world = await makeWorld();
  const input = world.offer(someBytes(8 * mebibyte));
  const both = await Promise.all([1, 2].map(() => outcome(startFetch([input], world.options))));
  const paths = both.map(({ results }) => results?.[0]?.[1].path ?? "");
  expect(paths[0]).toBe(paths[1]);
  expect(sha256(await readFile(paths[0] ?? ""))).toBe(input.sha256);
  expect(await leftovers(world.cacheDir)).toEqual([]);
  expect(await readdir(join(world.cacheDir, "sha256", input.sha256.slice(0, 2)))).toEqual([
    input.sha256,
  ]);
});

test("after kill -9, nothing has a final name, and the next run continues", async () => {
  const world = await makeWorld();
  const bytes = someBytes(4 * mebibyte);
  const input = world.offer(bytes);
  let halfSent: () => void = () => {};
  const half = new Promise<void>((resolve) => {
    halfSent = resolve;
  });
  world.server.routes.set(pathOf(input), {
    answer: (request, response, attempt) => {
      if (attempt > 1) return sendFile(world.server, { bytes }, request, response);
      response.writeHead(200, { "content-length": bytes.length });
      response.write(bytes.subarray(0, 3 * mebibyte), () => setTimeout(halfSent, 300));
    },
  });
  const first = startFetch([input], world.options);
  const closed = new Promise((resolve) => first.on("close", resolve));
  await half;
  first.kill("SIGKILL");
  await closed;
  await expect(stat(join(world.cacheDir, "sha256"))).rejects.toMatchObject({ code: "ENOENT" });

  expect(readyOf(await world.fetch(input)).from).toBe("network");
  const { range } = world.server.seen.at(-1)?.headers ?? {};
  expect(Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1])).toBeGreaterThan(2 * mebibyte);
});

test("a full disk: says how much is missing, keeps what fits, and goes on when there is room", async () => {
  const world = await makeWorld();
  const bytes = someBytes(3 * mebibyte);
  const input = world.offer(bytes);
  await mkdir(world.cacheDir);
  // A small disk in a namespace of its own; afterwards its parts are copied out.
  const script = `
    mount -t tmpfs -o size=2m none "$1" || exit 9
    kept=$2; cache=$1; shift 2
    "$@"; cp -r "$cache/partial" "$kept"`;
  const prefix = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"];
  const kept = join(world.folder, "kept");
  const ended = await outcome(
    startFetch([input], world.options, [...prefix, world.cacheDir, kept]),
  );
  expect(ended.code).toBe("disk");
  expect(ended.message).toMatch(/disk is full: \d+ more bytes are needed/);
  const missing = Number(/(\d+) more bytes/.exec(ended.message ?? "")?.[1]);
  expect(missing).toBeGreaterThanOrEqual(mebibyte);
  const [part = ""] = await readdir(kept);
  const { size } = await stat(join(kept, part));
  expect(size).toBeGreaterThan(mebibyte);

  await mkdir(join(world.cacheDir, "partial"));
  await writeFile(join(world.cacheDir, "partial", part), await readFile(join(kept, part)));
  readyOf(await world.fetch(input));
  expect(world.server.seen.at(-1)?.headers.range).toBe(`bytes=${size}-`);
});

test("a cache folder that can't be made or written to", async () => {
  const world = await makeWorld();
  const input = world.offer(someBytes(10));
  const file = join(world.folder, "file");
  await writeFile(file, "");
  const result = world.fetch(input, { cacheDir: join(file, "cache") });
  await expect(result).rejects.toMatchObject({ code: "disk" });
  await expect(result).rejects.toThrow(/cache folder .*file\/cache .*--cache/);

  await mkdir(world.cacheDir);
  await chmod(world.cacheDir, 0o500);
  const script = `mount -t tmpfs -o ro none "$1"; shift; "$@"`;
  const prefix = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"];
  const ended = await outcome(startFetch([input], world.options, [...prefix, world.cacheDir]));
  expect(ended).toMatchObject({ code: "disk" });
  expect(ended.message).toContain(world.cacheDir);
});

test("a manifest with an unknown key is refused before anything is fetched", async () => {
  const world = await makeWorld();
  const { inputs } = JSON.parse(await readFile(inputsPath, "utf8"));
  const path = join(world.folder, "inputs.json");
  await writeFile(path, JSON.stringify({ format: 1, inputs: [{ ...inputs[0], extra: true }] }));
  await expect(readInputs(path)).rejects.toMatchObject({ code: "manifest" });
  await expect(readInputs(path)).rejects.toThrow(/inputs\.0\.extra/);
});
