import { describe, expect, it } from "vitest";
import { helpText, parseArguments } from "./arguments.ts";
import { ShellError } from "./errors.ts";

describe("the command line", () => {
  it.each([
    [[], { action: "open", browser: undefined }],
    [["--version"], { action: "version", json: false }],
    [["--version", "--json"], { action: "version", json: true }],
    [["--json", "--version"], { action: "version", json: true }],
    [["--help"], { action: "help" }],
    [["-h", "--version"], { action: "help" }],
    [["--browser", "/opt/b"], { action: "open", browser: "/opt/b" }],
    [["--browser=/opt/a=b"], { action: "open", browser: "/opt/a=b" }],
  ] as const)("%j is %j", (args, parsed) => {
    expect(parseArguments(args, "lite")).toEqual(parsed);
  });

  it.each([
    [["--verison"], "--verison"],
    [["file.txt"], "file.txt"],
    [[""], "Unknown argument"],
    [["--json"], "--json goes with --version"],
    [["--browser"], "--browser needs"],
    [["--browser="], "--browser needs"],
    [["--browser", "--version"], "--browser needs"],
    [["--version=1"], "--version=1"],
    [["--remote-debugging-port=9222"], "--remote-debugging-port"],
  ])("%j is refused", (args, text) => {
    const parse = () => parseArguments(args, "lite");
    expect(parse).toThrow(ShellError);
    expect(parse).toThrow(text);
    expect(parse).toThrow("--help");
  });

  it("has no --browser in the desktop edition", () => {
    expect(() => parseArguments(["--browser", "/opt/b"], "desktop")).toThrow("--browser");
    expect(helpText("desktop")).not.toContain("--browser");
    expect(helpText("lite")).toContain("--browser PATH");
  });
});
