/**
 * The user's npm configuration (registry, scopes, credentials, certificates, proxy) as npm itself
 * reads it, for npm's library; and how our own options change it.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Agent } from "@npmcli/agent";
import Config from "@npmcli/config";
import npm from "@npmcli/config/lib/definitions/index.js";
import { BuildError } from "../errors.ts";
import type { Timing } from "./retry.ts";

export type NpmOptions = Readonly<Record<string, unknown>>;

const root = fileURLToPath(new URL("../../", import.meta.url));

/** @throws BuildError `usage` where an npmrc can't be used. */
export async function readNpmConfig(): Promise<NpmOptions> {
  // Set by `npm run`; below it npm's builtin npmrc would be.
  const cli = process.env["npm_execpath"];
  const config = new Config({
    npmPath: cli === undefined ? root : join(dirname(cli), ".."),
    definitions: npm.definitions,
    shorthands: npm.shorthands,
    flatten: npm.flatten,
    nerfDarts: npm.nerfDarts,
    argv: [],
    // A copy, for it writes its settings there.
    env: { ...process.env },
    cwd: root,
    warn: false,
  });
  try {
    await config.load();
  } catch (cause) {
    const { message } = cause as Error;
    throw new BuildError("usage", `npm's configuration can't be read: ${message}`, { cause });
  }
  return config.flat;
}

/** What pacote is given. Retries are ours, so that every input is retried in the same way. */
export function npmOptions(
  config: NpmOptions,
  mirror: string | undefined,
  proxy: URL | null,
  timing: Timing,
): NpmOptions {
  const entries = Object.entries(config).filter(
    // A mirror stands for the registry of every scope.
    ([key]) => mirror === undefined || !key.endsWith(":registry"),
  );
  return {
    ...Object.fromEntries(entries),
    ...(mirror === undefined ? {} : { registry: mirror }),
    ...(proxy === null ? {} : { agent: proxyAgent(proxy, timing) }),
    retry: { retries: 0 },
    timeout: timing.stall,
    ignoreScripts: true,
    offline: false,
    preferOffline: false,
    preferOnline: false,
    // Pinned by integrity: a version's age says nothing more.
    before: null,
  };
}

/**
 * Given just a proxy, npm's library leads around it for the hosts in the environment's `no_proxy`.
 * An agent of its own is not asked. "." matches no host, where an empty list would be filled from
 * the environment again.
 */
function proxyAgent(proxy: URL, timing: Timing): InstanceType<typeof Agent> {
  return new Agent({
    proxy: proxy.href,
    noProxy: ["."],
    timeouts: { connection: timing.connect, idle: timing.stall },
  });
}
