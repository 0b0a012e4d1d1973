import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startServer, status, type TestServer } from "../testkit/server.ts";
import { type DownloadOptions, FetchDownloader, type Progress } from "./fetch-downloader.ts";

const bytes = Buffer.alloc(300_000, "tor");
let folder = "";
let server: TestServer;
let otherHost: TestServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tebd-"));
  [server, otherHost] = await Promise.all([startServer(), startServer()]);
  otherHost.files.set("/file", bytes);
});
afterEach(() => server.files.clear());
afterAll(async () => {
  await Promise.all([server.stop(), otherHost.stop()]);
  await rm(folder, { recursive: true });
});

async function download(path: string, options: DownloadOptions = {}): Promise<Buffer> {
  const target = join(folder, "target");
  await new FetchDownloader().download(`${server.url}${path}`, target, options);
  return readFile(target);
}

describe("FetchDownloader", () => {
  test("writes the file and tells how far it is", async () => {
    server.files.set("/file", bytes);
    const seen: Progress[] = [];
    const got = await download("/file", {
      maxBytes: bytes.length,
      getProgressCallback: (progress) => void seen.push(progress),
    });
    expect(got.equals(bytes)).toBe(true);
    expect(seen.at(-1)).toEqual({ transferred: 300_000, total: 300_000, percent: 1 });
  });

  test("takes a file whose size is not announced", async () => {
    server.files.set("/file", (_request, response) => {
      response.write(bytes.subarray(0, 1000));
      response.end(bytes.subarray(1000));
    });
    expect((await download("/file")).equals(bytes)).toBe(true);
  });

  test.each([
    [404, "not-found"],
    [410, "not-found"],
    [408, "unreachable"],
    [429, "unreachable"],
    [500, "unreachable"],
    [503, "unreachable"],
    [403, "refused"],
    [451, "refused"],
    [204, "refused"],
    [206, "refused"],
    [304, "refused"],
  ])("HTTP %i is %s", async (code, expected) => {
    server.files.set("/file", status(code));
    await expect(download("/file")).rejects.toMatchObject({
      code: expected,
      message: expect.stringContaining(`${server.url}/file`),
    });
  });

  test("follows a redirect on the same host, not one to another, and not for ever", async () => {
    server.files.set("/file", bytes);
    server.files.set("/moved", status(302, { location: "/file" }));
    expect((await download("/moved")).equals(bytes)).toBe(true);

    server.files.set("/away", status(301, { location: `${otherHost.url}/file` }));
    await expect(download("/away")).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining(`redirects to ${otherHost.url}`),
    });
    expect(otherHost.asked).toEqual([]);

    for (const location of ["https://127.0.0.1/file", "file:///etc/passwd", "http://["]) {
      server.files.set("/odd", status(307, { location }));
      await expect(download("/odd")).rejects.toMatchObject({ code: "refused" });
    }
    server.files.set("/round", status(302, { location: "/round" }));
    await expect(download("/round")).rejects.toMatchObject({ code: "refused" });
  });

  test("asks nobody without https, but this machine", async () => {
    for (const url of ["http://dist.torproject.org/x", "http://127.0.0.1.example/x", "ftp://a/x"]) {
      await expect(new FetchDownloader().download(url, join(folder, "x"))).rejects.toMatchObject({
        code: "refused",
        message: expect.stringContaining("not https"),
      });
    }
  });

  test("stops at too many bytes, announced or not", async () => {
    server.files.set("/announced", bytes);
    server.files.set("/not-announced", (_request, response) => {
      response.write(bytes);
      response.end();
    });
    for (const path of ["/announced", "/not-announced"]) {
      await expect(download(path, { maxBytes: 299_999 })).rejects.toMatchObject({
        code: "too-large",
      });
    }
  });

  test("a transfer that breaks off", async () => {
    server.files.set("/file", (_request, response) => {
      response.writeHead(200, { "content-length": bytes.length });
      response.write(bytes.subarray(0, 1000), () => response.destroy());
    });
    await expect(download("/file")).rejects.toMatchObject({ code: "unreachable" });
  });

  test("a host that is silent, before the answer and within it", async () => {
    server.files.set("/silent", () => undefined);
    server.files.set("/stalls", (_request, response) => {
      response.writeHead(200, { "content-length": bytes.length });
      response.write(bytes.subarray(0, 1000));
    });
    for (const path of ["/silent", "/stalls"]) {
      await expect(download(path, { stallTimeout: 50 })).rejects.toMatchObject({
        code: "unreachable",
        message: expect.stringContaining("sent nothing for 50 ms"),
      });
    }
  });

  test("a host that drips", async () => {
    server.files.set("/drips", (_request, response) => {
      const drip = setInterval(() => response.write("."), 10);
      response.on("close", () => clearInterval(drip));
    });
    await expect(download("/drips", { stallTimeout: 5_000, timeout: 120 })).rejects.toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("was not done after 120 ms"),
    });
  });

  test("a host that is slow but never silent for long", async () => {
    server.files.set("/slow", (_request, response) => {
      let left = 12;
      const send = setInterval(() => {
        response.write(".");
        if (--left === 0) {
          clearInterval(send);
          response.end();
        }
      }, 30);
    });
    expect(await download("/slow", { stallTimeout: 250 })).toHaveLength(12);
  });

  test("a host that is not there", async () => {
    const gone = await startServer();
    await gone.stop();
    await expect(
      new FetchDownloader().download(`${gone.url}/file`, join(folder, "x")),
    ).rejects.toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  test("a host that compresses what is already hashed", async () => {
    let accepted: unknown;
    server.files.set("/file.tar.gz", (request, response) => {
      accepted = request.headers["accept-encoding"];
      response.writeHead(200, { "content-encoding": "x-gzip" }).end(bytes);
    });
    await expect(download("/file.tar.gz")).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining("x-gzip"),
    });
    expect(accepted).toBe("identity");
  });

  test("the caller's signal, and the caller's fetch", async () => {
    server.files.set("/silent", () => undefined);
    const signal = AbortSignal.timeout(30);
    await expect(download("/silent", { signal })).rejects.toMatchObject({ code: "aborted" });
    const asked: string[] = [];
    const got = await download("/anything", {
      fetch: async (url) => {
        asked.push(String(url));
        return new Response("through a proxy");
      },
    });
    expect(got.toString()).toBe("through a proxy");
    expect(asked).toEqual([`${server.url}/anything`]);
  });

  test("a place where nothing can be written", async () => {
    server.files.set("/file", bytes);
    await expect(
      new FetchDownloader().download(`${server.url}/file`, join(folder, "no", "such", "folder")),
    ).rejects.toMatchObject({ code: "disk" });
  });
});
