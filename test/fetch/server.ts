/**
 * A host on 127.0.0.1 that serves one file per path, well or badly: cut off, stalling, compressed by
 * no means, with or without ranges. It counts what it sends.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Seen {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
}

export interface Route {
  readonly bytes?: Uint8Array;
  /** Answers Range requests; true unless said otherwise. */
  readonly ranges?: boolean;
  readonly etag?: string;
  /** Takes the place of all that: `attempt` counts from 1. */
  readonly answer?: (
    request: IncomingMessage,
    response: ServerResponse,
    attempt: number,
  ) => void | Promise<void>;
}

export interface Server {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  readonly routes: Map<string, Route>;
  readonly seen: Seen[];
  /** Bytes of bodies that were written by `sendFile`. */
  sent: number;
  close(): Promise<void>;
}

export async function startServer(): Promise<Server> {
  const attempts = new Map<string, number>();
  const http = createServer((request, response) => {
    const path = request.url ?? "";
    server.seen.push({ path, headers: request.headers });
    const attempt = (attempts.get(path) ?? 0) + 1;
    attempts.set(path, attempt);
    const route = server.routes.get(path);
    if (route === undefined) response.writeHead(404).end("no such file");
    else if (route.answer !== undefined) void route.answer(request, response, attempt);
    else sendFile(server, route, request, response);
  });
  await new Promise<void>((resolve) => {
    http.listen(0, "127.0.0.1", resolve);
  });
  const { port } = http.address() as AddressInfo;
  const server: Server = {
    url: `http://127.0.0.1:${port}`,
    port,
    routes: new Map(),
    seen: [],
    sent: 0,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
  return server;
}

/** `cutAfter` bytes of the body the connection ends, though more were promised. */
export function sendFile(
  server: Server,
  route: Route,
  request: IncomingMessage,
  response: ServerResponse,
  cutAfter: number = Number.POSITIVE_INFINITY,
): void {
  const bytes = route.bytes ?? new Uint8Array();
  const { range, "if-range": condition } = request.headers;
  const usable = route.ranges !== false && (condition === undefined || condition === route.etag);
  const start = usable ? Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0) : 0;
  const headers = route.etag === undefined ? {} : { etag: route.etag };
  if (start > 0 && start >= bytes.length) {
    response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end();
    return;
  }
  const body = bytes.subarray(start);
  response.writeHead(start > 0 ? 206 : 200, {
    ...headers,
    "content-length": body.length,
    ...(start > 0 ? { "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {}),
  });
  const part = body.subarray(0, cutAfter);
  server.sent += part.length;
  if (part.length === body.length) response.end(part);
  else response.write(part, () => setTimeout(() => response.destroy(), 20));
}
