/**
 * The way out to the network for our own downloads: direct (or by the system's `https_proxy`
 * settings), or with everything through the proxy of `--proxy`, at which names are looked up too.
 * npm's library is given the same proxy in `npm-options.ts`.
 */
import { SocksClient } from "socks";
import { Agent, buildConnector, type Dispatcher, EnvHttpProxyAgent, ProxyAgent } from "undici";
import { BuildError } from "../errors.ts";
import type { Timing } from "./retry.ts";

/** @throws BuildError `usage` for anything that is not a proxy, or one that would leak look-ups. */
export function parseProxy(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  switch (url?.protocol) {
    case "socks5h:":
    case "http:":
    case "https:":
      if (url.hostname !== "" && /^\/?$/.test(url.pathname)) return url;
      break;
    case "socks5:":
    case "socks:":
    case "socks4:":
    case "socks4a:":
      throw new BuildError(
        "usage",
        `--proxy ${text}: write socks5h://${url.host}, so that names are looked up at the proxy. ` +
          "With the others, your own resolver would learn every host.",
      );
  }
  throw new BuildError("usage", `--proxy wants socks5h://HOST:PORT or http://HOST:PORT: ${text}`);
}

/** A dispatcher for undici; destroy it when the run is over. */
export function makeDispatcher(proxy: URL | null, timing: Timing): Dispatcher {
  const common = { headersTimeout: timing.answer, bodyTimeout: timing.stall, allowH2: false };
  const tls = { timeout: timing.connect, allowH2: false };
  if (proxy === null) return new EnvHttpProxyAgent({ ...common, connect: tls });
  if (proxy.protocol === "socks5h:") {
    return new Agent({ ...common, connect: socksConnector(proxy, timing.connect) });
  }
  return new ProxyAgent({ ...common, uri: proxy.href, proxyTls: tls, requestTls: tls });
}

/**
 * undici has a SOCKS agent of its own, but calls it experimental (with a warning on stderr).
 * `socks` sends a host name as it is (RFC 1928 §4, address type 3), as Tor needs it.
 */
function socksConnector(proxy: URL, timeout: number): buildConnector.connector {
  const secure = buildConnector({ timeout, allowH2: false });
  return (options, callback) => {
    const port = Number(options.port || (options.protocol === "https:" ? 443 : 80));
    SocksClient.createConnection({
      command: "connect",
      proxy: {
        host: proxy.hostname.replace(/^\[|\]$/g, ""),
        port: Number(proxy.port || 1080),
        type: 5,
        ...(proxy.username === "" ? {} : { userId: decodeURIComponent(proxy.username) }),
        ...(proxy.password === "" ? {} : { password: decodeURIComponent(proxy.password) }),
      },
      destination: { host: options.hostname, port },
      timeout,
    }).then(
      ({ socket }) => {
        if (options.protocol === "https:") secure({ ...options, httpSocket: socket }, callback);
        else callback(null, socket.setNoDelay());
      },
      (error: Error) => callback(error, null),
    );
  };
}
