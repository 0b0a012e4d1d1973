/**
 * Downloads one URL to one file with the fetch that comes with Node. The answer is not trusted: its
 * size, its pace and where it sends us are limited. It neither resumes nor tries again; a
 * downloader of your own that does can take its place.
 */
import { type FileHandle, open } from "node:fs/promises";
import { TorBundleError } from "./errors.ts";
import { onDisk } from "./files.ts";

export interface Progress {
  readonly transferred: number;
  /** Null when the host does not say. */
  readonly total: number | null;
  /** From 0 to 1; 0 as long as the total is not known. */
  readonly percent: number;
}

export interface DownloadOptions {
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  /** Called for the archive, not for the small files. */
  readonly getProgressCallback?: (progress: Progress) => Promise<void> | void;
  /** Milliseconds without a byte, 60,000 when not given. */
  readonly stallTimeout?: number;
  /** Milliseconds for the whole file, an hour when not given. */
  readonly timeout?: number;
  /** Set by this package for each file. */
  readonly maxBytes?: number;
  /** Another fetch, for instance one that goes through a proxy. */
  readonly fetch?: typeof globalThis.fetch;
}

/**
 * @electron/get's interface. Throw a `TorBundleError` with the code `not-found`, or an error that
 * has `response.status` 404, when the host does not have the file: the archive is asked then. Any
 * other error of yours reaches the caller as it is.
 */
export interface Downloader {
  download(url: string, targetFilePath: string, options: DownloadOptions): Promise<void>;
}

const maxRedirects = 5;

export class FetchDownloader implements Downloader {
  async download(
    url: string,
    targetFilePath: string,
    options: DownloadOptions = {},
  ): Promise<void> {
    const watch = new Watch(url, options);
    try {
      const response = await watch.guard(follow(new URL(url), watch.signal, options));
      const total = checkAnswer(response, url, options.maxBytes);
      const file = await onDisk(open(targetFilePath, "w"));
      try {
        await save(response, total, file, watch, url, options);
        await onDisk(file.sync());
      } finally {
        await file.close();
      }
    } finally {
      watch.stop();
    }
  }
}

/** Follows redirects, but never to another host: that one was not asked for by anybody. */
async function follow(
  start: URL,
  signal: AbortSignal,
  options: DownloadOptions,
): Promise<Response> {
  let url = start;
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    checkScheme(url);
    const response = await (options.fetch ?? fetch)(url, {
      redirect: "manual",
      signal,
      headers: { ...options.headers, "accept-encoding": "identity" },
    });
    const location = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || location === null) {
      return response;
    }
    await response.body?.cancel();
    const next = URL.parse(location, url);
    if (next === null || next.origin !== start.origin) {
      throw new TorBundleError(
        "refused",
        `${url} redirects to ${next?.origin ?? JSON.stringify(location)}; expected the file from ${start.host} itself. If that is a mirror that you trust, name it as the mirror.`,
      );
    }
    url = next;
  }
  throw new TorBundleError("refused", `${start} redirects more than ${maxRedirects} times.`);
}

function checkScheme(url: URL): void {
  const loopback = ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && loopback)) {
    throw new TorBundleError("refused", `${url} is not https, which is all that is taken.`);
  }
}

/** Returns the announced size, null when there is none. */
function checkAnswer(response: Response, url: string, maxBytes = Infinity): number | null {
  const { status } = response;
  if (status === 404 || status === 410) {
    throw new TorBundleError("not-found", `${url} does not exist (HTTP ${status}).`);
  }
  if (status === 408 || status === 429 || status >= 500) {
    throw new TorBundleError("unreachable", `${url} answered HTTP ${status}: try again later.`);
  }
  if (status !== 200) {
    throw new TorBundleError("refused", `${url} answered HTTP ${status}, expected 200.`);
  }
  // fetch would undo an encoding, and the bytes would not be those that were hashed.
  const encoding = response.headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity") {
    throw new TorBundleError("refused", `${url} was sent ${encoding}-encoded, expected as it is.`);
  }
  const length = response.headers.get("content-length");
  const total = length === null ? null : Number(length);
  if (total !== null && total > maxBytes) {
    throw tooLarge(url, total, maxBytes);
  }
  return total;
}

async function save(
  response: Response,
  total: number | null,
  file: FileHandle,
  watch: Watch,
  url: string,
  { maxBytes = Infinity, getProgressCallback }: DownloadOptions,
): Promise<void> {
  const reader = response.body?.getReader();
  let transferred = 0;
  while (reader !== undefined) {
    const { done, value } = await watch.guard(reader.read());
    if (done) {
      break;
    }
    transferred += value.length;
    if (transferred > maxBytes) {
      throw tooLarge(url, transferred, maxBytes);
    }
    await onDisk(file.appendFile(value));
    watch.alive();
    await getProgressCallback?.({ transferred, total, percent: total ? transferred / total : 0 });
  }
  if (total !== null && transferred !== total) {
    throw new TorBundleError(
      "unreachable",
      `${url} broke off after ${transferred} of ${total} bytes.`,
    );
  }
}

function tooLarge(url: string, size: number, maxBytes: number): TorBundleError {
  return new TorBundleError(
    "too-large",
    `${url} has ${size} bytes or more, at most ${maxBytes} were expected.`,
  );
}

/** Ends a transfer that stalls, takes too long, or that the caller no longer wants. */
class Watch {
  readonly signal: AbortSignal;
  readonly #url: string;
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #stall: NodeJS.Timeout;
  readonly #whole: NodeJS.Timeout;

  constructor(
    url: string,
    { signal, stallTimeout = 60_000, timeout = 3_600_000 }: DownloadOptions,
  ) {
    this.#url = url;
    this.#caller = signal;
    this.signal = signal
      ? AbortSignal.any([signal, this.#controller.signal])
      : this.#controller.signal;
    this.#stall = setTimeout(() => this.#end(`sent nothing for ${stallTimeout} ms`), stallTimeout);
    this.#whole = setTimeout(() => this.#end(`was not done after ${timeout} ms`), timeout);
  }

  #end(what: string): void {
    this.#controller.abort(new TorBundleError("unreachable", `${this.#url} ${what}.`));
  }

  alive(): void {
    this.#stall.refresh();
  }

  stop(): void {
    clearTimeout(this.#stall);
    clearTimeout(this.#whole);
    this.#controller.abort(); // Frees the connection of an answer that was not read to its end.
  }

  /** Waits for a network call and says why it failed. */
  async guard<T>(call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (cause) {
      if (cause instanceof TorBundleError) {
        throw cause;
      }
      if (this.#controller.signal.aborted) {
        throw this.#controller.signal.reason;
      }
      if (this.#caller?.aborted) {
        throw new TorBundleError("aborted", `The download of ${this.#url} was stopped.`, { cause });
      }
      throw new TorBundleError("unreachable", `${this.#url}: ${reasonOf(cause)}.`, { cause });
    }
  }
}

/** fetch says "fetch failed" and puts the reason into the cause. */
function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return inner instanceof Error ? inner.message || inner.name : String(inner);
}
