/**
 * Writes .asar, Electron's archive: a JSON header in a Chromium Pickle, then the files end to end.
 * Each file has the SHA-256 integrity that the `enableEmbeddedAsarIntegrityValidation` fuse checks,
 * and files with the same bytes are stored once. Nothing is left unpacked beside the archive.
 *
 * Ours, not @electron/asar's, because that one never returns when the disk is full. It is the
 * referee: a test requires that both write the same bytes.
 */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { BuildError } from "../errors.ts";
import { type Content, contentSize, type FileEntry, type Tree } from "../tree.ts";
import { writeWhole } from "./atomic.ts";
import { chunksOf } from "./content.ts";
import { membersOf } from "./members.ts";
import { linkFromRoot } from "./symlinks.ts";

interface Integrity {
  readonly algorithm: "SHA256";
  readonly hash: string;
  readonly blockSize: number;
  readonly blocks: readonly string[];
}

type Node =
  | { readonly files: Record<string, Node> }
  | { readonly link: string }
  | {
      readonly size: number;
      readonly offset: string;
      readonly executable?: true;
      readonly integrity: Integrity;
    };

const blockSize = 4 * 1024 * 1024;

export interface AsarResult {
  /** What `ElectronAsarIntegrity` in Info.plist and the exe's resources holds: of the JSON text. */
  readonly headerSha256: string;
}

export async function writeAsar(tree: Tree, file: string): Promise<AsarResult> {
  return writeWhole(file, async (temp) => {
    const { header, contents } = await layOut(tree);
    const json = JSON.stringify(header);
    await pipeline(asarBytes(json, contents), createWriteStream(temp));
    return { headerSha256: createHash("sha256").update(json).digest("hex") };
  });
}

/** Reads all files once for their hashes, which the header needs before the first file's bytes. */
async function layOut(tree: Tree): Promise<{ header: Node; contents: readonly Content[] }> {
  const root: Record<string, Node> = Object.create(null);
  const folders = new Map([["", root]]);
  const offsets = new Map<string, string>();
  const contents: Content[] = [];
  let offset = 0n;
  for (const entry of membersOf(tree, "")) {
    const slash = entry.path.lastIndexOf("/");
    const folder = folders.get(entry.path.slice(0, Math.max(slash, 0)));
    if (folder === undefined) {
      throw new BuildError("archive", `${entry.path} has no folder: use normaliseTree first`);
    }
    const name = entry.path.slice(slash + 1);
    if (entry.kind === "directory") {
      const files: Record<string, Node> = Object.create(null);
      folders.set(entry.path, files);
      folder[name] = { files };
    } else if (entry.kind === "symlink") {
      folder[name] = { link: linkFromRoot(entry) };
    } else {
      const integrity = await integrityOf(entry.content);
      let at = offsets.get(integrity.hash);
      if (at === undefined) {
        at = offset.toString();
        offsets.set(integrity.hash, at);
        contents.push(entry.content);
        offset += BigInt(contentSize(entry.content));
      }
      folder[name] = fileNode(entry, at, integrity);
    }
  }
  return { header: { files: root }, contents };
}

function fileNode(entry: FileEntry, offset: string, integrity: Integrity): Node {
  const size = contentSize(entry.content);
  if (size >= 2 ** 32) throw new BuildError("archive", `${entry.path} is too large for an asar`);
  const executable = entry.executable ? { executable: true as const } : {};
  return { size, offset, ...executable, integrity };
}

async function integrityOf(content: Content): Promise<Integrity> {
  const whole = createHash("sha256");
  let block = createHash("sha256");
  let inBlock = 0;
  const blocks: string[] = [];
  for await (const chunk of chunksOf(content)) {
    whole.update(chunk);
    block.update(chunk);
    inBlock += chunk.length;
    if (inBlock < blockSize) continue;
    blocks.push(block.digest("hex"));
    block = createHash("sha256");
    inBlock = 0;
  }
  if (inBlock > 0 || blocks.length === 0) blocks.push(block.digest("hex"));
  return { algorithm: "SHA256", hash: whole.digest("hex"), blockSize, blocks };
}

async function* asarBytes(json: string, contents: readonly Content[]): AsyncGenerator<Buffer> {
  yield pickledHeader(json);
  for (const content of contents) yield* chunksOf(content);
}

/** Two Pickles: one uint32, the second's size; then one string, padded to 4 bytes. */
function pickledHeader(json: string): Buffer {
  const text = Buffer.from(json);
  const padded = Math.ceil(text.length / 4) * 4;
  const bytes = Buffer.alloc(16 + padded);
  bytes.writeUInt32LE(4, 0); // payload of the first Pickle
  bytes.writeUInt32LE(8 + padded, 4); // size of the second Pickle, its own header counted
  bytes.writeUInt32LE(4 + padded, 8); // payload of the second Pickle
  bytes.writeUInt32LE(text.length, 12);
  text.copy(bytes, 16);
  return bytes;
}
