/**
 * Downloads one file over HTTP(S) into a part that may hold its beginning already (RFC 9110 §14,
 * range requests), then has it verified. It trusts nothing that a server says: the pinned hash
 * decides, and the size limit bounds what is read. Bytes are kept as sent, never decoded.
 */
import { type FileHandle, open, rm, stat } from "node:fs/promises";
import { type Dispatcher, request } from "undici";
import { BuildError } from "../errors.ts";
import { diskError } from "./cache.ts";
import { explainError, explainStatus, type Failure } from "./failures.ts";
import type { OnProgress } from "./progress.ts";
import { type Attempt, type Hosts, retrying, type Timing } from "./retry.ts";
import { checkRedirect, type Rules } from "./sources.ts";

/** The network as one run sees it. */
export interface Net {
  readonly dispatcher: Dispatcher;
  readonly timing: Timing;
  readonly hosts: Hosts;
  readonly signal: AbortSignal;
}

export interface Wanted {
  /** The input's id: what messages call the file. */
  readonly id: string;
  readonly url: URL;
  /** Where the bytes go; what is there already is continued. */
  readonly part: string;
  /** Null where it isn't known: then `rules.limit` bounds it. */
  readonly size: number | null;
  readonly rules: Rules;
}

const mostRedirects = 5;
const progressEvery = 100;

/**
 * Downloads and verifies. A file that was put together from more than one answer and turns out
 * wrong is fetched once more as a whole: an old part, or a server that changed its mind, must not
 * look like an attack.
 * @throws BuildError `unreachable`, `mismatch`, `disk`, whatever `verify` throws, or the reason of
 * the signal. The part is kept except where its bytes are wrong.
 */
export async function download<T>(
  wanted: Wanted,
  verify: (path: string) => Promise<T>,
  net: Net,
  onEvent: OnProgress,
): Promise<T> {
  const resumed = await transfer(wanted, net, onEvent);
  onEvent({ id: wanted.id, state: "verifying" });
  try {
    return await verify(wanted.part);
  } catch (error) {
    if (!isMismatch(error)) throw error;
    await rm(wanted.part, { force: true });
    if (!resumed) throw error;
    onEvent({ id: wanted.id, state: "retrying", reason: error.message, inMs: 0 });
  }
  await transfer(wanted, net, onEvent);
  onEvent({ id: wanted.id, state: "verifying" });
  try {
    return await verify(wanted.part);
  } catch (error) {
    if (isMismatch(error)) await rm(wanted.part, { force: true });
    throw error;
  }
}

function isMismatch(error: unknown): error is BuildError {
  return error instanceof BuildError && error.code === "mismatch";
}

/** Fills the part; true if it did not all come from one answer. */
async function transfer(wanted: Wanted, net: Net, onEvent: OnProgress): Promise<boolean> {
  const { id, url, part } = wanted;
  let resumed = (await sizeOf(part)) > 0;
  /** A strong validator (RFC 9110 §13.1.5) of the answer that the part is from, in this run. */
  let etag: string | null = null;
  const attempt = async (): Promise<Attempt<null>> => {
    const before = await sizeOf(part);
    if (wanted.size !== null && before > wanted.size) await rm(part, { force: true });
    else if (before > 0 && before === wanted.size) return { value: null };
    const offset = await sizeOf(part);
    const progress = { host: url.host, answered: false, received: offset };
    const failed = async (failure: Failure): Promise<Attempt<null>> => {
      const { host, answered } = progress;
      return { failure, host, answered, progressed: (await sizeOf(part)) > before };
    };
    try {
      const response = await ask(wanted, offset, etag, net, onEvent, progress);
      if ("reason" in response) return await failed(response);
      const { body, headers, statusCode } = response;
      if (statusCode === 416 || (statusCode === 206 && rangeStart(headers) !== offset)) {
        body.destroy();
        // The server's file ends where the part does: nothing is missing.
        if (offset > 0 && headers["content-range"] === `bytes */${offset}`) return { value: null };
        await rm(part, { force: true });
        return await failed({
          reason: "it sent another range than asked",
          retry: "later",
          cause: { status: statusCode },
        });
      }
      const { etag: tag } = headers;
      etag = typeof tag === "string" && tag.startsWith('"') ? tag : null;
      await save(response, statusCode === 206 ? offset : 0, wanted, onEvent);
      return { value: null };
    } catch (error) {
      resumed ||= (await sizeOf(part)) > 0;
      if (error instanceof BuildError) throw error;
      net.signal.throwIfAborted();
      return await failed(explainError(error));
    }
  };
  await retrying(id, url.host, attempt, net.timing, net.hosts, net.signal, (reason, inMs) =>
    onEvent({ id, state: "retrying", reason, inMs }),
  );
  return resumed;
}

/** Sends the request and follows allowed redirects to an answer with a body, or a failure. */
async function ask(
  wanted: Wanted,
  offset: number,
  etag: string | null,
  net: Net,
  onEvent: OnProgress,
  progress: { host: string; answered: boolean },
): Promise<Dispatcher.ResponseData | Failure> {
  let url = wanted.url;
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    progress.host = url.host;
    progress.answered = false;
    onEvent({ id: wanted.id, state: "connecting", host: url.host });
    const response = await request(url, {
      dispatcher: net.dispatcher,
      signal: net.signal,
      headers: {
        // A compressed transfer would not be the pinned bytes.
        "accept-encoding": "identity",
        ...(offset > 0 ? { range: `bytes=${offset}-` } : {}),
        ...(offset > 0 && etag !== null ? { "if-range": etag } : {}),
      },
    });
    progress.answered = true;
    const { statusCode, headers, body } = response;
    if (statusCode === 200 || statusCode === 206 || statusCode === 416) return response;
    body.on("error", () => {}).destroy();
    if (![301, 302, 303, 307, 308].includes(statusCode)) {
      return explainStatus(statusCode, single(headers["retry-after"]));
    }
    const { location } = headers;
    const next = checkRedirect(url, single(location), wanted.rules.redirectHosts);
    if (typeof next === "string")
      return { reason: next, retry: "never", cause: { status: statusCode } };
    url = next;
  }
  const reason = `it redirects more than ${mostRedirects} times`;
  return { reason, retry: "never", cause: { url } };
}

/** Appends the body to the part from `start` on. */
async function save(
  response: Dispatcher.ResponseData,
  start: number,
  wanted: Wanted,
  onEvent: OnProgress,
): Promise<void> {
  const { id, part } = wanted;
  const { body, headers } = response;
  const limit = wanted.size ?? wanted.rules.limit;
  const length = single(headers["content-length"]);
  const declared = length === undefined ? null : start + Number(length);
  const total = wanted.size ?? declared;
  let received = start;
  let told = 0;
  const tell = (): void => onEvent({ id, state: "downloading", received, total });
  const check = (size: number): void => {
    if (size <= limit) return;
    throw new BuildError(
      "mismatch",
      `${id} is not the file that is pinned: ${wanted.url} sends at least ${size} bytes, ` +
        `expected ${wanted.size === null ? "at most " : ""}${limit}.`,
    );
  };
  try {
    check(declared ?? 0);
    const handle = await openAt(part, start);
    try {
      tell();
      for await (const chunk of body as AsyncIterable<Buffer>) {
        check(received + chunk.length);
        await handle.writeFile(chunk).catch((cause: unknown) => {
          throw diskError(cause, part, (total ?? limit) - received);
        });
        received += chunk.length;
        const now = performance.now();
        if (now - told > progressEvery) {
          told = now;
          tell();
        }
      }
      tell();
    } finally {
      await handle.close();
    }
  } catch (error) {
    body.on("error", () => {}).destroy();
    if (isMismatch(error)) await rm(part, { force: true });
    throw error;
  }
}

/**
 * The part, to be written from `start`. Starting anew makes a new file rather than truncating: a
 * process elsewhere that still has the old one open can't write into ours.
 */
async function openAt(part: string, start: number): Promise<FileHandle> {
  try {
    if (start === 0) await rm(part, { force: true });
    return await open(part, start === 0 ? "wx" : "a");
  } catch (cause) {
    throw diskError(cause, part);
  }
}

async function sizeOf(path: string): Promise<number> {
  const info = await stat(path).catch(() => null);
  return info?.size ?? 0;
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** Of `Content-Range: bytes START-END/TOTAL`. */
function rangeStart(headers: Dispatcher.ResponseData["headers"]): number | null {
  const match = /^bytes (\d{1,15})-\d{1,15}\//.exec(single(headers["content-range"]) ?? "");
  return match === null ? null : Number(match[1]);
}
