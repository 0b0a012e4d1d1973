/**
 * Fetches in a process of its own, so that tests can run two at once, kill one, or give it a small
 * disk: `node fetch-child.ts '{"inputs": [...], "options": {...}}'`. Prints the outcome as JSON.
 */
import { BuildError } from "../../build/errors.ts";
import { type FetchOptions, fetchInputs } from "../../build/fetch/fetch-inputs.ts";
import type { Input } from "../../build/manifest.ts";

interface Order {
  readonly inputs: readonly Input[];
  readonly options: FetchOptions;
}

const order: Order = JSON.parse(process.argv[2] ?? "");
try {
  const results = await fetchInputs(order.inputs, order.options);
  console.log(JSON.stringify({ results: [...results] }));
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.log(JSON.stringify({ code: error.code, message: error.message }));
}
