/**
 * OpenPGP keys and signatures for tests, put together packet by packet, so that they can also be
 * wrong in exactly one place: openpgp.js would not make an expired or unbound signer sign.
 */
import {
  armor,
  config,
  createMessage,
  enums,
  generateKey,
  type Key,
  PacketList,
  type PrivateKey,
  SignaturePacket,
  type Subkey,
} from "openpgp";

type SecretPacket = PrivateKey["keyPacket"] | Subkey["keyPacket"];
// The published type leaves out `config`, which the function needs.
type Sign = (
  key: SecretPacket,
  data: object,
  date: Date,
  detached: boolean,
  settings: typeof config,
) => Promise<void>;

/** Without the salt that openpgp.js adds to signatures, which it has not for the old hashes. */
const plain = { ...config, nonDeterministicSignaturesViaNotation: false };

export const day = (text: string): Date => new Date(`${text}T12:00:00Z`);

export interface SignerOptions {
  readonly made?: Date;
  /** Seconds after `made`; 0 is never. */
  readonly keyExpires?: number;
  readonly subkeyMade?: Date;
  readonly subkeyExpires?: number;
  readonly rsaBits?: number;
}

/** A certifying primary key with one signing subkey, as the Tor Project's is. */
export async function makeSigner(options: SignerOptions = {}): Promise<PrivateKey> {
  const made = options.made ?? day("2024-01-01");
  const { privateKey } = await generateKey({
    ...(options.rsaBits === undefined
      ? { type: "curve25519" }
      : { type: "rsa", rsaBits: options.rsaBits }),
    userIDs: [{ name: "Test Developers (signing key)", email: "test@example.org" }],
    date: made,
    keyExpirationTime: options.keyExpires ?? 0,
    subkeys: [{ sign: true }],
    format: "object",
    config: { minRSABits: 1024 },
  });
  const subkey = signingSubkey(privateKey);
  subkey.keyPacket.created = options.subkeyMade ?? made;
  await computeFingerprint(subkey.keyPacket);
  subkey.bindingSignatures = [
    await bind(privateKey, subkey, {
      date: subkey.keyPacket.created,
      expires: options.subkeyExpires ?? 0,
    }),
  ];
  return privateKey;
}

export function signingSubkey(key: Key): Subkey {
  const [subkey] = key.subkeys;
  if (subkey === undefined) {
    throw new Error("The key has no subkey.");
  }
  return subkey;
}

export function publicBytes(key: PrivateKey): Uint8Array {
  return key.toPublic().write();
}

export interface BindOptions {
  readonly date: Date;
  /** Seconds after the subkey was made; 0 is never. */
  readonly expires?: number;
  readonly flags?: number;
  readonly hash?: enums.hash;
  readonly backSignature?: "own" | "none" | "by-primary";
}

/** The primary key's statement that a subkey is its own (RFC 9580, type 0x18). */
export async function bind(
  key: PrivateKey,
  subkey: Subkey,
  options: BindOptions,
): Promise<SignaturePacket> {
  const data = { key: key.keyPacket, bind: subkey.keyPacket };
  const { date, hash, flags = enums.keyFlags.signData, backSignature = "own" } = options;
  const packet = newPacket(enums.signature.subkeyBinding, hash);
  packet.keyFlags = new Uint8Array([flags]);
  packet.keyExpirationTime = options.expires ?? 0;
  if (backSignature !== "none") {
    const back = newPacket(enums.signature.keyBinding, hash);
    await sign(back, backSignature === "own" ? subkey.keyPacket : key.keyPacket, data, date);
    packet.embeddedSignature = back;
  }
  return sign(packet, key.keyPacket, data, date);
}

export async function revokeSubkey(
  key: PrivateKey,
  subkey: Subkey,
  reason: enums.reasonForRevocation | null,
  date: Date,
  hash?: enums.hash,
): Promise<void> {
  const packet = newPacket(enums.signature.subkeyRevocation, hash);
  packet.reasonForRevocationFlag = reason;
  packet.reasonForRevocationString = "";
  const data = { key: key.keyPacket, bind: subkey.keyPacket };
  subkey.revocationSignatures.push(await sign(packet, key.keyPacket, data, date));
}

export async function revokePrimary(
  key: PrivateKey,
  reason: enums.reasonForRevocation,
  date: Date,
): Promise<void> {
  const packet = newPacket(enums.signature.keyRevocation);
  packet.reasonForRevocationFlag = reason;
  packet.reasonForRevocationString = "";
  key.revocationSignatures.push(await sign(packet, key.keyPacket, { key: key.keyPacket }, date));
}

export interface DetachOptions {
  readonly type?: enums.signature;
  readonly hash?: enums.hash;
  /** Seconds after `date` when the signature itself runs out. */
  readonly expires?: number;
}

/** An armored detached signature by the subkey (or by whatever key packet is given). */
export async function detach(
  signer: SecretPacket,
  bytes: Uint8Array,
  date: Date,
  options: DetachOptions = {},
): Promise<Uint8Array> {
  return armored(await detachBinary(signer, bytes, date, options));
}

export async function detachBinary(
  signer: SecretPacket,
  bytes: Uint8Array,
  date: Date,
  options: DetachOptions = {},
): Promise<Uint8Array> {
  const message = await createMessage({ binary: bytes });
  const packet = newPacket(options.type ?? enums.signature.binary, options.hash);
  if (options.expires !== undefined) {
    packet.signatureExpirationTime = options.expires;
    packet.signatureNeverExpires = false;
  }
  const [data] = message.packets;
  if (data === undefined) {
    throw new Error("An empty message.");
  }
  const list = new PacketList<SignaturePacket>();
  list.push(await sign(packet, signer, data, date));
  return list.write();
}

export function armored(packets: Uint8Array): Uint8Array {
  return Buffer.from(armor(enums.armor.signature, packets));
}

function newPacket(type: enums.signature, hash = enums.hash.sha512): SignaturePacket {
  const packet = new SignaturePacket();
  packet.signatureType = type;
  packet.hashAlgorithm = hash;
  return packet;
}

async function sign(
  packet: SignaturePacket,
  key: SecretPacket,
  data: object,
  date: Date,
): Promise<SignaturePacket> {
  packet.publicKeyAlgorithm = key.algorithm;
  await (packet.sign as unknown as Sign).call(packet, key, data, date, true, plain);
  return packet;
}

async function computeFingerprint(packet: SecretPacket): Promise<void> {
  const internal = packet as unknown as { computeFingerprintAndKeyID(): Promise<void> };
  await internal.computeFingerprintAndKeyID();
}
