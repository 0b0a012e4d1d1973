/** What Linux's /proc says about a program and all that it started: processes and sockets. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** The process and all its descendants that are still alive. */
export function processTree(root: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(name);
    if (parent !== undefined) parents.set(Number(name), parent);
  }
  const tree = [root];
  for (const pid of tree) {
    for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  }
  return tree.filter((pid) => parents.has(pid));
}

function parentOf(pid: string): number | undefined {
  try {
    // Fields after the name, which is in parentheses and can hold anything: state, parent, ...
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A zombie has ended; in a container nobody may be there to take note of it.
    return state === "Z" ? undefined : Number(parent);
  } catch {
    return undefined;
  }
}

/** Lines of the kernel's tables for TCP, UDP and raw sockets, IPv4 and 6, that these hold open. */
export function internetSockets(pids: readonly number[]): readonly string[] {
  const inodes = new Set(pids.flatMap(socketInodes));
  return ["tcp", "tcp6", "udp", "udp6", "raw", "raw6"].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, "latin1")
      .split("\n")
      .slice(1)
      .filter((line) => inodes.has(line.trim().split(/\s+/)[9] ?? ""))
      .map((line) => `${table} ${line.trim()}`),
  );
}

function socketInodes(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkIfThere(`/proc/${pid}/fd/${fd}`));
      return inode?.[1] === undefined ? [] : [inode[1]];
    });
  } catch {
    // It ended meanwhile.
    return [];
  }
}

function readlinkIfThere(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
