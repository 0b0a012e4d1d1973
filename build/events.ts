/** What a build tells while it runs, and what became of each target. */
import type { BuildErrorCode } from "./errors.ts";
import type { FetchEvent } from "./fetch/progress.ts";
import type { JobReport } from "./job.ts";
import type { TargetName } from "./recipes/recipe.ts";

export interface TargetOutcome {
  readonly target: TargetName;
  readonly artifact: string;
  readonly buildId: string;
  readonly state: "built" | "cached" | "skipped" | "failed";
  /** Bytes; only of what is there. */
  readonly size?: number;
  readonly sha256?: string;
  /** Why it was skipped or failed. */
  readonly reason?: string;
  readonly code?: BuildErrorCode;
}

export type BuildEvent =
  | {
      readonly kind: "planned";
      readonly version: string;
      readonly commit: string;
      readonly epoch: number;
      readonly targets: readonly TargetName[];
      readonly folder: string;
    }
  | { readonly kind: "note"; readonly text: string }
  | { readonly kind: "fetch"; readonly event: FetchEvent }
  | { readonly kind: "started"; readonly target: TargetName }
  | { readonly kind: "job"; readonly target: TargetName; readonly report: JobReport }
  | { readonly kind: "finished"; readonly outcome: TargetOutcome };
