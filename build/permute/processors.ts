/**
 * Other processors, emulated by QEMU in user mode: an x64 without any SIMD beyond what V8 needs, so
 * that zlib and zstd take their portable paths, and an arm64 with the Node that Linux on arm64
 * machines gets, an input of the build.
 */
import { execFile } from "node:child_process";
import { access, chmod } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { readTarGz } from "../archive/read-tar.ts";
import { BuildError } from "../errors.ts";
import { fetchInputs } from "../fetch/fetch-inputs.ts";
import { findInput, readInputs } from "../manifest.ts";
import { findFile } from "../tree.ts";
import type { Place, Prepared } from "./condition.ts";

const arm64Libraries = "/usr/aarch64-linux-gnu";

async function whyNoEmulator(emulator: string): Promise<string | undefined> {
  if (process.platform !== "linux") return "QEMU's user mode needs Linux";
  try {
    await promisify(execFile)(emulator, ["--version"]);
    return undefined;
  } catch {
    return `${emulator} is not installed`;
  }
}

export async function x64WithoutSimd(): Promise<Prepared> {
  const emulator = "qemu-x86_64-static";
  const reason = await whyNoEmulator(emulator);
  if (reason !== undefined) return { unavailable: reason };
  if (process.arch !== "x64") return { unavailable: `this machine is ${process.arch}` };
  return { prefix: [emulator, "-cpu", "qemu64"] };
}

export async function arm64({ folder }: Place): Promise<Prepared> {
  const emulator = "qemu-aarch64-static";
  const reason = await whyNoEmulator(emulator);
  if (reason !== undefined) return { unavailable: reason };
  try {
    await access(join(arm64Libraries, "lib/libatomic.so.1"));
  } catch {
    return { unavailable: `no arm64 C++ and atomic libraries in ${arm64Libraries}` };
  }
  const input = findInput(await readInputs(), "node:linux-arm64");
  const fetched = (await fetchInputs([input])).get(input.id);
  if (fetched?.state !== "ready") return { unavailable: `${input.id} can't be reached` };
  const tree = await readTarGz(fetched.path, join(folder, "node"));
  const node = findFile(tree, "package/bin/node");
  if (node === undefined || !("file" in node.content)) {
    throw new BuildError("archive", `${fetched.path} has no package/bin/node`);
  }
  await chmod(node.content.file, 0o755);
  return { prefix: [emulator, "-L", arm64Libraries], node: node.content.file };
}
