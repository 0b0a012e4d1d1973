/** Random trees for property tests: odd names, all kinds of entries, nothing that clashes. */
import fc from "fast-check";
import type { Entry, Tree } from "../tree.ts";
import { normaliseTree } from "./normalise.ts";

const odd = fc.constantFrom("é", "e\u0301x", "𝄞", "文件", "a b", "x".repeat(101), "…".repeat(60));
const name = fc.oneof({ arbitrary: fc.stringMatching(/^[a-z0-9]{1,8}$/), weight: 3 }, odd);
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));
const content = fc.uint8Array({ maxLength: 1500 }).map((bytes) => ({ bytes }));

const entry: fc.Arbitrary<Entry> = fc.oneof(
  {
    arbitrary: fc.record({
      kind: fc.constant("file" as const),
      path,
      executable: fc.boolean(),
      content,
    }),
    weight: 4,
  },
  fc.record({ kind: fc.constant("symlink" as const), path, target: name }),
  fc.record({ kind: fc.constant("directory" as const), path }),
);

export const trees: fc.Arbitrary<Tree> = fc.array(entry, { maxLength: 15 }).map((entries) => {
  let tree: Tree = [];
  for (const next of entries) {
    try {
      tree = normaliseTree([...tree, next], { windowsNames: false });
    } catch {} // clashes with an earlier one, or leads in circles: left out
  }
  return tree;
});
