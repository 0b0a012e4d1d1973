/** sha256 and size of a file of ours: an artifact, not an input (those have pins: digest.ts). */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

export async function hashFile(
  path: string,
): Promise<{ readonly sha256: string; readonly size: number }> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { sha256: hash.digest("hex"), size };
}
