/**
 * Fetches the tarball of an npm package with npm's own library: from npm's cache where `npm ci` has
 * left it there, else from the registry. The pinned integrity is enforced by pacote and once more
 * by the caller. Nothing is unpacked and no script of a package runs.
 */
import { createWriteStream } from "node:fs";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import pacote from "pacote";
import { BuildError } from "../errors.ts";
import type { NpmInput } from "../manifest.ts";
import { diskError } from "./cache.ts";
import type { Net } from "./download.ts";
import { explainError, explainStatus, type Failure } from "./failures.ts";
import type { NpmOptions } from "./npm-options.ts";
import type { OnProgress } from "./progress.ts";
import { type Attempt, retrying } from "./retry.ts";
import { rules } from "./sources.ts";

/** The network as npm's library sees it. */
export interface NpmNet extends Omit<Net, "dispatcher"> {
  readonly options: NpmOptions;
}

/** Copies the tarball from npm's own cache into `part`; false if it isn't there. */
export async function copyFromNpmCache(
  input: NpmInput,
  part: string,
  net: NpmNet,
): Promise<boolean> {
  try {
    await pacote.tarball.stream(spec(input), (body) => save(body, input, part, () => {}), {
      ...net.options,
      integrity: input.integrity,
      offline: true,
      // pacote looks into its cache by integrity only if it is told of some URL.
      resolved: "npm-cache:",
    });
    return true;
  } catch (error) {
    net.signal.throwIfAborted();
    if (error instanceof BuildError && error.code === "disk") throw error;
    return false;
  }
}

/** @throws BuildError `unreachable`, `mismatch` or `disk`, or the reason of the signal. */
export async function fetchNpm(
  input: NpmInput,
  part: string,
  net: NpmNet,
  onEvent: OnProgress,
): Promise<void> {
  const { id } = input;
  const { timing, hosts, signal } = net;
  const { host } = registryOf(input.name, net.options);
  const attempt = async (): Promise<Attempt<null>> => {
    onEvent({ id, state: "connecting", host });
    let received = 0;
    // pacote limits neither the time to connect nor, in every case, a silence in the middle. The
    // first limit is for the package's description, too, so a second try would not be any faster.
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), timing.connect + 2 * timing.answer);
    const onBytes = (total: number): void => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), timing.stall);
      received = total;
      onEvent({ id, state: "downloading", received, total: input.size });
    };
    try {
      // Without `cache`, npm's own cache is left as it is.
      const { cache: _, ...options } = net.options;
      await pacote.tarball.stream(spec(input), (body) => save(body, input, part, onBytes), {
        ...options,
        integrity: input.integrity,
        signal: AbortSignal.any([signal, silence.signal]),
      });
      return { value: null };
    } catch (error) {
      if (error instanceof BuildError) throw error;
      signal.throwIfAborted();
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EINTEGRITY") throw integrityError(input, host, error as Error);
      const failure = silence.signal.aborted
        ? explainSilence(received, error)
        : explainNpm(input.version, error as Error);
      const answered = received > 0 || "statusCode" in (error as Error) || code === "ETARGET";
      return { failure, host, answered, progressed: false };
    } finally {
      clearTimeout(timer);
    }
  };
  await retrying(id, host, attempt, timing, hosts, signal, (reason, inMs) =>
    onEvent({ id, state: "retrying", reason, inMs }),
  );
}

function spec(input: NpmInput): string {
  return `${input.name}@${input.version}`;
}

/** The registry that npm would ask: that of the package's scope, if it has one. */
export function registryOf(name: string, options: NpmOptions): URL {
  const [scope] = name.split("/");
  const registry = options[`${scope}:registry`] ?? options["registry"];
  if (typeof registry === "string" && URL.canParse(registry)) return new URL(registry);
  throw new BuildError("usage", `npm's configuration names no registry for ${name}: ${registry}`);
}

/** Writes the tarball as it comes; npm's stream may not be trusted to end. */
async function save(
  body: AsyncIterable<Buffer>,
  input: NpmInput,
  part: string,
  onBytes: (received: number) => void,
): Promise<void> {
  const limit = input.size ?? rules.npm.limit;
  let received = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      if (received > limit) {
        const message = `${input.id} is larger than expected: more than ${limit} bytes.`;
        done(new BuildError("mismatch", message));
      } else {
        onBytes(received);
        done(null, chunk);
      }
    },
  });
  const file = createWriteStream(part);
  try {
    await pipeline(body, count, file);
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    // Of all errors here, only those of the file have these system calls.
    if (code !== undefined && (syscall === "open" || syscall === "write")) {
      throw diskError(error, part, (input.size ?? received) - file.bytesWritten);
    }
    throw error;
  }
}

function explainSilence(received: number, cause: unknown): Failure {
  return received > 0
    ? { reason: "it stopped sending", retry: "later", cause }
    : { reason: "it does not answer in time", retry: "never", cause };
}

/** npm's HTTP errors carry the status; the rest are those of Node. */
export function explainNpm(version: string, error: Error): Failure {
  if ("statusCode" in error && typeof error.statusCode === "number") {
    const headers = "headers" in error ? (error.headers as Record<string, string[]>) : {};
    return { ...explainStatus(error.statusCode, headers["retry-after"]?.[0]), cause: error };
  }
  if ((error as NodeJS.ErrnoException).code === "ETARGET") {
    return { reason: `it has no version ${version}`, retry: "never", cause: error };
  }
  return explainError(error);
}

function integrityError(input: NpmInput, host: string, cause: Error): BuildError {
  const found = "found" in cause ? String(cause.found) : cause.message;
  return new BuildError(
    "mismatch",
    `${input.id} (${spec(input)}) from ${host} is not the file that is pinned: ` +
      `expected ${input.integrity}, found ${found}. Don't use it.`,
    { cause },
  );
}
