/**
 * What the live view knows: downloads and targets under way. Pure: events and times in, lines out,
 * so that it is tested without a terminal.
 */
import type { BuildEvent } from "../events.ts";
import type { FetchEvent } from "../fetch/progress.ts";
import { formatBar, formatBytes, formatDuration } from "./format.ts";

interface Activity {
  readonly label: string;
  readonly doing: string;
  readonly done: number;
  /** 0 while unknown. */
  readonly total: number;
  /** Milliseconds. */
  readonly since: number;
}

export interface Progress {
  readonly downloads: ReadonlyMap<string, Activity>;
  readonly targets: ReadonlyMap<string, Activity>;
  readonly fetched: number;
  readonly finished: number;
  readonly planned: number;
}

export const noProgress: Progress = {
  downloads: new Map(),
  targets: new Map(),
  fetched: 0,
  finished: 0,
  planned: 0,
};

function changed(
  map: ReadonlyMap<string, Activity>,
  key: string,
  value: Activity | undefined,
): ReadonlyMap<string, Activity> {
  const copy = new Map(map);
  if (value === undefined) copy.delete(key);
  else copy.set(key, value);
  return copy;
}

/** The state after `event`, which happened at `now` (milliseconds). */
export function advance(progress: Progress, event: BuildEvent, now: number): Progress {
  switch (event.kind) {
    case "planned":
      return { ...progress, planned: event.targets.length };
    case "note":
      return progress;
    case "fetch":
      return advanceFetch(progress, event.event, now);
    case "started": {
      const fresh = { label: event.target, doing: "starting", done: 0, total: 0, since: now };
      return { ...progress, targets: changed(progress.targets, event.target, fresh) };
    }
    case "job": {
      const { target, report } = event;
      const before = progress.targets.get(target);
      if (before === undefined) return progress;
      if (report.kind === "step") {
        const next = { ...before, doing: report.step, done: 0, total: 0, since: now };
        return { ...progress, targets: changed(progress.targets, target, next) };
      }
      if (report.kind !== "packed") return progress;
      const next = { ...before, done: report.bytes, total: report.total };
      return { ...progress, targets: changed(progress.targets, target, next) };
    }
    case "finished":
      return {
        ...progress,
        targets: changed(progress.targets, event.outcome.target, undefined),
        finished: progress.finished + 1,
      };
  }
}

function advanceFetch(progress: Progress, event: FetchEvent, now: number): Progress {
  const before = progress.downloads.get(event.id);
  const since = before?.since ?? now;
  const base = before ?? { label: event.id, doing: "waiting", done: 0, total: 0, since };
  const put = (next: Activity | undefined, fetched = progress.fetched): Progress => ({
    ...progress,
    fetched,
    downloads: changed(progress.downloads, event.id, next),
  });
  switch (event.state) {
    case "queued":
      return put({ ...base, doing: "waiting" });
    case "connecting":
      return put({ ...base, doing: `asking ${event.host}` });
    case "downloading":
      return put({
        ...base,
        doing: "downloading",
        done: event.received,
        total: event.total ?? 0,
        // The rate counts from the first byte, and an earlier run's bytes are not of this one.
        since: before?.doing === "downloading" ? since : now,
      });
    case "verifying":
      return put({ ...base, doing: "verifying", done: 0, total: 0 });
    case "retrying":
      return put({ ...base, doing: `again in ${formatDuration(event.inMs / 1000)}` });
    case "corrupt":
      return put({ ...base, doing: "cached copy was damaged" });
    case "done":
      return put(undefined, progress.fetched + 1);
    case "unreachable":
      return put(undefined);
  }
}

function describe(activity: Activity, now: number, bytes: boolean): string {
  const { label, doing, done, total, since } = activity;
  const start = `  ${label.padEnd(22)} ${doing}`;
  const seconds = Math.max((now - since) / 1000, 0.001);
  if (total === 0) return `${start}  ${formatDuration(seconds)}`;
  const fraction = done / total;
  const left =
    fraction > 0.01 ? `${formatDuration((seconds / fraction) * (1 - fraction))} left` : "";
  const amount = bytes ? `${formatBytes(done)} of ${formatBytes(total)}` : "";
  const rate = bytes ? `${formatBytes(done / seconds)}/s` : "";
  const percent = `${Math.floor(fraction * 100)}%`.padStart(4);
  return [start.padEnd(36), formatBar(fraction, 20), percent, amount, rate, left]
    .filter((part) => part !== "")
    .join("  ");
}

/** At most `rows` lines: what is under way, the longest-running first. */
export function formatProgress(progress: Progress, now: number, rows: number): string {
  const lines = [
    ...[...progress.downloads.values()]
      .filter(({ doing }) => doing !== "waiting")
      .map((activity) => describe(activity, now, true)),
    ...[...progress.targets.values()].map((activity) => describe(activity, now, false)),
  ];
  const waiting = [...progress.downloads.values()].filter(
    ({ doing }) => doing === "waiting",
  ).length;
  const head =
    progress.downloads.size > 0
      ? `Inputs: ${progress.fetched} here, ${progress.downloads.size} to go`
      : `Targets: ${progress.finished} of ${progress.planned}`;
  const shown = lines.slice(0, Math.max(rows - 2, 1));
  const hidden = lines.length - shown.length + waiting;
  return [head, ...shown, ...(hidden > 0 ? [`  and ${hidden} more waiting`] : [])].join("\n");
}
