import { expect, test } from "vitest";
import { parseProxy } from "./proxy.ts";
import { checkRedirect, checkUrl } from "./sources.ts";

test("http only where a mirror says so, and nothing but http(s)", () => {
  expect(checkUrl("https://example.org/a", false).href).toBe("https://example.org/a");
  expect(checkUrl("http://example.org/a", true).protocol).toBe("http:");
  for (const [url, isMirror] of [
    ["http://example.org/a", false],
    ["file:///etc/passwd", true],
    ["data:,x", true],
    ["nonsense", true],
  ] as const) {
    expect(() => checkUrl(url, isMirror)).toThrow(expect.objectContaining({ code: "usage" }));
  }
});

test("redirects: the same origin, or a known host by https", () => {
  const from = new URL("https://example.org/a/b");
  const allowed = ["files.example.net"];
  const follow = (location: string | undefined) => String(checkRedirect(from, location, allowed));
  expect(follow("/c")).toBe("https://example.org/c");
  expect(follow("c?d")).toBe("https://example.org/a/c?d");
  expect(follow("https://files.example.net/x")).toBe("https://files.example.net/x");
  for (const location of [
    "http://example.org/c",
    "https://example.org:8443/c",
    "http://files.example.net/x",
    "https://files.example.net:8443/x",
    "https://files.example.net.evil.example/x",
    "https://files.example.net@evil.example/x",
    "//evil.example/x",
    "file:///etc/passwd",
  ]) {
    expect(follow(location)).toMatch(/redirects to /);
  }
  expect(follow(undefined)).toMatch(/nowhere/);
  expect(follow("https://")).toMatch(/nowhere/);
});

test("proxies: those that look names up themselves", () => {
  for (const good of ["socks5h://127.0.0.1:9050", "socks5h://u:p@[::1]:9150", "http://p:8080"]) {
    expect(parseProxy(good)).toBeInstanceOf(URL);
  }
  for (const leaking of [
    "socks5://127.0.0.1:9050",
    "socks://h:1",
    "socks4://h:1",
    "socks4a://h:1",
  ]) {
    expect(() => parseProxy(leaking)).toThrow(/socks5h:\/\//);
  }
  for (const bad of ["", "127.0.0.1:9050", "ftp://h:1", "socks5h://h:1/path"]) {
    expect(() => parseProxy(bad)).toThrow(expect.objectContaining({ code: "usage" }));
  }
});
