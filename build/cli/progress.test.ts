import { expect, test } from "vitest";
import type { BuildEvent } from "../events.ts";
import { formatBar, formatBytes, formatDuration } from "./format.ts";
import { advance, formatProgress, noProgress, type Progress } from "./progress.ts";

function after(events: readonly (readonly [number, BuildEvent])[]): Progress {
  return events.reduce((progress, [at, event]) => advance(progress, event, at), noProgress);
}

test("a download shows rate and time left, counted from its first byte", () => {
  const progress = after([
    [0, { kind: "fetch", event: { id: "a", state: "queued" } }],
    [0, { kind: "fetch", event: { id: "b", state: "queued" } }],
    [500, { kind: "fetch", event: { id: "a", state: "connecting", host: "x.example" } }],
    [1000, { kind: "fetch", event: { id: "a", state: "downloading", received: 0, total: 4e6 } }],
    [3000, { kind: "fetch", event: { id: "a", state: "downloading", received: 1e6, total: 4e6 } }],
  ]);
  const text = formatProgress(progress, 3000, 24);
  expect(text).toContain("25%");
  expect(text).toContain("1.0 MB of 4.0 MB");
  expect(text).toContain("500.0 kB/s");
  expect(text).toContain("6 s left");
  expect(text).toContain("and 1 more waiting");
});

test("targets come and go", () => {
  const target = "lite/linux-x64" as const;
  const started = after([
    [0, { kind: "started", target }],
    [0, { kind: "job", target, report: { kind: "step", step: "packing" } }],
    [5000, { kind: "job", target, report: { kind: "packed", bytes: 50, total: 100 } }],
  ]);
  expect(formatProgress(started, 5000, 24)).toMatch(/lite\/linux-x64 +packing.*50%.*5 s left/);
  const outcome = { target, artifact: "a", buildId: "b", state: "built" } as const;
  const finished = advance(started, { kind: "finished", outcome }, 6000);
  expect(formatProgress(finished, 6000, 24)).not.toContain("lite/linux-x64");
});

test("never taller than the terminal", () => {
  let progress = noProgress;
  for (let i = 0; i < 50; i += 1) {
    const event = { id: `i${i}`, state: "connecting", host: "x.example" } as const;
    progress = advance(progress, { kind: "fetch", event }, 0);
  }
  expect(formatProgress(progress, 10, 12).split("\n").length).toBeLessThanOrEqual(12);
});

test("numbers as people read them", () => {
  expect([0, 999, 1000, 1_234_567, 34_868_880, 5e9].map(formatBytes)).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "1.2 MB",
    "34.9 MB",
    "5.0 GB",
  ]);
  expect([0.2, 59.4, 60, 125, 3720].map(formatDuration)).toEqual([
    "0 s",
    "59 s",
    "1 min 00 s",
    "2 min 05 s",
    "1 h 02 min",
  ]);
  expect([-1, 0, 0.5, 1, 2].map((fraction) => formatBar(fraction, 4))).toEqual([
    "────",
    "────",
    "━━──",
    "━━━━",
    "━━━━",
  ]);
});
