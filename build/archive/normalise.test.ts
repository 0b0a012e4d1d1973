import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BuildError } from "../errors.ts";
import type { Entry } from "../tree.ts";
import { comparePaths, normaliseTree } from "./normalise.ts";

function file(path: string): Entry {
  return { kind: "file", path, executable: false, content: { bytes: new Uint8Array() } };
}
function link(path: string, target: string): Entry {
  return { kind: "symlink", path, target };
}
function refusal(entries: readonly Entry[], windowsNames = false): string {
  try {
    normaliseTree(entries, { windowsNames });
  } catch (error) {
    expect(error).toBeInstanceOf(BuildError);
    expect(error).toMatchObject({ code: "archive" });
    return (error as BuildError).message;
  }
  throw new Error(`was accepted: ${JSON.stringify(entries.map(({ path }) => path))}`);
}

describe("normaliseTree", () => {
  it("adds the folders on the way and sorts by bytes", () => {
    const tree = normaliseTree([file("b/c/d"), file("a-b"), file("a/z"), file("Z"), file("é")], {
      windowsNames: true,
    });
    expect(tree.map(({ path }) => path)).toEqual([
      "Z",
      "a",
      "a-b",
      "a/z",
      "b",
      "b/c",
      "b/c/d",
      "é",
    ]);
    expect(tree[4]).toEqual({ kind: "directory", path: "b" });
  });

  it("sorts by UTF-8, not by UTF-16", () => {
    const names = ["\u{1f600}", "\uff5e"]; // UTF-16 has the surrogates of the first one lower
    const tree = normaliseTree(names.map(file), { windowsNames: false });
    expect(tree.map(({ path }) => path)).toEqual(["\uff5e", "\u{1f600}"]);
  });

  it("does not depend on the order it is given, and changes nothing when applied again", () => {
    const name = fc.stringMatching(/^[a-e]{1,2}$/);
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));
    fc.assert(
      fc.property(fc.uniqueArray(path, { maxLength: 12 }), fc.nat(), (paths, seed) => {
        // Only leaves are files: no path is a folder on another's way.
        const leaves = paths.filter((p) => !paths.some((other) => other.startsWith(`${p}/`)));
        const one = normaliseTree(leaves.map(file), { windowsNames: false });
        const turned = leaves.map((_, i) => leaves[(i + seed) % leaves.length] ?? "");
        expect(normaliseTree(turned.map(file), { windowsNames: false })).toEqual(one);
        expect(normaliseTree(one, { windowsNames: false })).toEqual(one);
        for (const [i, { path: p }] of one.entries()) {
          const next = one[i + 1];
          if (next !== undefined) expect(comparePaths(p, next.path)).toBe(-1);
        }
      }),
    );
  });

  it.each([
    ["/etc/passwd", "absolute"],
    ["C:/x", "absolute"],
    ["a/../../b", "`..`"],
    ["..", "`..`"],
    ["./a", "empty name or `.`"],
    ["a//b", "empty name"],
    ["a/", "empty name"],
    ["", "empty name"],
    ["a\\b", "backslash"],
    ["a\0b", "control character"],
    ["a\nb", "control character"],
    ["a\u0085b", "control character"],
    ["a\ufffdb", "UTF-8"],
    ["a\ud800b", "UTF-8"],
    ["é".repeat(128), "255 bytes"],
    [`${"a/".repeat(512)}b`, "1024 bytes"],
  ])("refuses %j everywhere", (path, why) => {
    const message = refusal([file(path)]);
    expect(message).toContain(JSON.stringify(path));
    expect(message).toContain(why);
  });

  it.each([
    ["a/nul", "device"],
    ["CON.txt", "device"],
    ["x/Aux .c", "device"],
    ["com1", "device"],
    ["LPT³.log", "device"],
    ["conout$", "device"],
    ["a./b", "dot or space"],
    ["a ", "dot or space"],
    ["ab:c", "<>"],
    ["what?", "<>"],
    ['"', "<>"],
    [`${"a".repeat(100)}/${"b".repeat(100)}`, "room to unpack"],
  ])("refuses %j only for Windows", (path, why) => {
    expect(refusal([file(path)], true)).toContain(why);
    expect(normaliseTree([file(path)], { windowsNames: false }).at(-1)?.path).toBe(path);
  });

  it.each([
    "console",
    "com",
    "com10",
    "nulls.txt",
    "a.b",
    ".hidden",
    "aux-1",
  ])("allows %j for Windows", (path) => {
    expect(normaliseTree([file(path)], { windowsNames: true })).toHaveLength(1);
  });

  it("refuses symlinks for Windows", () => {
    expect(refusal([link("a", "b")], true)).toContain("symlink");
  });

  it.each([
    [
      [file("a"), file("a")],
      ['"a"', "two entries"],
    ],
    [
      [file("dir/A"), file("dir/a")],
      ['"dir/A"', '"dir/a"', "case"],
    ],
    [
      [file("Dir/a"), file("dir/b")],
      ['"Dir"', '"dir"', "case"],
    ],
    [
      [file("\u00e9"), file("e\u0301")],
      ['"\u00e9"', '"e\u0301"', "normalisation"],
    ],
    [
      [file("straße"), file("STRASSE")],
      ['"straße"', '"STRASSE"', "case"],
    ],
    [
      [file("a"), file("a/b")],
      ['"a/b"', '"a"', "a file"],
    ],
    [
      [link("a", "b"), file("a/b")],
      ['"a/b"', '"a"', "a symlink"],
    ],
    [
      [link("a", "b"), file("A/b")],
      ['"a"', '"A"', "case"],
    ],
  ] as const)("names both of %j", (entries, parts) => {
    const message = refusal([...entries]);
    for (const part of parts) expect(message).toContain(part);
    expect(refusal([...entries].reverse())).toContain(parts[0]);
  });

  it.each([
    ["to its parent", [link("a", "..")], "out of the tree"],
    ["up and beyond", [link("d/a", "../../etc/passwd")], "out of the tree"],
    ["out and in again", [link("a", "../top/b"), file("b")], "out of the tree"],
    ["to an absolute path", [link("a", "/etc")], "absolute"],
    [
      "through another link",
      [link("d/e/up", "../.."), link("x", "d/e/up/../y")],
      "out of the tree",
    ],
    ["through two", [link("p/q", ".."), link("r", "p/q"), link("s", "r/../z")], "out of the tree"],
    ["in circles", [link("a", "b"), link("b", "a")], "circles"],
    ["to itself", [link("a", "a")], "circles"],
    ["with a backslash", [link("a", "..\\b")], "backslash"],
    ["nowhere", [link("a", "")], "nowhere"],
  ] as const)("refuses a symlink that leads %s", (_, entries, why) => {
    expect(refusal([...entries])).toContain(why);
  });

  it("keeps the symlinks of a macOS framework", () => {
    const tree = normaliseTree(
      [
        file("F.framework/Versions/A/F"),
        link("F.framework/Versions/Current", "A"),
        link("F.framework/F", "Versions/Current/F"),
        link("F.framework/Versions/A/up", "../../F"),
        link("dangling", "not/there"),
      ],
      { windowsNames: false },
    );
    expect(tree.filter(({ kind }) => kind === "symlink")).toHaveLength(4);
  });
});
