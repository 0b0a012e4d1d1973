/**
 * A tree is what an archive is made of and what an input archive unpacks to: a list of complete
 * entries. Nothing about an entry is left to the file system, the user or the clock, so the same
 * tree gives the same archive everywhere. There is no mtime here: a recipe has one, for all entries.
 */
import { readFile } from "node:fs/promises";

/** The bytes of a file: held in memory, or a whole file on disk of `size` bytes. */
export type Content =
  | { readonly bytes: Uint8Array }
  | { readonly file: string; readonly size: number };

/** Relative path, `/` between names, no empty, `.` or `..` name, no trailing slash. */
export type TreePath = string;

export interface FileEntry {
  readonly kind: "file";
  readonly path: TreePath;
  /** 0o755 in the archive, else 0o644. */
  readonly executable: boolean;
  readonly content: Content;
}

export interface SymlinkEntry {
  readonly kind: "symlink";
  readonly path: TreePath;
  /** Relative to the folder that holds the link; never leads out of the tree. */
  readonly target: string;
}

export interface DirectoryEntry {
  readonly kind: "directory";
  readonly path: TreePath;
}

export type Entry = FileEntry | SymlinkEntry | DirectoryEntry;

/** Sorted by the bytes of `path`, every parent folder present before its children, no duplicates. */
export type Tree = readonly Entry[];

/** All of it in memory: for files that are known to be small, or must be changed as a whole. */
export async function contentBytes(content: Content): Promise<Uint8Array> {
  return "bytes" in content ? content.bytes : readFile(content.file);
}

export function contentSize(content: Content): number {
  return "bytes" in content ? content.bytes.length : content.size;
}

/** The entry at `path`, or undefined: missing is not invalid. */
export function findFile(tree: Tree, path: TreePath): FileEntry | undefined {
  return tree.find((entry): entry is FileEntry => entry.kind === "file" && entry.path === path);
}
