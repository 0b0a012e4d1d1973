/**
 * A tree is what an archive is made of and what an input archive unpacks to: a list of complete
 * entries. Nothing about an entry is left to the file system, the user or the clock, so the same
 * tree gives the same archive everywhere. There is no mtime here: a recipe has one, for all entries.
 */

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
