/**
 * Verifies the list of sha256 sums: a detached OpenPGP signature (RFC 9580 §5.2.4) over exactly its
 * bytes, by a subkey of the pinned primary key that was good when it signed.
 */
import { createMessage, enums, readSignature, SignaturePacket, type Subkey } from "openpgp";
import { TorBundleError } from "./errors.ts";
import { checkSigner, findSigner, strict } from "./signer.ts";
import { readSigningKey, signingKeyFingerprint } from "./signing-key.ts";
import { parseSums } from "./sums.ts";

export interface VerifySumsOptions {
  /** `sha256sums-signed-build.txt`, byte for byte. */
  readonly sums: Uint8Array;
  /** `sha256sums-signed-build.txt.asc`, armored or binary. */
  readonly signature: Uint8Array;
  /** The key file, armored or binary. */
  readonly key: Uint8Array;
  /** The primary key's fingerprint; the Tor Browser Developers' when not given. */
  readonly fingerprint?: string;
  readonly now?: Date;
}

export interface VerifiedSums {
  /** File name to sha256 in lower-case hex. */
  readonly files: ReadonlyMap<string, string>;
  /** The fingerprint of the subkey that signed. */
  readonly signer: string;
  readonly signedAt: Date;
}

export const maxSignatureBytes: number = 64 * 1024;

export async function verifySums(options: VerifySumsOptions): Promise<VerifiedSums> {
  const { sums, fingerprint = signingKeyFingerprint, now = new Date() } = options;
  const key = await readSigningKey(options.key, fingerprint);
  const { packet, signedAt } = await readDetachedSignature(options.signature);
  const subkey = findSigner(key, packet, signedAt);
  await checkSignature(packet, subkey, sums, now);
  await checkSigner(key, subkey, signedAt, now);
  return { files: parseSums(sums), signer: subkey.getFingerprint().toUpperCase(), signedAt };
}

async function readDetachedSignature(
  bytes: Uint8Array,
): Promise<{ packet: SignaturePacket; signedAt: Date }> {
  if (bytes.length > maxSignatureBytes) {
    throw fault(`it has ${bytes.length} bytes, at most ${maxSignatureBytes} were expected`);
  }
  const packets = await parsePackets(bytes);
  const [packet] = packets;
  if (packets.length !== 1 || !(packet instanceof SignaturePacket)) {
    throw fault(`it holds ${packets.length} packets, or one of an unknown version`);
  }
  // Type 0x01 would cover the text with its line endings changed, not these bytes.
  if (packet.signatureType !== enums.signature.binary || packet.created === null) {
    throw fault(`it is of type ${packet.signatureType}, which is not one over a file's bytes`);
  }
  return { packet, signedAt: packet.created };
}

async function parsePackets(bytes: Uint8Array): Promise<readonly unknown[]> {
  try {
    const signature =
      ((bytes[0] ?? 0) & 0x80) !== 0
        ? await readSignature({ binarySignature: bytes })
        : await readSignature({ armoredSignature: Buffer.from(bytes).toString("latin1") });
    return signature.packets;
  } catch (cause) {
    throw fault("it does not hold an OpenPGP signature", cause);
  }
}

async function checkSignature(
  packet: SignaturePacket,
  subkey: Subkey,
  sums: Uint8Array,
  now: Date,
): Promise<void> {
  const message = await createMessage({ binary: sums });
  const data = message.packets.findPacket(enums.packet.literalData);
  try {
    if (data === undefined) {
      throw new Error("There is nothing to verify");
    }
    // With `now`, a signature from the future is refused, and one that has run out.
    await packet.verify(subkey.keyPacket, enums.signature.binary, data, now, true, strict);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TorBundleError(
      "signature",
      `The sums are not what ${subkey.getFingerprint().toUpperCase()} signed, or not in a way that counts: ${reason} (it is ${now.toISOString()} on this machine).`,
      { cause },
    );
  }
}

function fault(found: string, cause?: unknown): TorBundleError {
  return new TorBundleError(
    "signature",
    `The signature file is not one detached signature over a file: ${found}.`,
    { cause },
  );
}
