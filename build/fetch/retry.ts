/**
 * When to try again, how long to wait, and when a host counts as unreachable. The clock and the
 * dice are arguments. What an error means is decided once, in `failures.ts`.
 */
import { setTimeout as delay } from "node:timers/promises";
import { BuildError } from "../errors.ts";
import type { Failure } from "./failures.ts";

/** Times in milliseconds. */
export interface Timing {
  /** To look up, connect and shake hands. */
  readonly connect: number;
  /** From the request to the first byte of its answer. */
  readonly answer: number;
  /** Without a single byte in the middle of a file. */
  readonly stall: number;
  /** Of the first wait; each further one doubles, up to `longestWait`. */
  readonly firstWait: number;
  readonly longestWait: number;
  /** How often in a row a host that does answer may fail without sending anything new. */
  readonly retries: number;
  readonly random: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * A host that never answers is given up after two attempts: some ten seconds. Through a proxy
 * (Tor) a circuit may take much longer to build.
 */
export function defaultTiming(proxied: boolean): Timing {
  return {
    connect: proxied ? 60_000 : 4_000,
    answer: proxied ? 60_000 : 5_000,
    stall: proxied ? 60_000 : 20_000,
    firstWait: 500,
    longestWait: 30_000,
    retries: 4,
    random: Math.random,
    sleep: async (ms, signal) => {
      await delay(ms, undefined, { signal });
    },
  };
}

/** Exponential, with the upper half random so that many clients don't return at once. */
export function backOff(timing: Timing, failures: number): number {
  const full = Math.min(timing.firstWait * 2 ** failures, timing.longestWait);
  return Math.round(full * (0.5 + timing.random() / 2));
}

/** What this run has learned about hosts; shared by all of its downloads. */
export interface Hosts {
  readonly answered: Set<string>;
  /** Host to reason. Nobody asks it again in this run. */
  readonly unreachable: Map<string, string>;
}

export function newHosts(): Hosts {
  return { answered: new Set(), unreachable: new Map() };
}

export type Attempt<T> =
  | { readonly value: T }
  | {
      readonly failure: Failure;
      /** The host that failed; after a redirect not the first one. */
      readonly host: string;
      /** True if there was any answer, however bad. */
      readonly answered: boolean;
      /** True if new bytes arrived: then the count of failures starts again. */
      readonly progressed: boolean;
    };

/** Bounds a server that sends a byte at a time: each counts as progress. */
const mostAttempts = 100;

/**
 * Runs `attempt` until it has a value.
 * @throws BuildError `unreachable` when `what` can't be had, or the reason of `signal`.
 */
export async function retrying<T>(
  what: string,
  firstHost: string,
  attempt: () => Promise<Attempt<T>>,
  timing: Timing,
  hosts: Hosts,
  signal: AbortSignal,
  onRetry: (reason: string, inMs: number) => void,
): Promise<T> {
  let failures = 0;
  for (let attempts = 1; ; attempts++) {
    signal.throwIfAborted();
    const known = hosts.unreachable.get(firstHost);
    if (known !== undefined) throw unreachable(what, firstHost, known);
    const outcome = await attempt();
    if ("value" in outcome) return outcome.value;
    signal.throwIfAborted();
    const { failure, host, answered, progressed } = outcome;
    if (answered) hosts.answered.add(host);
    failures = progressed ? 1 : failures + 1;
    const silent = !hosts.answered.has(host);
    const allowed = failure.retry === "never" ? 0 : silent ? 1 : timing.retries;
    const wait = Math.max(backOff(timing, failures - 1), failure.waitMs ?? 0);
    if (failures > allowed || wait > timing.longestWait || attempts >= mostAttempts) {
      if (silent) hosts.unreachable.set(host, failure.reason);
      throw unreachable(what, host, failure.reason, failure.cause);
    }
    onRetry(failure.reason, wait);
    await timing.sleep(wait, signal).catch(() => signal.throwIfAborted());
  }
}

export function unreachable(
  what: string,
  host: string,
  reason: string,
  cause?: unknown,
): BuildError {
  return new BuildError(
    "unreachable",
    `${what} can't be had from ${host}: ${reason}. ` +
      "Try again later, or use --inputs, --mirror or --proxy.",
    { cause },
  );
}
