/**
 * What a recipe is: data that says which inputs become which artifact. A recipe's data is part of
 * its build id, so a changed recipe is a changed build. The code that carries recipes out is in
 * `lite-tree.ts` and `desktop-tree.ts`, by edition.
 */

export const platforms = [
  "linux-x64",
  "linux-arm64",
  "win32-x64",
  "darwin-x64",
  "darwin-arm64",
] as const;
export type Platform = (typeof platforms)[number];

export const editions = ["lite", "desktop"] as const;
export type Edition = (typeof editions)[number];

/** `edition/platform`, e.g. `lite/linux-x64`. */
export type TargetName = `${Edition}/${Platform}`;

/** How the artifact is packed; the compression parameters are part of the recipe. */
export type Packing =
  | {
      readonly format: "tar.zst";
      readonly level: number;
      /** log2 of the window in bytes; 27 is the most that `zstd -d` accepts without being asked. */
      readonly windowLog: number;
    }
  | { readonly format: "zip"; readonly level: number };

/** A window of 64 MB: twice that saves 0.2 % and takes two builds at once past 1 GB of memory. */
export const zstd: Packing = { format: "tar.zst", level: 19, windowLog: 26 };
export const zip: Packing = { format: "zip", level: 9 };

export interface RecipeBase {
  readonly target: TargetName;
  readonly platform: Platform;
  /** Ids in build/manifests/inputs.json. The app's npm packages come from package-lock.json. */
  readonly inputs: readonly string[];
  /** The folder that the archive's members lie in; empty where the archive holds a `.app`. */
  readonly prefix: string;
  readonly packing: Packing;
}

/** `tor-messenger-lite-1.2.3-linux-x64.tar.zst` */
export function artifactName(recipe: RecipeBase, version: string): string {
  const [edition] = recipe.target.split("/");
  return `tor-messenger-${edition}-${version}-${recipe.platform}.${recipe.packing.format}`;
}
