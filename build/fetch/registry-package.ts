/**
 * What the npm registry says of one version of a package: its integrity, and whether npm signed
 * that (ECDSA over `name@version:integrity`, by a key in `build/manifests/npm-registry-keys.json`).
 * Only for new pins: what is pinned is fetched by its pin.
 */
import { readFile } from "node:fs/promises";
import pacote from "pacote";
import * as v from "valibot";
import { BuildError } from "../errors.ts";
import { explainNpm, type NpmNet, registryOf } from "./npm.ts";
import { type Attempt, retrying } from "./retry.ts";

export interface RegistryPackage {
  readonly integrity: string;
  /** The ids of the keys whose signature was verified; empty if there was no signature at all. */
  readonly signedBy: readonly string[];
}

const keysPath = new URL("../manifests/npm-registry-keys.json", import.meta.url);

const keysSchema = v.strictObject({
  "//": v.string(),
  keys: v.array(
    v.strictObject({
      keyid: v.string(),
      expires: v.nullable(v.pipe(v.string(), v.isoTimestamp())),
      key: v.pipe(v.string(), v.base64()),
    }),
  ),
});

// Of a manifest as pacote returns it after verifying all of its signatures.
const answerSchema = v.object({
  dist: v.object({ integrity: v.pipe(v.string(), v.regex(/^sha512-[A-Za-z0-9+/]{86}==$/)) }),
  _signatures: v.optional(v.array(v.object({ keyid: v.string() })), []),
});

/**
 * @throws BuildError `unreachable` if the registry or the version isn't there, `signature` if a
 * signature is wrong or by a key that we don't know.
 */
export async function describePackage(
  name: string,
  version: string,
  npm: NpmNet,
): Promise<RegistryPackage> {
  const what = `${name}@${version}`;
  const registry = registryOf(name, npm.options);
  const { host, pathname } = registry;
  const { timing, hosts, signal } = npm;
  const options = {
    ...npm.options,
    // The time of publication, which decides whether a key was valid, is only there.
    fullMetadata: true,
    verifySignatures: true,
    [`//${host}${pathname}:_keys`]: await readKeys(),
  };
  const attempt = async (): Promise<Attempt<unknown>> => {
    const limit = AbortSignal.timeout(timing.connect + 2 * timing.answer);
    try {
      const both = AbortSignal.any([signal, limit]);
      return { value: await pacote.manifest(what, { ...options, signal: both }) };
    } catch (error) {
      signal.throwIfAborted();
      const { code, message } = error as NodeJS.ErrnoException;
      if (code?.includes("SIGNATURE")) throw signatureError(what, message, error);
      const failure = explainNpm(version, error as Error);
      const answered = "statusCode" in (error as Error) || code === "ETARGET";
      return { failure, host, answered, progressed: false };
    }
  };
  const answer = await retrying(what, host, attempt, timing, hosts, signal, () => {});
  const result = v.safeParse(answerSchema, answer);
  if (!result.success) {
    throw new BuildError("mismatch", `${host} describes ${what} without a sha512 integrity.`);
  }
  const { dist, _signatures } = result.output;
  return { integrity: dist.integrity, signedBy: _signatures.map(({ keyid }) => keyid) };
}

/** As pacote wants them. */
async function readKeys(): Promise<readonly object[]> {
  const { keys } = v.parse(keysSchema, JSON.parse(await readFile(keysPath, "utf8")));
  return keys.map(({ key, ...rest }) => ({
    ...rest,
    pemkey: `-----BEGIN PUBLIC KEY-----\n${key}\n-----END PUBLIC KEY-----`,
  }));
}

function signatureError(what: string, message: string, cause: unknown): BuildError {
  return new BuildError(
    "signature",
    `${what}: ${message}. If npm has a new key, check it and add it to ` +
      "build/manifests/npm-registry-keys.json; otherwise don't use this package.",
    { cause },
  );
}
