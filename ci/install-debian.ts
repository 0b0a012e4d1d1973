/**
 * Installs the Debian packages that the tests use and that are not there yet. As root, or with
 * sudo where that asks no password; else it says what to type.
 */
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { debianPackages } from "./debian.ts";

const run = promisify(execFile);
const policy = "/usr/sbin/policy-rc.d";

async function isInstalled(name: string): Promise<boolean> {
  try {
    const { stdout } = await run("dpkg", ["--status", name]);
    return stdout.includes("\nStatus: install ok installed\n");
  } catch {
    return false;
  }
}

function aptGet(args: readonly string[], asRoot: boolean): Promise<void> {
  const command = ["apt-get", "-q", "-y", ...args];
  const [program, ...rest] = asRoot ? command : ["sudo", "-n", ...command];
  return new Promise((resolve, reject) => {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const child = spawn(program as string, rest, { stdio: ["ignore", "inherit", "inherit"], env });
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`${command.join(" ")} ended with ${code}`)),
    );
  });
}

/** Resolves when everything is there; throws with the command to type where it cannot be. */
export async function installDebianPackages(): Promise<void> {
  const names = Object.keys(debianPackages);
  const present = await Promise.all(names.map(isInstalled));
  const missing = names.filter((_, i) => !present[i]);
  if (missing.length === 0) return;
  const asRoot = process.getuid?.() === 0;
  console.log(`Installing for the tests: ${missing.join(" ")}`);
  // Debian starts a service as soon as it is installed; the tests start theirs themselves. The file
  // is Debian's own way to say so; where somebody has one already, it stays.
  const forbidServices = asRoot && !existsSync(policy);
  try {
    if (forbidServices) await writeFile(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
    await aptGet(["update"], asRoot);
    await aptGet(["install", "--no-install-recommends", ...missing], asRoot);
  } catch (cause) {
    const command = `apt-get install --no-install-recommends ${missing.join(" ")}`;
    throw new Error(`The tests need Debian packages; as root: ${command}`, { cause });
  } finally {
    if (forbidServices) await rm(policy, { force: true });
  }
}
