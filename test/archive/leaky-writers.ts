/**
 * Writers that let something of their surroundings into their files, each named after what it
 * leaks. If build:permute calls one of them identical under the condition of that name, then that
 * condition is not really another.
 */
import { opendir, stat, writeFile } from "node:fs/promises";
import { availableParallelism, homedir } from "node:os";
import { dirname, join } from "node:path";
import { ZipFile } from "yazl";
import type { Writers } from "../../build/permute/writers.ts";
import type { Tree } from "../../build/tree.ts";

/** i32x4.splat in one function: valid only where V8 has the processor's SIMD to compile it to. */
const simdModule = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 17,
  11,
]);

function leaking(leak: (sample: string) => unknown): Writers[string] {
  return async (tree, file) => writeFile(file, JSON.stringify(await leak(sampleOf(tree))));
}

/** The folder that the sample was read from. */
function sampleOf(tree: Tree): string {
  const empty = tree.find(({ path }) => path === "empty");
  if (empty?.kind !== "file" || !("file" in empty.content)) throw new Error("no sample on disk");
  return dirname(empty.content.file);
}

function byLocale(a: string, b: string): number {
  return a.localeCompare(b);
}

async function byAge(sample: string): Promise<readonly string[]> {
  const names = ["empty", "9", "10", "bin/app", "a/b", "a-b", "many/0/0.txt", "many/4/29.txt"];
  const files = await Promise.all(
    names.map(async (name) => ({ name, ...(await stat(join(sample, name), { bigint: true })) })),
  );
  // Inodes too: files made within one tick of the clock have the same time.
  files.sort((a, b) => Number(a.mtimeNs - b.mtimeNs) || Number(a.ino - b.ino));
  return files.map(({ name }) => name);
}

/** What many programs do: yazl as its manual has it, times in the local zone. */
async function localTimeZip(_: Tree, file: string): Promise<void> {
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from("x"), "x", { mtime: new Date(1_700_000_000_000), mode: 0o100644 });
  zip.end();
  await writeFile(file, zip.outputStream as unknown as AsyncIterable<Buffer>);
}

export const writers: Writers = {
  "zip of local times": localTimeZip,
  locale: leaking(() => [(1234.5).toLocaleString(), ["i", "ı", "z"].sort(byLocale)]),
  mode: leaking(async (sample) => (await stat(join(sample, "empty"))).mode),
  places: leaking(() => [process.cwd(), homedir()]),
  clock: leaking(() => new Date().getFullYear()),
  "order of creation": leaking(byAge),
  "order of folders": leaking(async (sample) => {
    const names: string[] = [];
    // readdir would not do: Node sorts what it returns.
    for await (const { name } of await opendir(sample)) names.push(name);
    return names;
  }),
  cores: leaking(() => availableParallelism()),
  threads: leaking(() => process.env["UV_THREADPOOL_SIZE"] ?? null),
  user: leaking(() => process.getuid?.()),
  processor: leaking(() => [process.arch, WebAssembly.validate(simdModule)]),
};
