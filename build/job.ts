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

interface JobBase {
  /** For messages and for naming the work folder. */
  readonly name: string;
  /** A folder of the job's own, removed when it ends. */
  readonly work: string;
  /** The file that it makes, under its final path. */
  readonly output: string;
}

/** Lays out what the bundler works on, once for all targets: `output` is the licences beside it. */
export interface StageJob extends JobBase {
  readonly kind: "stage";
  readonly sourceRoot: string;
  readonly app: readonly SourceFile[];
  readonly packages: readonly PackageFile[];
  readonly stage: string;
}

/** Carries out one recipe: `output` is the artifact. */
export interface TargetJob extends JobBase {
  readonly kind: "target";
  readonly target: TargetName;
  readonly info: BuildInfo;
  /** Seconds since 1970: the time of every entry in the artifact. */
  readonly epoch: number;
  /** Verified input files by id. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly stage: string;
  /** What the stage job made. */
  readonly licences: string;
}

export type Job = StageJob | TargetJob;

export type JobStep = "bundling" | "packing";

export type JobReport =
  | { readonly kind: "step"; readonly step: JobStep }
  /** Bytes of content packed so far, of all that there are. */
  | { readonly kind: "packed"; readonly bytes: number; readonly total: number }
  | { readonly kind: "done"; readonly sha256: string; readonly size: number }
  | { readonly kind: "failed"; readonly code: BuildErrorCode; readonly message: string };
