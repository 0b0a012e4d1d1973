/**
 * Unpacks an untrusted .zip into a Tree: Electron's releases, with their symlinks on macOS. Of the
 * mode only the owner's execute bit and the file type are kept, of times nothing.
 */
import { stat } from "node:fs/promises";
import { BuildError } from "../errors.ts";
import type { Entry, Tree } from "../tree.ts";
import { createMeter, inputLimits, type Meter, type ReadLimits } from "./limits.ts";
import { normaliseTree } from "./normalise.ts";
import { openStore, reading, type Store } from "./store.ts";
import { readMember, scanZip, type ZipMember } from "./zip-scan.ts";

const typeMask = 0o170000;
const fileType = 0o100000;
const folderType = 0o040000;
const linkType = 0o120000;
const maxTarget = 4096;

/** Contents that are not small go to `into`, a folder of its own for each archive. */
export function readZip(
  file: string,
  into: string,
  limits: ReadLimits = inputLimits,
): Promise<Tree> {
  return reading(file, async () => {
    const meter = createMeter(limits, (await stat(file)).size);
    const store = await openStore(into);
    const entries: Entry[] = [];
    for (const member of await scanZip(file, limits.entries)) {
      entries.push(await toEntry(file, member, meter, store));
    }
    return normaliseTree(entries, limits);
  });
}

async function toEntry(
  file: string,
  member: ZipMember,
  meter: Meter,
  store: Store,
): Promise<Entry> {
  const { name, unixMode } = member;
  const count = meter.startFile(name, member.central.uncompressedSize);
  const contents = counted(readMember(file, member), meter, count);
  const isFolder = name.endsWith("/");
  const type = unixMode & typeMask || (isFolder ? folderType : fileType);
  if (isFolder !== (type === folderType)) {
    throw new BuildError(
      "archive",
      `${JSON.stringify(name)} is a folder by name or mode, not both`,
    );
  }
  switch (type) {
    case folderType:
      for await (const _ of contents) throw new BuildError("archive", `${name} has contents`);
      return { kind: "directory", path: name.slice(0, -1) };
    case linkType:
      return { kind: "symlink", path: name, target: await readTarget(name, contents) };
    case fileType: {
      const executable = (unixMode & 0o100) !== 0;
      return { kind: "file", path: name, executable, content: await store.save(contents) };
    }
    default:
      throw new BuildError(
        "archive",
        `${JSON.stringify(name)} is neither file, folder nor symlink (mode ${unixMode.toString(8)})`,
      );
  }
}

async function* counted(
  chunks: AsyncIterable<Buffer>,
  meter: Meter,
  count: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    meter.countUnpacked(chunk.length);
    count(chunk.length);
    yield chunk;
  }
}

async function readTarget(name: string, contents: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of contents) {
    size += chunk.length;
    if (size > maxTarget) throw new BuildError("archive", `the symlink ${name} has no end`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
