/**
 * A whole build in a second: the real command on pins of the true form, with small files in place of
 * the Node runtimes. The app's own packages are the real ones, from the cache or the npm registry.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { Header } from "tar";
import type { TargetOutcome } from "../../build/events.ts";
import { inputsPath } from "../../build/manifest.ts";

export const root: string = fileURLToPath(new URL("../..", import.meta.url));

export interface SmallBuild {
  readonly folder: string;
  readonly inputs: string;
  readonly manifest: string;
  /** Where `--out` points; the release is in `release`. */
  readonly out: string;
  readonly release: string;
  readonly remove: () => Promise<void>;
}

export interface Ended {
  /** Null where a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function tarball(members: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [];
  for (const [path, text] of Object.entries(members)) {
    const bytes = Buffer.from(text);
    const header = Buffer.alloc(512);
    new Header({ path, mode: 0o755, size: bytes.length, type: "File", mtime: new Date(0) }).encode(
      header,
    );
    parts.push(header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512));
  }
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(1024)]));
}

/** `runtimeBytes`: how large each runtime is, for tests that want packing to take its time. */
export async function makeSmallBuild(runtimeBytes = 1000): Promise<SmallBuild> {
  const folder = await mkdtemp(join(tmpdir(), "small-build-"));
  const inputs = join(folder, "inputs");
  await mkdir(inputs);
  const pins = JSON.parse(await readFile(inputsPath, "utf8")) as {
    inputs: Record<string, unknown>[];
  };
  for (const pin of pins.inputs) {
    if (pin["kind"] !== "npm") continue;
    const line = `not really a runtime: ${String(pin["id"])}\n`;
    const bytes = tarball({
      "package/LICENSE": "Nobody's licence\n",
      [pin["id"] === "node:win32-x64" ? "package/bin/node.exe" : "package/bin/node"]: line
        .repeat(Math.ceil(runtimeBytes / line.length))
        .slice(0, runtimeBytes),
    });
    pin["size"] = bytes.length;
    pin["sha256"] = createHash("sha256").update(bytes).digest("hex");
    pin["integrity"] = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
    await writeFile(join(inputs, `${String(pin["name"])}-${String(pin["version"])}.tgz`), bytes);
  }
  const manifest = join(folder, "inputs.json");
  await writeFile(manifest, JSON.stringify(pins));
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    version: string;
  };
  const out = join(folder, "out");
  return {
    folder,
    inputs,
    manifest,
    out,
    release: join(out, version),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

export interface RunOptions {
  readonly args?: readonly string[];
  /** Called with all of standard error so far, whenever there is more. */
  readonly onStderr?: (
    text: string,
    child: { readonly kill: (signal: NodeJS.Signals) => void },
  ) => void;
  /** Goes before the command. */
  readonly prefix?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** The lite edition with the small pins, unless `args` say otherwise. */
export function runSmallBuild(small: SmallBuild, options: RunOptions = {}): Promise<Ended> {
  const command = [
    ...(options.prefix ?? []),
    process.execPath,
    join(root, "build/main.ts"),
    ...["--edition", "lite", "--manifest", small.manifest, "--inputs", small.inputs],
    ...["--out", small.out],
    ...(options.args ?? []),
  ];
  const [program, ...args] = command as [string, ...string[]];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...options.env },
      timeout: 120_000,
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString("utf8");
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString("utf8");
      options.onStderr?.(stderr, { kill: (signal) => void child.kill(signal) });
    });
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
}

export function outcomesOf({ stdout }: Ended): readonly TargetOutcome[] {
  return JSON.parse(stdout) as readonly TargetOutcome[];
}

/** sha256 by name of everything that has a final name. */
export async function hashesIn(folder: string): Promise<Readonly<Record<string, string>>> {
  const hashes: Record<string, string> = {};
  for (const name of (await readdir(folder)).sort()) {
    if (name.startsWith(".")) continue;
    const bytes = await readFile(join(folder, name));
    hashes[name] = createHash("sha256").update(bytes).digest("hex");
  }
  return hashes;
}

/** Names of what a build should have cleared away: temporary files and work folders. */
export async function leftoversIn(small: SmallBuild): Promise<readonly string[]> {
  const folders = [small.out, small.release];
  const names = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])));
  return names.flat().filter((name) => name.startsWith("."));
}
