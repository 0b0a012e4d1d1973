/** Our icons and property lists, read by programs that others wrote. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { macosIcon, windowsIcon } from "../../build/binary/icon.ts";
import { electronAsarIntegrity, encodePlist } from "../../build/binary/plist.ts";

const run = promisify(execFile);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "formats-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("icotool decodes every image of the .ico", async () => {
  const path = join(folder, "icon.ico");
  await writeFile(path, windowsIcon());
  const { stdout } = await run("icotool", ["--list", path]);
  const sizes = [...stdout.matchAll(/--width=(\d+) --height=\1 --bit-depth=32/g)].map((m) => m[1]);
  expect(sizes.map(Number)).toEqual([16, 20, 24, 32, 40, 48, 64, 128, 256]);
  await run("icotool", ["--extract", "--output", folder, path]);
  expect((await readdir(folder)).filter((name) => name.endsWith(".png"))).toHaveLength(9);
});

test("icns2png decodes those images of the .icns that it knows", async () => {
  const path = join(folder, "icon.icns");
  await writeFile(path, macosIcon());
  await run("icns2png", ["--extract", "--output", folder, path]);
  const names = (await readdir(folder)).filter((name) => /^icon_\d+x/.test(name)).sort();
  expect(names).toEqual(["icon_1024x1024x32.png", "icon_256x256x32.png", "icon_512x512x32.png"]);
});

test("Python reads the property list", async () => {
  const plist = join(folder, "Info.plist");
  const info = {
    CFBundleName: "Tor & <Messenger> “é”",
    NSHighResolutionCapable: true,
    Sizes: [1, 2],
    ...electronAsarIntegrity("ab".repeat(32)),
  };
  await writeFile(plist, encodePlist(info));
  const script =
    "import json,plistlib,sys; print(json.dumps(plistlib.load(open(sys.argv[1],'rb'))))";
  const json = await run("python3", ["-c", script, plist]);
  expect(JSON.parse(json.stdout)).toEqual(info);
});
