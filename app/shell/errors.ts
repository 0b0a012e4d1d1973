/**
 * The error class of the shells. `code` is for code to decide by; the message is for the person who
 * started the program: what is wrong, what was found, what to do.
 */
export type ShellErrorCode =
  | "usage" // the command line is wrong
  | "no-browser" // no browser that can show the page
  | "root" // started as root
  | "profile" // no folder for the throw-away profile
  | "page" // page.html is missing or has no content security policy
  | "browser" // the browser did not start, or ended by a crash
  | "bridge"; // the page asked for something that is not an action

export class ShellError extends Error {
  override readonly name = "ShellError";
  readonly code: ShellErrorCode;

  constructor(code: ShellErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** 2 is what a wrong command line ends with, as with most Unix programs. */
export function exitCodeOf(error: ShellError): number {
  return error.code === "usage" ? 2 : 1;
}
