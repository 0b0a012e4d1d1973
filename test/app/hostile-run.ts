/**
 * Shows the hostile page and prints what came of it, as one line of JSON: the page's own account,
 * the connections that a listener on loopback got, and what the kernel counted: TCP connections begun
 * and UDP datagrams sent. Meant to run in a network namespace of its own (`unshare -n`), where nobody
 * else sends; a cable that ends nowhere makes it look as if there were a network.
 *
 * Usage: hostile-run.ts app|plain PROFILE. `app`: in the app's window. `plain`: in the same browser
 * with ordinary flags, to show that all of this would be noticed.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Browser, launch } from "puppeteer-core";
import type { Actions } from "../../app/shell/actions.ts";
import { openWindow } from "../../app/shell/chromium/launch.ts";
import { servedPage } from "../../app/shell/page.ts";

const [mode, profile] = process.argv.slice(2);
if (profile === undefined) throw new Error("usage: hostile-run.ts app|plain PROFILE");
for (const command of [
  "link set lo up",
  "link add name out0 type veth peer name far0",
  "addr add 10.0.0.2/24 dev out0",
  "addr add fd00::2/64 dev out0 nodad",
  "link set out0 up",
  "link set far0 up",
  "route add default dev out0",
  "-6 route add default dev out0",
]) {
  execFileSync("ip", command.split(" "));
}

let connections = 0;
const listener = createServer((socket) => {
  connections++;
  socket.on("error", () => undefined);
  socket.end("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
});
await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
const { port } = listener.address() as AddressInfo;
const html = readFileSync(join(import.meta.dirname, "hostile.html"), "utf8").replaceAll(
  "ADDRESS",
  `127.0.0.1:${port}`,
);

const before = sent();
let outcomes: unknown;
const close = mode === "app" ? await inApp() : await inPlainBrowser();
for (let i = 0; i < 200 && outcomes === undefined; i++) await sleep(100);
// The last attempts come after the report, and what the browser does by itself takes its time.
await sleep(5000);
await close();
console.log(JSON.stringify({ outcomes, connections, sent: sent() - before }));
process.exit(0);

async function inApp(): Promise<() => Promise<void>> {
  const actions = {
    report: async ([value]: readonly unknown[]) => {
      outcomes = value;
    },
  } as unknown as Actions;
  const window = await openWindow({
    browser: "/usr/bin/chromium",
    profile: profile ?? "",
    sandbox: false,
    page: servedPage(html),
    actions,
  });
  window.closed.catch(() => undefined);
  return window.close;
}

async function inPlainBrowser(): Promise<() => Promise<void>> {
  const browser: Browser = await launch({
    executablePath: "/usr/bin/chromium",
    pipe: true,
    headless: false,
    userDataDir: profile ?? "",
    args: ["--no-sandbox"],
  });
  const page = await browser.newPage();
  await page.exposeFunction("report", (value: unknown) => {
    outcomes = value;
  });
  await page.setContent(html.replace("window.torMessenger?.report", "report"), {
    waitUntil: "domcontentloaded",
  });
  return () => browser.close();
}

/**
 * In this network namespace, since it was made. Chromium connects UDP sockets to far addresses only to
 * learn which address of its own would be used: that sends nothing, and is not counted.
 */
function sent(): number {
  const udp6 = /^Udp6OutDatagrams\s+(\d+)$/m.exec(readFileSync("/proc/net/snmp6", "latin1"))?.[1];
  return counter("Tcp", "ActiveOpens") + counter("Udp", "OutDatagrams") + Number(udp6);
}

/** /proc/net/snmp has two lines for each protocol: names, values. */
function counter(protocol: string, name: string): number {
  const [names, values] = readFileSync("/proc/net/snmp", "latin1")
    .split("\n")
    .filter((line) => line.startsWith(`${protocol}: `))
    .map((line) => line.split(" "));
  const value = Number(values?.[names?.indexOf(name) ?? -1]);
  if (!Number.isInteger(value)) throw new Error(`/proc/net/snmp has no ${protocol} ${name}`);
  return value;
}
