/** What the fetcher tells while it works; a live view is made from these events alone. */

export type FetchEvent =
  | { readonly id: string; readonly state: "queued" }
  /** Asking `host`; also after a redirect. */
  | { readonly id: string; readonly state: "connecting"; readonly host: string }
  | {
      readonly id: string;
      readonly state: "downloading";
      /** Bytes of the file that are here, those of an earlier, interrupted download included. */
      readonly received: number;
      /** Null where neither the manifest nor the server says. */
      readonly total: number | null;
    }
  | { readonly id: string; readonly state: "verifying" }
  | {
      readonly id: string;
      readonly state: "retrying";
      readonly reason: string;
      readonly inMs: number;
    }
  /** A cached file was not what it had been: it is removed and fetched again. */
  | { readonly id: string; readonly state: "corrupt"; readonly path: string }
  | {
      readonly id: string;
      readonly state: "done";
      readonly from: Source;
      readonly size: number;
    }
  | { readonly id: string; readonly state: "unreachable"; readonly reason: string };

/** Where a verified file was found. */
export type Source = "cache" | "network" | "folder";

export type OnProgress = (event: FetchEvent) => void;
