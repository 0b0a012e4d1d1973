/**
 * Runs a program of ours without any network: on Linux in a network namespace of its own, which
 * holds nothing but a loopback that is down; on macOS under a sandbox profile. Where neither works
 * the build says so: the recipes then merely don't use the network.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Isolation {
  /** What goes before the command. Empty where the system offers nothing. */
  readonly prefix: readonly string[];
  /** For the reader of the build's output. */
  readonly description: string;
}

const namespace = "recipes run in a network namespace without interfaces";

const candidates: Partial<Record<NodeJS.Platform, readonly Isolation[]>> = {
  linux: [
    // As root, without a user namespace: in one, root could not read other users' files.
    { prefix: ["unshare", "--net", "--"], description: namespace },
    {
      prefix: ["unshare", "--user", "--map-root-user", "--net", "--"],
      description: namespace,
    },
  ],
  darwin: [
    {
      prefix: ["sandbox-exec", "-p", "(version 1)(allow default)(deny network*)"],
      description: "recipes run under a sandbox profile that denies the network",
    },
  ],
};

/** The first that works, tried with a program that does nothing. */
export async function findIsolation(platform: NodeJS.Platform): Promise<Isolation> {
  for (const candidate of candidates[platform] ?? []) {
    const [program = "", ...args] = candidate.prefix;
    try {
      await run(program, [...args, "true"]);
      return candidate;
    } catch {
      // Not permitted here: try the next, or say that there is none.
    }
  }
  return { prefix: [], description: "this system cannot take the network away from recipes" };
}
