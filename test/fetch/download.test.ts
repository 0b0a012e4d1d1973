/** Hosts that misbehave, each against the whole path: our downloader inside @electron/get. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { fetchInputs } from "../../build/fetch/fetch-inputs.ts";
import { type Seen, sendFile } from "./server.ts";
import {
  errorOf,
  leftovers,
  makeWorld,
  pathOf,
  quick,
  readyOf,
  sha256,
  someBytes,
  statesOf,
} from "./world.ts";

const mebibyte = 1 << 20;
/** What a connection that ends may hold in its buffers: it is lost and sent again. */
const inFlight = 200_000;

/** Where the asked range starts; 0 for the whole file. */
function rangeOf(seen: Seen | undefined): number {
  return Number(/^bytes=(\d+)-$/.exec(seen?.headers.range ?? "")?.[1] ?? 0);
}

test("fetches, verifies, tells of it, and takes it from the cache the next time", async () => {
  const world = await makeWorld();
  const bytes = someBytes(3 * mebibyte);
  const input = world.offer(bytes);
  const first = readyOf(await world.fetch(input));
  expect(first).toMatchObject({ from: "network", sha256: sha256(bytes), size: bytes.length });
  expect(sha256(await readFile(first.path))).toBe(input.sha256);
  expect(first.path.endsWith(`/sha256/${input.sha256.slice(0, 2)}/${input.sha256}`)).toBe(true);
  expect(statesOf(world.events)).toEqual([
    "queued",
    "connecting",
    "downloading",
    "verifying",
    "done",
  ]);
  const amounts = world.events.flatMap((e) => (e.state === "downloading" ? [e.received] : []));
  expect(amounts).toEqual([...amounts].sort((a, b) => a - b));
  expect(amounts.at(-1)).toBe(bytes.length);
  expect(world.server.seen[0]?.headers["accept-encoding"]).toBe("identity");

  expect(readyOf(await world.fetch(input))).toEqual({ ...first, from: "cache" });
  expect(world.server.seen).toHaveLength(1);
  expect(await leftovers(world.cacheDir)).toEqual([]);
});

test("a size that isn't known yet is no obstacle", async () => {
  const world = await makeWorld();
  const input = world.offer(someBytes(1000));
  expect(readyOf(await world.fetch({ ...input, size: null }))).toMatchObject({ size: 1000 });
});

test.each([
  ["other bytes of the same size", (bytes: Uint8Array) => someBytes(bytes.length), /sha256/],
  ["a shorter file", (bytes: Uint8Array) => bytes.subarray(0, -1), /expected 5000 bytes/],
  ["a longer file", (bytes: Uint8Array) => Buffer.concat([bytes, bytes]), /at least 10000 bytes/],
])("%s: a mismatch, and nothing of it is kept", async (_name, change, message) => {
  const world = await makeWorld();
  const bytes = someBytes(5000);
  const input = world.offer(bytes);
  world.server.routes.set(pathOf(input), { bytes: change(bytes) });
  const result = world.fetch(input);
  await expect(result).rejects.toMatchObject({ code: "mismatch" });
  await expect(result).rejects.toThrow(/electron:linux-x64/);
  await expect(result).rejects.toThrow(message);
  expect(world.server.seen).toHaveLength(1);
  expect(await leftovers(world.cacheDir)).toEqual([]);

  world.server.routes.set(pathOf(input), { bytes });
  expect(readyOf(await world.fetch(input)).from).toBe("network");
});

test("a body without end stops at the pinned size", async () => {
  const world = await makeWorld();
  const input = world.offer(someBytes(100_000));
  let written = 0;
  world.server.routes.set(pathOf(input), {
    answer: (_request, response) => {
      const chunk = someBytes(10_000);
      const write = (): void => {
        while (!response.destroyed && written < 100 * mebibyte) {
          written += chunk.length;
          if (!response.write(chunk)) break;
        }
      };
      response.on("drain", write);
      write();
    },
  });
  await expect(world.fetch(input)).rejects.toMatchObject({ code: "mismatch" });
  expect(written).toBeLessThan(20 * mebibyte);
});

test("a cut connection is continued where it broke, with If-Range", async () => {
  const world = await makeWorld();
  const bytes = someBytes(2 * mebibyte);
  const route = { bytes, etag: '"v1"' };
  const input = world.offer(bytes);
  world.server.routes.set(pathOf(input), {
    answer: (request, response, attempt) =>
      sendFile(world.server, route, request, response, attempt < 4 ? 400_000 : undefined),
  });
  readyOf(await world.fetch(input));
  expect(world.server.seen).toHaveLength(4);
  expect(world.server.seen[1]?.headers["if-range"]).toBe('"v1"');
  const starts = world.server.seen.slice(1).map(rangeOf);
  expect(starts).toEqual([...starts].sort((a, b) => a - b));
  expect(starts[0]).toBeGreaterThan(0);
  expect(world.server.sent).toBeLessThanOrEqual(bytes.length + 3 * inFlight);
  expect(statesOf(world.events)).toContain("retrying");
});

test("a server without ranges starts anew, and the file is right", async () => {
  const world = await makeWorld();
  const bytes = someBytes(mebibyte);
  const input = world.offer(bytes);
  world.server.routes.set(pathOf(input), {
    answer: (request, response, attempt) => {
      const cut = attempt === 1 ? 300_000 : undefined;
      sendFile(world.server, { bytes, ranges: false }, request, response, cut);
    },
  });
  readyOf(await world.fetch(input));
  expect(rangeOf(world.server.seen[1])).toBeGreaterThan(0);
  expect(world.server.sent).toBe(300_000 + bytes.length);
});

test("two halves of different files are fetched once more as a whole", async () => {
  const world = await makeWorld();
  const bytes = someBytes(mebibyte);
  const input = world.offer(bytes);
  // No ETag: the server has another file, of the same size, only while the first half is sent.
  world.server.routes.set(pathOf(input), {
    answer: (request, response, attempt) => {
      const old = attempt === 1;
      const route = { bytes: old ? someBytes(mebibyte) : bytes };
      sendFile(world.server, route, request, response, old ? 500_000 : undefined);
    },
  });
  readyOf(await world.fetch(input));
  expect(world.server.seen.map((seen) => rangeOf(seen) > 0)).toEqual([false, true, false]);
});

test("and if the whole is wrong too, that is a mismatch", async () => {
  const world = await makeWorld();
  const bytes = someBytes(mebibyte);
  const input = world.offer(bytes);
  const wrong = someBytes(mebibyte);
  world.server.routes.set(pathOf(input), {
    answer: (request, response, attempt) =>
      sendFile(
        world.server,
        { bytes: wrong },
        request,
        response,
        attempt === 1 ? 500_000 : undefined,
      ),
  });
  await expect(world.fetch(input)).rejects.toMatchObject({ code: "mismatch" });
  expect(world.server.seen).toHaveLength(3);
  expect(await leftovers(world.cacheDir)).toEqual([]);
});

test.each([
  [404, 1, /no such file \(HTTP 404\)/],
  [403, 1, /HTTP 403/],
  [500, 5, /HTTP 500/],
  [503, 5, /HTTP 503/],
])("HTTP %d: unreachable after %d requests", async (status, requests, message) => {
  const world = await makeWorld();
  const input = world.offer(someBytes(10));
  world.server.routes.set(pathOf(input), {
    answer: (_request, response) => void response.writeHead(status).end("sorry"),
  });
  const error = errorOf(await world.fetch(input));
  expect(error.code).toBe("unreachable");
  expect(error.message).toMatch(message);
  expect(error.message).toContain(new URL(world.server.url).host);
  expect(world.server.seen).toHaveLength(requests);
});

test("HTTP 500 for a moment is got over", async () => {
  const world = await makeWorld();
  const bytes = someBytes(10);
  const input = world.offer(bytes);
  world.server.routes.set(pathOf(input), {
    answer: (request, response, attempt) => {
      if (attempt < 3) response.writeHead(500).end();
      else sendFile(world.server, { bytes }, request, response);
    },
  });
  expect(readyOf(await world.fetch(input)).from).toBe("network");
});

test("HTTP 429: waits as long as it is asked to", async () => {
  const world = await makeWorld();
  const bytes = someBytes(10);
  const input = world.offer(bytes);
  world.server.routes.set(pathOf(input), {
    answer: (request, response, attempt) => {
      if (attempt === 1) response.writeHead(429, { "retry-after": "7" }).end();
      else sendFile(world.server, { bytes }, request, response);
    },
  });
  const waits: number[] = [];
  const sleep = async (ms: number): Promise<void> => void waits.push(ms);
  readyOf(await world.fetch(input, { timing: { ...quick, longestWait: 10_000, sleep } }));
  expect(waits).toEqual([7000]);
});

test("HTTP 429: gives up at once if that is too long", async () => {
  const world = await makeWorld();
  const input = world.offer(someBytes(10));
  world.server.routes.set(pathOf(input), {
    answer: (_request, response) => void response.writeHead(429, { "retry-after": "3600" }).end(),
  });
  expect(errorOf(await world.fetch(input)).message).toMatch(/HTTP 429, come back in 3600 s/);
  expect(world.server.seen).toHaveLength(1);
});

test("a redirect within the host is followed", async () => {
  const world = await makeWorld();
  const bytes = someBytes(10);
  const input = world.offer(bytes);
  world.server.routes.set("/elsewhere", { bytes });
  world.server.routes.set(pathOf(input), {
    answer: (_request, response) =>
      void response.writeHead(302, { location: "/elsewhere" }).end("moved"),
  });
  readyOf(await world.fetch(input));
});

test("a redirect to another host is not, nor one in a circle", async () => {
  const world = await makeWorld();
  const other = await makeWorld();
  const bytes = someBytes(10);
  const input = world.offer(bytes);
  const path = pathOf(input);
  other.server.routes.set(path, { bytes });
  const redirect = (location: string): void => {
    world.server.routes.set(path, {
      answer: (_request, response) => void response.writeHead(301, { location }).end(),
    });
  };
  redirect(`${other.server.url}${path}`);
  expect(errorOf(await world.fetch(input)).message).toContain(
    `redirects to ${other.server.url}, which is not a host`,
  );
  expect(other.server.seen).toEqual([]);
  // Known hosts, but not by http or on another port.
  for (const location of [
    "http://objects.githubusercontent.com/x",
    "https://objects.githubusercontent.com:8443/x",
    "https://objects.githubusercontent.com.example.org/x",
    "file:///etc/passwd",
  ]) {
    redirect(location);
    expect(errorOf(await world.fetch(input)).message).toMatch(/redirects to .* not a host/);
  }
  redirect(path);
  const before = world.server.seen.length;
  expect(errorOf(await world.fetch(input)).message).toMatch(/redirects more than 5 times/);
  expect(world.server.seen.length - before).toBe(6);
});

test("a server that stops sending is left, and continued from there", async () => {
  const world = await makeWorld();
  const bytes = someBytes(1000);
  const input = world.offer(bytes);
  world.server.routes.set(pathOf(input), {
    answer: (request, response, attempt) => {
      if (attempt > 1) sendFile(world.server, { bytes }, request, response);
      else response.writeHead(200, { "content-length": 1000 }).write(bytes.subarray(0, 400));
    },
  });
  readyOf(await world.fetch(input));
  expect(world.server.seen[1]?.headers.range).toBe("bytes=400-");
  expect(JSON.stringify(world.events)).toContain("it stopped sending");
});

test("a host that accepts and never answers is given up after two attempts", async () => {
  const world = await makeWorld();
  const input = world.offer(someBytes(10));
  world.server.routes.set(pathOf(input), { answer: () => {} });
  expect(errorOf(await world.fetch(input)).message).toMatch(/it sent no answer/);
  expect(world.server.seen).toHaveLength(2);
});

test("a host that refuses is asked twice for the first file and not at all for the others", async () => {
  const world = await makeWorld();
  const inputs = ["linux-x64", "linux-arm64", "win32-x64", "darwin-x64"].map((name) => ({
    ...world.offer(someBytes(10)),
    id: `electron:${name}`,
  }));
  await world.server.close();
  const results = await fetchInputs(inputs, { ...world.options, concurrency: 1 });
  for (const input of inputs) {
    const result = results.get(input.id);
    expect(result).toMatchObject({ state: "unreachable", error: { code: "unreachable" } });
    if (result !== undefined) expect(errorOf(result).message).toMatch(/refuses connections/);
  }
  expect(world.events.filter(({ state }) => state === "connecting")).toHaveLength(2);
});

test("a name that does not exist is decided at once", async () => {
  const world = await makeWorld();
  const input = world.offer(someBytes(10));
  // RFC 6761: `invalid` never resolves.
  const mirrors = { electron: "https://electron.invalid" };
  const started = performance.now();
  const result = await world.fetch(input, { mirrors, timing: undefined });
  expect(errorOf(result).message).toMatch(/electron\.invalid: its name can't be looked up/);
  expect(performance.now() - started).toBeLessThan(10_000);
});

test("one mismatch ends everything at once, and what the others have is continued", async () => {
  const world = await makeWorld();
  const good = { ...world.offer(someBytes(mebibyte)), id: "electron:linux-arm64" };
  const bad = world.offer(someBytes(1000));
  const bytes = world.server.routes.get(pathOf(good))?.bytes ?? new Uint8Array();
  let half: () => void = () => {};
  const halfSent = new Promise<void>((resolve) => {
    half = resolve;
  });
  world.server.routes.set(pathOf(good), {
    answer: (_request, response) => {
      response.writeHead(200, { "content-length": bytes.length });
      response.write(bytes.subarray(0, 500_000), () => setTimeout(half, 50));
    },
  });
  world.server.routes.set(pathOf(bad), {
    answer: async (_request, response) => {
      await halfSent;
      response.end(someBytes(1000));
    },
  });
  const timing = { ...quick, answer: 5000, stall: 60_000 };
  const started = performance.now();
  const run = fetchInputs([good, bad], { ...world.options, timing });
  await expect(run).rejects.toMatchObject({ code: "mismatch" });
  expect(performance.now() - started).toBeLessThan(10_000);

  world.server.routes.set(pathOf(good), { bytes });
  readyOf(await world.fetch(good));
  expect(world.server.sent).toBeLessThanOrEqual(bytes.length - 500_000 + inFlight);
});

test("stops when told to, and a second run continues", async () => {
  const world = await makeWorld();
  const bytes = someBytes(mebibyte);
  const input = world.offer(bytes);
  const stop = new AbortController();
  world.server.routes.set(pathOf(input), {
    answer: (request, response, attempt) => {
      if (attempt > 1) return sendFile(world.server, { bytes }, request, response);
      response.writeHead(200, { "content-length": bytes.length });
      response.write(bytes.subarray(0, 600_000), () => setTimeout(() => stop.abort(), 50));
    },
  });
  const timing = { ...quick, stall: 60_000 };
  const run = world.fetch(input, { signal: stop.signal, timing });
  await expect(run).rejects.toMatchObject({ code: "interrupted" });
  readyOf(await world.fetch(input));
  expect(world.server.sent).toBeLessThanOrEqual(bytes.length - 600_000 + inFlight);
});
