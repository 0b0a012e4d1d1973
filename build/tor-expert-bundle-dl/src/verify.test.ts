import { enums } from "openpgp";
import { describe, expect, test } from "vitest";
import {
  armored,
  day,
  detach,
  detachBinary,
  makeSigner,
  publicBytes,
  signingSubkey,
} from "../testkit/keys.ts";
import { hash, name, now, signed, sums, verify } from "../testkit/signed.ts";

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
    const key = await makeSigner();
    const signature = await detachBinary(signingSubkey(key).keyPacket, sums, day("2026-09-29"));
    await expect(verify({ key, signature })).resolves.toBeDefined();
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
  ])("in place of a signature: %s", async (_what, text) => {
    const key = await makeSigner();
    await expect(verify({ key, signature: Buffer.from(text) })).rejects.toMatchObject({
      code: "signature",
    });
  });

  test("in place of a signature: a key, and two signatures", async () => {
    const key = await makeSigner();
    const one = await detachBinary(signingSubkey(key).keyPacket, sums, day("2026-09-29"));
    for (const signature of [publicBytes(key), armored(Buffer.concat([one, one]))]) {
      await expect(verify({ key, signature })).rejects.toMatchObject({ code: "signature" });
    }
    await expect(verify({ key, signature: armored(one) })).resolves.toBeDefined();
  });

  test("a signature file that is too big is not read", async () => {
    const { key, signature } = await signed(day("2026-09-29"));
    const padded = Buffer.concat([signature, Buffer.alloc(64 * 1024, "\n")]);
    await expect(verify({ key, signature: padded })).rejects.toMatchObject({
      code: "signature",
      ...message("at most 65536"),
    });
  });
});

describe("the signature's own dates", () => {
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
});
