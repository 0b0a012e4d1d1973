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
  signingSubkey,
} from "../testkit/keys.ts";
import { signed, sums, verify } from "../testkit/signed.ts";

const oneYear = 366 * 24 * 3600;
const reasons = enums.reasonForRevocation;
const message = (text: string): object => ({ message: expect.stringContaining(text) });

describe("the keys' dates", () => {
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

  test.each([
    "unshift",
    "push",
  ] as const)("the newest binding counts, also where it shortens, wherever it stands (%s)", async (place) => {
    const { key, signature } = await signed(day("2025-03-01"), { made: day("2024-01-01") });
    const subkey = signingSubkey(key);
    const shorter = await bind(key, subkey, { date: day("2025-06-01"), expires: oneYear });
    subkey.bindingSignatures[place](shorter);
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
