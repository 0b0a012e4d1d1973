import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ShellError } from "../errors.ts";
import { makeProfile, profileParent, removeLeftovers, removeProfile } from "./profile.ts";

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "profile-test-"));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

describe("a profile", () => {
  it("can be read by its user only, whatever the umask", () => {
    const before = process.umask(0);
    try {
      const profile = makeProfile(parent, 4711);
      expect(statSync(profile).mode & 0o777).toBe(0o700);
      const preferences = statSync(join(profile, "Default", "Preferences"));
      expect(preferences.mode & 0o777).toBe(0o600);
    } finally {
      process.umask(before);
    }
  });

  it("goes with all that a browser put into it", () => {
    const profile = makeProfile(parent, 4711);
    mkdirSync(join(profile, "Default/Cache/a"), { recursive: true });
    writeFileSync(join(profile, "Default/Cache/a/b"), "x");
    removeProfile(profile);
    expect(readdirSync(parent)).toEqual([]);
  });

  it("that can't be made is an error which names the folder", () => {
    const missing = join(parent, "missing");
    expect(() => makeProfile(missing, 1)).toThrow(ShellError);
    expect(() => makeProfile(missing, 1)).toThrow(missing);
  });
});

describe("the folder of profiles", () => {
  const place = { env: {}, home: "/home/ada", temporary: "/tmp", snap: undefined };
  it.each([
    [place, "/tmp"],
    [{ ...place, env: { XDG_RUNTIME_DIR: "/run/user/1000" } }, "/run/user/1000"],
    [{ ...place, env: { XDG_RUNTIME_DIR: "" } }, "/tmp"],
    [
      { ...place, env: { XDG_RUNTIME_DIR: "/run/user/1000" }, snap: "chromium" },
      "/home/ada/snap/chromium/common",
    ],
  ])("for %j is %s", (given, folder) => {
    expect(profileParent(given)).toBe(folder);
  });
});

describe("what killed runs left behind", () => {
  it("goes, and nothing else does", () => {
    const dead = makeProfile(parent, 100);
    const alive = makeProfile(parent, 200);
    const others = ["tor-messenger-profile-", "tor-messenger-profile-x-1", "other-100-abc"];
    for (const name of others) mkdirSync(join(parent, name));
    removeLeftovers(parent, (pid) => pid === 200);
    expect(existsSync(dead)).toBe(false);
    expect(readdirSync(parent).sort()).toEqual([basename(alive), ...others].sort());
  });
});

describe("leftovers", () => {
  it("in a folder that is not there: nothing to remove, and no complaint of its own", () => {
    expect(() => removeLeftovers(join(parent, "missing"), () => false)).not.toThrow();
  });

  it.runIf(process.getuid?.() === 0)("of another user stay, for they may be a trap", () => {
    const foreign = makeProfile(parent, 4711);
    chownSync(foreign, 65534, 65534);
    removeLeftovers(parent, () => false);
    expect(existsSync(foreign)).toBe(true);
  });
});
