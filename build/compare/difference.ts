/** One thing that two artifacts which should be the same differ in. */
export interface Difference {
  /** The artifact, the member of it, the member of that one, … */
  readonly where: readonly string[];
  /** `content`, `mode`, `mtime`, `order`, … */
  readonly field: string;
  /** The two values, as text; for bytes a hex dump from `offset` on. */
  readonly a: string;
  readonly b: string;
  /** In bytes, in what `where` names. */
  readonly offset?: number;
}
