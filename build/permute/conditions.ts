/** The conditions that must not show in an archive. Data, as far as it goes. */
import { execFile } from "node:child_process";
import { chown, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Condition, Place, Prepared, Setting } from "./condition.ts";
import { arm64, x64WithoutSimd } from "./processors.ts";

const run = promisify(execFile);
const nobody = 65_534;

/** Undefined if the command works, else why not, in few words. */
async function whyNot(command: string, ...args: readonly string[]): Promise<string | undefined> {
  try {
    await run(command, args, { timeout: 20_000 });
    return undefined;
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    if (code === "ENOENT") return `${command} is not installed`;
    return `${command} does not work here: ${stderr?.trim().split("\n").at(-1) || code}`;
  }
}

function always(name: string, setting: Setting): Condition {
  return { name, prepare: async () => setting };
}

function ifItWorks(
  name: string,
  prefix: readonly [string, ...string[]],
  more?: Setting,
): Condition {
  const [command, ...args] = prefix;
  return {
    name,
    prepare: async () => {
      const reason = await whyNot(command, ...args, "true");
      return reason === undefined ? { ...more, prefix } : { unavailable: reason };
    },
  };
}

async function elsewhere({ folder }: Place): Promise<Prepared> {
  const cwd = join(folder, "a path", "with ünusual", "x".repeat(100));
  await mkdir(cwd, { recursive: true });
  return { cwd, sample: join(cwd, "sample"), env: { HOME: cwd, TMPDIR: cwd, USER: "someone" } };
}

async function otherUser({ folder, node, script }: Place): Promise<Prepared> {
  if (process.getuid?.() !== 0) return { unavailable: "only root can become another user" };
  const prefix = ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups", "--"];
  const reason = await whyNot(
    "setpriv",
    ...prefix.slice(1),
    "test",
    "-r",
    script,
    "-a",
    "-x",
    node,
  );
  if (reason !== undefined) return { unavailable: `nobody can't read this checkout (${reason})` };
  await chown(folder, nobody, nobody);
  return { prefix };
}

/** Lists folders in random order; the files are made through it, so that it is all they see. */
async function disorder({ folder }: Place): Promise<Prepared> {
  const [root, mount] = [join(folder, "root"), join(folder, "mount")];
  await mkdir(root);
  await mkdir(mount);
  const reason = await whyNot("disorderfs", "--shuffle-dirents=yes", root, mount);
  if (reason !== undefined) return { unavailable: reason };
  const cleanUp = async (): Promise<void> => {
    await run("fusermount", ["-u", mount]);
  };
  return { sample: join(mount, "sample"), cleanUp };
}

export const conditions: readonly Condition[] = [
  always("nothing else", {}),
  always("time zone", { env: { TZ: "Pacific/Kiritimati" } }),
  always("time zone with half hours", { env: { TZ: "America/St_Johns" } }),
  always("locale", { env: { LC_ALL: "tr_TR.UTF-8", LANG: "tr_TR.UTF-8", LANGUAGE: "tr" } }),
  ifItWorks("umask 077", ["sh", "-c", 'umask 077; exec "$0" "$@"']),
  ifItWorks("umask 000", ["sh", "-c", 'umask 000; exec "$0" "$@"']),
  { name: "HOME, working folder and path", prepare: elsewhere },
  ifItWorks("clock", ["faketime", "-f", "@2031-05-06 07:08:09"]),
  always("order of creation", { seed: 1 }),
  always("another order of creation", { seed: 2 }),
  { name: "order of folders (disorderfs)", prepare: disorder },
  ifItWorks("one core", ["taskset", "--cpu-list", "0"], { env: { UV_THREADPOOL_SIZE: "1" } }),
  always("many threads", { env: { UV_THREADPOOL_SIZE: "16" } }),
  { name: "user", prepare: otherUser },
  { name: "x64 without SIMD (emulated)", prepare: x64WithoutSimd },
  { name: "arm64 (emulated)", prepare: arm64 },
];
