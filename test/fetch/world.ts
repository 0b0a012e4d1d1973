/** What every test of fetching needs: a folder of its own, a server, inputs, and short waits. */
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { onTestFinished } from "vitest";
import type { BuildError } from "../../build/errors.ts";
import {
  type FetchOptions,
  type FetchResult,
  fetchInputs,
} from "../../build/fetch/fetch-inputs.ts";
import type { FetchEvent } from "../../build/fetch/progress.ts";
import type { Timing } from "../../build/fetch/retry.ts";
import type { ElectronInput, Input } from "../../build/manifest.ts";
import { type Route, type Server, startServer } from "./server.ts";

export const quick: Timing = {
  connect: 1_000,
  answer: 500,
  stall: 500,
  firstWait: 4,
  longestWait: 1_000,
  retries: 4,
  random: () => 0.5,
  sleep: async (ms, signal) => {
    await delay(ms, undefined, { signal });
  },
};

export interface World {
  readonly folder: string;
  readonly cacheDir: string;
  readonly server: Server;
  readonly events: FetchEvent[];
  readonly options: FetchOptions;
  /** Serves `bytes` as an Electron zip and returns the input that pins it. */
  offer(bytes: Uint8Array, route?: Route): ElectronInput;
  fetch(input: Input, options?: FetchOptions): Promise<FetchResult>;
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function integrity(bytes: Uint8Array): string {
  return `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
}

let versions = 0;

export function electronInput(bytes: Uint8Array): ElectronInput {
  const version = `1000.0.${versions++}`;
  return {
    id: "electron:linux-x64",
    kind: "electron",
    version,
    platform: "linux-x64",
    file: `electron-v${version}-linux-x64.zip`,
    size: bytes.length,
    sha256: sha256(bytes),
    trustOnFirstUse: false,
  };
}

/** The path below the mirror. */
export function pathOf(input: ElectronInput): string {
  return `/v${input.version}/${input.file}`;
}

/** All of it goes away when the test that asked for it ends. */
export async function makeWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), "fetch-"));
  const server = await startServer();
  onTestFinished(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });
  const events: FetchEvent[] = [];
  const cacheDir = join(folder, "cache");
  const options: FetchOptions = {
    cacheDir,
    mirrors: { electron: server.url },
    timing: quick,
    onProgress: (event) => events.push(event),
  };
  return {
    folder,
    cacheDir,
    server,
    events,
    options,
    offer: (bytes, route = {}) => {
      const input = electronInput(bytes);
      server.routes.set(pathOf(input), { bytes, ...route });
      return input;
    },
    fetch: async (input, more = {}) => {
      const results = await fetchInputs([input], { ...options, ...more });
      const result = results.get(input.id);
      if (result === undefined) throw new Error(`no result for ${input.id}`);
      return result;
    },
  };
}

/** Incompressible, and never the same twice. */
export function someBytes(length: number): Uint8Array {
  return randomBytes(length);
}

export function readyOf(result: FetchResult): Extract<FetchResult, { state: "ready" }> {
  if (result.state !== "ready") throw result.error;
  return result;
}

export function errorOf(result: FetchResult): BuildError {
  if (result.state !== "unreachable") throw new Error("it was ready");
  return result.error;
}

/** Names of everything below the cache's folder of partial downloads and temporary files. */
export async function leftovers(cacheDir: string): Promise<string[]> {
  return [...(await readdir(join(cacheDir, "partial"))), ...(await readdir(join(cacheDir, "tmp")))];
}

export function statesOf(events: readonly FetchEvent[]): string[] {
  const states = events.map((event) => event.state);
  return states.filter((state, index) => state !== states[index - 1]);
}
