/**
 * Gives the browser the page, and nothing but the page. Every request of every window, frame and
 * worker stops here, before the browser's network (DevTools `Fetch`, enabled for the whole browser):
 * the one address of the page is answered out of memory, all others fail.
 *
 * `Fetch` does not see WebSocket, WebTransport and WebRTC. Those have the page's policy, the dead
 * proxy and the resolver that knows nothing in their way (`../no-network.ts`).
 */
import type { CDPSession, Protocol } from "puppeteer-core";
import type { ServedPage } from "../page.ts";

/** `.invalid` belongs to nobody for good (RFC 2606, section 2). `https` makes it a secure context. */
export const pageOrigin = "https://tor-messenger.invalid";
export const pageUrl: string = `${pageOrigin}/`;

export async function servePage(browser: CDPSession, page: ServedPage): Promise<void> {
  browser.on("Fetch.requestPaused", (event) => {
    // The window can close while a request is paused; its answer then has no taker.
    answer(browser, page, event).catch(() => undefined);
  });
  await browser.send("Fetch.enable", { patterns: [{ urlPattern: "*" }] });
}

async function answer(
  browser: CDPSession,
  page: ServedPage,
  { requestId, request, resourceType }: Protocol.Fetch.RequestPausedEvent,
): Promise<void> {
  const isPage = request.url === pageUrl && request.method === "GET" && resourceType === "Document";
  if (!isPage) {
    await browser.send("Fetch.failRequest", { requestId, errorReason: "BlockedByClient" });
    return;
  }
  await browser.send("Fetch.fulfillRequest", {
    requestId,
    responseCode: 200,
    responseHeaders: Object.entries(page.headers).map(([name, value]) => ({ name, value })),
    body: Buffer.from(page.html).toString("base64"),
  });
}
