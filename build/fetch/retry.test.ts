import { expect, test } from "vitest";
import { type Attempt, backOff, defaultTiming, type Hosts, newHosts, retrying } from "./retry.ts";

const waits: number[] = [];
const timing = {
  ...defaultTiming(false),
  random: () => 1,
  sleep: async (ms: number) => void waits.push(ms),
};

function failed(change: { answered?: boolean; progressed?: boolean } = {}): Attempt<string> {
  const failure = { reason: "broken", retry: "later", cause: null } as const;
  return { failure, host: "h", answered: true, progressed: false, ...change };
}

/** Runs attempts out of a list, the last one over and over; counts them. */
async function run(attempts: readonly Attempt<string>[], hosts: Hosts = newHosts()) {
  waits.length = 0;
  let count = 0;
  const attempt = async (): Promise<Attempt<string>> => {
    const outcome = attempts[Math.min(count++, attempts.length - 1)];
    if (outcome === undefined) throw new Error("no attempts");
    return outcome;
  };
  const { signal } = new AbortController();
  const result = await retrying("x", "h", attempt, timing, hosts, signal, () => {}).catch(
    (error: unknown) => error,
  );
  return { result, count, hosts };
}

test("waits twice as long each time, at most the longest", () => {
  const full = [0, 1, 2, 3, 20].map((failures) => backOff(timing, failures));
  expect(full).toEqual([500, 1000, 2000, 4000, 30_000]);
  expect(backOff({ ...timing, random: () => 0 }, 1)).toBe(500);
});

test("a host that answers gets five attempts", async () => {
  const { result, count, hosts } = await run([failed()]);
  expect(result).toMatchObject({ code: "unreachable" });
  expect(count).toBe(5);
  expect(waits).toEqual([500, 1000, 2000, 4000]);
  expect(hosts.unreachable.size).toBe(0);
});

test("a silent host gets two, and nobody asks it again", async () => {
  const { count, hosts } = await run([failed({ answered: false })]);
  expect(count).toBe(2);
  const again = await run([{ value: "never asked" }], hosts);
  expect(again.count).toBe(0);
  expect(again.result).toMatchObject({ code: "unreachable" });
});

test("a host that has answered before may be silent for a while", async () => {
  const { count } = await run([failed(), failed({ answered: false })]);
  expect(count).toBe(5);
});

test("progress starts the count again, but not for ever", async () => {
  const progress = failed({ progressed: true });
  expect((await run([progress, progress, progress, { value: "done" }])).result).toBe("done");
  expect((await run([progress])).count).toBe(100);
});

test("waits as the server asks, or gives up if that is too long", async () => {
  const busy = (waitMs: number): Attempt<string> => ({
    failure: { reason: "busy", retry: "later", waitMs, cause: null },
    host: "h",
    answered: true,
    progressed: false,
  });
  await run([busy(9000), { value: "done" }]);
  expect(waits).toEqual([9000]);
  expect((await run([busy(31_000)])).count).toBe(1);
});
