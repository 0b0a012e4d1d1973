/** Tor bundles and their signing key, from a host on 127.0.0.1 and signed by keys of the test. */
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PrivateKey } from "openpgp";
import { expect, test } from "vitest";
import { type FetchOptions, fetchInputs } from "../../build/fetch/fetch-inputs.ts";
import type { TorInput, TorKeyInput } from "../../build/manifest.ts";
import {
  day,
  detach,
  makeSigner,
  publicBytes,
  signingSubkey,
} from "../../build/tor-expert-bundle-dl/testkit/keys.ts";
import { type Route, sendFile } from "./server.ts";
import { errorOf, leftovers, makeWorld, readyOf, sha256, someBytes, type World } from "./world.ts";

const version = "15.0.24";
const file = `tor-expert-bundle-linux-x86_64-${version}.tar.gz`;
const sumsPath = `/${version}/sha256sums-signed-build.txt`;
const wkd = "/.well-known/openpgpkey/torproject.org/hu/kounek7zrdx745qydx6p59t9mqjpuhdf";

interface TorWorld extends World {
  readonly signer: PrivateKey;
  readonly bytes: Uint8Array;
  readonly bundle: TorInput;
  readonly key: TorKeyInput;
  readonly tor: FetchOptions;
}

/** A signed release on the world's server. */
async function torWorld(): Promise<TorWorld> {
  const world = await makeWorld();
  const signer = await makeSigner();
  const bytes = someBytes(500_000);
  const { routes, url } = world.server;
  routes.set(wkd, { bytes: publicBytes(signer) });
  routes.set(`/${version}/${file}`, { bytes });
  await sign(routes, signer, `${sha256(bytes)}  ${file}\n`);
  return {
    ...world,
    signer,
    bytes,
    bundle: {
      id: "tor:linux-x64",
      kind: "tor",
      version,
      platform: "linux-x64",
      file,
      size: bytes.length,
      sha256: sha256(bytes),
      trustOnFirstUse: false,
    },
    key: {
      id: "tor-key",
      kind: "torKey",
      fingerprint: signer.getFingerprint().toUpperCase(),
      url: `https://openpgpkey.torproject.org${wkd}`,
    },
    tor: { mirrors: { tor: url, "tor-key": url } },
  };
}

async function sign(routes: Map<string, Route>, signer: PrivateKey, text: string): Promise<void> {
  const sums = Buffer.from(text);
  const signature = await detach(signingSubkey(signer).keyPacket, sums, day("2026-09-29"));
  routes.set(sumsPath, { bytes: sums });
  routes.set(`${sumsPath}.asc`, { bytes: signature });
}

function fetchBoth(world: TorWorld, options: FetchOptions = {}) {
  return fetchInputs([world.bundle, world.key], { ...world.options, ...world.tor, ...options });
}

test("a signed bundle, and its key; then both from the cache", async () => {
  const world = await torWorld();
  const first = await fetchBoth(world);
  expect(first.get("tor:linux-x64")).toMatchObject({ from: "network", size: 500_000 });
  expect(first.get("tor-key")).toMatchObject({ from: "network" });
  expect(world.server.seen.map(({ path }) => path)).toEqual([
    wkd,
    sumsPath,
    `${sumsPath}.asc`,
    `/${version}/${file}`,
  ]);
  // The small files' progress is not the bundle's.
  const progress = world.events.filter(({ state }) => state === "downloading");
  expect(progress.every((event) => "total" in event && event.total === 500_000)).toBe(true);
  expect(await leftovers(world.cacheDir)).toEqual([]);

  const second = await fetchBoth(world, { offline: true });
  expect(second.get("tor:linux-x64")).toMatchObject({ from: "cache" });
  expect(second.get("tor-key")).toMatchObject({ from: "cache" });
  expect(world.server.seen).toHaveLength(4);
});

test("a cut download is continued", async () => {
  const world = await torWorld();
  const route = { bytes: world.bytes };
  world.server.routes.set(`/${version}/${file}`, {
    answer: (request, response, attempt) =>
      sendFile(world.server, route, request, response, attempt === 1 ? 300_000 : undefined),
  });
  readyOf(await world.fetch(world.bundle, { ...world.tor, key: world.key }));
  expect(world.server.seen.at(-1)?.headers.range).toMatch(/^bytes=\d+-$/);
});

test("sums that somebody else signed", async () => {
  const world = await torWorld();
  await sign(world.server.routes, await makeSigner(), `${sha256(world.bytes)}  ${file}\n`);
  const result = fetchBoth(world);
  await expect(result).rejects.toMatchObject({ code: "signature" });
  await expect(result).rejects.toThrow(/tor:linux-x64: .*somebody else signed/);
  expect(world.server.seen.map(({ path }) => path)).not.toContain(`/${version}/${file}`);
});

test("sums without a signature: the bundle can't be had", async () => {
  const world = await torWorld();
  world.server.routes.delete(`${sumsPath}.asc`);
  const results = await fetchBoth(world);
  expect(results.get("tor:linux-x64")).toMatchObject({ error: { code: "unreachable" } });
  expect(world.server.seen.map(({ path }) => path)).not.toContain(`/${version}/${file}`);
});

test("a signed bundle that is not the pinned one", async () => {
  const world = await torWorld();
  const other = someBytes(world.bytes.length);
  world.server.routes.set(`/${version}/${file}`, { bytes: other });
  await sign(world.server.routes, world.signer, `${sha256(other)}  ${file}\n`);
  await expect(fetchBoth(world)).rejects.toMatchObject({ code: "mismatch" });
});

test("the pinned sums, but other bytes", async () => {
  const world = await torWorld();
  world.server.routes.set(`/${version}/${file}`, { bytes: someBytes(world.bytes.length) });
  const result = fetchBoth(world);
  await expect(result).rejects.toMatchObject({ code: "mismatch" });
  await expect(result).rejects.toThrow(/tor:linux-x64/);
});

test("a key with another fingerprint", async () => {
  const world = await torWorld();
  world.server.routes.set(wkd, { bytes: publicBytes(await makeSigner()) });
  const result = fetchBoth(world);
  await expect(result).rejects.toMatchObject({ code: "signature" });
  await expect(result).rejects.toThrow(world.key.fingerprint);
  await expect(stat(join(world.cacheDir, "keys"))).rejects.toMatchObject({ code: "ENOENT" });
});

test("a key that can't be had: an older copy serves, if there is one", async () => {
  const world = await torWorld();
  world.server.routes.delete(wkd);
  const without = await fetchBoth(world);
  expect(without.get("tor:linux-x64")).toMatchObject({ error: { code: "unreachable" } });
  expect(without.get("tor-key")).toMatchObject({ error: { code: "unreachable" } });

  world.server.routes.set(wkd, { bytes: publicBytes(world.signer) });
  readyOf(await world.fetch(world.key, world.tor));
  world.server.routes.delete(wkd);
  const results = await fetchBoth(world);
  expect(results.get("tor:linux-x64")).toMatchObject({ from: "network" });
  expect(results.get("tor-key")).toMatchObject({ from: "cache" });
});

test("a spoiled copy of the key is fetched again", async () => {
  const world = await torWorld();
  const { path } = readyOf(await world.fetch(world.key, world.tor));
  await writeFile(path, "spoiled");
  expect(readyOf(await world.fetch(world.key, world.tor)).from).toBe("network");
  expect(await readFile(path)).toEqual(Buffer.from(publicBytes(world.signer)));
  await writeFile(path, "spoiled");
  expect(errorOf(await world.fetch(world.key, { offline: true })).code).toBe("unreachable");
});

test("--inputs: bundle and key by their names upstream", async () => {
  const world = await torWorld();
  const inputsDir = join(world.folder, "inputs");
  await mkdir(inputsDir);
  await writeFile(join(inputsDir, file), world.bytes);
  await writeFile(join(inputsDir, wkd.slice(wkd.lastIndexOf("/"))), publicBytes(world.signer));
  const results = await fetchBoth(world, { inputsDir, offline: true });
  expect(results.get("tor:linux-x64")).toMatchObject({ from: "folder" });
  expect(results.get("tor-key")).toMatchObject({ from: "folder" });
  expect(world.server.seen).toEqual([]);
});
