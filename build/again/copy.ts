/**
 * The same sources somewhere else: a clone of the commit with the work tree's own changes laid over
 * it, files made in reverse order, and shown through disorderfs where that works, so that a folder
 * lists itself in another order too.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { BuildError } from "../errors.ts";
import { gitEnvironment } from "../source.ts";

const run = promisify(execFile);

export interface Copy {
  readonly root: string;
  /** How the order of files differs. */
  readonly order: string;
  readonly remove: () => Promise<void>;
}

async function listFiles(root: string): Promise<readonly string[]> {
  const args = ["-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const { stdout } = await run("git", args, { maxBuffer: 64 << 20, env: gitEnvironment() });
  return [...new Set(stdout.split("\0"))].filter((path) => path !== "");
}

async function copySources(root: string, into: string): Promise<void> {
  const env = gitEnvironment();
  await run("git", ["clone", "--quiet", "--no-checkout", root, into], { env });
  await run("git", ["-C", into, "reset", "--quiet"], { env });
  for (const path of (await listFiles(root)).toReversed()) {
    await mkdir(dirname(join(into, path)), { recursive: true });
    // Deleted in the work tree but listed by git: deleted in the copy too.
    await cp(join(root, path), join(into, path)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
  }
  // Hard links where they can be: the toolchain is half a gigabyte that nothing writes to.
  const modules = [join(root, "node_modules"), join(into, "node_modules")];
  await run("cp", ["-al", ...modules]).catch(() => run("cp", ["-R", ...modules]));
}

async function mountReversed(folder: string, mount: string): Promise<boolean> {
  await mkdir(mount);
  try {
    const options = ["--multi-user=no", "--shuffle-dirents=no", "--reverse-dirents=yes"];
    await run("disorderfs", [...options, folder, mount], { timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}

/** Makes it in `parent`, which is ours alone. */
export async function copyCheckout(root: string, parent: string): Promise<Copy> {
  // A longer path, with a blank and a letter outside ASCII.
  const folder = join(parent, "made elsewhere, at Zoë's");
  const mount = join(parent, "seen through disorderfs");
  try {
    await copySources(root, folder);
  } catch (cause) {
    throw new BuildError("source", `cannot copy ${root}: ${(cause as Error).message}`, { cause });
  }
  const mounted = await mountReversed(folder, mount);
  return {
    root: mounted ? mount : folder,
    order: mounted ? "directory order (disorderfs)" : "creation order of files",
    remove: async () => {
      if (mounted) await run("fusermount", ["-u", mount]);
      await rm(parent, { recursive: true, force: true });
    },
  };
}
