import { expect, test } from "vitest";
import { BuildError } from "../errors.ts";
import { parseArguments } from "./arguments.ts";

test("without arguments: every target", () => {
  const args = parseArguments([]);
  expect(args.editions).toEqual(["lite", "desktop"]);
  expect(args.platforms).toHaveLength(5);
  expect(args.out).toBe("out");
  expect(args.requireAll).toBe(false);
});

test("reads what is documented", () => {
  const args = parseArguments([
    ...["--edition", "lite", "--platform", "linux-x64,win32-x64", "--out", "elsewhere"],
    ...["--mirror", "electron=https://a.example/x?y=z", "--mirror", "npm=http://127.0.0.1:1"],
    ...["--again", "--require-all", "--json", "--offline", "--proxy", "socks5h://127.0.0.1:9050"],
  ]);
  expect(args.editions).toEqual(["lite"]);
  expect(args.platforms).toEqual(["linux-x64", "win32-x64"]);
  expect(args.mirrors).toEqual({
    electron: "https://a.example/x?y=z",
    npm: "http://127.0.0.1:1",
  });
  expect([args.again, args.requireAll, args.json, args.offline]).toEqual([true, true, true, true]);
});

test.each([
  [["--edition", "light"], "lite, desktop"],
  [["--platform", "linux-x64,solaris"], "solaris"],
  [["--platform", ""], "linux-x64"],
  [["--mirror", "https://a.example"], "npm, electron, tor, tor-key"],
  [["--mirror", "npm=ftp://a.example"], "http(s) URL"],
  [["--again=yes"], "--again"],
  [["--unknown"], "--unknown"],
  [["lite"], "lite"],
])("refuses %j and says why", (argv, text) => {
  const attempt = (): unknown => parseArguments(argv);
  expect(attempt).toThrow(BuildError);
  expect(attempt).toThrow(text);
});
