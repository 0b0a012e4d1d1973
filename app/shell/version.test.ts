import { describe, expect, it } from "vitest";
import { buildInfo } from "./build-info.ts";
import { versionJson, versionText } from "./version.ts";

const info = {
  version: "1.2.3",
  edition: "lite",
  platform: "win32-x64",
  commit: "c".repeat(40),
  buildId: "b".repeat(64),
} as const;

describe("--version", () => {
  it("says what the copy is, for people", () => {
    expect(versionText(info)).toBe(
      `Tor Messenger 1.2.3 (lite, win32-x64)\ncommit   ${info.commit}\nbuild id ${info.buildId}`,
    );
  });

  it("says the same for scripts, in one line", () => {
    expect(versionJson(info)).not.toContain("\n");
    expect(JSON.parse(versionJson(info))).toEqual({ name: "tor-messenger", ...info });
  });

  it("claims nothing for code that was not built", () => {
    expect(buildInfo).toMatchObject({ edition: "dev", commit: "unknown", buildId: "unknown" });
  });
});
