/**
 * From what was asked for to what is to be done: targets, the inputs that each needs, and each
 * one's build id. Pure: nothing is fetched, started or written here.
 */
import { computeBuildId } from "./build-id.ts";
import { BuildError } from "./errors.ts";
import { findInput, type Input, type Inputs, type NpmInput } from "./manifest.ts";
import { type Recipe, recipes } from "./recipes/all.ts";
import { artifactName, type Edition, type Platform } from "./recipes/recipe.ts";
import type { Source } from "./source.ts";

export interface PlannedTarget {
  readonly recipe: Recipe;
  readonly artifact: string;
  readonly buildId: string;
  /** Everything that it needs: the recipe's inputs, then the app's npm packages. */
  readonly inputs: readonly Input[];
}

export interface Plan {
  readonly targets: readonly PlannedTarget[];
  /** Each input once, in the order of first use. */
  readonly inputs: readonly Input[];
}

export interface Selection {
  readonly editions: readonly Edition[];
  readonly platforms: readonly Platform[];
}

/** The digest that pins an input: sha256 where we have it, npm's integrity where that is the pin. */
export function pinOf(input: Input): string {
  if (input.kind === "torKey") return `openpgp4fpr-${input.fingerprint}`;
  if (input.kind === "npm" && input.sha256 === null) return input.integrity;
  return `sha256-${input.sha256}`;
}

export function planTargets(
  selection: Selection,
  pinned: Inputs,
  packages: readonly NpmInput[],
  source: Source,
): Plan {
  const chosen = recipes.filter(
    ({ edition, platform }) =>
      selection.editions.includes(edition) && selection.platforms.includes(platform),
  );
  if (chosen.length === 0) throw new BuildError("usage", "no target matches what was asked for");
  const targets = chosen.map((recipe): PlannedTarget => {
    const own = recipe.inputs.map((id) => findInput(pinned, id));
    // The key that a fetched bundle's signature is checked with; one that is here has its sha256.
    const key = own.some(({ kind }) => kind === "tor") ? [findInput(pinned, "tor-key")] : [];
    const inputs = [...own, ...key, ...packages];
    const resolved = inputs.map((input) => ({ id: input.id, integrity: pinOf(input) }));
    return {
      recipe,
      artifact: artifactName(recipe, source.version),
      buildId: computeBuildId(recipe, resolved, source, process.version),
      inputs,
    };
  });
  const inputs = new Map(targets.flatMap((target) => target.inputs).map((i) => [i.id, i]));
  return { targets, inputs: [...inputs.values()] };
}
