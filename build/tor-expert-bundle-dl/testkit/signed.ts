/** A signed list of sums to verify, with a key that each test changes in its own way. */
import type { PrivateKey } from "openpgp";
import { type VerifiedSums, verifySums } from "../src/verify.ts";
import { day, detach, makeSigner, publicBytes, type SignerOptions, signingSubkey } from "./keys.ts";

export const hash = "8e012ec6815d7899cb64011582e2dade88e74119c6661068a2a3252de0ccd7f2";
export const name = "tor-expert-bundle-linux-x86_64-15.0.24.tar.gz";
export const sums: Buffer = Buffer.from(`${hash}  ${name}\n`);
export const now: Date = day("2026-11-23");

export interface Case {
  /** Whose fingerprint is pinned. */
  readonly key: PrivateKey;
  readonly signature: Uint8Array;
  readonly bytes?: Uint8Array;
  /** The key file, when it is not `key`'s public half. */
  readonly copy?: Uint8Array;
}

export function verify({ key, signature, bytes = sums, copy }: Case): Promise<VerifiedSums> {
  return verifySums({
    sums: bytes,
    signature,
    key: copy ?? publicBytes(key),
    fingerprint: key.getFingerprint(),
    now,
  });
}

/** A signer, and its signature of `signedAt` over the sums. */
export async function signed(signedAt: Date, options: SignerOptions = {}): Promise<Case> {
  const key = await makeSigner(options);
  return { key, signature: await detach(signingSubkey(key).keyPacket, sums, signedAt) };
}
