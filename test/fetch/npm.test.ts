/** npm packages from a registry on 127.0.0.1, through npm's own library. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { FetchOptions } from "../../build/fetch/fetch-inputs.ts";
import { outcome, startFetch } from "./child.ts";
import { publish, tarballPath } from "./registry.ts";
import { sendFile } from "./server.ts";
import {
  errorOf,
  leftovers,
  makeWorld,
  quick,
  readyOf,
  sha256,
  someBytes,
  type World,
} from "./world.ts";

/** npm's configuration comes from the environment, as under `npm run`. */
function setEnv(values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) {
    const before = process.env[name];
    process.env[name] = value;
    onTestFinished(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
  }
}

async function npmWorld(): Promise<World & { readonly npm: FetchOptions }> {
  const world = await makeWorld();
  setEnv({ npm_config_cache: join(world.folder, "npm-cache") });
  return { ...world, npm: { mirrors: { npm: world.server.url } } };
}

test("fetches by integrity, and leaves npm's own cache alone", async () => {
  const world = await npmWorld();
  const tarball = someBytes(300_000);
  const input = publish(world.server, "@scope/thing", "1.2.3", tarball);
  const first = readyOf(await world.fetch(input, world.npm));
  expect(first).toMatchObject({ from: "network", sha256: sha256(tarball), size: tarball.length });
  expect(readyOf(await world.fetch(input, world.npm))).toEqual({ ...first, from: "cache" });
  expect(world.server.seen.map(({ path }) => path)).toEqual([
    "/@scope%2fthing",
    tarballPath("@scope/thing", "1.2.3"),
  ]);
  expect(await readdir(world.folder)).toEqual(["cache"]);
  expect(await leftovers(world.cacheDir)).toEqual([]);
});

test("a package that only the lockfile pins is kept by its sha512", async () => {
  const world = await npmWorld();
  const tarball = someBytes(1000);
  const input = {
    ...publish(world.server, "locked", "1.0.0", tarball),
    sha256: null,
    size: null,
    lockPath: "node_modules/locked",
  };
  const { path, sha256: found } = readyOf(await world.fetch(input, world.npm));
  expect(path).toContain("/sha512/");
  expect(found).toBe(sha256(tarball));
  expect(readyOf(await world.fetch(input, world.npm)).from).toBe("cache");
});

test("takes from npm's cache what `npm ci` has left there, even offline", async () => {
  const world = await npmWorld();
  const tarball = someBytes(1000);
  const input = publish(world.server, "known", "1.0.0", tarball);
  // The library with which npm writes its cache.
  const require = createRequire(createRequire(import.meta.url).resolve("pacote"));
  const cacache = require("cacache");
  await cacache.put(join(world.folder, "npm-cache", "_cacache"), "key", tarball);
  expect(readyOf(await world.fetch(input, { ...world.npm, offline: true })).from).toBe("cache");
  expect(world.server.seen).toEqual([]);
});

test("other bytes than the pinned ones: a mismatch", async () => {
  const world = await npmWorld();
  const tarball = someBytes(1000);
  const input = publish(world.server, "evil", "1.0.0", tarball);
  world.server.routes.set(tarballPath("evil", "1.0.0"), { bytes: someBytes(1000) });
  const result = world.fetch(input, world.npm);
  await expect(result).rejects.toMatchObject({ code: "mismatch" });
  await expect(result).rejects.toThrow(/npm:evil .*expected sha512-/);
  expect(await leftovers(world.cacheDir)).toEqual([]);
});

test("a registry that pins something else than we do: a mismatch", async () => {
  const world = await npmWorld();
  const input = publish(world.server, "changed", "1.0.0", someBytes(1000));
  publish(world.server, "changed", "1.0.0", someBytes(1000));
  await expect(world.fetch(input, world.npm)).rejects.toMatchObject({ code: "mismatch" });
});

test("the right integrity with another sha256 or size is no match either", async () => {
  const world = await npmWorld();
  const input = publish(world.server, "odd", "1.0.0", someBytes(1000));
  for (const change of [{ sha256: "0".repeat(64) }, { size: 999 }, { size: 1001 }]) {
    const result = world.fetch({ ...input, ...change }, world.npm);
    await expect(result).rejects.toMatchObject({ code: "mismatch" });
  }
});

test.each([
  ["/gone", 404, 1, /HTTP 404/],
  ["/broken", 500, 5, /HTTP 500/],
])("%s answers %d: unreachable after %d requests", async (path, status, requests, message) => {
  const world = await npmWorld();
  const name = path.slice(1);
  const input = publish(world.server, name, "1.0.0", someBytes(10));
  world.server.routes.set(tarballPath(name, "1.0.0"), {
    answer: (_request, response) => void response.writeHead(status).end(),
  });
  expect(errorOf(await world.fetch(input, world.npm)).message).toMatch(message);
  const asked = world.server.seen.filter((seen) => seen.path === tarballPath(name, "1.0.0"));
  expect(asked).toHaveLength(requests);
});

test("a version that the registry lacks", async () => {
  const world = await npmWorld();
  const input = publish(world.server, "old", "1.0.0", someBytes(10));
  const error = errorOf(await world.fetch({ ...input, version: "2.0.0" }, world.npm));
  expect(error.message).toMatch(/it has no version 2\.0\.0/);
});

test("a cut connection and a stall are tried again", async () => {
  const world = await npmWorld();
  const tarball = someBytes(100_000);
  const input = publish(world.server, "flaky", "1.0.0", tarball);
  const route = { bytes: tarball };
  world.server.routes.set(tarballPath("flaky", "1.0.0"), {
    answer: (request, response, attempt) => {
      if (attempt === 1) sendFile(world.server, route, request, response, 50_000);
      else if (attempt > 2) sendFile(world.server, route, request, response);
      else response.writeHead(200, { "content-length": 100_000 }).write(tarball.subarray(0, 9));
    },
  });
  expect(readyOf(await world.fetch(input, world.npm)).from).toBe("network");
  expect(world.events.filter(({ state }) => state === "retrying")).toHaveLength(2);
});

test("a registry that never answers is given up once for all packages", async () => {
  const world = await npmWorld();
  const input = publish(world.server, "silent", "1.0.0", someBytes(10));
  world.server.routes.set("/silent", { answer: () => {} });
  const timing = { ...quick, connect: 100, answer: 100, stall: 5000 };
  const error = errorOf(await world.fetch(input, { ...world.npm, timing }));
  expect(error.message).toMatch(/does not answer in time/);
  expect(world.server.seen).toHaveLength(1);
});

// Nobody accepts: the kernel holds two connections for it, and the others get no answer at all.
const deaf = `
  const server = require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    require("node:fs").writeSync(1, server.address().port + "\\n");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
    process.exit();
  });`;

test("a connection that is never answered does not keep the process alive", async () => {
  const world = await npmWorld();
  const input = publish(world.server, "deaf", "1.0.0", someBytes(10));
  const server = spawn(process.execPath, ["-e", deaf], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void server.kill("SIGKILL"));
  const [port] = await once(server.stdout, "data");
  const url = `http://127.0.0.1:${Number(String(port))}`;
  for (let count = 0; count < 4; count++) {
    const filler = connect(Number(String(port)), "127.0.0.1").on("error", () => {});
    onTestFinished(() => void filler.destroy());
  }
  const started = performance.now();
  const timing = { connect: 200, answer: 200 };
  const child = startFetch([input], { cacheDir: world.cacheDir, mirrors: { npm: url }, timing });
  const closed = once(child, "close");
  const { results } = await outcome(child);
  expect(results?.[0]?.[1].state).toBe("unreachable");
  await closed;
  expect(performance.now() - started).toBeLessThan(20_000);
});

test("stops when told to", async () => {
  const world = await npmWorld();
  const input = publish(world.server, "slow", "1.0.0", someBytes(1000));
  const stop = new AbortController();
  world.server.routes.set(tarballPath("slow", "1.0.0"), {
    answer: (_request, response) => {
      response.writeHead(200, { "content-length": 1000 }).write(someBytes(10));
      setTimeout(() => stop.abort(), 50);
    },
  });
  const result = world.fetch(input, { ...world.npm, signal: stop.signal });
  await expect(result).rejects.toMatchObject({ code: "interrupted" });
  expect(await leftovers(world.cacheDir)).toEqual([]);
});

test("honours the user's npmrc: registry and credentials of a scope", async () => {
  const world = await npmWorld();
  const tarball = someBytes(1000);
  const input = publish(world.server, "@mine/private", "1.0.0", tarball);
  const npmrc = join(world.folder, "npmrc");
  const { host } = new URL(world.server.url);
  await writeFile(
    npmrc,
    `@mine:registry=${world.server.url}/\n//${host}/:_authToken=not-a-secret\n`,
  );
  setEnv({ npm_config_userconfig: npmrc });
  readyOf(await world.fetch(input));
  expect(world.server.seen.map(({ headers }) => headers.authorization)).toEqual([
    "Bearer not-a-secret",
    "Bearer not-a-secret",
  ]);
});

test("--inputs: by the name that `npm pack` gives", async () => {
  const world = await npmWorld();
  const tarball = someBytes(1000);
  const input = publish(world.server, "@scope/thing", "1.2.3", tarball);
  const inputsDir = join(world.folder, "inputs");
  await mkdir(inputsDir);
  await writeFile(join(inputsDir, "scope-thing-1.2.3.tgz"), tarball);
  const result = readyOf(await world.fetch(input, { inputsDir, offline: true }));
  expect(result).toMatchObject({ from: "folder", sha256: sha256(tarball) });
  await rm(join(inputsDir, "scope-thing-1.2.3.tgz"));
  expect(errorOf(await world.fetch(input, { inputsDir, offline: true })).message).toMatch(
    /neither in the cache nor in --inputs/,
  );
});
