import { createHash } from "node:crypto";
import { armor, enums } from "openpgp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeSigner, publicBytes } from "../testkit/keys.ts";
import { startServer, type TestServer } from "../testkit/server.ts";
import { fetchSigningKey, readSigningKey } from "./signing-key.ts";

const path = "/.well-known/openpgpkey/torproject.org/hu/kounek7zrdx745qydx6p59t9mqjpuhdf";
let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const pinned = await makeSigner();
const fingerprint = pinned.getFingerprint();
const stranger = await makeSigner();

describe("the signing key", () => {
  test("its address is WKD's for torbrowser@torproject.org", () => {
    // draft-koch-openpgp-webkey-service §3.1: z-base-32 of the SHA-1 of the local part.
    const digest = createHash("sha1").update("torbrowser").digest();
    const bits = [...digest].map((byte) => byte.toString(2).padStart(8, "0")).join("");
    const letters = "ybndrfg8ejkmcpqxot1uwisza345h769";
    const name = bits.replaceAll(/.{5}/g, (five) => letters.charAt(Number.parseInt(five, 2)));
    expect(path.endsWith(`/${name}`)).toBe(true);
  });

  test.each([
    ["binary", publicBytes(pinned)],
    ["armored", Buffer.from(armor(enums.armor.publicKey, publicBytes(pinned)))],
    ["behind another key", Buffer.concat([publicBytes(stranger), publicBytes(pinned)])],
  ])("is fetched %s", async (_form, bytes) => {
    server.files.set(path, bytes);
    const fetched = await fetchSigningKey({ fingerprint, keyMirror: `${server.url}/` });
    expect(Buffer.from(fetched).equals(bytes)).toBe(true);
    expect((await readSigningKey(fetched, fingerprint)).getFingerprint()).toBe(fingerprint);
  });

  test("takes the fingerprint as gpg prints it", async () => {
    const printed = fingerprint.toUpperCase().replaceAll(/.{4}/g, "$& ").trim();
    await expect(readSigningKey(publicBytes(pinned), printed)).resolves.toBeDefined();
    await expect(readSigningKey(publicBytes(pinned), "93298290")).rejects.toMatchObject({
      code: "usage",
    });
  });

  test("another key is refused, and so is a key that only has the pinned one as subkey", async () => {
    server.files.set(path, publicBytes(stranger));
    await expect(fetchSigningKey({ fingerprint, keyMirror: server.url })).rejects.toMatchObject({
      code: "key",
      message: expect.stringContaining(stranger.getFingerprint().toUpperCase()),
    });
    const subkey = stranger.subkeys[0]?.getFingerprint() ?? "";
    await expect(readSigningKey(publicBytes(stranger), subkey)).rejects.toMatchObject({
      code: "key",
    });
  });

  test.each([
    ["nothing", Buffer.alloc(0)],
    ["a web page", Buffer.from("<!DOCTYPE html>")],
    ["half a key", publicBytes(pinned).subarray(0, 60)],
    ["a huge file", Buffer.alloc(1024 * 1024 + 1, 0x99)],
  ])("%s is refused", async (_what, bytes) => {
    await expect(readSigningKey(bytes, fingerprint)).rejects.toMatchObject({ code: "key" });
  });

  test("a host that sends too much, or nothing", async () => {
    server.files.set(path, Buffer.alloc(1024 * 1024 + 1));
    await expect(fetchSigningKey({ fingerprint, keyMirror: server.url })).rejects.toMatchObject({
      code: "too-large",
    });
    server.files.delete(path);
    await expect(fetchSigningKey({ fingerprint, keyMirror: server.url })).rejects.toMatchObject({
      code: "not-found",
    });
  });
});
