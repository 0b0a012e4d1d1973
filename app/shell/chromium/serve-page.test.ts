import { EventEmitter } from "node:events";
import type { CDPSession } from "puppeteer-core";
import { expect, it } from "vitest";
import { servePage } from "./serve-page.ts";

/** Stands in for the browser's DevTools session: records how requests are answered. */
class Session extends EventEmitter {
  readonly sent: (readonly [string, Readonly<Record<string, unknown>>])[] = [];
  async send(method: string, params: Readonly<Record<string, unknown>>): Promise<void> {
    this.sent.push([method, params]);
  }
}

async function answerTo(url: string, method = "GET", resourceType = "Document"): Promise<unknown> {
  const session = new Session();
  const page = { html: "<p>é", headers: { "Content-Type": "text/html; charset=utf-8" } };
  await servePage(session as unknown as CDPSession, page);
  expect(session.sent).toEqual([["Fetch.enable", { patterns: [{ urlPattern: "*" }] }]]);
  session.emit("Fetch.requestPaused", { requestId: "r", request: { url, method }, resourceType });
  return session.sent.slice(1);
}

it("answers the page's address out of memory", async () => {
  expect(await answerTo("https://tor-messenger.invalid/")).toEqual([
    [
      "Fetch.fulfillRequest",
      {
        requestId: "r",
        responseCode: 200,
        responseHeaders: [{ name: "Content-Type", value: "text/html; charset=utf-8" }],
        body: "PHA+w6k=",
      },
    ],
  ]);
});

it.each([
  ["https://tor-messenger.invalid/other"],
  ["https://tor-messenger.invalid/?query"],
  ["http://tor-messenger.invalid/"],
  ["https://tor-messenger.invalid:8443/"],
  ["https://tor-messenger.invalid.example.com/"],
  ["https://user@tor-messenger.invalid/"],
  ["http://127.0.0.1/"],
  ["file:///etc/passwd"],
  ["chrome://version/"],
  ["https://tor-messenger.invalid/", "POST"],
  ["https://tor-messenger.invalid/", "GET", "XHR"],
])("fails every other request: %s %s %s", async (url, method?: string, type?: string) => {
  expect(await answerTo(url, method, type)).toEqual([
    ["Fetch.failRequest", { requestId: "r", errorReason: "BlockedByClient" }],
  ]);
});
