import { describe, expect, it } from "vitest";
import { ShellError } from "../errors.ts";
import { type BrowserSearch, findBrowser } from "./find-browser.ts";

/** A machine that has exactly these programs. */
function machine(
  platform: NodeJS.Platform,
  programs: readonly string[],
  rest: Partial<BrowserSearch> = {},
): BrowserSearch {
  return {
    platform,
    env: { PATH: "/usr/local/bin:/usr/bin" },
    home: "/home/ada",
    asked: undefined,
    isProgram: (path) => programs.includes(path),
    ...rest,
  };
}

const windows = {
  env: {
    ProgramFiles: "C:\\Program Files",
    "ProgramFiles(x86)": "C:\\Program Files (x86)",
    LOCALAPPDATA: "C:\\Users\\Ada\\AppData\\Local",
  },
};

describe("a browser is found", () => {
  it.each<[string, BrowserSearch, string]>([
    ["on PATH", machine("linux", ["/usr/bin/chromium"]), "/usr/bin/chromium"],
    [
      "in a folder that only PATH names",
      machine("linux", ["/nix/bin/brave"], { env: { PATH: "/nix/bin" } }),
      "/nix/bin/brave",
    ],
    ["without PATH", machine("linux", ["/usr/bin/chromium"], { env: {} }), "/usr/bin/chromium"],
    [
      "in /opt",
      machine("linux", ["/opt/google/chrome/google-chrome"]),
      "/opt/google/chrome/google-chrome",
    ],
    [
      "Chromium before Chrome",
      machine("linux", ["/usr/bin/google-chrome", "/usr/bin/chromium"]),
      "/usr/bin/chromium",
    ],
    [
      "Edge in Program Files (x86)",
      machine(
        "win32",
        ["C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe"],
        windows,
      ),
      "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
    ],
    [
      "Chromium in the user's own folder",
      machine(
        "win32",
        ["C:\\Users\\Ada\\AppData\\Local\\Chromium\\Application\\chrome.exe"],
        windows,
      ),
      "C:\\Users\\Ada\\AppData\\Local\\Chromium\\Application\\chrome.exe",
    ],
    [
      "in /Applications",
      machine("darwin", ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"]),
      "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ],
    [
      "in ~/Applications",
      machine("darwin", ["/Users/ada/Applications/Chromium.app/Contents/MacOS/Chromium"], {
        home: "/Users/ada",
      }),
      "/Users/ada/Applications/Chromium.app/Contents/MacOS/Chromium",
    ],
  ])("%s", (_, search, path) => {
    expect(findBrowser(search)).toEqual({ path, snap: undefined });
  });

  it("by --browser before TOR_MESSENGER_BROWSER before PATH", () => {
    const programs = ["/a", "/b", "/usr/bin/chromium"];
    const env = { PATH: "/usr/bin", TOR_MESSENGER_BROWSER: "/b" };
    expect(findBrowser(machine("linux", programs, { env, asked: "/a" })).path).toBe("/a");
    expect(findBrowser(machine("linux", programs, { env })).path).toBe("/b");
    const unset = { ...env, TOR_MESSENGER_BROWSER: "" };
    expect(findBrowser(machine("linux", programs, { env: unset })).path).toBe("/usr/bin/chromium");
  });

  it("as a snap only when there is no other, and marked", () => {
    const snap = "/snap/bin/chromium";
    expect(findBrowser(machine("linux", [snap]))).toEqual({ path: snap, snap: "chromium" });
    const both = machine("linux", [snap, "/usr/bin/microsoft-edge"]);
    expect(findBrowser(both).path).toBe("/usr/bin/microsoft-edge");
  });

  it("never in a relative folder of PATH: that would be whatever lies in the current one", () => {
    const search = machine("linux", ["chromium", "./chromium", "bin/chromium"], {
      env: { PATH: ".:bin:" },
    });
    expect(() => findBrowser(search)).toThrow(ShellError);
  });
});

describe("where there is none", () => {
  it.each([
    ["linux", ["chromium", "google-chrome", "/snap/bin", "Flatpak", "--browser PATH"]],
    ["win32", ["Edge", "Program Files", "%LOCALAPPDATA%", "--browser PATH"]],
    ["darwin", ["Chrome", "~/Applications", "TOR_MESSENGER_BROWSER"]],
  ] as const)("the message on %s says what was looked for and what to do", (platform, words) => {
    const find = () => findBrowser(machine(platform, []));
    for (const word of words) expect(find).toThrow(word);
    expect(find).toThrow(expect.objectContaining({ code: "no-browser" }));
  });

  it("the message names who named a browser that is not there", () => {
    expect(() => findBrowser(machine("linux", ["/usr/bin/chromium"], { asked: "/x" }))).toThrow(
      "--browser names /x",
    );
    const env = { PATH: "/usr/bin", TOR_MESSENGER_BROWSER: "/y" };
    expect(() => findBrowser(machine("linux", ["/usr/bin/chromium"], { env }))).toThrow(
      "TOR_MESSENGER_BROWSER names /y",
    );
  });
});
