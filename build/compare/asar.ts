/** An asar as a container. Its header is JSON from another machine: checked as it is walked. */
import { open } from "node:fs/promises";
import { BuildError } from "../errors.ts";
import type { Container, Member } from "./container.ts";
import { rangeOf } from "./range.ts";

const mostHeaderBytes = 64 * 1024 * 1024;

export async function openAsar(file: string): Promise<Container> {
  await using handle = await open(file, "r");
  const sizes = Buffer.alloc(16);
  await handle.read(sizes, 0, sizes.length, 0);
  const headerSize = sizes.readUInt32LE(4);
  const length = sizes.readUInt32LE(12);
  if (length > headerSize || headerSize > mostHeaderBytes) throw damaged("its header's size");
  const text = Buffer.alloc(length);
  const { bytesRead } = await handle.read(text, 0, length, sizes.length);
  if (bytesRead < length) throw damaged("the end of its header");
  const members: Member[] = [];
  walk(parse(text), "", (path, node) => members.push(toMember(file, 8 + headerSize, path, node)));
  return { format: "asar", fields: {}, members };
}

type Node = Readonly<Record<string, unknown>>;

function parse(text: Buffer): Node {
  try {
    return asNode(JSON.parse(text.toString("utf8")), "/");
  } catch (error) {
    if (error instanceof BuildError) throw error;
    throw damaged("its header", error);
  }
}

function walk(folder: Node, prefix: string, visit: (path: string, node: Node) => void): void {
  for (const [name, value] of Object.entries(asNode(folder["files"], prefix))) {
    const path = `${prefix}${name}`;
    const node = asNode(value, path);
    visit(path, node);
    if (node["files"] !== undefined) walk(node, `${path}/`, visit);
  }
}

function toMember(file: string, start: number, path: string, node: Node): Member {
  const { files, size, offset, link, integrity, ...others } = node;
  if (typeof size !== "number" || typeof offset !== "string") {
    const type = files === undefined ? "symlink" : "folder";
    const fields = { type, "symlink target": String(link), others: JSON.stringify(others) };
    return { path, fields, open: () => rangeOf(file, 0, 0) };
  }
  const at = start + Number(offset);
  if (!Number.isSafeInteger(at) || !Number.isSafeInteger(size)) throw damaged(path);
  return {
    path,
    fields: {
      type: "file",
      // Where equal contents are stored once, this can differ by itself.
      "offset in the archive": offset,
      integrity: JSON.stringify(integrity),
      others: JSON.stringify(others),
    },
    open: () => rangeOf(file, at, size),
  };
}

function asNode(value: unknown, path: string): Node {
  if (typeof value !== "object" || value === null) throw damaged(path);
  return value as Node;
}

function damaged(what: string, cause?: unknown): BuildError {
  return new BuildError("archive", `not an asar: ${what} is not as it should be`, { cause });
}
