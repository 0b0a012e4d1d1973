/**
 * Programs that share no code with ours: GNU tar and zstd, Info-ZIP, 7-Zip, Python, and libarchive,
 * which is `tar` on macOS and Windows. They must unpack what we write to the same files, and we
 * what they write.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { normaliseTree } from "../../build/archive/normalise.ts";
import { readDirectory } from "../../build/archive/read-directory.ts";
import { readTarGz, readTarZst } from "../../build/archive/read-tar.ts";
import { readZip } from "../../build/archive/read-zip.ts";
import { writeTarZst } from "../../build/archive/write-tar.ts";
import { writeZip } from "../../build/archive/write-zip.ts";
import { makeSample, sampleEntries } from "../../build/permute/sample.ts";
import { contentBytes, type Tree } from "../../build/tree.ts";

// Kiritimati is UTC+14: a local time in an archive would be seen.
const env = { PATH: process.env["PATH"], LC_ALL: "C.UTF-8", TZ: "Pacific/Kiritimati" };

async function run(cwd: string, command: string, ...args: readonly string[]): Promise<string> {
  const options = { cwd, env, maxBuffer: 16 * 1024 * 1024 };
  return (await promisify(execFile)(command, args, options)).stdout;
}

/** 2023-11-14 22:13:20 UTC; even, because DOS times are. */
const mtime = 1_700_000_000;
const prefix = "app-1.0";
const sampleTree = normaliseTree(sampleEntries, { windowsNames: false });

let folder = "";
let expected: readonly string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "referees-"));
  await makeSample(join(folder, "sample"), sampleEntries);
  expected = await describeTree(sampleTree);
  const options = { mtime, prefix };
  const tarOptions = { ...options, level: 19, windowLog: 27 };
  await writeTarZst(sampleTree, join(folder, "ours.tar.zst"), tarOptions);
  await writeZip(sampleTree, join(folder, "ours.zip"), { ...options, level: 9 });
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** One line an entry: kind, path, and execute bit and hash of the contents, or target. */
async function describeTree(tree: Tree): Promise<readonly string[]> {
  return Promise.all(
    tree.map(async (entry) => {
      const about = `${entry.kind} ${entry.path}`;
      if (entry.kind === "directory") return about;
      if (entry.kind === "symlink") return `${about} -> ${entry.target}`;
      const hash = createHash("sha256").update(await contentBytes(entry.content));
      return `${about} ${entry.executable ? "x" : "-"} ${hash.digest("hex")}`;
    }),
  );
}

async function describeFolder(path: string): Promise<readonly string[]> {
  return describeTree(normaliseTree(await readDirectory(path), { windowsNames: false }));
}

describe("unpacks ours to the same files:", () => {
  it.each<[string, string, readonly string[]]>([
    ["GNU tar", "tar", ["--zstd", "-xf", "../ours.tar.zst"]],
    ["libarchive (tar.zst)", "bsdtar", ["-xf", "../ours.tar.zst"]],
    ["libarchive (zip)", "bsdtar", ["-xf", "../ours.zip"]],
    ["Info-ZIP", "unzip", ["-q", "../ours.zip"]],
    ["7-Zip", "7z", ["x", "-snld", "../ours.zip"]],
  ])("%s", async (name, command, args) => {
    const into = join(folder, `by ${name}`);
    await mkdir(into);
    await run(into, command, ...args);
    expect(await describeFolder(join(into, prefix))).toEqual(expected);
  });
});

describe("says of ours", () => {
  it("(GNU tar) that nobody owns it and when it was made, for every entry", async () => {
    const args = ["--numeric-owner", "--utc", "--full-time", "-tvf", "ours.tar.zst"];
    const lines = (await run(folder, "tar", ...args)).trimEnd().split("\n");
    expect(lines).toHaveLength(sampleTree.length + 1);
    const modes = "(drwxr-xr-x|-rw[-]r--r--|-rwxr-xr-x|lrwxrwxrwx)";
    const line = new RegExp(`^${modes} 0/0 +[0-9]+ 2023-11-14 22:13:20 app-1\\.0/`);
    for (const text of lines) expect(text).toMatch(line);
  });

  it("(zstd) that it has a checksum and its size, and is whole without special options", async () => {
    await run(folder, "zstd", "-t", "-q", "ours.tar.zst");
    const list = await run(folder, "zstd", "-lv", "ours.tar.zst");
    expect(list).toContain("Check: XXH64");
    expect(list).toMatch(/Decompressed Size:.*\([0-9]+ B\)/);
    expect(list).toMatch(/# Zstandard Frames: 1\n/);
  });

  it("(Info-ZIP and 7-Zip) that it is whole", async () => {
    expect(await run(folder, "unzip", "-t", "-q", "ours.zip")).toContain("No errors detected");
    expect(await run(folder, "7z", "t", "ours.zip")).toContain("Everything is Ok");
  });

  it("(Python) that its DOS times are UTC, its names UTF-8, its modes those of Unix", async () => {
    const script = [
      "import json, zipfile",
      "z = zipfile.ZipFile('ours.zip')",
      "assert z.testzip() is None",
      "print(json.dumps([[i.filename, i.date_time, i.create_system, i.external_attr >> 16,",
      "  i.flag_bits & 0x800, i.is_dir()] for i in z.infolist()]))",
    ].join("\n");
    const infos = JSON.parse(await run(folder, "python3", "-c", script)) as readonly unknown[];
    const kinds = { directory: 0o40755, symlink: 0o120777, file: 0o100644 };
    const entries = [{ kind: "directory", path: "" } as const, ...sampleTree];
    expect(infos).toEqual(
      entries.map((entry) => {
        const isFolder = entry.kind === "directory";
        const path = `${prefix}/${entry.path}${isFolder && entry.path !== "" ? "/" : ""}`;
        const mode = kinds[entry.kind] | (entry.kind === "file" && entry.executable ? 0o111 : 0);
        return [path, [2023, 11, 14, 22, 13, 20], 3, mode, 0x800, isFolder];
      }),
    );
  });
});

describe("is read by us to the same files:", () => {
  it.each<[string, string, readonly string[]]>([
    ["gnu.tar.gz", "tar", ["--format=gnu", "-czf"]],
    ["pax.tar.gz", "tar", ["--format=pax", "-czf"]],
    ["gnu.tar.zst", "tar", ["--format=gnu", "--zstd", "-cf"]],
    ["libarchive.tar.gz", "bsdtar", ["-czf"]],
    ["libarchive-gnu.tar.gz", "bsdtar", ["--format=gnutar", "-czf"]],
  ])("%s", async (name, command, args) => {
    const hardLinks = name.startsWith("libarchive") ? [] : ["--hard-dereference"];
    const file = join(folder, name);
    await run(join(folder, "sample"), command, ...hardLinks, ...args, file, ".");
    const read = name.endsWith("gz") ? readTarGz : readTarZst;
    expect(await describeTree(await read(file, join(folder, `${name}.in`)))).toEqual(expected);
  });

  it.each<[string, string, readonly string[], RegExp]>([
    ["libarchive.zip", "bsdtar", ["--format=zip", "-cf"], /./],
    ["7-zip.zip", "7z", ["a", "-snl"], /./],
    // Info-ZIP 3.0 does not mark all names as UTF-8 that are, and unmarked ones we refuse.
    ["info-zip.zip", "zip", ["-q", "-r", "-y"], /^(bin|empty.*|lib|link|many)$/],
  ])("%s", async (name, command, args, wanted) => {
    const file = join(folder, name);
    const sample = join(folder, "sample");
    const names = (await readdir(sample)).filter((path) => wanted.test(path));
    await run(sample, command, ...args, file, "--", ...names);
    const tree = await readZip(file, join(folder, `${name}.in`));
    const packed = sampleTree.filter(({ path }) => wanted.test(path.split("/")[0] ?? ""));
    expect(await describeTree(tree)).toEqual(await describeTree(packed));
  });
});
