/**
 * What a network error or an HTTP status means for a download: what to say, and whether another
 * attempt could help. Codes are those of Node, undici 8, socks 2 and npm's libraries.
 */
import { SocksClientError } from "socks";

export interface Failure {
  /** For a person, without a full stop. */
  readonly reason: string;
  readonly retry: "never" | "later";
  /** What the server asked to wait. */
  readonly waitMs?: number;
  /** The error, or `{ status }` of an HTTP answer. */
  readonly cause: unknown;
}

const reasons: ReadonlyMap<string, string> = new Map([
  ["ENOTFOUND", "its name can't be looked up"],
  ["EAI_AGAIN", "its name can't be looked up just now"],
  ["ECONNREFUSED", "it refuses connections"],
  ["EHOSTUNREACH", "no route leads there"],
  ["ENETUNREACH", "no route leads there"],
  ["ETIMEDOUT", "it does not answer"],
  ["UND_ERR_CONNECT_TIMEOUT", "it does not answer"],
  ["ECONNECTIONTIMEOUT", "it does not answer"],
  ["ECONNRESET", "the connection was cut"],
  ["EPIPE", "the connection was cut"],
  ["UND_ERR_SOCKET", "the connection was cut"],
  ["UND_ERR_ABORTED", "the connection was cut"],
  ["UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "the connection was cut"],
  ["ERR_STREAM_PREMATURE_CLOSE", "the connection was cut"],
  ["UND_ERR_BODY_TIMEOUT", "it stopped sending"],
  ["UND_ERR_HEADERS_TIMEOUT", "it sent no answer"],
  ["EIDLETIMEOUT", "it stopped sending"],
]);

/** The error's own code, or that of what caused it. */
function codeOf(error: unknown): string {
  let code = "";
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; depth++) {
    const own = (at as NodeJS.ErrnoException).code;
    if (typeof own === "string" && own !== "") code = own;
    if (reasons.has(code)) break;
    at = at.cause;
  }
  return code;
}

/** What a thrown error means. One that isn't the network's is no reason to try again. */
export function explainError(error: unknown): Failure {
  const cause = error;
  const code = codeOf(error);
  const known = reasons.get(code);
  if (known !== undefined) return { reason: `${known} (${code})`, retry: "later", cause };
  const { message } = error instanceof Error ? error : { message: String(error) };
  // "Socks5 proxy rejected connection - HostUnreachable" and the like.
  if (error instanceof SocksClientError) {
    return { reason: `the proxy says: ${message}`, retry: "later", cause };
  }
  return { reason: message === "" ? code : message, retry: "never", cause };
}

/** What a status other than 200 and 206 means. */
export function explainStatus(status: number, retryAfter: string | undefined): Failure {
  const passing = status === 408 || status === 425 || status === 429 || status >= 500;
  const words = status === 404 || status === 410 ? `it has no such file (HTTP ${status})` : null;
  const waitMs = passing ? parseRetryAfter(retryAfter) : null;
  const asked = waitMs === null ? "" : `, come back in ${Math.ceil(waitMs / 1000)} s`;
  return {
    reason: words ?? `it answered HTTP ${status}${asked}`,
    retry: passing ? "later" : "never",
    cause: { status },
    ...(waitMs === null ? {} : { waitMs }),
  };
}

/** RFC 9110 §10.2.3: seconds, or a date. */
function parseRetryAfter(value: string | undefined): number | null {
  if (value === undefined) return null;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now());
}
