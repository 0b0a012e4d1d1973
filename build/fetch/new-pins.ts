/**
 * Works out the pins of a new version of an input, from what is there and can be verified now. What
 * no signature confirms is marked `trustOnFirstUse`, with a note. Writes no file of ours.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { list } from "tar";
import { BuildError } from "../errors.ts";
import type { ElectronInput, NpmInput, TorInput, TorKeyInput } from "../manifest.ts";
import { hashFile } from "../verify/digest.ts";
import { store } from "./cache.ts";
import { type Network, openNetwork } from "./context.ts";
import { type FetchOptions, fetchInputs } from "./fetch-inputs.ts";
import { describePackage, type RegistryPackage } from "./registry-package.ts";

export interface NewPins<T> {
  readonly inputs: readonly T[];
  /** What was checked, a line each. */
  readonly checked: readonly string[];
}

const unsignedNode = "The registry that this was pinned from gave no signature with it.";
const unsignedElectron =
  "From checksums.json of the npm package electron, which came without a registry signature.";

/** Every platform's bundle, by the Tor Project's signature. */
export async function newTorPins(
  version: string,
  current: readonly TorInput[],
  key: TorKeyInput,
  options: FetchOptions,
): Promise<NewPins<TorInput>> {
  return await withNetwork(options, async (network) => {
    const { fetchNewTor } = await import("./tor.ts");
    const { freshTorKey } = await import("./tor-key.ts");
    const signer = await freshTorKey(key, network);
    const checked = [`the signing key has the pinned fingerprint ${key.fingerprint}`];
    const inputs: TorInput[] = [];
    for (const { id, platform, file: oldFile, version: oldVersion } of current) {
      const folder = await mkdtemp(join(network.cache.folder, "tmp", "new-"));
      try {
        const path = await fetchNewTor({ id, version, platform }, signer, network, folder);
        const found = await hashFile(path, network.net.signal);
        const file = oldFile.replace(oldVersion, version);
        checked.push(`${file}: signed by that key, ${found.size} bytes, sha256 ${found.sha256}`);
        // So that the next build need not fetch it again.
        await store(network.cache, path, { ...found, integrity: null });
        inputs.push({ id, kind: "tor", version, platform, file, ...found, trustOnFirstUse: false });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }
    return { inputs, checked };
  });
}

/** The packages of all platforms; a version that one of them lacks is no version. */
export async function newNodePins(
  version: string,
  current: readonly NpmInput[],
  options: FetchOptions,
): Promise<NewPins<NpmInput>> {
  const inputs: NpmInput[] = [];
  const checked: string[] = [];
  const described = await withNetwork(options, (network) =>
    Promise.all(current.map(async ({ name }) => describe(name, version, network))),
  );
  for (const [index, { id, name }] of current.entries()) {
    const found = described[index];
    if (found === undefined) throw new BuildError("manifest", `${name} was not described.`);
    const { size, sha256 } = await fetchTarball(name, version, found, options);
    checked.push(`${name}@${version}: ${found.integrity}, ${size} bytes, ${signature(found)}`);
    const { integrity } = found;
    const provenance = provenanceOf(found, unsignedNode);
    inputs.push({ id, kind: "npm", name, version, integrity, size, sha256, ...provenance });
  }
  return { inputs, checked };
}

/** By the checksums that the npm package `electron` carries. */
export async function newElectronPins(
  version: string,
  current: readonly ElectronInput[],
  options: FetchOptions,
): Promise<NewPins<ElectronInput> & { readonly integrity: string }> {
  const found = await withNetwork(options, (network) => describe("electron", version, network));
  const { path } = await fetchTarball("electron", version, found, options);
  const checksums = await readChecksums(path);
  const checked = [`electron@${version}: ${found.integrity}, ${signature(found)}`];
  const provenance = provenanceOf(found, unsignedElectron);
  const inputs = current.map(({ id, platform, ...old }): ElectronInput => {
    const file = `electron-v${version}-${platform}.zip`;
    const sha256 = checksums[file];
    if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256)) {
      const message = `electron@${version} has no sha256 for ${file} in its checksums.json.`;
      throw new BuildError("mismatch", message);
    }
    checked.push(`${file}: sha256 ${sha256}, by checksums.json of that package`);
    const size = sha256 === old.sha256 ? old.size : null;
    return { id, kind: "electron", version, platform, file, size, sha256, ...provenance };
  });
  return { inputs, checked, integrity: found.integrity };
}

async function withNetwork<T>(
  options: FetchOptions,
  use: (network: Network) => Promise<T>,
): Promise<T> {
  const network = await openNetwork(options, options.signal ?? new AbortController().signal);
  try {
    return await use(network);
  } finally {
    await network.net.dispatcher.destroy();
  }
}

async function describe(name: string, version: string, network: Network): Promise<RegistryPackage> {
  return await describePackage(name, version, await network.npm());
}

async function fetchTarball(
  name: string,
  version: string,
  { integrity }: RegistryPackage,
  options: FetchOptions,
): Promise<{ readonly path: string; readonly size: number; readonly sha256: string }> {
  const input: NpmInput = {
    id: `npm:${name}`,
    kind: "npm",
    name,
    version,
    integrity,
    size: null,
    sha256: null,
    trustOnFirstUse: true,
  };
  const result = (await fetchInputs([input], options)).get(input.id);
  if (result?.state !== "ready") throw result?.error ?? new BuildError("manifest", name);
  return result;
}

function signature({ signedBy }: RegistryPackage): string {
  return signedBy.length === 0
    ? "WITHOUT a signature of the registry's"
    : `signed by the registry's key ${signedBy.join(", ")}`;
}

function provenanceOf(
  { signedBy }: RegistryPackage,
  note: string,
): { readonly trustOnFirstUse: boolean; readonly note?: string } {
  if (signedBy.length > 0) return { trustOnFirstUse: false };
  return { trustOnFirstUse: true, note };
}

const largestChecksums = 1 << 20;

/** `package/checksums.json` of the tarball: file name to sha256. */
async function readChecksums(tarball: string): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = [];
  let size = 0;
  await list({
    file: tarball,
    filter: (path) => path === "package/checksums.json",
    onReadEntry: (entry) => {
      entry.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size <= largestChecksums) chunks.push(chunk);
      });
    },
  });
  try {
    const checksums: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    if (typeof checksums === "object" && checksums !== null) return { ...checksums };
    throw new TypeError("not an object");
  } catch (cause) {
    throw new BuildError("mismatch", "The npm package electron has no usable checksums.json.", {
      cause,
    });
  }
}
