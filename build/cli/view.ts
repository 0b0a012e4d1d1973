/**
 * Shows a build while it runs: a live picture on a terminal, a line for each step elsewhere (in
 * logs, under CI). On standard error, so that standard output holds the result alone.
 */
import { createLogUpdate } from "log-update";
import type { BuildEvent, TargetOutcome } from "../events.ts";
import { formatBytes, formatDuration } from "./format.ts";
import { advance, formatProgress, noProgress } from "./progress.ts";

export interface View {
  readonly onEvent: (event: BuildEvent) => void;
  /** Leaves the terminal as it was found. */
  readonly close: () => void;
}

function outcomeLine({ target, state, size, reason }: TargetOutcome, seconds: number): string {
  const detail = reason ?? (size === undefined ? "" : formatBytes(size));
  const took = state === "built" ? `  ${formatDuration(seconds)}` : "";
  return `${target}: ${state}  ${detail}${took}`;
}

/** What is worth a line of its own, in logs and above the live picture. */
function lineFor(event: BuildEvent, startedAt: ReadonlyMap<string, number>): string | undefined {
  switch (event.kind) {
    case "planned": {
      const when = new Date(event.epoch * 1000).toISOString();
      return `Tor Messenger ${event.version}, commit ${event.commit} of ${when}\n-> ${event.folder}`;
    }
    case "note":
      return event.text;
    case "fetch": {
      const { event: fetch } = event;
      if (fetch.state === "done" && fetch.from === "network") {
        return `${fetch.id}: fetched and verified  ${formatBytes(fetch.size)}`;
      }
      if (fetch.state === "retrying") return `${fetch.id}: ${fetch.reason}, trying again`;
      if (fetch.state === "corrupt") {
        return `${fetch.id}: the cached copy was damaged and is fetched again (${fetch.path})`;
      }
      return undefined;
    }
    case "started":
      return `${event.target}: started`;
    case "job":
      return event.report.kind === "step" ? `${event.target}: ${event.report.step}` : undefined;
    case "finished": {
      const since = startedAt.get(event.outcome.target);
      return outcomeLine(event.outcome, since === undefined ? 0 : (Date.now() - since) / 1000);
    }
  }
}

export function createView(stream: NodeJS.WriteStream): View {
  const startedAt = new Map<string, number>();
  const live = stream.isTTY ? createLogUpdate(stream) : undefined;
  let progress = noProgress;
  const draw = (): void => live?.(formatProgress(progress, Date.now(), stream.rows ?? 24));
  const timer = live === undefined ? undefined : setInterval(draw, 200);
  return {
    onEvent: (event) => {
      if (event.kind === "started") startedAt.set(event.target, Date.now());
      progress = advance(progress, event, Date.now());
      const line = lineFor(event, startedAt);
      if (line === undefined) return;
      // On a terminal the picture tells the steps; only ends and notes stay above it.
      if (live === undefined) stream.write(`${line}\n`);
      else if (event.kind !== "job" && event.kind !== "started") live.persist(line);
    },
    close: () => {
      clearInterval(timer);
      live?.clear();
      live?.done();
    },
  };
}
