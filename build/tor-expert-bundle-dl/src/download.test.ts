import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { FetchDownloader as ElectronDownloader } from "@electron/get";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { day, detach, makeSigner, publicBytes, signingSubkey } from "../testkit/keys.ts";
import { startServer, status, type TestServer } from "../testkit/server.ts";
import { type ArtifactOptions, downloadArtifact } from "./download.ts";
import type { Downloader } from "./fetch-downloader.ts";

const version = "15.0.24";
const name = `tor-expert-bundle-linux-x86_64-${version}.tar.gz`;
const archive = Buffer.alloc(200_000, "not really tor ");
const sha256 = createHash("sha256").update(archive).digest("hex");
const sums = Buffer.from(`${"0".repeat(64)}  geckodriver.tar.xz\n${sha256}  ${name}\n`);
const key = await makeSigner();
const signature = await detach(signingSubkey(key).keyPacket, sums, day("2026-09-29"));

const sumsPath = `/dist/${version}/sha256sums-signed-build.txt`;
const archivePath = `/dist/${version}/${name}`;
const keyPath = "/.well-known/openpgpkey/torproject.org/hu/kounek7zrdx745qydx6p59t9mqjpuhdf";

let server: TestServer;
let root = "";
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

let cacheRoot = "";
let tempDirectory = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "tebd-"));
  cacheRoot = join(root, "cache");
  tempDirectory = join(root, "temp");
  server.files.clear();
  server.asked.length = 0;
  server.files.set(sumsPath, sums);
  server.files.set(`${sumsPath}.asc`, signature);
  server.files.set(archivePath, archive);
  server.files.set(keyPath, publicBytes(key));
  return () => rm(root, { recursive: true });
});

function get(options: Partial<ArtifactOptions> = {}): Promise<string> {
  return downloadArtifact({
    version,
    platform: "linux",
    arch: "x64",
    key: publicBytes(key),
    fingerprint: key.getFingerprint(),
    cacheRoot,
    tempDirectory,
    mirrorOptions: { mirror: `${server.url}/dist` },
    now: day("2026-11-23"),
    ...options,
  });
}

/** Everything below the cache, to see that nothing else is left. */
async function cached(): Promise<string[]> {
  const found = await readdir(cacheRoot, { recursive: true, withFileTypes: true }).catch(() => []);
  return found.filter((entry) => entry.isFile()).map((entry) => entry.name);
}
const leftInTemp = (): Promise<string[]> => readdir(tempDirectory);

describe("downloadArtifact", () => {
  test("fetches the sums, their signature and the archive; then only verifies the cache", async () => {
    const path = await get();
    expect((await readFile(path)).equals(archive)).toBe(true);
    expect(path).toBe(join(cacheRoot, sha256, name));
    expect(server.asked).toEqual([sumsPath, `${sumsPath}.asc`, archivePath]);
    expect(await leftInTemp()).toEqual([]);

    server.files.clear();
    expect(await get()).toBe(path);
    expect(server.asked).toHaveLength(3);
  });

  test("fetches the key as well when it is not given one", async () => {
    const path = await downloadArtifact({
      version,
      platform: "linux",
      arch: "x64",
      fingerprint: key.getFingerprint(),
      cacheRoot,
      tempDirectory,
      mirrorOptions: { mirror: `${server.url}/dist`, keyMirror: server.url },
    });
    expect(basename(path)).toBe(name);
    expect(server.asked[0]).toBe(keyPath);
  });

  test("reports progress of the archive only", async () => {
    const totals = new Set<number | null>();
    const getProgressCallback = ({ total }: { total: number | null }): void =>
      void totals.add(total);
    await get({ downloadOptions: { getProgressCallback } });
    expect([...totals]).toEqual([archive.length]);
  });

  test("the modes of the cache", async () => {
    const bypassed = await get({ cacheMode: "bypass" });
    expect(dirname(dirname(bypassed))).toBe(tempDirectory);
    expect(await readdir(dirname(bypassed))).toEqual([name]);
    expect(await cached()).toEqual([]);
    await rm(dirname(bypassed), { recursive: true });

    const path = await get({ cacheMode: "write-only" });
    expect(dirname(dirname(path))).toBe(cacheRoot);
    await get({ force: true });
    expect(server.asked.filter((asked) => asked === archivePath)).toHaveLength(3);

    const copy = await get({ cacheMode: "read-only" });
    expect(dirname(dirname(copy))).toBe(tempDirectory);
    expect((await readFile(copy)).equals(archive)).toBe(true);
    expect(server.asked.filter((asked) => asked === archivePath)).toHaveLength(3);
  });

  test("two at once end with one good file", async () => {
    const [first, second] = await Promise.all([get(), get()]);
    expect(first).toBe(second);
    expect((await readFile(first)).equals(archive)).toBe(true);
    expect(await cached()).toHaveLength(3);
  });

  test("a platform without a bundle asks nobody", async () => {
    await expect(get({ arch: "arm64" })).rejects.toMatchObject({ code: "unsupported" });
    expect(server.asked).toEqual([]);
  });
});

describe("a spoiled cache", () => {
  test.each([
    [
      "changed",
      (path: string): Promise<void> => writeFile(path, Buffer.alloc(archive.length, "x")),
    ],
    ["cut short", (path: string): Promise<void> => truncate(path, 1000)],
    ["removed", (path: string): Promise<void> => rm(path)],
  ])("an archive that was %s is fetched again", async (_what, spoil) => {
    const path = await get();
    await spoil(path);
    expect(await get()).toBe(path);
    expect((await readFile(path)).equals(archive)).toBe(true);
    expect(server.asked.filter((asked) => asked === archivePath)).toHaveLength(2);
  });

  test.each([
    "sha256sums-signed-build.txt",
    "sha256sums-signed-build.txt.asc",
  ])("%s is fetched again", async (file) => {
    await get();
    await writeFile(join(cacheRoot, version, file), "spoiled");
    await get();
    expect(server.asked.filter((asked) => asked === sumsPath)).toHaveLength(2);
    expect(server.asked.filter((asked) => asked === archivePath)).toHaveLength(1);
  });

  test("sums in the cache that list a false archive are not believed", async () => {
    const path = await get();
    const evil = Buffer.from("evil");
    const evilHash = createHash("sha256").update(evil).digest("hex");
    await writeFile(path, evil);
    await writeFile(
      join(cacheRoot, version, "sha256sums-signed-build.txt"),
      sums.toString().replace(sha256, evilHash),
    );
    expect((await readFile(await get())).equals(archive)).toBe(true);
  });
});

describe("what a host may do wrong", () => {
  afterEachLeavesNothing();

  test.each([
    ["other bytes", Buffer.alloc(archive.length, "evil"), "mismatch"],
    ["a part", archive.subarray(0, 1000), "mismatch"],
    ["more", Buffer.concat([archive, Buffer.from("x")]), "mismatch"],
    ["nothing", Buffer.alloc(0), "mismatch"],
    ["429", status(429), "unreachable"],
    ["500", status(500), "unreachable"],
    ["another host", status(302, { location: "https://example.org/x" }), "refused"],
    ["too much", status(200, { "content-length": String(2 ** 30) }), "too-large"],
  ])("archive: %s", async (_what, answer, code) => {
    server.files.set(archivePath, answer);
    await expect(get()).rejects.toMatchObject({ code });
    expect(await cached()).not.toContain(name);
  });

  test("archive: silence", async () => {
    server.files.set(archivePath, () => undefined);
    await expect(get({ downloadOptions: { stallTimeout: 50 } })).rejects.toMatchObject({
      code: "unreachable",
    });
  });

  test.each([
    ["a false sum", Buffer.from(sums.toString().replace("0", "1")), "signature"],
    ["500", status(500), "unreachable"],
    ["too much", Buffer.alloc(256 * 1024 + 1), "too-large"],
  ])("sums: %s", async (_what, answer, code) => {
    server.files.set(sumsPath, answer);
    await expect(get()).rejects.toMatchObject({ code });
    expect(await cached()).toEqual([]);
    expect(server.asked).not.toContain(archivePath);
  });

  test("sums without a signature, and with a web page in its place", async () => {
    server.files.delete(`${sumsPath}.asc`);
    await expect(get()).rejects.toMatchObject({ code: "not-found" });
    server.files.set(`${sumsPath}.asc`, Buffer.from("<html>"));
    await expect(get()).rejects.toMatchObject({ code: "signature" });
    expect(await cached()).toEqual([]);
  });

  test("the signed sums of another version", async () => {
    const older = Buffer.from(sums.toString().replaceAll("15.0.24", "15.0.20"));
    server.files.set(sumsPath, older);
    server.files.set(
      `${sumsPath}.asc`,
      await detach(signingSubkey(key).keyPacket, older, day("2026-07-01")),
    );
    await expect(get()).rejects.toMatchObject({
      code: "sums",
      message: expect.stringContaining(`does not list ${name}`),
    });
  });

  test("a key of its own", async () => {
    const stranger = await makeSigner();
    const bySelf = await detach(signingSubkey(stranger).keyPacket, sums, day("2026-09-29"));
    server.files.set(`${sumsPath}.asc`, bySelf);
    await expect(get()).rejects.toMatchObject({ code: "key-outdated" });
    await expect(get({ key: publicBytes(stranger) })).rejects.toMatchObject({ code: "key" });
  });
});

/** Whatever fails, the temporary folder is empty afterwards. */
function afterEachLeavesNothing(): void {
  beforeEach(() => async () => {
    expect(await leftInTemp()).toEqual([]);
  });
}

describe("the archive mirror", () => {
  const old = (path: string): string => path.replace("/dist/", "/archive/");

  test("is asked for what the first one no longer has", async () => {
    for (const path of [sumsPath, `${sumsPath}.asc`, archivePath]) {
      server.files.set(old(path), server.files.get(path) ?? Buffer.alloc(0));
      server.files.delete(path);
    }
    const mirrorOptions = { mirror: `${server.url}/dist`, archiveMirror: `${server.url}/archive/` };
    expect(basename(await get({ mirrorOptions }))).toBe(name);
    expect(server.asked.slice(0, 2)).toEqual([sumsPath, old(sumsPath)]);
  });

  test("is not asked when the first one is only overloaded", async () => {
    server.files.set(sumsPath, status(503));
    const mirrorOptions = { mirror: `${server.url}/dist`, archiveMirror: `${server.url}/archive` };
    await expect(get({ mirrorOptions })).rejects.toMatchObject({ code: "unreachable" });
    expect(server.asked).toEqual([sumsPath]);
  });

  test("a version that nobody has", async () => {
    const mirrorOptions = { mirror: `${server.url}/dist`, archiveMirror: `${server.url}/archive` };
    await expect(get({ version: "15.0.99", mirrorOptions })).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining(`${server.url}/dist, ${server.url}/archive`),
    });
  });
});

describe("checksums", () => {
  test("must agree with the signed ones", async () => {
    await get({ checksums: { [name]: sha256.toUpperCase() } });
    await expect(get({ checksums: { [name]: "1".repeat(64) } })).rejects.toMatchObject({
      code: "mismatch",
      message: expect.stringContaining("neither is used"),
    });
  });

  test("do not replace the signature", async () => {
    server.files.set(`${sumsPath}.asc`, Buffer.from("none"));
    await expect(get({ checksums: { [name]: sha256 } })).rejects.toMatchObject({
      code: "signature",
    });
  });

  test.each([
    {},
    { [name]: "abc" },
    { other: sha256 },
  ])("must name the bundle: %j", async (sums) => {
    await expect(get({ checksums: sums })).rejects.toMatchObject({ code: "usage" });
    expect(server.asked).toEqual([]);
  });
});

describe("another downloader", () => {
  test("@electron/get's fits", async () => {
    const downloader = new ElectronDownloader() as Downloader;
    expect(basename(await get({ downloader }))).toBe(name);
    server.files.delete(sumsPath);
    await expect(get({ downloader, force: true })).rejects.toMatchObject({ code: "not-found" });
  });

  test("one that writes too much, or another file, is found out", async () => {
    const writing = (path: string, bytes: Uint8Array): Downloader => ({
      download: (url, target) =>
        writeFile(
          target,
          url.endsWith(path)
            ? bytes
            : new Uint8Array(server.files.get(new URL(url).pathname) as Uint8Array),
        ),
    });
    await expect(
      get({ downloader: writing(".txt", Buffer.alloc(256 * 1024 + 1)) }),
    ).rejects.toMatchObject({ code: "too-large" });
    await expect(
      get({ downloader: writing(".tar.gz", Buffer.from("evil")) }),
    ).rejects.toMatchObject({ code: "mismatch" });
  });

  test("its own errors come through as they are", async () => {
    const error = new Error("my proxy is down");
    const downloader = { download: (): Promise<void> => Promise.reject(error) };
    await expect(get({ downloader })).rejects.toBe(error);
  });
});

describe("a disk that does not let us", () => {
  test.each(["cacheRoot", "tempDirectory"])("%s below a file", async (option) => {
    await writeFile(join(root, "file"), "");
    await expect(get({ [option]: join(root, "file", "folder") })).rejects.toMatchObject({
      code: "disk",
      message: expect.stringContaining(join(root, "file", "folder")),
    });
  });
});
