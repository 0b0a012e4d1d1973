/**
 * The one error class of this package. `code` says what kind of failure it is, so that callers
 * decide without reading text; the message is for a person and names the file or host, what was
 * expected, what was found, and what to do.
 */

export type TorBundleErrorCode =
  | "usage" // an option is wrong
  | "unsupported" // the Tor Project makes no such bundle
  | "unreachable" // no answer, 429 or 5xx, or the transfer stalled or broke off
  | "not-found" // 404 wherever it was asked for
  | "refused" // an answer that is not taken: a redirect to another host, plain http, a 403
  | "too-large" // more bytes than such a file can have
  | "aborted" // the caller's signal
  | "sums" // the sums file is not one, or does not list the bundle
  | "key" // the key file is not one, or not the pinned key
  | "key-outdated" // signed by a subkey that this copy of the key is too old to have
  | "signature" // not made by the pinned key over these bytes
  | "expired" // made when the key was no longer valid
  | "revoked" // made by a key that was withdrawn
  | "mismatch" // a file that is not the one with that sha256
  | "disk"; // cannot read or write here

export class TorBundleError extends Error {
  override readonly name = "TorBundleError";
  readonly code: TorBundleErrorCode;

  constructor(code: TorBundleErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
