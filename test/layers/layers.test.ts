/** The repository keeps the import table of ci/layers.ts, and the check is able to fail. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { layerViolations, repositoryFiles } from "../../ci/check-layers.ts";

const root = join(import.meta.dirname, "../..");

describe("this repository", () => {
  const files = repositoryFiles(root);

  it("is read: sources of app, build, ci and test are among its files", () => {
    const paths = files.map(({ path }) => path);
    for (const known of [
      "app/shell/bridge.ts",
      "app/shell/electron/preload.cts",
      "build/tree.ts",
    ]) {
      expect(paths).toContain(known);
    }
  });

  it("has no import that the table does not allow", () => {
    expect(layerViolations(files)).toEqual([]);
  });
});

describe("an import that is not allowed", () => {
  // [file, its text, what the message says]
  const cases: readonly (readonly [string, string, string])[] = [
    [
      "app/core/a.ts",
      'import { dial } from "../tor/dial.ts";',
      "app/core must not import app/tor/dial.ts",
    ],
    ["app/core/a.ts", 'import { readFile } from "node:fs";', "app/core must not import node:fs"],
    ["app/core/a.ts", 'import { parse } from "valibot";', "must not import the package valibot"],
    ["app/core/net/a.ts", 'const a = await fetch("x");', "app/core must not open sockets: fetch"],
    ["app/tor/a.ts", 'import { send } from "../core/a.ts";', "app/core/a.ts but for its types"],
    [
      "app/shell/a.ts",
      'import { connect } from "node:net";',
      "app/shell must not open sockets: node:net",
    ],
    [
      "app/shell/a.ts",
      'import page from "../renderer/page.ts";',
      "must not import app/renderer/page.ts",
    ],
    [
      "app/shell/a.ts",
      "const s = new WebSocket(url);",
      "app/shell must not open sockets: WebSocket",
    ],
    [
      "app/shell/a.cts",
      'const net = require("node:tls");',
      "app/shell must not open sockets: node:tls",
    ],
    [
      "app/renderer/a.ts",
      'import { buildInfo } from "../shell/bridge.ts";',
      "bridge.ts but for its types",
    ],
    [
      "app/renderer/a.ts",
      'import type { Actions } from "../shell/actions.ts";',
      "app/shell/actions.ts",
    ],
    [
      "build/a.ts",
      'export { parse } from "../updater/parse.ts";',
      "build must not import updater/parse.ts",
    ],
    [
      "build/a.ts",
      'const ci = await import("../ci/start.ts");',
      "build must not import ci/start.ts",
    ],
    ["build/a.ts", 'import "../../elsewhere.ts";', "leads out of the repository"],
    [
      "signing/a.ts",
      'import { Root } from "../updater/root.ts";',
      "updater/root.ts but for its types",
    ],
    ["updater/a.ts", 'import { request } from "undici";', "updater must not open sockets: undici"],
    [
      "updater/a.test.ts",
      'import { build } from "../build/run.ts";',
      "updater must not import build/run.ts",
    ],
    ["lib/a.ts", "export const a = 1;", "lies in no folder of ci/layers.ts"],
  ];

  it.each(cases)("%s: %s", (path, text, message) => {
    const violations = layerViolations([{ path, text }]);
    expect(violations).toHaveLength(1);
    expect(violations[0]).toContain(message);
  });

  it("is found when it spans lines and comes after comments, at its line", () => {
    const text = [
      "/** import { a } from 'b' */",
      "// import { c } from './c.ts'",
      'import { d } from "./d.ts";',
      "",
      "import {",
      "  connect,",
      "  createServer,",
      '} from "node:net";',
    ].join("\n");
    expect(layerViolations([{ path: "app/shell/a.ts", text }])).toEqual([
      "app/shell/a.ts:5: app/shell must not open sockets: node:net",
    ]);
  });
});

describe("an import that is allowed", () => {
  it.each([
    ["app/shell/a.ts", 'import { dial } from "../tor/dial.ts";\nimport { app } from "electron";'],
    [
      "app/tor/a.ts",
      'import type { Dial } from "../core/dial.ts";\nimport { connect } from "node:net";',
    ],
    ["app/renderer/a.ts", 'import type { BuildInfo } from "../shell/bridge.ts";'],
    ["app/core/a.test.ts", 'import { readFileSync } from "node:fs";\nimport fc from "fast-check";'],
    ["updater/a.ts", 'const text = await mirror.fetch("x");'],
    ["ci/a.ts", 'import { run } from "../build/run.ts";\nimport { x } from "../test/x.ts";'],
    ["vitest.config.ts", 'import { defineConfig } from "vitest/config";'],
  ])("%s: %s", (path, text) => {
    expect(layerViolations([{ path, text }])).toEqual([]);
  });
});
