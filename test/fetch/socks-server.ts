/**
 * A SOCKS5 proxy (RFC 1928, no authentication, CONNECT) that writes down what it is asked for and
 * connects everything to one port of 127.0.0.1, so that names need not exist.
 */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Asked {
  /** 1 is an IPv4 address, 3 a name, 4 an IPv6 address. */
  readonly type: number;
  readonly host: string;
  readonly port: number;
}

export interface SocksServer {
  readonly url: string;
  readonly asked: Asked[];
  close(): Promise<void>;
}

/** `reply` is what it answers to CONNECT: 0 is success, 4 is "host unreachable". */
export async function startSocks(target: number, reply: number = 0): Promise<SocksServer> {
  const asked: Asked[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    let read = Buffer.alloc(0);
    let greeted = false;
    const onData = (chunk: Buffer): void => {
      read = Buffer.concat([read, chunk]);
      if (!greeted) {
        if (read.length < 2 || read.length < 2 + (read[1] ?? 0)) return;
        read = read.subarray(2 + (read[1] ?? 0));
        greeted = true;
        socket.write(Buffer.from([5, 0]));
      }
      const request = parseConnect(read);
      if (request === null) return;
      asked.push(request);
      socket.off("data", onData);
      socket.write(Buffer.from([5, reply, 0, 1, 0, 0, 0, 0, 0, 0]));
      if (reply !== 0) {
        socket.end();
        return;
      }
      const onward = connect(target, "127.0.0.1");
      sockets.add(onward);
      onward.on("error", () => socket.destroy());
      socket.pipe(onward).pipe(socket);
    };
    socket.on("data", onData);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `socks5h://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** RFC 1928 §4; null until all of it is there. */
function parseConnect(bytes: Buffer): Asked | null {
  const type = bytes[3];
  if (type === undefined) return null;
  const length = type === 1 ? 4 : type === 4 ? 16 : (bytes[4] ?? 0);
  const start = type === 3 ? 5 : 4;
  if (bytes.length < start + length + 2) return null;
  const address = bytes.subarray(start, start + length);
  return {
    type,
    host: type === 3 ? address.toString("latin1") : [...address].join("."),
    port: bytes.readUInt16BE(start + length),
  };
}
