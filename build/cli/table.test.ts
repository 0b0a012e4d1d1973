import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import type { TargetOutcome } from "../events.ts";
import { formatTable } from "./table.ts";

const sha256 = "0123456789abcdef".repeat(4);
const outcomes: readonly TargetOutcome[] = [
  {
    target: "lite/linux-x64",
    artifact: "tor-messenger-lite-1.0.0-linux-x64.tar.zst",
    buildId: "b",
    state: "built",
    size: 34_900_000,
    sha256,
  },
  {
    target: "desktop/win32-x64",
    artifact: "tor-messenger-desktop-1.0.0-win32-x64.zip",
    buildId: "c",
    state: "skipped",
    reason: "electron:win32-x64: example.org did not answer",
  },
];

test("one line a target with the whole hash, and the reasons below", () => {
  expect(formatTable(outcomes, Number.POSITIVE_INFINITY, false)).toBe(
    [
      `target             artifact                                    size     ${"sha256".padEnd(64)}  state`,
      `lite/linux-x64     tor-messenger-lite-1.0.0-linux-x64.tar.zst  34.9 MB  ${sha256}  built`,
      `desktop/win32-x64  tor-messenger-desktop-1.0.0-win32-x64.zip   –        ${"–".padEnd(64)}  skipped: input unreachable`,
      "",
      "desktop/win32-x64: electron:win32-x64: example.org did not answer",
    ].join("\n"),
  );
});

test("on a narrow terminal the hash is on a line of its own and nothing is cut", () => {
  const lines = formatTable(outcomes, 110, false).split("\n");
  expect(lines[2]).toBe(`  ${sha256}`);
  for (const line of lines.slice(0, 5)) expect(line.length).toBeLessThanOrEqual(110);
});

test("colour changes nothing but colour", () => {
  const plain = formatTable(outcomes, 200, false);
  const coloured = formatTable(outcomes, 200, true);
  expect(coloured).not.toBe(plain);
  expect(stripVTControlCharacters(coloured)).toBe(plain);
});
