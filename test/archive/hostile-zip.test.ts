/** Zips that must not be unpacked, each refused with a message that says what was found. */
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ZipFile } from "yazl";
import { inputLimits } from "../../build/archive/limits.ts";
import { readZip } from "../../build/archive/read-zip.ts";
import { contentBytes } from "../../build/tree.ts";
import { type RawZipMember, symlink, utf8Flag, zip } from "./raw-zip.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hostile-zip-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function refusal(bytes: Buffer, limits = inputLimits): Promise<string> {
  const file = join(folder, "evil.zip");
  await writeFile(file, bytes);
  const error = await readZip(file, join(folder, "in"), limits).then(
    () => new Error("was accepted"),
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: "BuildError", code: "archive" });
  expect((error as Error).message).toMatch(/^evil\.zip: /);
  expect((await readdir(folder)).sort()).toEqual(["evil.zip", "in"]);
  for (const name of await readdir(join(folder, "in"))) expect(name).toMatch(/^[0-9]{5}$/);
  return (error as Error).message;
}

function unicodePath(plain: string, other: string): Buffer {
  const head = Buffer.alloc(9);
  head.writeUInt16LE(0x7075, 0);
  head.writeUInt16LE(5 + Buffer.byteLength(other), 2);
  head.writeUInt8(1, 4);
  head.writeUInt32LE(crc32(plain), 5);
  return Buffer.concat([head, Buffer.from(other)]);
}

const link = (name: string, to: string): RawZipMember => ({ name, body: to, mode: symlink });
const text = "some text, again and again, again and again";

describe("refuses", () => {
  it.each<[string, readonly RawZipMember[], RegExp]>([
    ["traversal", [{ name: "../../etc/cron.d/x", body: "x" }], /"\.\.\/\.\.\/etc.*`\.\.`/],
    ["an absolute path", [{ name: "/etc/passwd", body: "x" }], /"\/etc\/passwd" is absolute/],
    ["a drive letter", [{ name: "c:x" }], /absolute/],
    ["backslashes", [{ name: "..\\..\\x" }], /backslash/],
    ["a NUL", [{ name: "a.txt\0.exe" }], /control character/],
    ["a name in no known encoding", [{ name: Buffer.from([0x81, 0x2e]) }], /not marked as UTF-8/],
    ["a name that is not UTF-8", [{ name: Buffer.from([0xff]), flags: utf8Flag }], /UTF-8/],
    ["two names in one", [{ name: "a", extra: unicodePath("a", "../b") }], /also called "\.\.\/b"/],
    ["a symlink to the parent", [link("up", "..")], /"up" -> "\.\." leads out of the tree/],
    ["a symlink to /", [link("root", "/etc")], /absolute/],
    [
      "chained symlinks",
      [link("a/b", ".."), link("c", "a/b/../..")],
      /out of the tree, through "a\/b"/,
    ],
    ["an endless symlink", [link("a", "x".repeat(5000))], /no end/],
    ["a device", [{ name: "sda", mode: 0o060644 }], /neither file, folder nor symlink/],
    ["a fifo", [{ name: "f", mode: 0o010644 }], /neither file, folder nor symlink/],
    ["a folder with contents", [{ name: "d/", body: "x" }], /d\/ has contents/],
    ["a folder by mode only", [{ name: "d", mode: 0o040755 }], /folder by name or mode/],
    ["a folder by name only", [{ name: "d/", mode: 0o100644 }], /folder by name or mode/],
    ["duplicates", [{ name: "a" }, { name: "a" }], /two entries are called "a"/],
    ["names alike but for case", [{ name: "A/x" }, { name: "a/y" }], /"A" and "a" differ only/],
    ["an encrypted file", [{ name: "a", body: text, deflate: true, flags: 1 }], /"a" is encrypted/],
    ["strong encryption", [{ name: "a", body: "x", flags: 0x41 }], /encryption/],
    ["an unknown method", [{ name: "a", body: "x", method: 14 }], /"a" is compressed by method 14/],
    [
      "a wrong CRC",
      [{ name: "a", body: "x", crc: 1 }],
      /"a" has CRC 8cdc1683, its header says 00000001/,
    ],
    ["a wrong CRC, deflated", [{ name: "a", body: text, deflate: true, crc: 1 }], /"a" has CRC/],
    ["less than the header says", [{ name: "a", body: text, deflate: true, size: 99 }], /99 bytes/],
    ["more than the header says", [{ name: "a", body: text, deflate: true, size: 9 }], /to more/],
    ["stored bytes of another size", [{ name: "a", body: "xyz", size: 2 }], /size mismatch/],
    ["bad deflate data", [{ name: "a", body: "\xff\xff\xff", method: 8 }], /"a" is damaged/],
    [
      "deflate data and more",
      [{ name: "a", body: Buffer.from([3, 0, 1, 2, 3]), method: 8, size: 0, crc: 0 }],
      /"a" is damaged/,
    ],
    [
      "another name in the local header",
      [{ name: "a", local: { name: "b" } }],
      /called "b" in its local/,
    ],
    [
      "another size in the local header",
      [{ name: "a", local: { size: 5 } }],
      /size 5 in its local/,
    ],
    ["another CRC in the local header", [{ name: "a", local: { crc: 5 } }], /CRC 5 in its local/],
    [
      "members that share their bytes",
      [
        { name: "a", body: text },
        { name: "a", body: text, at: 0 },
      ],
      /"a" overlaps "a"/,
    ],
  ])("%s", async (_, members, why) => {
    expect(await refusal(zip(...members))).toMatch(why);
  });

  it("names that Windows can't hold, where the target is Windows", async () => {
    const windows = { ...inputLimits, windowsNames: true };
    expect(await refusal(zip({ name: "locales/con.pak" }), windows)).toMatch(/device/);
  });

  it("a member that lies within another's contents", async () => {
    // The first member's stored contents are themselves a local header with contents.
    const inner = zip({ name: "b", body: "inner" });
    const local = inner.subarray(0, inner.indexOf("PK\x01\x02"));
    const bytes = zip({ name: "a", body: local }, { name: "b", body: "inner" });
    const header = bytes.lastIndexOf("PK\x01\x02");
    bytes.writeUInt32LE(30 + 1, header + 42);
    expect(await refusal(bytes)).toMatch(/"a" overlaps "b"/);
  });

  it("every truncation", async () => {
    const whole = zip({ name: "a", body: text }, { name: "b", body: text, deflate: true });
    for (let length = 0; length < whole.length; length += 1) {
      expect(await refusal(whole.subarray(0, length)), String(length)).toMatch(/not a zip/);
    }
    expect(await refusal(whole.subarray(1))).toMatch(/not a zip/);
  });

  it("bytes after the end", async () => {
    expect(await refusal(Buffer.concat([zip({ name: "a" }), Buffer.from("more")]))).toMatch(
      /extra/,
    );
  });

  it("what is not a zip", async () => {
    expect(await refusal(Buffer.alloc(100_000, "no zip "))).toMatch(/not a zip/);
  });
});

it("reads or refuses a zip with any one byte changed, and does nothing else", async () => {
  const whole = zip(
    { name: "d/a", body: text, deflate: true, mode: 0o100755 },
    { name: "d/b", body: "a", mode: symlink },
  );
  let refused = 0;
  for (const [index, byte] of whole.entries()) {
    const bytes = Buffer.from(whole);
    bytes[index] = byte ^ 0x21;
    const file = join(folder, "changed.zip");
    await writeFile(file, bytes);
    const into = join(folder, "changed");
    const error = await readZip(file, into).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error !== undefined) {
      expect(error, String(index)).toMatchObject({ name: "BuildError", code: "archive" });
      refused += 1;
    }
    await rm(into, { recursive: true });
  }
  // Times, versions and attributes may be anything; names, sizes, CRCs, offsets may not.
  expect(refused).toBeGreaterThan(whole.length / 2);
});

describe("stops at its limits", () => {
  it("before a bomb has filled the disk", async () => {
    const bytes = zip({ name: "zeros", body: Buffer.alloc(64 * 2 ** 20), deflate: true });
    expect(bytes.length).toBeLessThan(100_000);
    expect(await refusal(bytes)).toMatch(/bomb/);
    expect((await stat(join(folder, "in", "00001"))).size).toBeLessThan(17 * 2 ** 20);
  });

  it("of entries, of a file's size and of all sizes", async () => {
    const three = zip({ name: "a", body: "12345" }, { name: "b", body: "123" }, { name: "c" });
    for (const [limits, why] of [
      [{ entries: 2 }, /more than 2 entries/],
      [{ fileBytes: 4 }, /"a" is larger than 4 bytes/],
      [{ totalBytes: 6 }, /more than 6 bytes/],
    ] as const) {
      expect(await refusal(three, { ...inputLimits, ...limits })).toMatch(why);
      await rm(join(folder, "in"), { recursive: true });
    }
  });
});

describe("reads", () => {
  it("what inputs look like: symlinks, execute bits, zips made on Windows", async () => {
    const file = join(folder, "good.zip");
    const app = "Electron.app/Contents/Frameworks/E.framework";
    await writeFile(
      file,
      zip(
        { name: `${app}/`, mode: 0o040755 },
        { name: `${app}/Versions/A/E`, body: text, deflate: true, mode: 0o100755 },
        { name: `${app}/Versions/Current`, body: "A", mode: symlink },
        { name: `${app}/E`, body: "Versions/Current/E", deflate: true, mode: symlink },
        { name: "electron.exe", body: "MZ" },
        { name: "ü", flags: utf8Flag, extra: unicodePath("ü", "ü") },
      ),
    );
    const tree = await readZip(file, join(folder, "in"));
    expect(tree.filter(({ kind }) => kind !== "directory")).toMatchObject([
      { kind: "symlink", path: `${app}/E`, target: "Versions/Current/E" },
      {
        kind: "file",
        path: `${app}/Versions/A/E`,
        executable: true,
        content: { bytes: Buffer.from(text) },
      },
      { kind: "symlink", path: `${app}/Versions/Current`, target: "A" },
      {
        kind: "file",
        path: "electron.exe",
        executable: false,
        content: { bytes: Buffer.from("MZ") },
      },
      { kind: "file", path: "ü", executable: false },
    ]);
  });

  it("zip64", async () => {
    const file = join(folder, "zip64.zip");
    const writer = new ZipFile();
    writer.addBuffer(Buffer.from(text), "a", { forceZip64Format: true });
    writer.end({ forceZip64Format: true, comment: "" });
    await writeFile(file, writer.outputStream as unknown as AsyncIterable<Buffer>);
    const [entry] = await readZip(file, join(folder, "in"));
    if (entry?.kind !== "file") throw new Error("not a file");
    expect(Buffer.from(await contentBytes(entry.content)).toString()).toBe(text);
  });
});
