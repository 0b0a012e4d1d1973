/**
 * Unpacks an untrusted .tar.gz or .tar.zst into a Tree: npm packages and the Tor Project's bundles.
 * Hard links, devices, fifos and sparse files are refused; owners, times and all mode bits but the
 * owner's execute bit are dropped.
 */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { BuildError } from "../errors.ts";
import type { Entry, Tree } from "../tree.ts";
import { chunkSize } from "./content.ts";
import { createMeter, inputLimits, type Meter, type ReadLimits } from "./limits.ts";
import { normaliseTree } from "./normalise.ts";
import { openStore, reading, type Store } from "./store.ts";
import { scanTar, type TarMember } from "./tar-scan.ts";

/** Contents that are not small go to `into`, a folder of its own for each archive. */
export function readTarGz(
  file: string,
  into: string,
  limits: ReadLimits = inputLimits,
): Promise<Tree> {
  return readTar(file, into, limits, createGunzip({ chunkSize, rejectGarbageAfterEnd: true }));
}

/** As `readTarGz`. */
export function readTarZst(
  file: string,
  into: string,
  limits: ReadLimits = inputLimits,
): Promise<Tree> {
  return readTar(file, into, limits, createZstdDecompress({ chunkSize }));
}

function readTar(file: string, into: string, limits: ReadLimits, codec: Transform): Promise<Tree> {
  return reading(file, async () => {
    const meter = createMeter(limits, (await stat(file)).size);
    const store = await openStore(into);
    const input = createReadStream(file, { highWaterMark: chunkSize });
    input.on("error", (error) => codec.destroy(error));
    const entries: Entry[] = [];
    try {
      for await (const member of scanTar(metered(input.pipe(codec), meter))) {
        meter.countEntry();
        const entry = await toEntry(member, meter, store);
        if (entry !== undefined) entries.push(entry);
      }
    } finally {
      input.destroy();
      codec.destroy();
    }
    return normaliseTree(entries, limits);
  });
}

async function* metered(chunks: AsyncIterable<Buffer>, meter: Meter): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    meter.countUnpacked(chunk.length);
    yield chunk;
  }
}

const refusedTypes: Readonly<Record<string, string>> = {
  "1": "a hard link",
  "3": "a character device",
  "4": "a block device",
  "6": "a fifo",
  S: "a sparse file",
};

/** Undefined for the archive's own root, which some archives list. */
async function toEntry(member: TarMember, meter: Meter, store: Store): Promise<Entry | undefined> {
  const path = cleanPath(member.path);
  const { type } = member;
  if (type === "0" || type === "7") {
    const count = meter.startFile(member.path, member.size);
    const content = await store.save(counted(member.content, count));
    return { kind: "file", path, executable: ((member.header.mode ?? 0) & 0o100) !== 0, content };
  }
  if (type === "5") return path === "." ? undefined : { kind: "directory", path };
  if (type === "2") return { kind: "symlink", path, target: member.linkpath };
  const what = refusedTypes[type] ?? `of the unknown type ${JSON.stringify(type)}`;
  throw new BuildError("archive", `${JSON.stringify(member.path)} is ${what}: not unpacked`);
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  count: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    count(chunk.length);
    yield chunk;
  }
}

/** `./a/b/` is `a/b`; everything else that is odd is left for normaliseTree to refuse. */
function cleanPath(path: string): string {
  const cleaned = path.replace(/^(\.\/)+/, "").replace(/\/+$/, "");
  return cleaned === "" && path.startsWith("./") ? "." : cleaned;
}
