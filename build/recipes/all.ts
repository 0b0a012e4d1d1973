/** Every recipe, in the order in which the table shows them. */

import type { DesktopRecipe } from "./desktop.ts";
import { desktopRecipes } from "./desktop.ts";
import type { LiteRecipe } from "./lite.ts";
import { liteRecipes } from "./lite.ts";

export type Recipe = LiteRecipe | DesktopRecipe;

export const recipes: readonly Recipe[] = [...liteRecipes, ...desktopRecipes];
