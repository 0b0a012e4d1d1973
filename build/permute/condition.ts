/** What a condition is: how a run of the writers differs from the first one. */

/** What a condition may use; each run has folders of its own. */
export interface Place {
  readonly folder: string;
  /** The node that runs the first one. */
  readonly node: string;
  /** The file that node is to run. */
  readonly script: string;
}

/** All that differs; what is left out is as in the first run. */
export interface Setting {
  /** Goes before node and its arguments. */
  readonly prefix?: readonly string[];
  readonly node?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Another order in which the sample is made. */
  readonly seed?: number;
  /** Where the sample is made, if not in the usual folder. */
  readonly sample?: string;
  readonly cleanUp?: () => Promise<void>;
}

export type Prepared = Setting | { readonly unavailable: string };

export interface Condition {
  readonly name: string;
  readonly prepare: (place: Place) => Promise<Prepared>;
}
