/** What the second build has different. Data first; what needs a program is tried before it counts. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Conditions {
  /** What goes before the command. */
  readonly prefix: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What differs, for the reader. */
  readonly varied: readonly string[];
  /** What could not be varied here, and why. */
  readonly missing: readonly string[];
}

const always: Readonly<Record<string, string>> = {
  TZ: "Pacific/Kiritimati",
  LC_ALL: "tr_TR.UTF-8",
  LANG: "tr_TR.UTF-8",
};

const programs: readonly {
  readonly what: string;
  readonly prefix: readonly string[];
  readonly needs: string;
}[] = [
  { what: "one core", prefix: ["taskset", "--cpu-list", "0"], needs: "taskset" },
  {
    // A clock that ran backwards or stood still would stop timers; this one is only elsewhere.
    what: "clock 400 days ahead",
    prefix: ["faketime", "-m", "-f", "+400d"],
    needs: "faketime",
  },
];

async function works(prefix: readonly string[]): Promise<boolean> {
  const [program, ...args] = prefix;
  if (program === undefined) return true;
  try {
    await run(program, [...args, "true"], { timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}

/** `home` is an empty folder. */
export async function findConditions(home: string): Promise<Conditions> {
  const prefix: string[] = [];
  const varied = ["path", "HOME", `zone ${always["TZ"]}`, `locale ${always["LANG"]}`, "umask 077"];
  const missing: string[] = [];
  for (const program of programs) {
    if (await works(program.prefix)) {
      prefix.push(...program.prefix);
      varied.push(program.what);
    } else {
      missing.push(`${program.what} (no ${program.needs})`);
    }
  }
  // umask is the shell's own: no program sets it for another.
  prefix.push("sh", "-c", 'umask 077; exec "$@"', "sh");
  return { prefix, env: { ...always, HOME: home }, varied, missing };
}
