/**
 * A host on 127.0.0.1 for tests: paths to bytes, or to a function that misbehaves. It remembers what
 * was asked for.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export type Answer = Uint8Array | ((request: IncomingMessage, response: ServerResponse) => void);

export interface TestServer {
  readonly url: string;
  readonly files: Map<string, Answer>;
  readonly asked: string[];
  stop(): Promise<void>;
}

export async function startServer(): Promise<TestServer> {
  const files = new Map<string, Answer>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    const answer = files.get(path);
    if (answer === undefined) {
      response.writeHead(404).end("no such file");
    } else if (typeof answer === "function") {
      answer(request, response);
    } else {
      response.writeHead(200, { "content-length": answer.length }).end(answer);
    }
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    files,
    asked,
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped());
        server.closeAllConnections();
      }),
  };
}

export const status =
  (code: number, headers: Record<string, string> = {}) =>
  (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(code, headers).end();
  };
