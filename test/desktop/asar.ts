/** `app.asar` read by Electron's own library. */
import { createHash } from "node:crypto";
import { getRawHeader } from "@electron/asar";

/** What Electron compares with its copy: sha256 of the header's JSON, in lower-case hex. */
export function headerSha256(asar: string): string {
  return createHash("sha256").update(getRawHeader(asar).headerString).digest("hex");
}
