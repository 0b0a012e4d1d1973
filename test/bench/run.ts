/** Runs a command as a whole process and measures it from outside. */
import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";

export interface Measured {
  readonly seconds: number;
  /** Bytes: the most that the process and all its descendants had resident at one time. */
  readonly peak: number;
}

/** Shared pages count once, by their share (Pss): the processes are all the same Node. */
async function residentBytes(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
  return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) * 1024;
}

async function treeBytes(root: number): Promise<number> {
  const children = new Map<number, number[]>();
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    // The name in parentheses may hold anything, so count from its end: state, then the parent.
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 1).split(" ")[2]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  let sum = 0;
  const queue = [root];
  for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
    sum += await residentBytes(pid);
    queue.push(...(children.get(pid) ?? []));
  }
  return sum;
}

export async function measure(command: readonly string[]): Promise<Measured> {
  const [program, ...args] = command as [string, ...string[]];
  const started = performance.now();
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors = (errors + chunk.toString("utf8")).slice(-4000);
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0
        ? resolve(performance.now())
        : reject(new Error(`${command.join(" ")} ended with ${code}\n${errors}`)),
    );
  });
  let peak = 0;
  let running = true;
  const sampling = (async () => {
    while (running && child.pid !== undefined) {
      peak = Math.max(peak, await treeBytes(child.pid));
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  })();
  try {
    return { seconds: ((await ended) - started) / 1000, peak };
  } finally {
    running = false;
    await sampling;
  }
}
