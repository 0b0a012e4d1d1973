/**
 * Reads `sha256sums-signed-build.txt`: what `sha256sum` of GNU coreutils writes for plain names,
 * one `HASH  NAME` a line. Strict, because it decides what is trusted: a line that can be read in
 * two ways, or that names a path, makes the whole file unusable. It does not check the signature.
 */
import { TorBundleError } from "./errors.ts";

/** The real file has about sixty lines, under 7 KiB. */
export const maxSumsBytes: number = 256 * 1024;

// Two spaces, or space and star for files read in binary mode; the name is a plain file name.
const lineForm = /^([0-9a-f]{64}) [ *]([A-Za-z0-9][A-Za-z0-9._+-]{0,254})$/;

/** File name to sha256 in lower-case hex. */
export function parseSums(bytes: Uint8Array): ReadonlyMap<string, string> {
  if (bytes.length > maxSumsBytes) {
    throw fault(`it has ${bytes.length} bytes, at most ${maxSumsBytes} were expected`);
  }
  const lines = Buffer.from(bytes).toString("latin1").split("\n");
  if (lines.pop() !== "" || lines.length === 0) {
    throw fault("it is empty or its last line is cut off");
  }
  const sums = new Map<string, string>();
  for (const [index, line] of lines.entries()) {
    const [, hash, name] = lineForm.exec(line) ?? [];
    if (hash === undefined || name === undefined) {
      throw fault(
        `line ${index + 1} is ${JSON.stringify(line.slice(0, 120))}, expected "SHA256  NAME"`,
      );
    }
    if (sums.has(name)) {
      throw fault(`line ${index + 1} names ${name} a second time`);
    }
    sums.set(name, hash);
  }
  return sums;
}

function fault(found: string): TorBundleError {
  return new TorBundleError("sums", `The list of sha256 sums is not usable: ${found}.`);
}
