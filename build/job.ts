/**
 * What the build tells the process that carries out one recipe, and what it hears back. The job
 * travels as a JSON file, the reports over the IPC channel; both ends are ours.
 */
import type { BuildErrorCode } from "./errors.ts";
import type { BuildInfo } from "./recipes/bundle.ts";
import type { TargetName } from "./recipes/recipe.ts";
import type { SourceFile } from "./source.ts";

export interface PackageFile {
  /** Where package-lock.json has it, e.g. `node_modules/ws`. */
  readonly lockPath: string;
  /** The verified tarball. */
  readonly file: string;
}

export interface Job {
  readonly target: TargetName;
  readonly info: BuildInfo;
  /** Seconds since 1970: the time of every entry in the artifact. */
  readonly epoch: number;
  readonly sourceRoot: string;
  readonly app: readonly SourceFile[];
  /** Verified input files by id. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly packages: readonly PackageFile[];
  /** An empty folder of the job's own. */
  readonly work: string;
  /** The artifact's final path. */
  readonly output: string;
}

export type JobStep = "staging" | "bundling" | "assembling" | "packing";

export type JobReport =
  | { readonly kind: "step"; readonly step: JobStep }
  /** Bytes of content packed so far, of all that there are. */
  | { readonly kind: "packed"; readonly bytes: number; readonly total: number }
  | { readonly kind: "done"; readonly sha256: string; readonly size: number }
  | { readonly kind: "failed"; readonly code: BuildErrorCode; readonly message: string };
