/**
 * verifySums against keys and signatures that GnuPG made, with GnuPG's own opinion beside ours. We
 * are stricter in three places, on purpose: what a key signed that was compromised since, SHA-1, and
 * signatures over text.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type VerifiedSums, verifySums } from "../../build/tor-expert-bundle-dl/src/verify.ts";
import { Gnupg } from "./gnupg.ts";

const today = "2026-11-23";
const hash = "8e012ec6815d7899cb64011582e2dade88e74119c6661068a2a3252de0ccd7f2";
const sums = Buffer.from(`${hash}  tor-expert-bundle-linux-x86_64-15.0.24.tar.gz\n`);

let gnupg: Gnupg;
beforeAll(async () => {
  gnupg = await Gnupg.start();
});
afterAll(() => gnupg.stop());

async function verify(
  primary: string,
  signature: Uint8Array,
  { bytes = sums, key }: { bytes?: Uint8Array; key?: Uint8Array } = {},
): Promise<VerifiedSums> {
  return verifySums({
    sums: bytes,
    signature,
    key: key ?? (await gnupg.export(primary)),
    fingerprint: primary,
    now: new Date(`${today}T12:00:00Z`),
  });
}

/** Revokes the first subkey; `reason` as gpg's menu has it: 0 none, 1 compromised, 2 superseded, 3 retired. */
async function revokeSubkey(day: string, primary: string, reason: number): Promise<void> {
  const answers = `key 1\nrevkey\ny\n${reason}\n\ny\nsave\n`;
  await gnupg.gpg(day, ["--no-batch", "--command-fd", "0", "--edit-key", primary], answers);
}

describe("GnuPG's keys and signatures", () => {
  test.each(["ed25519", "nistp256/ecdsa", "rsa3072"])("good ones, %s", async (algorithm) => {
    const primary = await gnupg.newPrimary("2024-07-15", "2027-07-15", algorithm);
    const subkey = await gnupg.addSubkey("2026-08-11", primary, "2028-11-28", algorithm);
    const signature = await gnupg.sign("2026-09-29", subkey, sums);
    expect(await gnupg.verdict(today, sums, signature)).toBe("GOODSIG");
    const verified = await verify(primary, signature);
    expect(verified.signer).toBe(subkey);
    expect(verified.signedAt).toEqual(new Date("2026-09-29T12:00:00Z"));

    const other = Buffer.from("another file");
    expect(await gnupg.verdict(today, other, signature)).toBe("BADSIG");
    await expect(verify(primary, signature, { bytes: other })).rejects.toMatchObject({
      code: "signature",
    });
    const armored = await gnupg.gpg(today, ["--armor", "--export", primary]);
    await expect(verify(primary, signature, { key: armored })).resolves.toBeDefined();
  });

  test("a subkey that has expired since, was extended after it signed, and has expired again", async () => {
    const primary = await gnupg.newPrimary("2021-09-17", "2027-07-15");
    const subkey = await gnupg.addSubkey("2021-09-17", primary, "2023-09-17");
    const signature = await gnupg.sign("2023-03-01", subkey, sums);
    const oldCopy = await gnupg.export(primary);
    await expect(verify(primary, signature)).resolves.toBeDefined();

    // This replaces the binding signature: nothing is left of the one of 2021.
    await gnupg.gpg("2023-09-01", ["--quick-set-expire", primary, "2024-09-13", subkey]);
    expect(await gnupg.verdict(today, sums, signature)).toBe("EXPKEYSIG");
    await expect(verify(primary, signature)).resolves.toMatchObject({ signer: subkey });

    const extended = await gnupg.sign("2024-01-01", subkey, sums);
    await expect(verify(primary, extended)).resolves.toBeDefined();
    await expect(verify(primary, extended, { key: oldCopy })).rejects.toMatchObject({
      code: "expired",
      message: expect.stringContaining("your copy of the key, which is of 2021-09-17, is too old"),
    });
  });

  test("a primary key that was extended", async () => {
    const primary = await gnupg.newPrimary("2021-01-01", "2023-01-01");
    const subkey = await gnupg.addSubkey("2021-01-01", primary, "0");
    const oldCopy = await gnupg.export(primary);
    await gnupg.gpg("2022-12-01", ["--quick-set-expire", primary, "2027-07-15"]);
    const signature = await gnupg.sign("2026-09-29", subkey, sums);
    await expect(verify(primary, signature)).resolves.toBeDefined();
    await expect(verify(primary, signature, { key: oldCopy })).rejects.toMatchObject({
      code: "expired",
    });
  });

  test("a copy of the key from before the subkey was added", async () => {
    const primary = await gnupg.newPrimary("2024-01-01", "2027-01-01");
    await gnupg.addSubkey("2024-01-01", primary, "2026-10-26");
    const oldCopy = await gnupg.export(primary);
    const subkey = await gnupg.addSubkey("2026-08-11", primary, "2028-11-28");
    const signature = await gnupg.sign("2026-09-29", subkey, sums);
    await expect(verify(primary, signature)).resolves.toBeDefined();
    await expect(verify(primary, signature, { key: oldCopy })).rejects.toMatchObject({
      code: "key-outdated",
      message: expect.stringContaining("Your copy of the key is too old"),
    });
  });

  test.each([
    ["for no reason", 0],
    ["compromised", 1],
  ])("a subkey that was revoked later, %s: nothing counts", async (_name, reason) => {
    const primary = await gnupg.newPrimary(`2024-01-1${reason}`, "0");
    const subkey = await gnupg.addSubkey("2024-02-01", primary, "0");
    const signature = await gnupg.sign("2025-01-01", subkey, sums);
    await revokeSubkey("2025-06-01", primary, reason);
    expect(await gnupg.verdict(today, sums, signature)).toBe("REVKEYSIG");
    await expect(verify(primary, signature)).rejects.toMatchObject({ code: "revoked" });
  });

  test.each([
    ["superseded", 2],
    ["retired", 3],
  ])("a subkey that was revoked later, %s: what it signed before counts", async (_name, reason) => {
    const primary = await gnupg.newPrimary(`2024-01-1${reason}`, "0");
    const subkey = await gnupg.addSubkey("2024-02-01", primary, "0");
    const before = await gnupg.sign("2025-01-01", subkey, sums);
    const after = await gnupg.sign("2025-07-01", subkey, sums);
    await revokeSubkey("2025-06-01", primary, reason);
    await expect(verify(primary, before)).resolves.toBeDefined();
    await expect(verify(primary, after)).rejects.toMatchObject({ code: "revoked" });
  });

  test("another key's signature, and one from tomorrow", async () => {
    const primary = await gnupg.newPrimary("2024-03-01", "0");
    const subkey = await gnupg.addSubkey("2024-03-01", primary, "0");
    const stranger = await gnupg.newPrimary("2023-03-02", "0");
    const foreign = await gnupg.addSubkey("2023-03-02", stranger, "0");
    const strange = await gnupg.sign("2024-02-29", foreign, sums);
    await expect(verify(primary, strange)).rejects.toMatchObject({ code: "signature" });
    await expect(
      verify(primary, strange, { key: await gnupg.export(stranger) }),
    ).rejects.toMatchObject({ code: "key" });
    const early = await gnupg.sign("2026-11-24", subkey, sums);
    await expect(verify(primary, early)).rejects.toMatchObject({ code: "signature" });
  });

  test("SHA-1 and signatures over text are refused although gpg takes them", async () => {
    const primary = await gnupg.newPrimary("2024-04-01", "0", "rsa3072");
    const subkey = await gnupg.addSubkey("2024-04-01", primary, "0", "rsa3072");
    const sha1 = await gnupg.sign("2026-09-29", subkey, sums, ["--digest-algo", "SHA1"]);
    const text = await gnupg.sign("2026-09-29", subkey, sums, ["--textmode"]);
    for (const signature of [sha1, text]) {
      expect(await gnupg.verdict(today, sums, signature)).toBe("GOODSIG");
      await expect(verify(primary, signature)).rejects.toMatchObject({ code: "signature" });
    }
  });

  test("a cleartext signature in place of a detached one", async () => {
    const primary = await gnupg.newPrimary("2024-05-01", "0");
    const subkey = await gnupg.addSubkey("2024-05-01", primary, "0");
    const clear = await gnupg.gpg(
      "2026-09-29",
      ["--clearsign", "-u", `${subkey}!`],
      sums.toString(),
    );
    await expect(verify(primary, clear)).rejects.toMatchObject({ code: "signature" });
  });
});
