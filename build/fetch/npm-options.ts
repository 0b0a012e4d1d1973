/**
 * The user's npm configuration (registry, scopes, credentials, certificates, proxy) as npm itself
 * reads it, for npm's library; and how our own options change it.
 */
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
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
    ...agentFor(config, proxy, timing),
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

type ByProtocol = (url: URL) => HttpAgent;

/**
 * npm's library gets its connections from us, but where the user's own settings name a proxy.
 *
 * Through `--proxy`: given just a proxy, it would lead around it for the hosts in the environment's
 * `no_proxy`. "." matches no host, where an empty list would be filled from there again.
 *
 * Direct: its own agent lets go of a connection that is not answered without closing it, and the
 * process would wait two minutes for that before it ends.
 */
function agentFor(
  config: NpmOptions,
  proxy: URL | null,
  timing: Timing,
): { readonly agent?: HttpAgent | ByProtocol } {
  if (proxy !== null) {
    const timeouts = { connection: timing.connect, idle: timing.stall };
    return { agent: new Agent({ proxy: proxy.href, noProxy: ["."], timeouts }) };
  }
  const settings = /^(https?_)?proxy$/i;
  const fromEnvironment = Object.entries(process.env).some(([key, v]) => settings.test(key) && v);
  if (fromEnvironment || config["proxy"] || config["httpsProxy"]) return {};
  const http = new HttpAgent({ keepAlive: true });
  const https = new HttpsAgent({ keepAlive: true });
  return { agent: (url) => (url.protocol === "https:" ? https : http) };
}
