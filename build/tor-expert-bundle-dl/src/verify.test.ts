import { enums, type PrivateKey, readKey, readPrivateKey, type Subkey } from "openpgp";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  bind,
  day,
  detach,
  makeSigner,
  publicBytes,
  revokePrimary,
  revokeSubkey,
  type SignerOptions,
  signingSubkey,
} from "../testkit/keys.ts";
import { type VerifiedSums, verifySums } from "./verify.ts";

const hash = "8e012ec6815d7899cb64011582e2dade88e74119c6661068a2a3252de0ccd7f2";
const name = "tor-expert-bundle-linux-x86_64-15.0.24.tar.gz";
const sums = Buffer.from(`${hash}  ${name}\n`);
const oneYear = 366 * 24 * 3600;
const now = day("2026-11-23");
const reasons = enums.reasonForRevocation;

interface Case {
  readonly key: PrivateKey;
  readonly signature: Uint8Array;
  readonly bytes?: Uint8Array;
  readonly copy?: Uint8Array;
}

function verify({ key, signature, bytes = sums, copy }: Case): Promise<VerifiedSums> {
  return verifySums({
    sums: bytes,
    signature,
    key: copy ?? publicBytes(key),
    fingerprint: key.getFingerprint(),
    now,
  });
}

/** A signer, and its signature of `signedAt` over the sums. */
async function signed(signedAt: Date, options: SignerOptions = {}): Promise<Case> {
  const key = await makeSigner(options);
  return { key, signature: await detach(signingSubkey(key).keyPacket, sums, signedAt) };
}

const message = (text: string): object => ({ message: expect.stringContaining(text) });

describe("a good signature", () => {
  test("gives the sums, the subkey and the time", async () => {
    const good = await signed(day("2026-09-29"));
    const verified = await verify(good);
    expect([...verified.files]).toEqual([[name, hash]]);
    expect(verified.signer).toBe(signingSubkey(good.key).getFingerprint().toUpperCase());
    expect(verified.signedAt).toEqual(day("2026-09-29"));
  });

  test("also in binary form", async () => {
    const { key, signature } = await signed(day("2026-09-29"));
    const armored = Buffer.from(signature).toString();
    const body = armored.slice(armored.indexOf("\n\n"), armored.search(/\n=|\n-----END/));
    await expect(verify({ key, signature: Buffer.from(body, "base64") })).resolves.toBeDefined();
  });
});

describe("bytes that were not signed", () => {
  test("the sums with any one bit changed", async () => {
    const good = await signed(day("2026-09-29"));
    for (let at = 0; at < sums.length; at += 7) {
      const bytes = Buffer.from(sums);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      await expect(verify({ ...good, bytes })).rejects.toMatchObject({ code: "signature" });
    }
  });

  test("sums with something after them, or cut short", async () => {
    const good = await signed(day("2026-09-29"));
    for (const bytes of [Buffer.concat([sums, sums]), sums.subarray(0, -1), Buffer.alloc(0)]) {
      await expect(verify({ ...good, bytes })).rejects.toMatchObject({ code: "signature" });
    }
  });

  test("a good signature over another file", async () => {
    const key = await makeSigner();
    const other = Buffer.from(`${hash}  another-file\n`);
    const signature = await detach(signingSubkey(key).keyPacket, other, day("2026-09-29"));
    await expect(verify({ key, signature })).rejects.toMatchObject({ code: "signature" });
  });

  test("a signature over text, whose line endings may vary", async () => {
    const key = await makeSigner();
    const type = enums.signature.text;
    const signature = await detach(signingSubkey(key).keyPacket, sums, day("2026-09-29"), { type });
    await expect(verify({ key, signature })).rejects.toMatchObject({
      code: "signature",
      ...message("type 1"),
    });
  });

  test("signed, but no list of sums", async () => {
    const key = await makeSigner();
    const bytes = Buffer.from("The release is ready.\n");
    const signature = await detach(signingSubkey(key).keyPacket, bytes, day("2026-09-29"));
    await expect(verify({ key, signature, bytes })).rejects.toMatchObject({ code: "sums" });
  });

  test.each([
    ["nothing", ""],
    ["a web page", "<!DOCTYPE html>\n"],
    ["the sums themselves", sums.toString()],
    ["a cut-off signature", "-----BEGIN PGP SIGNATURE-----\n\niQIz"],
    ["a key", "KEY"],
    ["two signatures", "TWO"],
    ["64 KiB and more", "-".repeat(64 * 1024 + 1)],
  ])("in place of a signature: %s", async (_what, text) => {
    const { key, signature } = await signed(day("2026-09-29"));
    const twice = Buffer.concat([signature, signature]).toString();
    const instead = { KEY: key.toPublic().armor(), TWO: mergeArmor(twice) }[text] ?? text;
    await expect(verify({ key, signature: Buffer.from(instead) })).rejects.toMatchObject({
      code: "signature",
    });
  });
});

/** Two armored blocks as one binary file of two packets. */
function mergeArmor(text: string): string {
  const bodies = [...text.matchAll(/\n\r?\n([A-Za-z0-9+/=\r\n]+?)\r?\n(=....\r?\n)?-----END/g)];
  const bytes = Buffer.concat(bodies.map((body) => Buffer.from(body[1] ?? "", "base64")));
  return `-----BEGIN PGP SIGNATURE-----\n\n${bytes.toString("base64")}\n-----END PGP SIGNATURE-----\n`;
}

describe("time", () => {
  test("a signature from the future is refused, even by a second", async () => {
    await expect(verify(await signed(new Date(now.getTime() + 1000)))).rejects.toMatchObject({
      code: "signature",
      ...message("in the future"),
    });
    await expect(verify(await signed(now))).resolves.toBeDefined();
  });

  test("a signature that has itself run out", async () => {
    const key = await makeSigner();
    const { keyPacket } = signingSubkey(key);
    const signature = await detach(keyPacket, sums, day("2026-01-01"), { expires: 60 });
    await expect(verify({ key, signature })).rejects.toMatchObject({ code: "signature" });
  });

  test("a subkey that has expired since was good when it signed", async () => {
    const options = { made: day("2024-01-01"), subkeyExpires: oneYear };
    await expect(verify(await signed(day("2024-12-30"), options))).resolves.toBeDefined();
  });

  test("a subkey that had expired when it signed", async () => {
    const options = { made: day("2024-01-01"), subkeyExpires: oneYear };
    await expect(verify(await signed(day("2025-01-02"), options))).rejects.toMatchObject({
      code: "expired",
      ...message("your copy of the key, which is of 2024-01-01, is too old"),
    });
  });

  test("a primary key that has expired since, or had when its subkey signed", async () => {
    const options = { made: day("2024-01-01"), keyExpires: oneYear };
    await expect(verify(await signed(day("2024-12-30"), options))).resolves.toBeDefined();
    await expect(verify(await signed(day("2025-01-02"), options))).rejects.toMatchObject({
      code: "expired",
    });
  });

  test("a signature dated before its subkey was made", async () => {
    const options = { made: day("2020-01-01"), subkeyMade: day("2024-01-01") };
    await expect(verify(await signed(day("2023-12-31"), options))).rejects.toMatchObject({
      code: "signature",
      ...message("before"),
    });
  });

  test("an extended subkey: only the newest binding is left, and older signatures count", async () => {
    const { key, signature } = await signed(day("2024-06-01"), { made: day("2024-01-01") });
    const subkey = signingSubkey(key);
    subkey.bindingSignatures = [
      await bind(key, subkey, { date: day("2025-06-01"), expires: 2 * oneYear }),
    ];
    await expect(verify({ key, signature })).resolves.toBeDefined();
  });

  test("the newest binding counts, also where it shortens", async () => {
    const { key, signature } = await signed(day("2025-03-01"), { made: day("2024-01-01") });
    const subkey = signingSubkey(key);
    const shorter = await bind(key, subkey, { date: day("2025-06-01"), expires: oneYear });
    subkey.bindingSignatures.unshift(shorter);
    await expect(verify({ key, signature })).rejects.toMatchObject({
      code: "expired",
      message: expect.not.stringContaining("too old"),
    });
  });
});

describe("revocation", () => {
  test.each([
    ["superseded", reasons.keySuperseded],
    ["retired", reasons.keyRetired],
  ])("a subkey that was %s counts for what it signed before", async (_name, reason) => {
    const { key, signature } = await signed(day("2026-01-01"));
    await revokeSubkey(key, signingSubkey(key), reason, day("2026-02-01"));
    await expect(verify({ key, signature })).resolves.toBeDefined();
    const later = await detach(signingSubkey(key).keyPacket, sums, day("2026-03-01"));
    await expect(verify({ key, signature: later })).rejects.toMatchObject({ code: "revoked" });
  });

  test.each([
    ["compromised", reasons.keyCompromised],
    ["revoked with no reason", reasons.noReason],
    ["revoked without saying so", null],
    ["revoked for a reason from the future", 99 as enums.reasonForRevocation],
  ])("a subkey that was %s counts for nothing", async (_name, reason) => {
    const { key, signature } = await signed(day("2026-01-01"));
    await revokeSubkey(key, signingSubkey(key), reason, day("2026-02-01"));
    await expect(verify({ key, signature })).rejects.toMatchObject({
      code: "revoked",
      ...message("somebody else has it"),
    });
  });

  test("a later soft reason does not undo a hard one", async () => {
    const { key, signature } = await signed(day("2026-01-01"));
    await revokeSubkey(key, signingSubkey(key), reasons.keyCompromised, day("2026-02-01"));
    await revokeSubkey(key, signingSubkey(key), reasons.keySuperseded, day("2026-02-02"));
    await expect(verify({ key, signature })).rejects.toMatchObject({ code: "revoked" });
  });

  test("a primary key that was retired or compromised", async () => {
    const retired = await signed(day("2026-01-01"));
    await revokePrimary(retired.key, reasons.keyRetired, day("2026-02-01"));
    await expect(verify(retired)).resolves.toBeDefined();
    const compromised = await signed(day("2026-01-01"));
    await revokePrimary(compromised.key, reasons.keyCompromised, day("2026-02-01"));
    await expect(verify(compromised)).rejects.toMatchObject({ code: "revoked" });
  });

  test("revoking one subkey leaves another alone", async () => {
    const { key, signature } = await signed(day("2026-01-01"));
    const other = await key.addSubkey({ sign: true, date: day("2024-01-01") });
    const [, added] = other.subkeys;
    if (added === undefined) {
      throw new Error("No subkey was added.");
    }
    await revokeSubkey(other, added, reasons.keyCompromised, day("2025-01-01"));
    await expect(verify({ key: other, signature })).resolves.toBeDefined();
  });
});

describe("whose subkey", () => {
  test("a copy of the key from before the subkey was made is too old", async () => {
    const key = await makeSigner({ made: day("2024-01-01") });
    const copy = publicBytes(key);
    const renewed = await key.addSubkey({ sign: true, date: day("2026-08-11") });
    const signer = renewed.subkeys[1]?.keyPacket;
    if (signer === undefined) {
      throw new Error("No subkey was added.");
    }
    const signature = await detach(signer, sums, day("2026-09-29"));
    await expect(verify({ key: renewed, signature })).resolves.toBeDefined();
    await expect(verify({ key, signature, copy })).rejects.toMatchObject({
      code: "key-outdated",
      ...message("Your copy of the key is too old: it is of 2024-01-01"),
    });
  });

  test("a stranger's signature, older than this copy of the key", async () => {
    const key = await makeSigner({ made: day("2024-01-01") });
    const stranger = await signed(day("2023-06-01"), { made: day("2023-01-01") });
    await expect(verify({ key, signature: stranger.signature })).rejects.toMatchObject({
      code: "signature",
      ...message("somebody else signed"),
    });
  });

  test("the stranger's whole key in place of ours", async () => {
    const ours = await makeSigner();
    const stranger = await signed(day("2026-09-29"));
    await expect(
      verify({ key: ours, signature: stranger.signature, copy: publicBytes(stranger.key) }),
    ).rejects.toMatchObject({ code: "key" });
  });

  test("a stranger's subkey grafted onto our key, with the stranger's binding", async () => {
    const ours = await makeSigner();
    const stranger = await signed(day("2026-09-29"));
    const grafted = await readKey({ binaryKey: publicBytes(ours) });
    grafted.subkeys.push(signingSubkey(stranger.key.toPublic()));
    await expect(
      verify({ key: ours, signature: stranger.signature, copy: grafted.write() }),
    ).rejects.toMatchObject({
      code: "signature",
      ...message("no valid signature of Key"),
    });
  });

  test("a stranger's subkey with a binding that was made for another subkey of ours", async () => {
    const ours = await makeSigner();
    const stranger = await signed(day("2026-09-29"));
    const grafted = await readKey({ binaryKey: publicBytes(ours) });
    const foreign = signingSubkey(stranger.key.toPublic());
    foreign.bindingSignatures = signingSubkey(ours).bindingSignatures;
    grafted.subkeys.push(foreign);
    await expect(
      verify({ key: ours, signature: stranger.signature, copy: grafted.write() }),
    ).rejects.toMatchObject({ code: "signature" });
  });

  test.each(["none", "by-primary"] as const)("back-signature: %s", async (backSignature) => {
    const { key, signature } = await signed(day("2026-09-29"));
    const subkey = signingSubkey(key);
    subkey.bindingSignatures = [
      await bind(key, subkey, { date: day("2024-01-01"), backSignature }),
    ];
    await expect(verify({ key, signature })).rejects.toMatchObject({
      code: "signature",
      ...message("back-signature"),
    });
  });

  test("a subkey for encryption, and the primary key itself", async () => {
    const { key, signature } = await signed(day("2026-09-29"));
    const subkey = signingSubkey(key);
    const flags = enums.keyFlags.encryptCommunication;
    subkey.bindingSignatures = [await bind(key, subkey, { date: day("2024-01-01"), flags })];
    await expect(verify({ key, signature })).rejects.toMatchObject({
      code: "signature",
      ...message("not meant for signing"),
    });
    const byPrimary = await detach(key.keyPacket, sums, day("2026-09-29"));
    await expect(verify({ key, signature: byPrimary })).rejects.toThrow(/no(t have the)? subkey/);
  });

  test("a binding from the future", async () => {
    const { key, signature } = await signed(day("2026-09-29"));
    const subkey = signingSubkey(key);
    subkey.bindingSignatures = [await bind(key, subkey, { date: day("2027-01-01") })];
    await expect(verify({ key, signature })).rejects.toMatchObject({ code: "signature" });
  });

  test("a primary key without a valid self-signature", async () => {
    const { key, signature } = await signed(day("2026-09-29"));
    const other = await makeSigner();
    const [user] = key.users;
    const [foreign] = other.users;
    if (user === undefined || foreign === undefined) {
      throw new Error("A key without a user ID.");
    }
    user.selfCertifications = foreign.selfCertifications;
    await expect(verify({ key, signature })).rejects.toMatchObject({ code: "key" });
  });
});

describe("RSA, and weak algorithms", () => {
  let saved: Uint8Array;
  let good: Uint8Array;
  let key: PrivateKey;
  let subkey: Subkey;
  beforeAll(async () => {
    const original = await makeSigner({ rsaBits: 3072 });
    good = await detach(signingSubkey(original).keyPacket, sums, day("2026-09-29"));
    saved = original.write();
  });
  beforeEach(async () => {
    key = await readPrivateKey({ binaryKey: saved });
    subkey = signingSubkey(key);
  });

  test.each([
    ["MD5", enums.hash.md5],
    ["SHA-1", enums.hash.sha1],
    ["RIPEMD-160", enums.hash.ripemd],
    ["SHA-224", enums.hash.sha224],
  ])("%s over the sums, and over the subkey", async (_name, weak) => {
    await expect(verify({ key, signature: good })).resolves.toBeDefined();
    const overSums = await detach(subkey.keyPacket, sums, day("2026-09-29"), { hash: weak });
    await expect(verify({ key, signature: overSums })).rejects.toMatchObject({
      code: "signature",
      ...message("Insecure hash algorithm"),
    });
    subkey.bindingSignatures = [await bind(key, subkey, { date: day("2024-01-01"), hash: weak })];
    await expect(verify({ key, signature: good })).rejects.toMatchObject({ code: "signature" });
  });

  test("a weak hash does not hide a revocation", async () => {
    const sha1 = enums.hash.sha1;
    await revokeSubkey(key, subkey, reasons.keyCompromised, day("2026-02-01"), sha1);
    await expect(verify({ key, signature: good })).rejects.toMatchObject({ code: "revoked" });
  });

  test("2048 bits", async () => {
    await expect(verify(await signed(day("2026-09-29"), { rsaBits: 2048 }))).rejects.toMatchObject({
      code: "signature",
      ...message("too weak (rsaEncryptSign, 2048 bits)"),
    });
  });
});
