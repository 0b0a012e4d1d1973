/**
 * Finds imports that `layers.ts` does not allow. Works on text: the code is formatted by one tool, so
 * an import statement has one shape, and a string that only looks like one is an error on the safe
 * side. Unit tests (`x.test.ts`) follow their folder's row for code of this repository, and may use
 * what is in `test`, any package and all of Node besides.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { type Layer, layers, socketGlobals, socketModules, socketPackages } from "./layers.ts";

export interface SourceText {
  /** Relative to the repository. */
  readonly path: string;
  readonly text: string;
}

interface Import {
  readonly line: number;
  readonly target: string;
  readonly typeOnly: boolean;
}

/** `import … from "x"`, `export … from "x"`, `import "x"`, `import("x")`, `require("x")`. */
const importForms =
  /^\s*(?:import|export)\s(?:(?<type>type)\s)?[^;"'`]*?from\s*"(?<from>[^"]+)"|^\s*import\s*"(?<bare>[^"]+)"|\b(?<typeof>typeof\s+)?import\(\s*"(?<dynamic>[^"]+)"|\brequire\(\s*"(?<required>[^"]+)"/gm;

const usedGlobal = new RegExp(`(?<![.\\w"])(${socketGlobals.join("|")})\\(`, "g");

/** One line for each import that is not allowed; none when all is well. */
export function layerViolations(files: readonly SourceText[]): readonly string[] {
  return files.flatMap(({ path, text }) => {
    const code = withoutComments(text);
    const layer = layerOf(path);
    // The configuration of tools lies at the top; it is nobody's to import.
    if (layer === undefined) {
      return path.includes("/") ? [`${path}: lies in no folder of ci/layers.ts`] : [];
    }
    const isTest = /\.test\.[cm]?ts$/.test(path);
    const found = importsOf(code).flatMap(({ line, target, typeOnly }) => {
      const problem = target.startsWith(".")
        ? repositoryProblem(layer, path, target, typeOnly, isTest)
        : outsideProblem(layer, target, typeOnly, isTest);
      return problem === undefined ? [] : [`${path}:${line}: ${problem}`];
    });
    if (layer.sockets || isTest) return found;
    const globals = [...code.matchAll(usedGlobal)].map(
      ({ index, 1: name }) =>
        `${path}:${lineAt(code, index)}: ${layer.folder} must not open sockets: ${name}`,
    );
    return [...found, ...globals];
  });
}

function repositoryProblem(
  layer: Layer,
  path: string,
  target: string,
  typeOnly: boolean,
  isTest: boolean,
): string | undefined {
  const imported = posix.join(posix.dirname(path), target);
  if (imported.startsWith("..")) return `${target} leads out of the repository`;
  if (layerOf(imported) === layer || layer.imports === "everything") return undefined;
  // A test may compare with what package.json pins.
  if (isTest && !imported.includes("/")) return undefined;
  const allowed = [...layer.imports, ...(typeOnly ? layer.types : []), ...(isTest ? ["test"] : [])];
  if (allowed.some((place) => isIn(imported, place))) return undefined;
  const asType = layer.types.some((place) => isIn(imported, place));
  return `${layer.folder} must not import ${imported}${asType ? " but for its types" : ""}`;
}

function outsideProblem(
  layer: Layer,
  target: string,
  typeOnly: boolean,
  isTest: boolean,
): string | undefined {
  // A type opens no socket and is gone at run time.
  if (isTest || typeOnly) return undefined;
  if (target.startsWith("node:")) {
    if (!layer.node) return `${layer.folder} must not import ${target}: it runs without Node`;
    if (layer.sockets || !socketModules.includes(target)) return undefined;
    return `${layer.folder} must not open sockets: ${target}`;
  }
  const name = target
    .split("/")
    .slice(0, target.startsWith("@") ? 2 : 1)
    .join("/");
  if (layer.packages !== "any" && !layer.packages.includes(name)) {
    return `${layer.folder} must not import the package ${name}`;
  }
  if (layer.sockets || !socketPackages.includes(name)) return undefined;
  return `${layer.folder} must not open sockets: ${name}`;
}

function layerOf(path: string): Layer | undefined {
  return layers.find(({ folder }) => isIn(path, folder));
}

function isIn(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}

function importsOf(code: string): readonly Import[] {
  return [...code.matchAll(importForms)].map((match) => {
    const groups = match.groups ?? {};
    const target =
      groups["from"] ?? groups["bare"] ?? groups["dynamic"] ?? groups["required"] ?? "";
    const typeOnly = groups["type"] !== undefined || groups["typeof"] !== undefined;
    // The match can begin with the line breaks before the statement.
    const start = match.index + match[0].search(/\S/);
    return { line: lineAt(code, start), target, typeOnly };
  });
}

/** Blanks comments, and keeps the line breaks in them so that line numbers stay right. */
function withoutComments(text: string): string {
  const comments = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm;
  return text.replace(comments, (comment) => comment.replace(/[^\n]/g, " "));
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

/** The TypeScript files that git knows or would add. */
export function repositoryFiles(root: string): readonly SourceText[] {
  const listing = execFileSync(
    "git",
    [
      "ls-files",
      "-z",
      "--cached",
      "--others",
      "--exclude-standard",
      "--deduplicate",
      "--",
      "*.ts",
      "*.cts",
      "*.mts",
    ],
    { cwd: root, encoding: "utf8" },
  );
  return listing.split("\0").flatMap((path) => {
    if (path === "") return [];
    try {
      return [{ path, text: readFileSync(join(root, path), "utf8") }];
    } catch (error) {
      // Deleted, and the deletion not committed yet.
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  });
}
