import { describe, expect, it } from "vitest";
import { parseArguments } from "../arguments.ts";
import { ownArguments } from "./chromium-switches.ts";

describe("our own arguments among Electron's", () => {
  it.each([
    [["tor-messenger"], []],
    [
      ["tor-messenger", "--version", "--json"],
      ["--version", "--json"],
    ],
    [["tor-messenger", "--ozone-platform=wayland", "--disable-gpu", "--help"], ["--help"]],
    [["tor-messenger", "-psn_0_12345"], []],
    // Stays, so that it ends the program as an unknown argument.
    [["tor-messenger", "--remote-debugging-port=9222"], ["--remote-debugging-port=9222"]],
    [["tor-messenger", "--inspect"], ["--inspect"]],
    [["tor-messenger", "--no-sandbox"], ["--no-sandbox"]],
    [["tor-messenger", "--proxy-server=evil:1"], ["--proxy-server=evil:1"]],
    [["tor-messenger", "file"], ["file"]],
  ])("packaged: %j", (argv, own) => {
    expect(ownArguments(argv, true, false)).toEqual(own);
  });

  it.each([
    "--remote-debugging-port=9222",
    "--remote-debugging-pipe",
    "--inspect-brk",
    "--js-flags=--expose-gc",
    "--disable-web-security",
    "--host-resolver-rules=MAP * 1.2.3.4",
  ])("%s ends a packaged copy as an unknown argument", (argument) => {
    const own = ownArguments(["tor-messenger", "--disable-gpu", argument], true, false);
    expect(() => parseArguments(own, "desktop")).toThrow(`Unknown argument: ${argument}`);
  });

  it("in a checkout come after the app's folder", () => {
    expect(ownArguments(["electron", "/src/app", "--version"], false, false)).toEqual([
      "--version",
    ]);
  });

  it("in tests come among any switches of the test's driver", () => {
    const argv = ["tor-messenger", "--no-sandbox", "--remote-debugging-port=0", "--version"];
    expect(ownArguments(argv, true, true)).toEqual(["--version"]);
  });
});
