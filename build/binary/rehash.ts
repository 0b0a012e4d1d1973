/**
 * Brings an ad-hoc code signature in step with changed bytes, by writing its page hashes anew.
 * An ad-hoc signature says only "these are the bytes": it has no key, so anyone may restate it. One
 * that a key signed is refused, since that statement was somebody else's.
 */
import { CS_ADHOC, hashPage, parseCodeSignature } from "./code-directory.ts";
import { mapSlices } from "./fat.ts";
import { parseMachO } from "./macho.ts";
import { malformed } from "./reader.ts";

/**
 * A copy whose page hashes match its bytes. Slices for Intel may be unsigned and stay so; for arm64
 * macOS starts nothing unsigned, so that is an error (adhocSign makes a first signature).
 */
export function rehash(bytes: Uint8Array, name: string): Uint8Array {
  return mapSlices(bytes, name, (slice) => {
    const result = new Uint8Array(slice.bytes);
    const macho = parseMachO(slice.bytes, slice.name);
    const signature = parseCodeSignature(macho);
    if (signature === undefined) {
      if (macho.cpu === "x86_64") return result;
      throw malformed(slice.name, "has no signature to bring in step; sign it with adhocSign");
    }
    if (signature.signedByKey || signature.directories.some((d) => (d.flags & CS_ADHOC) === 0)) {
      throw malformed(slice.name, "is signed with a key: its signature can't be remade without it");
    }
    for (const directory of signature.directories) {
      for (let page = 0; page < directory.pageCount; page++) {
        const hash = hashPage(slice.bytes, directory, page);
        result.set(hash, directory.hashes + page * directory.hashSize);
      }
    }
    return result;
  });
}
