/**
 * A small tree with what archives get wrong: long and odd names, execute bits, symlinks, empty
 * files and folders, contents that don't shrink, contents that are equal, and enough of everything
 * for order to matter. The same on every machine.
 */
import { createHash } from "node:crypto";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Entry, FileEntry } from "../tree.ts";

function file(path: string, bytes: Uint8Array, executable = false): FileEntry {
  return { kind: "file", path, executable, content: { bytes } };
}

/** Doesn't shrink, and needs no random numbers. */
function noise(size: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(size / 32) }, (_, index) =>
    createHash("sha256").update(String(index)).digest(),
  );
  return Buffer.concat(blocks).subarray(0, size);
}

function words(size: number): Buffer {
  const text = Array.from({ length: size / 8 }, (_, index) => `${(index * index) % 9973} `).join(
    "",
  );
  return Buffer.from(text.padEnd(size).slice(0, size));
}

export const sampleEntries: readonly Entry[] = [
  file("bin/app", words(700_000), true),
  file("bin/helper", Buffer.from("#!/bin/sh\nexit 0\n"), true),
  file("lib/noise.bin", noise(300_000)),
  file("lib/noise.copy", noise(300_000)),
  // One whole chunk of the writers, and one of zstd's blocks.
  file("lib/256KiB", words(262_144)),
  file("lib/128KiB", noise(131_072)),
  file("empty", new Uint8Array()),
  file("empty.sh", new Uint8Array(), true),
  file("Über die Maßen/naïve café.txt", Buffer.from("UTF-8\n")),
  file("文件/𝄞.txt", Buffer.from("beyond the basic plane\n")),
  file("I-i-ı-İ", Buffer.from("Turkish locales fold these otherwise\n")),
  file(`long/${"d".repeat(90)}/${"f".repeat(60)}`, Buffer.from("151 characters\n")),
  file(`long/${"é".repeat(70)}`, Buffer.from("over 100 bytes in one name\n")),
  file("10", Buffer.from("names that are numbers\n")),
  file("9", Buffer.from("are sorted otherwise by JavaScript\n")),
  file("a-b", Buffer.from("sorts between a and a/b\n")),
  file("a/b", Buffer.from("x")),
  file("with space/and (brackets) [x] {y}", Buffer.from("y")),
  file(".hidden/.file", Buffer.from("z")),
  { kind: "directory", path: "empty folder" },
  { kind: "symlink", path: "link", target: "bin/app" },
  { kind: "symlink", path: "lib/up", target: "../bin/helper" },
  { kind: "symlink", path: "lib/folder", target: "../文件" },
  { kind: "symlink", path: "long/link", target: `${"d".repeat(90)}/${"f".repeat(60)}` },
  { kind: "symlink", path: "dangling", target: "not/here" },
  ...Array.from({ length: 30 }, (_, index) =>
    file(`many/${index % 5}/${index}.txt`, words(64 + 8 * index), index % 7 === 0),
  ),
];

/** Makes it on disk, in the order given, with whatever modes and owner the process gives it. */
export async function makeSample(folder: string, entries: readonly Entry[]): Promise<void> {
  for (const entry of entries) {
    const path = join(folder, entry.path);
    await mkdir(dirname(path), { recursive: true });
    if (entry.kind === "directory") await mkdir(path, { recursive: true });
    else if (entry.kind === "symlink") await symlink(entry.target, path);
    else if ("bytes" in entry.content) {
      await writeFile(path, entry.content.bytes, { mode: entry.executable ? 0o777 : 0o666 });
    }
  }
}

/** Another order for each seed, the same one for the same; seed 0 is the order given. */
export function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  if (seed === 0) return items;
  const rank = (index: number): string =>
    createHash("sha256").update(`${seed} ${index}`).digest("hex");
  return items
    .map((item, index) => ({ item, rank: rank(index) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .map(({ item }) => item);
}
