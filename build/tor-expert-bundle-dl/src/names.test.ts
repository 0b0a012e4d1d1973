import { describe, expect, test } from "vitest";
import { archiveUrl, artifactName, artifactUrl } from "./names.ts";

describe("names", () => {
  // From the Tor Project's sha256sums-signed-build.txt of 15.0.24.
  test.each([
    ["linux", "x64", "tor-expert-bundle-linux-x86_64-15.0.24.tar.gz"],
    ["win32", "x64", "tor-expert-bundle-windows-x86_64-15.0.24.tar.gz"],
    ["darwin", "x64", "tor-expert-bundle-macos-x86_64-15.0.24.tar.gz"],
    ["darwin", "arm64", "tor-expert-bundle-macos-aarch64-15.0.24.tar.gz"],
  ])("%s %s", (platform, arch, name) => {
    expect(artifactName({ version: "15.0.24", platform, arch })).toBe(name);
  });

  test("linux arm64 has a bundle among the alphas only", () => {
    const id = { platform: "linux", arch: "arm64" };
    expect(artifactName({ ...id, version: "16.0a13" })).toBe(
      "tor-expert-bundle-linux-aarch64-16.0a13.tar.gz",
    );
    expect(() => artifactName({ ...id, version: "15.0.24" })).toThrow(
      expect.objectContaining({
        code: "unsupported",
        message: expect.stringContaining("no stable expert bundle for linux arm64"),
      }),
    );
  });

  test.each([
    ["win32", "arm64"],
    ["freebsd", "x64"],
    ["linux", "constructor"],
  ])("%s %s has none", (platform, arch) => {
    expect(() => artifactName({ version: "15.0.24", platform, arch })).toThrow(
      expect.objectContaining({ code: "unsupported" }),
    );
  });

  test.each([
    "",
    "15",
    "v15.0.24",
    "15.0.24/../..",
    "15.0.24\n",
    "15.0.24 ",
    "latest",
  ])("%j is no version", (version) => {
    expect(() => artifactName({ version, platform: "linux", arch: "x64" })).toThrow(
      expect.objectContaining({ code: "usage" }),
    );
  });

  test("addresses", () => {
    const id = { version: "15.0.24", platform: "linux", arch: "x64" };
    expect(artifactUrl(id)).toBe(
      "https://dist.torproject.org/torbrowser/15.0.24/tor-expert-bundle-linux-x86_64-15.0.24.tar.gz",
    );
    expect(artifactUrl(id, archiveUrl)).toBe(
      "https://archive.torproject.org/tor-package-archive/torbrowser/15.0.24/tor-expert-bundle-linux-x86_64-15.0.24.tar.gz",
    );
    expect(artifactUrl(id, "https://mirror.example/tor/")).toBe(
      "https://mirror.example/tor/15.0.24/tor-expert-bundle-linux-x86_64-15.0.24.tar.gz",
    );
  });
});
