/**
 * The browser's throw-away profile: a folder that only the user can read, made at the start, removed
 * at the end. One that a killed run left behind is removed by the next run.
 *
 * Where the system offers it the folder lies in memory (XDG_RUNTIME_DIR is a tmpfs), so that what a
 * browser writes down never reaches a disk.
 */
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ShellError } from "../errors.ts";

/** Followed by the process id of the run that owns the folder, and by mkdtemp's random part. */
const prefix = "tor-messenger-profile-";

/** What a browser is told through its profile because it has no switch for it. */
const preferences = {
  alternate_error_pages: { enabled: false },
  autofill: { credit_card_enabled: false, profile_enabled: false },
  browser: { enable_spellchecking: false },
  credentials_enable_service: false,
  net: { network_prediction_options: 2 },
  safebrowsing: { enabled: false },
  search: { suggest_enabled: false },
  signin: { allowed: false },
  translate: { enabled: false },
  webrtc: { ip_handling_policy: "disable_non_proxied_udp" },
};

export interface ProfilePlace {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly temporary: string;
  readonly snap: string | undefined;
}

/** The folder in which profiles are made. */
export function profileParent({ env, home, temporary, snap }: ProfilePlace): string {
  if (snap !== undefined) return join(home, "snap", snap, "common");
  const runtime = env["XDG_RUNTIME_DIR"];
  return runtime === undefined || runtime === "" ? temporary : runtime;
}

/** Makes the profile and returns its path. mkdtemp gives it mode 0700. */
export function makeProfile(parent: string, pid: number): string {
  try {
    const profile = mkdtempSync(join(parent, `${prefix}${pid}-`));
    mkdirSync(join(profile, "Default"), { mode: 0o700 });
    writeFileSync(join(profile, "Default", "Preferences"), JSON.stringify(preferences), {
      mode: 0o600,
    });
    return profile;
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new ShellError(
      "profile",
      `Can't make the throw-away profile in ${parent}: ${reason}\nSet XDG_RUNTIME_DIR or TMPDIR to a folder that you can write to.`,
      { cause },
    );
  }
}

/** Browsers write a last file while they end: so this tries again before it gives up. */
export function removeProfile(profile: string): void {
  rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

/** Removes the profiles of runs that are gone: kill -9 and power cuts leave them behind. */
export function removeLeftovers(parent: string, isRunning: (pid: number) => boolean): void {
  let names: readonly string[];
  try {
    names = readdirSync(parent);
  } catch {
    return; // makeProfile comes next, and says what is wrong with the folder
  }
  for (const name of names) {
    const pid = /^(\d+)-/.exec(name.startsWith(prefix) ? name.slice(prefix.length) : "")?.[1];
    if (pid === undefined || isRunning(Number(pid))) continue;
    const path = join(parent, name);
    try {
      // In a shared /tmp anybody can make a folder of this name, and change it while we walk it.
      const owner = lstatSync(path).uid;
      if (owner === (process.getuid?.() ?? owner)) removeProfile(path);
    } catch {
      // Gone already, or not ours to remove.
    }
  }
}
