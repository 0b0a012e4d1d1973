/**
 * The browser that shows the lite edition's window has no network: a hostile page tries all that a
 * page can, in a network namespace where the kernel counts what is sent. The same page in the same browser
 * with ordinary flags shows that listener and counters work.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Display, openDisplay } from "./display.ts";

interface Report {
  readonly outcomes: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly sent: number;
}

let display: Display;
beforeAll(async () => {
  display = await openDisplay();
});
afterAll(() => display.close());

async function run(mode: "app" | "plain"): Promise<Report> {
  const profile = mkdtempSync(join(tmpdir(), "tor-messenger-hostile-"));
  try {
    const script = join(import.meta.dirname, "hostile-run.ts");
    const { stdout } = await promisify(execFile)(
      "unshare",
      ["-rn", process.execPath, script, mode, profile],
      { env: { ...process.env, DISPLAY: display.name }, timeout: 120_000 },
    );
    return JSON.parse(stdout) as Report;
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

describe("a hostile page", () => {
  it("in the app's window reaches nothing, and nothing is sent", async () => {
    const { outcomes, connections, sent } = await run("app");
    // On a slow machine it has not said so yet.
    expect(["none", "no answer"]).toContain(outcomes["webrtc"]);
    expect(outcomes).toEqual({
      webrtc: outcomes["webrtc"],
      fetch: "refused: TypeError",
      "fetch by name": "refused: TypeError",
      "fetch another page of ours": "refused: TypeError",
      "fetch beyond the machine": "refused: TypeError",
      "fetch by IPv6": "refused: TypeError",
      websocket: "refused: Error",
      "event source": "refused: Error",
      "web transport": "refused: WebTransportError",
      "service worker": "refused: TypeError",
    });
    expect(connections).toBe(0);
    expect(sent).toBe(0);
  });

  it("in the same browser with ordinary flags reaches the listener", async () => {
    const { outcomes, connections, sent } = await run("plain");
    expect(outcomes["fetch"]).toBe("STATUS opaque");
    expect(outcomes["webrtc"]).toContain("FOUND");
    expect(connections).toBeGreaterThan(3);
    expect(sent).toBeGreaterThan(10);
  });
});
