import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync, zstdDecompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { normaliseTree } from "../archive/normalise.ts";
import { writeAsar } from "../archive/write-asar.ts";
import { writeTarZst } from "../archive/write-tar.ts";
import { writeZip } from "../archive/write-zip.ts";
import type { Entry, Tree } from "../tree.ts";
import { compareArtifacts } from "./compare.ts";
import type { Difference } from "./difference.ts";
import { formatDifferences } from "./format.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "compare-test-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const text = Buffer.from("line after line after line, ".repeat(50));
const mtime = 1_700_000_000;
const zipOptions = { mtime, prefix: "", level: 9 };
const tarOptions = { mtime, prefix: "", level: 3, windowLog: 20 };

function tree(...changes: readonly Entry[]): Tree {
  const entries: readonly Entry[] = [
    { kind: "file", path: "bin/app", executable: true, content: { bytes: text } },
    { kind: "symlink", path: "bin/link", target: "app" },
    { kind: "file", path: "doc", executable: false, content: { bytes: text } },
  ];
  const kept = entries.filter((entry) => !changes.some(({ path }) => path === entry.path));
  return normaliseTree([...kept, ...changes], { windowsNames: false });
}

/** Writes the two with `write` and compares them. */
async function differences(
  write: (tree: Tree, file: string) => Promise<unknown>,
  a: Tree,
  b: Tree,
): Promise<readonly Difference[]> {
  await write(a, join(folder, "a"));
  await write(b, join(folder, "b"));
  return compareArtifacts(join(folder, "a"), join(folder, "b"));
}

async function compareBytes(a: Buffer, b: Buffer): Promise<readonly Difference[]> {
  await writeFile(join(folder, "a"), a);
  await writeFile(join(folder, "b"), b);
  return compareArtifacts(join(folder, "a"), join(folder, "b"));
}

const toZip = (t: Tree, file: string): Promise<void> => writeZip(t, file, zipOptions);
const toTar = (t: Tree, file: string): Promise<void> => writeTarZst(t, file, tarOptions);

const changedText = Buffer.from(text);
changedText[700] = 0x07;
const changed: Entry = {
  kind: "file",
  path: "doc",
  executable: false,
  content: { bytes: changedText },
};
const atOffset700 = { offset: 700, a: "6c 69 6e 65", b: "07 69 6e 65" } as const;

describe.each([
  ["zip", toZip, ["a"]],
  ["tar.zst", toTar, ["a", "uncompressed"]],
  ["asar", writeAsar, ["a"]],
] as const)("in a %s", (format, write, where) => {
  it("finds nothing in the same tree", async () => {
    expect(await differences(write, tree(), tree())).toEqual([]);
  });

  it("finds the first differing byte of a file", async () => {
    const found = await differences(write, tree(), tree(changed));
    const content = found.find(({ field }) => field === "content");
    expect(content).toMatchObject({ where: [...where, "doc"], offset: 700 });
    expect(content?.a.startsWith(atOffset700.a)).toBe(true);
    expect(content?.b.startsWith(atOffset700.b)).toBe(true);
    // asar's header says it too, and equal files are no longer stored once; otherwise nothing else.
    if (format !== "asar") expect(found).toHaveLength(1);
  });

  it("finds another execute bit, symlink target and set of members", async () => {
    const doc: Entry = { kind: "file", path: "doc", executable: true, content: { bytes: text } };
    const link: Entry = { kind: "symlink", path: "bin/link", target: "../doc" };
    const extra: Entry = { kind: "directory", path: "extra" };
    const found = await differences(write, tree(), tree(doc, link, extra));
    const slash = format === "asar" ? "" : "/";
    const places = found.map(({ where: place, field }) => `${place.slice(where.length)} ${field}`);
    expect(places).toContain(`doc ${format === "asar" ? "others" : "mode"}`);
    expect(places).toContain(`bin/link ${format === "zip" ? "content" : "symlink target"}`);
    expect(places).toContain(`extra${slash} member`);
    expect(found.at(-1)?.where[0]).toBe("a");
  });
});

describe("metadata", () => {
  it("names the mtime fields of a zip, and of a tar", async () => {
    for (const [write, fields] of [
      [
        (t: Tree, file: string) =>
          writeZip(t, file, { ...zipOptions, mtime: mtime + Number(file.endsWith("b")) * 3600 }),
        ["mtime", "mtime in the local header", "extra field"],
      ],
      [
        (t: Tree, file: string) =>
          writeTarZst(t, file, { ...tarOptions, mtime: mtime + Number(file.endsWith("b")) }),
        ["mtime"],
      ],
    ] as const) {
      const found = await differences(write, tree(), tree());
      expect(found.filter(({ where }) => where.at(-1) === "doc").map(({ field }) => field)).toEqual(
        fields,
      );
      expect(found.filter(({ field }) => field === "mtime")).toHaveLength(4);
    }
    expect(await differences(toZip, tree(), tree())).toEqual([]);
  });

  it("names the owner in a tar", async () => {
    await toTar(tree(), join(folder, "a.tar.zst"));
    const a = zstdDecompressSync(await readFile(join(folder, "a.tar.zst")));
    const b = Buffer.from(a);
    b.write("0001750", 108, "latin1"); // uid 1000 in the first header
    b.write("0".repeat(6), 148, "latin1");
    b.fill(0x20, 148, 156);
    const sum = b.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    b.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    expect(await compareBytes(a, b)).toMatchObject([
      { where: ["a", "bin/"], field: "owner", a: "0:0 (:)", b: "1000:0 (:)" },
    ]);
  });

  it("names the order of members", async () => {
    const [one, two] = [Buffer.alloc(1024), Buffer.alloc(1024)];
    await toTar(
      normaliseTree([changed, { ...changed, path: "eod" }], { windowsNames: false }),
      join(folder, "t"),
    );
    const tar = zstdDecompressSync(await readFile(join(folder, "t")));
    const length = (tar.length - one.length) / 2;
    const turned = Buffer.concat([tar.subarray(length, 2 * length), tar.subarray(0, length), two]);
    expect(await compareBytes(tar, turned)).toEqual([
      { where: ["a"], field: "order", a: "member 1 is doc", b: "member 1 is eod" },
    ]);
  });

  it("names gzip's own time", async () => {
    const a = gzipSync(text);
    const b = Buffer.from(a);
    b.writeUInt32LE(mtime, 4);
    expect(await compareBytes(a, b)).toEqual([
      { where: ["a"], field: "gzip mtime", a: "0", b: String(mtime) },
    ]);
  });
});

describe("a difference of compression alone", () => {
  it("is told from one of contents in a zip, by member", async () => {
    const levels = (t: Tree, file: string): Promise<void> =>
      writeZip(t, file, { ...zipOptions, level: file.endsWith("b") ? 1 : 9 });
    const long = Buffer.from(Array.from({ length: 5000 }, (_, i) => `${i * i} `).join(""));
    const entry: Entry = { kind: "file", path: "doc", executable: false, content: { bytes: long } };
    const found = await differences(levels, tree(entry), tree(entry));
    expect(found.map(({ where, field }) => [where.at(-1), field])).toContainEqual([
      "doc",
      "compression alone",
    ]);
    expect(new Set(found.map(({ field }) => field))).toEqual(new Set(["compression alone"]));
  });

  it("is told in gzip and tar.zst", async () => {
    const long = Buffer.from(Array.from({ length: 5000 }, (_, i) => `${i * i} `).join(""));
    const gzip = await compareBytes(gzipSync(long, { level: 8 }), gzipSync(long, { level: 2 }));
    expect(gzip).toMatchObject([
      { where: ["a"], field: expect.stringContaining("the gzip alone") },
    ]);
    expect(gunzipSync(gzipSync(long))).toEqual(long);
    const levels = (t: Tree, file: string): Promise<void> =>
      writeTarZst(t, file, { ...tarOptions, level: file.endsWith("b") ? 1 : 19 });
    const entry: Entry = { kind: "file", path: "doc", executable: false, content: { bytes: long } };
    expect(await differences(levels, tree(entry), tree(entry))).toMatchObject([
      { where: ["a"], field: expect.stringContaining("the zstd alone") },
    ]);
  });
});

describe("archives within archives", () => {
  it("names the whole way to a byte in an asar in a zip", async () => {
    const nested = async (inner: Tree): Promise<Tree> => {
      const name = createHash("md5").update(JSON.stringify(inner)).digest("hex");
      await writeAsar(inner, join(folder, name));
      const bytes = await readFile(join(folder, name));
      const path = "A.app/Contents/Resources/app.asar";
      return tree({ kind: "file", path, executable: false, content: { bytes } });
    };
    const found = await differences(toZip, await nested(tree()), await nested(tree(changed)));
    expect(found).toContainEqual(
      expect.objectContaining({
        where: ["a", "A.app/Contents/Resources/app.asar", "doc"],
        field: "content",
        offset: 700,
      }),
    );
    const report = formatDifferences(found);
    expect(report).toContain("a > A.app/Contents/Resources/app.asar > doc");
    expect(report).toContain("content at offset 700 (0x2bc)");
    expect(report).toMatch(/^ {4}a: 6c 69 6e 65 20 .* {2}\|line after line \|$/m);
    expect(report).toMatch(/^ {4}b: 07 69 6e 65 20 .* {2}\|\.ine after line \|$/m);
  });
});

describe("what is no archive", () => {
  it("is compared by bytes, to the end of the shorter", async () => {
    expect(await compareBytes(Buffer.from("same"), Buffer.from("same and more"))).toEqual([
      { where: ["a"], field: "size", a: "4 bytes", b: "13 bytes" },
      expect.objectContaining({ field: "content", offset: 4, a: "(ends here)" }),
    ]);
  });

  it("also when it only looks like one", async () => {
    await toZip(tree(), join(folder, "z"));
    const zip = await readFile(join(folder, "z"));
    const found = await compareBytes(zip, zip.subarray(0, -30));
    expect(found.map(({ field }) => field)).toEqual(["size", "content"]);
    expect(found[1]?.offset).toBe(zip.length - 30);
    const asar = Buffer.concat([
      Buffer.from("\x04\0\0\0".repeat(4), "latin1"),
      Buffer.from('{"files":{'),
    ]);
    const more = Buffer.concat([asar, Buffer.from("x")]);
    expect((await compareBytes(asar, more)).map(({ field }) => field)).toEqual(["size", "content"]);
  });
});

it("prints names so that they can't steer a terminal", () => {
  const where = ["a", "x\u001b[2J\u202e\u{e0001}y"];
  const report = formatDifferences([{ where, field: "mode", a: "1\n2", b: "3" }]);
  expect(report).toBe("a > x\\u{1b}[2J\\u{202e}\\u{e0001}y\n  mode\n    a: 1\\u{a}2\n    b: 3");
});

it("prints a hundred differences and counts the others", () => {
  const one = { where: ["a"], field: "mode", a: "1", b: "2" };
  const report = formatDifferences(Array.from({ length: 130 }, () => one));
  expect(report.split("\n").at(-1)).toBe("... and 30 more differences");
});
