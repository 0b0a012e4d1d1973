import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { backgroundDark, backgroundLight, servedPage } from "./page.ts";

const policy = "default-src 'none'; script-src 'sha256-AAAA'";
const html = `<!doctype html><meta http-equiv="Content-Security-Policy" content="${policy}"><p>x`;

describe("the served page", () => {
  it("has its own policy as a header, and can't be framed", () => {
    expect(servedPage(html).headers["Content-Security-Policy"]).toBe(
      `${policy}; frame-ancestors 'none'`,
    );
  });

  it.each([
    ["without a policy", "<!doctype html><p>x"],
    ["with a policy that allows by default", html.replace("default-src 'none'", "default-src *")],
    ["with an empty policy", html.replace(policy, "")],
  ])("is refused %s", (_, other) => {
    expect(() => servedPage(other)).toThrow("no content security policy");
  });

  it("has the background that windows have before it is there", () => {
    const css = readFileSync(join(import.meta.dirname, "../renderer/page.css"), "utf8");
    const backgrounds = [...css.matchAll(/--bg: (#[0-9a-f]{6});/g)].map(([, colour]) => colour);
    expect(backgrounds).toEqual([backgroundLight, backgroundDark]);
  });
});
