/**
 * Who may import what: the folders of the design, as data. `check-layers.ts` reads it and finds the
 * imports that it does not allow; `npm run check` and test/layers call that.
 *
 * A folder may always import itself. An arrow that is missing here is missing on purpose: if code
 * needs one, it lies in the wrong folder.
 */
export interface Layer {
  /** The most specific folder that a file lies in is its layer. */
  readonly folder: string;
  /** Folders or files of this repository, or `everything`. */
  readonly imports: readonly string[] | "everything";
  /** Likewise, but for `import type` only. */
  readonly types: readonly string[];
  /** npm packages by name. */
  readonly packages: readonly string[] | "any";
  /** May use Node's own modules. */
  readonly node: boolean;
  /** May open a socket: Node's modules for it, the packages, the global `fetch` and its like. */
  readonly sockets: boolean;
}

export const layers: readonly Layer[] = [
  // Pure: accounts, conversations, networks, encryption. Clock, randomness and I/O are passed in.
  { folder: "app/core", imports: [], types: [], packages: [], node: false, sockets: false },
  // The only code in `app` and `updater` that opens a socket.
  { folder: "app/tor", imports: [], types: ["app/core"], packages: [], node: true, sockets: true },
  {
    folder: "app/shell",
    imports: ["app/core", "app/tor", "updater"],
    types: [],
    packages: ["electron", "puppeteer-core"],
    node: true,
    sockets: false,
  },
  // The page knows the bridge's types and nothing else.
  {
    folder: "app/renderer",
    imports: [],
    types: ["app/shell/bridge.ts"],
    packages: [],
    node: false,
    sockets: false,
  },
  { folder: "build", imports: [], types: [], packages: "any", node: true, sockets: true },
  {
    folder: "signing",
    imports: [],
    types: ["build", "updater"],
    packages: "any",
    node: true,
    sockets: true,
  },
  // Is given a `dial`.
  { folder: "updater", imports: [], types: [], packages: "any", node: true, sockets: false },
  { folder: "ci", imports: "everything", types: [], packages: "any", node: true, sockets: true },
  { folder: "test", imports: "everything", types: [], packages: "any", node: true, sockets: true },
];

/** Modules of Node that reach a network, or let others reach in. */
export const socketModules: readonly string[] = [
  "node:dgram",
  "node:dns",
  "node:dns/promises",
  "node:http",
  "node:http2",
  "node:https",
  "node:inspector",
  "node:inspector/promises",
  "node:net",
  "node:tls",
];

/** Packages of ours that do. puppeteer-core can; the lite edition's bundle lacks those parts. */
export const socketPackages: readonly string[] = ["pacote", "socks", "undici", "ws"];

/** Globals of Node and of pages that do. */
export const socketGlobals: readonly string[] = [
  "EventSource",
  "RTCPeerConnection",
  "WebSocket",
  "WebTransport",
  "XMLHttpRequest",
  "fetch",
];
