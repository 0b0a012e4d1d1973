/**
 * The one error class of `build`. `code` says which kind of failure it is, so that callers decide
 * without reading text; the message is for a person and names the file or host, what was expected,
 * what was found, and what to do.
 */
export type BuildErrorCode =
  | "usage" // the command line is wrong
  | "manifest" // a pinned file of ours does not parse or contradicts itself
  | "unreachable" // an input's host did not answer: the targets that need it are skipped
  | "mismatch" // bytes that are not the pinned ones: everything stops
  | "signature" // an OpenPGP check failed: everything stops
  | "archive" // an input archive holds something that we do not unpack
  | "format" // a binary (Mach-O, PE, fuse wire) is not laid out as expected
  | "disk" // cannot read or write here: full, read-only, missing
  | "source" // git does not say what is being built
  | "recipe" // a recipe step failed
  | "interrupted"; // SIGINT or SIGTERM

export class BuildError extends Error {
  override readonly name = "BuildError";
  readonly code: BuildErrorCode;

  constructor(code: BuildErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
