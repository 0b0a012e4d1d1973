/**
 * Electron's fuses: switches in its binary, read before any of our code runs. The wire is a
 * sentinel, one byte of version, one of length, then one byte for each fuse.
 * Layout: electron's build/fuses/build.py; names and order as FuseV1Options of @electron/fuses 2.
 * Works on ELF, PE and Mach-O alike, since it looks for the sentinel. On a signed arm64 Mach-O the
 * page hashes no longer match afterwards: see rehash.ts.
 */
import { isMachO, slicesOf } from "./fat.ts";
import { malformed, reader } from "./reader.ts";

const sentinel = "dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX";

/** In wire order. */
export const fuseNames = [
  "RunAsNode",
  "EnableCookieEncryption",
  "EnableNodeOptionsEnvironmentVariable",
  "EnableNodeCliInspectArguments",
  "EnableEmbeddedAsarIntegrityValidation",
  "OnlyLoadAppFromAsar",
  "LoadBrowserProcessSpecificV8Snapshot",
  "GrantFileProtocolExtraPrivileges",
  "WasmTrapHandlers",
] as const;
export type FuseName = (typeof fuseNames)[number];

/** `removed`: this Electron has no such switch any more. */
export type FuseState = "on" | "off" | "removed";
/** A shorter wire than `fuseNames` is an older Electron: the missing ones are absent. */
export type FuseStates = Readonly<Partial<Record<FuseName, FuseState>>>;
/** A decision about every fuse there is. `keep`: as Electron ships it. */
export type FuseDecisions = Readonly<Record<FuseName, "on" | "off" | "keep">>;

/** What the desktop edition ships with. */
export const wantedFuses: FuseDecisions = {
  // These three would let whoever can start us run code of theirs inside us, past Tor.
  RunAsNode: "off",
  EnableNodeOptionsEnvironmentVariable: "off",
  EnableNodeCliInspectArguments: "off",
  // Our sessions are in memory, so there are no cookies to protect. The fuse would make an entry with
  // our name in the login keychain at each start: a trace that outlives us, and on macOS a question
  // to the user after each update, as an ad-hoc signature has no lasting identity.
  EnableCookieEncryption: "off",
  // Only the app that we built: the archive's hash is in Info.plist or the exe (no effect on Linux),
  // and nothing beside it is looked for. Each is worth little without the other.
  EnableEmbeddedAsarIntegrityValidation: "on",
  OnlyLoadAppFromAsar: "on",
  // We ship no snapshot of our own.
  LoadBrowserProcessSpecificV8Snapshot: "off",
  // The page comes over a scheme of our own, so file: needs no rights that it lacks in a browser.
  GrantFileProtocolExtraPrivileges: "off",
  // Bounds checks of WebAssembly by the processor instead of in code: no difference in safety.
  WasmTrapHandlers: "keep",
};

/** '0', '1' and 'r', as build.py writes them. */
const stateOfByte: ReadonlyMap<number, FuseState> = new Map([
  [0x30, "off"],
  [0x31, "on"],
  [0x72, "removed"],
]);
const byteOfState = { off: 0x30, on: 0x31 } as const;

/** The states in every slice of the binary, which must agree. */
export function readFuses(bytes: Uint8Array, name: string): FuseStates {
  const [first, ...others] = findWires(bytes, name).map((wire) => statesOf(bytes, wire, name));
  for (const other of others) {
    if (JSON.stringify(other) !== JSON.stringify(first)) {
      throw malformed(name, "the fuses of its slices differ");
    }
  }
  return first ?? {};
}

/**
 * A copy with the fuses set as decided. A fuse that we have no name for is refused: a new Electron's
 * new switch gets a decision before it ships.
 */
export function flipFuses(bytes: Uint8Array, decisions: FuseDecisions, name: string): Uint8Array {
  const flipped = new Uint8Array(bytes);
  for (const wire of findWires(bytes, name)) {
    const states = statesOf(bytes, wire, name);
    for (const [index, fuse] of fuseNames.entries()) {
      const decision = decisions[fuse];
      if (decision === "keep") continue;
      const state = states[fuse];
      if (state === undefined || state === "removed") {
        throw malformed(name, `fuse ${fuse} shall be ${decision}, but is ${state ?? "absent"}`);
      }
      flipped[wire.offset + index] = byteOfState[decision];
    }
  }
  return flipped;
}

interface Wire {
  /** Of the first fuse's byte. */
  readonly offset: number;
  readonly length: number;
}

/** One wire in each slice, no more, no less. */
function findWires(bytes: Uint8Array, name: string): readonly Wire[] {
  const slices = isMachO(bytes) ? slicesOf(bytes, name) : [{ offset: 0, bytes, name }];
  return slices.map((slice) => {
    const content = Buffer.from(slice.bytes.buffer, slice.bytes.byteOffset, slice.bytes.length);
    const at = content.indexOf(sentinel, 0, "latin1");
    if (at === -1) throw malformed(slice.name, "no fuse wire: not an Electron binary");
    if (content.indexOf(sentinel, at + 1, "latin1") !== -1) {
      throw malformed(slice.name, "more than one fuse wire: can't tell which one Electron reads");
    }
    const header = reader(slice.bytes, slice.name, "little");
    const version = header.u8(at + sentinel.length);
    const length = header.u8(at + sentinel.length + 1);
    if (version !== 1) throw malformed(slice.name, `fuse wire version ${version}; expected 1`);
    if (length > fuseNames.length) {
      throw malformed(
        slice.name,
        `${length} fuses where we know ${fuseNames.length}: name the new ones in build/binary/fuses.ts and decide`,
      );
    }
    const start = at + sentinel.length + 2;
    header.slice(start, length);
    return { offset: slice.offset + start, length };
  });
}

function statesOf(bytes: Uint8Array, wire: Wire, name: string): FuseStates {
  const states: Partial<Record<FuseName, FuseState>> = {};
  for (const [index, fuse] of fuseNames.slice(0, wire.length).entries()) {
    const byte = reader(bytes, name, "little").u8(wire.offset + index);
    const state = stateOfByte.get(byte);
    if (state === undefined) throw malformed(name, `fuse ${fuse} has the unknown state ${byte}`);
    states[fuse] = state;
  }
  return states;
}
