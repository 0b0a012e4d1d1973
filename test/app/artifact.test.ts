/** The lite artifact for this machine, built by the real command from the real runtime, and run. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { buildLite } from "../desktop/build.ts";
import { openDisplay } from "./display.ts";
import { eventually, start } from "./run.ts";

const platform = process.arch === "arm64" ? "linux-arm64" : "linux-x64";

it("is unpacked, prints its version, and opens its window, through a link too", async () => {
  await using built = await buildLite([platform]);
  const { buildId } = built.artifact(platform);
  const unpacked = join(await built.unpack(platform), "tor-messenger-lite");
  const launcher = join(unpacked, "tor-messenger");
  const hostile = { NODE_OPTIONS: "--not-an-option", NODE_EXTRA_CA_CERTS: "/nowhere" };
  const printed = execFileSync(launcher, ["--version", "--json"], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], ...hostile },
  });
  const { version, commit } = built.release;
  expect(JSON.parse(printed)).toEqual({
    name: "tor-messenger",
    version,
    edition: "lite",
    platform,
    commit,
    buildId,
  });

  const runtime = mkdtempSync(join(tmpdir(), "tor-messenger with a blank-"));
  const display = await openDisplay();
  try {
    const link = join(runtime, "a link");
    symlinkSync(launcher, link);
    const app = start([link], {
      ...hostile,
      DISPLAY: display.name,
      HOME: runtime,
      XDG_RUNTIME_DIR: runtime,
      TOR_MESSENGER_TEST_NO_SANDBOX: "1",
    });
    await eventually("the window to be painted", () =>
      // The strip that says how Tor is has a background that nothing else has.
      display.pixelsOf(0xfdf3e0) > 5_000 ? true : undefined,
    );
    app.process.kill("SIGTERM");
    expect(await app.ended).toBe(143);
  } finally {
    await display.close();
    rmSync(runtime, { recursive: true, force: true });
  }
});
