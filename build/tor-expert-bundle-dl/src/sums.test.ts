import { describe, expect, test } from "vitest";
import { maxSumsBytes, parseSums } from "./sums.ts";

const hash = "8e012ec6815d7899cb64011582e2dade88e74119c6661068a2a3252de0ccd7f2";
const parse = (text: string): ReadonlyMap<string, string> => parseSums(Buffer.from(text, "latin1"));

describe("parseSums", () => {
  test("reads what sha256sum writes, with both kinds of line", () => {
    const other = "0".repeat(64);
    expect([...parse(`${hash}  a_1-b+c.tar.gz\n${other} *B.apk.idsig\n`)]).toEqual([
      ["a_1-b+c.tar.gz", hash],
      ["B.apk.idsig", other],
    ]);
  });

  test.each([
    ["nothing", ""],
    ["an empty line", "\n"],
    ["a blank line between", `${hash}  a\n\n${hash}  b\n`],
    ["no end of the last line", `${hash}  a`],
    ["a last line that is cut off", `${hash}  a\n${hash.slice(0, 40)}`],
    ["CRLF", `${hash}  a\r\n`],
    ["a lone CR", `${hash}  a\rb\n`],
    ["a duplicate", `${hash}  a\n${"0".repeat(64)}  a\n`],
    ["the same line twice", `${hash}  a\n${hash}  a\n`],
    ["a path", `${hash}  dir/a\n`],
    ["a path upwards", `${hash}  ../a\n`],
    ["an absolute path", `${hash}  /a\n`],
    ["a Windows path", `${hash}  a\\b\n`],
    ["a drive", `${hash}  C:a\n`],
    ["a dot", `${hash}  .\n`],
    ["a hidden file", `${hash}  .a\n`],
    ["an option", `${hash}  -a\n`],
    ["sha256sum's escape", `\\${hash}  a\\nb\n`],
    ["one space", `${hash} a\n`],
    ["three spaces", `${hash}   a\n`],
    ["a tab", `${hash}\t\ta\n`],
    ["a space in the name", `${hash}  a b\n`],
    ["a space at the end", `${hash}  a \n`],
    ["a zero byte", `${hash}  a\0b\n`],
    ["a name in other letters", `${hash}  \xe9\n`],
    ["a byte order mark", `\xef\xbb\xbf${hash}  a\n`],
    ["capital digits", `${hash.toUpperCase()}  a\n`],
    ["a short hash", `${hash.slice(1)}  a\n`],
    ["a long hash", `${hash}0  a\n`],
    ["BSD form", `SHA256 (a) = ${hash}\n`],
    ["a comment", `# sums\n${hash}  a\n`],
    ["a web page", "<!DOCTYPE html>\n<title>Blocked</title>\n"],
    ["a very long name", `${hash}  ${"a".repeat(256)}\n`],
  ])("refuses %s", (_what, text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: "sums" }));
  });

  test("refuses too many bytes before it reads them", () => {
    expect(() => parseSums(new Uint8Array(maxSumsBytes + 1))).toThrow(
      expect.objectContaining({ code: "sums", message: expect.stringContaining("at most") }),
    );
  });

  test("cut off at any byte but the end of a line, it is refused", () => {
    const text = `${hash}  a\n${hash}  b.tar.gz\n`;
    for (let end = 0; end < text.length; end++) {
      const part = text.slice(0, end);
      if (part.endsWith("\n")) {
        expect(parse(part).size).toBe(1);
      } else {
        expect(() => parse(part)).toThrow(expect.objectContaining({ code: "sums" }));
      }
    }
  });
});
