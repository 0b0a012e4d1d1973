/**
 * What is being built, as git says it: the commit, its time (SOURCE_DATE_EPOCH), and the files of
 * `app` and `build`. A tree with uncommitted changes builds too, but says so in its version.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { BuildError } from "./errors.ts";

export interface SourceFile {
  /** Relative to the repository, `/` between names. */
  readonly path: string;
  readonly sha256: string;
}

export interface Source {
  readonly root: string;
  /** From package.json. */
  readonly version: string;
  /** 40 hex digits, with `-dirty` behind them where the work tree differs from the commit. */
  readonly commit: string;
  /** Seconds since 1970 of the commit. */
  readonly epoch: number;
  /** Files of `app` that go into the bundles. */
  readonly app: readonly SourceFile[];
  /** sha256 over the names and digests of all of `app`, `build` and the two lock files. */
  readonly digest: string;
  /** sha256 of package-lock.json: the toolchain, all of it. */
  readonly lockfile: string;
}

const run = promisify(execFile);

/** Set by git's own hooks, GIT_DIR and its like would show us another repository. */
export function gitEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_"));
  return { ...Object.fromEntries(kept), LC_ALL: "C", GIT_OPTIONAL_LOCKS: "0" };
}

async function git(root: string, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await run("git", ["-C", root, ...args], {
      maxBuffer: 64 << 20,
      env: gitEnvironment(),
    });
    return stdout;
  } catch (cause) {
    throw new BuildError(
      "source",
      `git ${args[0]} failed in ${root}: ${(cause as Error).message.trim()}\n` +
        "A build is named after its commit: run it in a git clone of the repository.",
      { cause },
    );
  }
}

/** Tests and texts are no part of what is built. */
function isBuilt(path: string): boolean {
  return !path.endsWith(".test.ts") && !path.endsWith(".md");
}

/** @throws BuildError `source` where git cannot say which commit this is. */
export async function readSource(root: string): Promise<Source> {
  // What a user's git configuration says of signatures and untracked files must not matter here.
  const [top, head, status, listing, manifest] = await Promise.all([
    git(root, "rev-parse", "--show-toplevel"),
    git(root, "log", "-1", "--no-show-signature", "--format=%H %ct"),
    git(root, "status", "--porcelain=v1", "--untracked-files=all", "-z"),
    git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "app", "build"),
    readFile(join(root, "package.json"), "utf8"),
  ]);
  const [ours, theirs] = await Promise.all([realpath(root), realpath(top.replace(/\n$/, ""))]);
  if (ours !== theirs) {
    throw new BuildError(
      "source",
      `${root} is no git clone of its own: git takes it for a part of ${theirs}, whose commit is not ours. Clone the repository.`,
    );
  }
  const match = /^([0-9a-f]{40}|[0-9a-f]{64}) (\d+)\n$/.exec(head);
  if (match?.[1] === undefined) {
    throw new BuildError("source", `git log printed ${JSON.stringify(head)}, expected a commit`);
  }
  const { version } = JSON.parse(manifest) as { version: string };
  const paths = [...new Set(listing.split("\0"))].filter((path) => path !== "" && isBuilt(path));
  paths.push("package.json", "package-lock.json");
  paths.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const files = (await Promise.all(paths.map((path) => digestFile(root, path)))).flat();
  const all = createHash("sha256");
  for (const file of files) all.update(`${file.sha256}  ${file.path}\n`);
  return {
    root,
    version,
    commit: status === "" ? match[1] : `${match[1]}-dirty`,
    epoch: Number(match[2]),
    app: files.filter((file) => file.path.startsWith("app/")),
    digest: all.digest("hex"),
    lockfile: files.find((file) => file.path === "package-lock.json")?.sha256 ?? "",
  };
}

/** No file: git lists it, but it was deleted from the work tree (which is then dirty). */
async function digestFile(root: string, path: string): Promise<readonly SourceFile[]> {
  try {
    const sha256 = createHash("sha256")
      .update(await readFile(join(root, path)))
      .digest("hex");
    return [{ path, sha256 }];
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new BuildError("disk", `cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}
