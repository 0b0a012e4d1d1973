/** `--proxy`: everything goes through it, and host names arrive there as names. */
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { publish } from "./registry.ts";
import { startSocks } from "./socks-server.ts";
import { errorOf, makeWorld, readyOf, someBytes, type World } from "./world.ts";

function setEnv(name: string, value: string): void {
  const before = process.env[name];
  process.env[name] = value;
  onTestFinished(() => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  });
}

/** A proxy whose every connection ends at the world's server. */
async function socksTo(world: World, reply?: number) {
  const socks = await startSocks(world.server.port, reply);
  onTestFinished(() => socks.close());
  return socks;
}

test("SOCKS5: our downloads send the host's name, not an address", async () => {
  const world = await makeWorld();
  const input = world.offer(someBytes(300_000));
  const socks = await socksTo(world);
  const mirrors = { electron: "http://electron.example.invalid:8080" };
  readyOf(await world.fetch(input, { mirrors, proxy: socks.url }));
  expect(socks.asked).toEqual([{ type: 3, host: "electron.example.invalid", port: 8080 }]);
  expect(world.server.seen[0]?.headers.host).toBe("electron.example.invalid:8080");
});

test("SOCKS5: npm's library does too, whatever no_proxy says", async () => {
  const world = await makeWorld();
  setEnv("npm_config_cache", join(world.folder, "npm-cache"));
  setEnv("no_proxy", "example.invalid,registry.example.invalid");
  setEnv("npm_config_noproxy", "registry.example.invalid");
  const base = "http://registry.example.invalid:4873";
  const input = publish(world.server, "proxied", "1.0.0", someBytes(1000), base);
  const socks = await socksTo(world);
  readyOf(await world.fetch(input, { mirrors: { npm: base }, proxy: socks.url }));
  expect(socks.asked.length).toBeGreaterThan(0);
  for (const asked of socks.asked) {
    expect(asked).toEqual({ type: 3, host: "registry.example.invalid", port: 4873 });
  }
});

test("SOCKS5: https is spoken inside, with the name in the certificate's request", async () => {
  const world = await makeWorld();
  const input = world.offer(someBytes(10));
  const socks = await socksTo(world);
  // The server speaks no TLS: what counts is that the proxy is asked for port 443 by name.
  const mirrors = { electron: "https://electron.example.invalid" };
  errorOf(await world.fetch(input, { mirrors, proxy: socks.url }));
  expect(socks.asked[0]).toEqual({ type: 3, host: "electron.example.invalid", port: 443 });
  expect(world.server.seen).toEqual([]);
});

test("SOCKS5: what the proxy says of a host is passed on", async () => {
  const world = await makeWorld();
  const input = world.offer(someBytes(10));
  const socks = await socksTo(world, 4);
  const mirrors = { electron: "http://electron.example.invalid" };
  const error = errorOf(await world.fetch(input, { mirrors, proxy: socks.url }));
  expect(error.message).toMatch(/electron\.example\.invalid: the proxy says: .*HostUnreachable/);
  expect(socks.asked).toHaveLength(2);
});

test("a proxy that isn't there: unreachable, and nothing goes around it", async () => {
  const world = await makeWorld();
  const input = world.offer(someBytes(10));
  const socks = await socksTo(world);
  await socks.close();
  errorOf(await world.fetch(input, { proxy: socks.url }));
  setEnv("npm_config_cache", join(world.folder, "npm-cache"));
  const npm = publish(world.server, "around", "1.0.0", someBytes(10));
  errorOf(await world.fetch(npm, { mirrors: { npm: world.server.url }, proxy: socks.url }));
  expect(world.server.seen).toEqual([]);
});

test("an HTTP proxy is asked for names as well", async () => {
  const world = await makeWorld();
  const input = world.offer(someBytes(1000));
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    asked.push(request.url ?? "");
    const { pathname } = new URL(request.url ?? "");
    const route = world.server.routes.get(pathname);
    response.end(route?.bytes);
  });
  proxy.on("connect", (request, socket) => {
    asked.push(request.url ?? "");
    const onward = connect(world.server.port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connected\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    onward.on("error", () => socket.destroy());
    socket.on("error", () => onward.destroy());
  });
  await new Promise<void>((resolve) => {
    proxy.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => {
    proxy.close();
    proxy.closeAllConnections();
  });
  const { port } = proxy.address() as AddressInfo;
  const mirrors = { electron: "http://electron.example.invalid" };
  readyOf(await world.fetch(input, { mirrors, proxy: `http://127.0.0.1:${port}` }));
  expect(asked[0]).toContain("electron.example.invalid");
});

test("a proxy that would look names up here is refused", async () => {
  const world = await makeWorld();
  const input = world.offer(someBytes(10));
  for (const proxy of ["socks5://127.0.0.1:9050", "socks4://127.0.0.1:9050"]) {
    const result = world.fetch(input, { proxy });
    await expect(result).rejects.toMatchObject({ code: "usage" });
    await expect(result).rejects.toThrow("socks5h://127.0.0.1:9050");
  }
  expect(world.server.seen).toEqual([]);
});
