/** Tars that must not be unpacked, each refused with a message that says what was found. */
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inputLimits } from "../../build/archive/limits.ts";
import { readTarGz, readTarZst } from "../../build/archive/read-tar.ts";
import { contentBytes } from "../../build/tree.ts";
import { paxRecord, type RawTarMember, tar, tarEnd, tarMember, writeGz } from "./raw-tar.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hostile-tar-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function refusal(bytes: Buffer, limits = inputLimits): Promise<string> {
  const file = await writeGz(join(folder, "evil.tgz"), bytes);
  const error = await readTarGz(file, join(folder, "in"), limits).then(
    () => new Error("was accepted"),
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: "BuildError", code: "archive" });
  expect((error as Error).message).toMatch(/^evil\.tgz: /);
  // Nothing but our own numbered files, whatever the archive said.
  expect((await readdir(folder)).sort()).toEqual(["evil.tgz", "in"]);
  for (const name of await readdir(join(folder, "in"))) expect(name).toMatch(/^[0-9]{5}$/);
  return (error as Error).message;
}

const sparse = paxRecord("GNU.sparse.major", "1") + paxRecord("GNU.sparse.minor", "0");
const link = (name: string, to: string): RawTarMember => ({ name, type: "2", link: to });

describe("refuses", () => {
  it.each<[string, readonly RawTarMember[], RegExp]>([
    ["traversal", [{ name: "../../etc/cron.d/x", body: "x" }], /"\.\.\/\.\.\/etc.*`\.\.`/],
    ["traversal inside", [{ name: "a/../../x" }], /"a\/\.\.\/\.\.\/x"/],
    ["traversal after ./", [{ name: "./../x" }], /"\.\.\/x"/],
    ["an absolute path", [{ name: "/etc/passwd", body: "x" }], /"\/etc\/passwd" is absolute/],
    ["an absolute path after ./", [{ name: ".//etc/passwd" }], /"\/etc\/passwd" is absolute/],
    ["a drive letter", [{ name: "C:/x" }], /absolute/],
    ["a backslash", [{ name: "a\\..\\x" }], /backslash/],
    ["a control character", [{ name: "a\u001b[2Jb" }], /control character/],
    ["bytes that are not UTF-8", [{ name: Buffer.from([0x61, 0xff, 0x62]) }], /UTF-8/],
    ["an empty name", [{ name: "" }], /""/],
    ["a symlink to the parent", [link("up", "..")], /"up" -> "\.\." leads out of the tree/],
    ["a symlink to /", [link("root", "/")], /absolute/],
    ["a file through a symlink", [link("d", "."), { name: "d/x" }], /"d\/x" lies in "d"/],
    [
      "chained symlinks",
      [link("a/b", ".."), link("c", "a/b/../..")],
      /out of the tree, through "a\/b"/,
    ],
    ["a symlink loop", [link("a", "b"), link("b", "a")], /circles/],
    ["a hard link", [{ name: "a" }, { name: "b", type: "1", link: "a" }], /"b" is a hard link/],
    ["a device", [{ name: "sda", type: "4" }], /"sda" is a block device/],
    ["a terminal", [{ name: "tty", type: "3" }], /"tty" is a character device/],
    ["a fifo", [{ name: "f", type: "6" }], /"f" is a fifo/],
    ["a GNU sparse file", [{ name: "s", type: "S" }], /"s" is a sparse file/],
    ["a pax sparse file", [{ name: "x", type: "x", body: sparse }, { name: "s" }], /sparse/],
    ["an unknown type", [{ name: "v", type: "V" }], /unknown type "V"/],
    ["duplicates", [{ name: "a" }, { name: "./a" }], /two entries are called "a"/],
    ["names alike but for case", [{ name: "Tor" }, { name: "tor" }], /"Tor" and "tor" differ only/],
    [
      "a file that is a folder too",
      [{ name: "a" }, { name: "a/b" }],
      /"a\/b" lies in "a", which is/,
    ],
    ["a folder with contents", [{ name: "d/", type: "5", body: "x" }], /"d\/" has a size/],
    ["an old folder with contents", [{ name: "d/", body: "x" }], /"d\/" has a size/],
    ["a wrong checksum", [{ name: "a", breakChecksum: true }], /byte 0 has a wrong checksum/],
    ["a global path", [{ name: "g", type: "g", body: paxRecord("path", "x") }], /global.*"path"/],
    [
      "a pax path twice",
      [
        { name: "x", type: "x", body: paxRecord("path", "a") + paxRecord("path", "b") },
        { name: "a" },
      ],
      /ambiguous "path"/,
    ],
    [
      "two pax headers",
      [
        { name: "x", type: "x", body: paxRecord("path", "a") },
        { name: "x", type: "x", body: paxRecord("path", "b") },
        { name: "c" },
      ],
      /two extended headers/,
    ],
    [
      "GNU and pax names at odds",
      [
        { name: "L", type: "L", body: "a\0" },
        { name: "x", type: "x", body: paxRecord("path", "b") },
        { name: "c" },
      ],
      /two extended headers/,
    ],
    [
      "a NUL in a pax path",
      [{ name: "x", type: "x", body: paxRecord("path", "a\0b") }, { name: "c" }],
      /ambiguous "path"/,
    ],
    ["a NUL in a long name", [{ name: "L", type: "L", body: "a\0b" }, { name: "c" }], /NUL/],
    [
      "a pax record of the wrong length",
      [{ name: "x", type: "x", body: "99 path=a\n" }, { name: "c" }],
      /wrong length/,
    ],
    [
      "a pax size that is no number",
      [{ name: "x", type: "x", body: paxRecord("size", "-1") }, { name: "c" }],
      /size "-1"/,
    ],
    [
      "a huge pax header",
      [{ name: "x", type: "x", body: Buffer.alloc(70_000, 0x20) }],
      /too large/,
    ],
    ["an extended header for nothing", [{ name: "L", type: "L", body: "a\0" }], /ends after/],
  ])("%s", async (_, members, why) => {
    expect(await refusal(tar(...members))).toMatch(why);
  });

  it("names that Windows can't hold, where the target is Windows", async () => {
    const bytes = tar({ name: "tor/aux.dll", body: "x" });
    expect(await refusal(bytes, { ...inputLimits, windowsNames: true })).toMatch(/device/);
  });

  it("data after the end", async () => {
    const bytes = Buffer.concat([tar({ name: "a" }), tarMember({ name: "b" })]);
    expect(await refusal(bytes)).toMatch(/data follows its end/);
  });

  it("zeros in the middle", async () => {
    const bytes = Buffer.concat([tarMember({ name: "a" }), Buffer.alloc(512), tar({ name: "b" })]);
    expect(await refusal(bytes)).toMatch(/zeros/);
  });

  it("what is not a tar", async () => {
    expect(await refusal(Buffer.alloc(2048, "no tar "))).toMatch(/not a tar/);
  });

  it("every truncation", async () => {
    const whole = tar({ name: "a", body: Buffer.alloc(700, 1) }, { name: "b" });
    // Without the second block of zeros it is truncated too: it could have gone on.
    for (let length = 0; length < whole.length; length += 128) {
      expect(await refusal(whole.subarray(0, length)), String(length)).toMatch(/truncated/);
      await rm(join(folder, "in"), { recursive: true });
    }
  });

  it("a truncated and a damaged gzip or zstd stream", async () => {
    const bytes = tar({ name: "a", body: randomBytes(100_000) });
    for (const [read, packed] of [
      [readTarGz, gzipSync(bytes)],
      [readTarZst, zstdCompressSync(bytes)],
    ] as const) {
      const flipped = Buffer.from(packed);
      flipped[50_000] = (flipped[50_000] ?? 0) ^ 1;
      for (const [bad, why] of [
        [packed.subarray(0, -1), /truncated/],
        [packed.subarray(0, 60_000), /truncated/],
        [Buffer.from("no archive"), /damaged/],
        [read === readTarGz ? flipped : Buffer.alloc(0), /damaged|truncated/],
      ] as const) {
        const file = join(folder, "bad");
        await writeFile(file, bad);
        const reading = read(file, join(folder, createHash("md5").update(bad).digest("hex")));
        await expect(reading).rejects.toMatchObject({ code: "archive", message: why });
      }
    }
  });

  it("bytes after the gzip stream", async () => {
    const file = join(folder, "a.tgz");
    await writeFile(file, Buffer.concat([gzipSync(tar({ name: "a" })), Buffer.from("more")]));
    const reading = readTarGz(file, join(folder, "in"));
    await expect(reading).rejects.toMatchObject({ code: "archive", message: /damaged/ });
  });
});

it("refuses a tar with any one byte changed that a checksum covers", async () => {
  const whole = tar(
    { name: "d/a", body: "text", mode: 0o755 },
    { name: "x", type: "x", body: paxRecord("path", "ü") },
    { name: "d/b", type: "2", link: "a" },
  );
  const headers = [0, 2, 4];
  for (const [index, byte] of whole.entries()) {
    const block = Math.floor(index / 512);
    if (!headers.includes(block) && index % 16 !== 0) continue;
    const bytes = Buffer.from(whole);
    bytes[index] = byte ^ 0x21;
    const file = await writeGz(join(folder, "changed.tgz"), bytes);
    const error = await readTarGz(file, join(folder, "changed")).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    // Contents and their padding (blocks 1 and 3) have no checksum; what ends a checksum's digits
    // is not looked at.
    const covered = ![1, 3].includes(block) && ![154, 155].includes(index % 512);
    if (covered || error !== undefined) {
      expect(error, String(index)).toMatchObject({ name: "BuildError", code: "archive" });
    }
    await rm(join(folder, "changed"), { recursive: true });
  }
});

describe("stops at its limits", () => {
  it("before a bomb has filled the disk", async () => {
    const zeros = Buffer.alloc(64 * 2 ** 20);
    const file = join(folder, "bomb.tgz");
    await writeFile(file, gzipSync(tar({ name: "zeros", body: zeros })));
    expect((await stat(file)).size).toBeLessThan(100_000);
    const reading = readTarGz(file, join(folder, "in"));
    await expect(reading).rejects.toMatchObject({ code: "archive", message: /bomb/ });
    expect((await stat(join(folder, "in", "00001"))).size).toBeLessThan(17 * 2 ** 20);
  });

  it("of entries, of a file's size and of all sizes", async () => {
    const three = tar({ name: "a", body: "12345" }, { name: "b", body: "123" }, { name: "c" });
    for (const [limits, why] of [
      [{ entries: 2 }, /more than 2 entries/],
      [{ fileBytes: 4 }, /"a" is larger than 4 bytes/],
      [{ totalBytes: 1000 }, /more than 1000 bytes/],
    ] as const) {
      expect(await refusal(three, { ...inputLimits, ...limits })).toMatch(why);
      await rm(join(folder, "in"), { recursive: true });
    }
  });

  it("when a header claims more than it may, before anything is written", async () => {
    const member = tarMember({ name: "huge", size: 8 ** 11 - 1 });
    expect(await refusal(Buffer.concat([member, tarEnd]))).toMatch(/"huge" is larger/);
    expect(await readdir(join(folder, "in"))).toEqual([]);
  });
});

describe("reads", () => {
  it("what inputs look like: ./ before names, a listed root, global comments, long names", async () => {
    const long = `package/${"d".repeat(120)}/${"f".repeat(120)}`;
    const file = await writeGz(
      join(folder, "good.tgz"),
      tar(
        { name: "pax_global_header", type: "g", body: paxRecord("comment", "0123abcd") },
        { name: "./", type: "5", mode: 0o755 },
        { name: "./tor/", type: "5", mode: 0o755 },
        { name: "./tor/tor", mode: 0o4755, body: "#!" },
        { name: "./tor/libevent.so", type: "2", link: "libevent-2.1.so.7" },
        { name: "././@LongLink", type: "L", body: `${long}\0` },
        { name: "package/cut", type: "7", body: "long" },
        { name: "PaxHeader/x", type: "x", body: paxRecord("path", "ü") + paxRecord("size", "2") },
        { name: "u", body: "ok", mode: 0o600 },
      ),
    );
    const tree = await readTarGz(file, join(folder, "in"));
    expect(tree.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      "directory package",
      `directory ${long.slice(0, long.lastIndexOf("/"))}`,
      `file ${long}`,
      "directory tor",
      "symlink tor/libevent.so",
      "file tor/tor",
      "file ü",
    ]);
    const [u, tor] = [tree.at(-1), tree.at(-2)];
    expect(u).toMatchObject({ executable: false });
    expect(tor).toMatchObject({ executable: true });
    if (u?.kind !== "file") throw new Error("not a file");
    expect(Buffer.from(await contentBytes(u.content)).toString()).toBe("ok");
  });

  it("nothing into a folder that another archive was unpacked to", async () => {
    const body = randomBytes(100_000); // smaller ones stay in memory
    const file = await writeGz(join(folder, "a.tgz"), tar({ name: "a", body }));
    await readTarGz(file, join(folder, "in"));
    await expect(readTarGz(file, join(folder, "in"))).rejects.toMatchObject({ code: "disk" });
  });

  it("reports a file that is not there as the disk's fault", async () => {
    const reading = readTarGz(join(folder, "none.tgz"), join(folder, "in"));
    await expect(reading).rejects.toMatchObject({ code: "disk", message: /none\.tgz/ });
  });
});
