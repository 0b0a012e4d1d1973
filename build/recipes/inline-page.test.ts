import { describe, expect, it } from "vitest";
import { inlinePage } from "./inline-page.ts";

const html = "<head><!--inline:csp--><!--inline:page.css--></head><!--inline:page.js-->";

describe("the page in one file", () => {
  // The script and its hash are an example of Content Security Policy Level 3, section 8.3.
  it("allows its script by the hash that the standard's own example has", () => {
    const page = inlinePage({ html, css: "p{}", js: "alert('Hello, world.');" });
    expect(page).toContain("script-src 'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='");
    expect(page).toContain("<script>alert('Hello, world.');</script>");
  });

  it("allows nothing by default", () => {
    const page = inlinePage({ html, css: "", js: "" });
    expect(page).toContain(`content="default-src 'none'; `);
    expect(page).not.toContain("unsafe");
    expect(page).not.toContain("http:");
    expect(page).not.toContain("https:");
  });

  it("takes text as it is, whatever replacement patterns it seems to hold", () => {
    const js = "const a = `$&$1$$`;\n";
    expect(inlinePage({ html, css: "a::after{content:'$&'}", js })).toContain(
      `<script>${js}</script>`,
    );
  });

  it.each([
    ["", "found it 0 times"],
    [html + html, "found it 2 times"],
  ])("needs each marker once", (broken, message) => {
    expect(() => inlinePage({ html: broken, css: "", js: "" })).toThrow(message);
  });

  it.each([
    { css: "", js: 'const a = "</script>";' },
    { css: "", js: 'const a = "</SCRIPT >";' },
    { css: "", js: 'const a = "<!--";' },
    { css: "", js: 'const a = "<script";' },
    { css: "a{}</style>", js: "" },
    { css: "", js: "a;\r\n" },
    { css: "a{}\r", js: "" },
  ])("refuses what a parser would read differently: %j", (sources) => {
    expect(() => inlinePage({ html, ...sources })).toThrow(/The page's (script|style)/);
  });
});
