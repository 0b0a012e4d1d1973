/**
 * The folder that a build unpacks and stages in: beside the artifacts, so on the same disk, named
 * after the process. What a killed build left behind is removed by the next one.
 */
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

const pattern = /^\.work-(\d+)$/;

export async function makeWorkFolder(out: string): Promise<string> {
  const folder = join(out, `.work-${process.pid}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Signal 0 asks whether the process is there; EPERM says that it is, as another user's. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

export async function removeDeadWork(out: string): Promise<void> {
  for (const name of await readdir(out)) {
    const pid = Number(pattern.exec(name)?.[1]);
    if (pid > 0 && !isAlive(pid)) await rm(join(out, name), { recursive: true, force: true });
  }
}
