import { describe, expect, it } from "vitest";
import { browserFlags } from "./flags.ts";

const flags = browserFlags({ profile: "/run/user/1/p", sandbox: true });

describe("the browser's flags", () => {
  it("open a pipe and no port", () => {
    expect(flags).toContain("--remote-debugging-pipe");
    expect(flags.filter((flag) => flag.split("=")[0]?.includes("-port"))).toEqual([]);
  });

  it("leave no network: one proxy for everything, loopback too, and nothing resolves", () => {
    expect(flags).toContain("--proxy-server=socks5://127.0.0.1:9");
    expect(flags).toContain("--proxy-bypass-list=<-loopback>");
    expect(flags).toContain("--host-resolver-rules=MAP * ~NOTFOUND");
  });

  it("keep the sandbox unless a test takes it away", () => {
    expect(flags).not.toContain("--no-sandbox");
    expect(browserFlags({ profile: "/p", sandbox: false })).toContain("--no-sandbox");
  });

  it("give every switch once: Chromium would take the last one only", () => {
    const names = flags.map((flag) => flag.split("=")[0]);
    expect(new Set(names).size).toBe(names.length);
  });
});
