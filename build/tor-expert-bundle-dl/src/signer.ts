/**
 * Decides whether a subkey could sign for the pinned primary key at the time of a signature
 * (RFC 9580 §5.2.1, §5.2.3, §10.1). openpgp.js does the arithmetic; the dates are judged here,
 * because its own check asks which statements of the primary key existed when the signature was
 * made, and GnuPG keeps no old ones: extending an expiry date *replaces* the binding signature. The
 * Tor Project's key shows it: subkey 613188FC... is of September 2021, and its only binding
 * signature in today's copies is of July 2024. So the primary key's newest statement counts, and it
 * says from when until when a subkey was good. GnuPG goes by the newest one too.
 */
import { config, enums, type Key, type SignaturePacket, type Subkey } from "openpgp";
import { TorBundleError } from "./errors.ts";

type Config = typeof config;

/** Without SHA-1 and older anywhere: neither over files nor over subkeys. */
const weakHashes = new Set([enums.hash.md5, enums.hash.sha1, enums.hash.ripemd, enums.hash.sha224]);
export const strict: Config = {
  ...config,
  rejectHashAlgorithms: weakHashes,
  rejectMessageHashAlgorithms: weakHashes,
};

const minRsaBits = 3072;
const strongAlgorithms: ReadonlySet<string> = new Set([
  "rsaEncryptSign",
  "rsaSign",
  "ecdsa",
  "eddsaLegacy",
  "ed25519",
  "ed448",
]);

// RFC 9580 §5.2.3.31: these say that the key was good until then. All others, and none at all, may
// mean that somebody else has it, who could put any date on a signature.
const softReasons: ReadonlySet<number | null> = new Set([
  enums.reasonForRevocation.keySuperseded,
  enums.reasonForRevocation.keyRetired,
]);

/** Returns the subkey that a signature names. */
export function findSigner(key: Key, signature: SignaturePacket, signedAt: Date): Subkey {
  const issuer = signature.issuerFingerprint;
  const subkey = key.subkeys.find((candidate) =>
    issuer === null
      ? candidate.getKeyID().equals(signature.issuerKeyID)
      : candidate.getFingerprint() === Buffer.from(issuer).toString("hex"),
  );
  if (subkey !== undefined) {
    return subkey;
  }
  const signer = (
    issuer === null ? signature.issuerKeyID.toHex() : Buffer.from(issuer).toString("hex")
  ).toUpperCase();
  const stateOfCopy = newestStatement(key);
  if (signedAt > stateOfCopy) {
    throw new TorBundleError(
      "key-outdated",
      `Your copy of the key is too old: it is of ${day(stateOfCopy)} and does not have the subkey ${signer}, which signed on ${day(signedAt)}. Fetch the key afresh. If that one does not have the subkey either, somebody else signed.`,
    );
  }
  throw new TorBundleError(
    "signature",
    `The signature is by ${signer}, which is no subkey of ${nameOf(key)}: somebody else signed.`,
  );
}

/** Throws unless `subkey` was `key`'s to sign with at `signedAt`, as far as is known at `now`. */
export async function checkSigner(
  key: Key,
  subkey: Subkey,
  signedAt: Date,
  now: Date,
): Promise<void> {
  for (const part of [key, subkey]) {
    checkStrength(part);
    checkRevocations(part, signedAt);
    if (signedAt < part.getCreationTime()) {
      throw new TorBundleError(
        "signature",
        `The signature is dated ${day(signedAt)}, before ${nameOf(part)} was made (${day(part.getCreationTime())}).`,
      );
    }
  }
  const binding = await findBinding(key, subkey, now);
  // A null date leaves the clock out of it: the newest self-signature, and the date that it gives.
  checkExpiry(key, key, await key.getExpirationTime(undefined, strict), signedAt);
  checkExpiry(key, subkey, expiryOf(subkey, binding), signedAt);
}

function checkStrength(part: Key | Subkey): void {
  const { algorithm, bits } = part.getAlgorithmInfo();
  if (!strongAlgorithms.has(algorithm) || (bits !== undefined && bits < minRsaBits)) {
    throw new TorBundleError(
      "signature",
      `${nameOf(part)} is too weak (${algorithm}${bits ? `, ${bits} bits` : ""}): expected RSA of ${minRsaBits} bits or an elliptic curve.`,
    );
  }
}

/**
 * Revocations are taken at their word, without verifying them: who could put a false one into the
 * key could also have left a true one out, and one that cannot be verified (SHA-1, a designated
 * revoker, a critical subpacket from the future) must not count for nothing.
 */
function checkRevocations(part: Key | Subkey, signedAt: Date): void {
  for (const { created, reasonForRevocationFlag } of part.revocationSignatures) {
    const soft = softReasons.has(reasonForRevocationFlag);
    if (soft && created !== null && signedAt < created) {
      continue;
    }
    throw new TorBundleError(
      "revoked",
      soft
        ? `${nameOf(part)} was revoked on ${day(created)}, before the signature was made (${day(signedAt)}).`
        : `${nameOf(part)} is revoked, perhaps because somebody else has it: nothing that it signed counts, whatever its date.`,
    );
  }
}

/** The newest valid statement of the primary key that the subkey is its own, and for signing. */
async function findBinding(key: Key, subkey: Subkey, now: Date): Promise<SignaturePacket> {
  const bound = { key: key.keyPacket, bind: subkey.keyPacket };
  const newestFirst = subkey.bindingSignatures.toSorted(
    (a, b) => (b.created?.getTime() ?? 0) - (a.created?.getTime() ?? 0),
  );
  let cause: unknown;
  for (const binding of newestFirst) {
    try {
      await binding.verify(key.keyPacket, enums.signature.subkeyBinding, bound, now, false, strict);
    } catch (error) {
      cause ??= error;
      continue;
    }
    if (((binding.keyFlags?.[0] ?? 0) & enums.keyFlags.signData) === 0) {
      throw new TorBundleError("signature", `${nameOf(subkey)} is not meant for signing.`);
    }
    await checkBackSignature(subkey, binding, bound, now);
    return binding;
  }
  throw new TorBundleError(
    "signature",
    `${nameOf(subkey)} is in the key file, but no valid signature of ${nameOf(key)} says that it belongs there.`,
    { cause },
  );
}

/** The subkey's consent: without it, anybody could adopt a subkey and claim what it signed. */
async function checkBackSignature(
  subkey: Subkey,
  binding: SignaturePacket,
  bound: object,
  now: Date,
): Promise<void> {
  const back = binding.embeddedSignature;
  try {
    if (back === null) {
      throw new Error("There is none");
    }
    await back.verify(subkey.keyPacket, enums.signature.keyBinding, bound, now, false, strict);
  } catch (cause) {
    throw new TorBundleError(
      "signature",
      `${nameOf(subkey)} has no valid signature of its own (back-signature) that it belongs to the key.`,
      { cause },
    );
  }
}

function expiryOf(subkey: Subkey, binding: SignaturePacket): Date | typeof Infinity {
  const seconds = binding.keyExpirationTime ?? 0; // 0 is never: RFC 9580 §5.2.3.13
  return seconds === 0 ? Infinity : new Date(subkey.getCreationTime().getTime() + seconds * 1000);
}

function checkExpiry(
  key: Key,
  part: Key | Subkey,
  expiry: Date | typeof Infinity | null,
  signedAt: Date,
): void {
  if (expiry === null) {
    throw new TorBundleError("key", `${nameOf(part)} has no valid signature over its own user ID.`);
  }
  if (signedAt < expiry) {
    return;
  }
  const stateOfCopy = newestStatement(key);
  const hint =
    signedAt > stateOfCopy
      ? ` If it was extended since, your copy of the key, which is of ${day(stateOfCopy)}, is too old: fetch it afresh.`
      : "";
  throw new TorBundleError(
    "expired",
    `${nameOf(part)} was valid until ${day(expiry)}, and the signature was made on ${day(signedAt)}.${hint}`,
  );
}

/** When the key last changed, as far as this copy shows: only used to explain. */
function newestStatement(key: Key): Date {
  const dates = [
    ...key.users.flatMap((user) => user.selfCertifications),
    ...key.subkeys.flatMap((subkey) => subkey.bindingSignatures),
  ].map((signature) => signature.created?.getTime() ?? 0);
  return new Date(Math.max(key.getCreationTime().getTime(), ...dates));
}

function nameOf(part: Key | Subkey): string {
  const kind = "mainKey" in part ? "Subkey" : "Key";
  return `${kind} ${part.getFingerprint().toUpperCase()}`;
}

function day(date: Date | typeof Infinity | null): string {
  return date instanceof Date ? date.toISOString().slice(0, 10) : "an unknown date";
}
