/**
 * Info.plist of a macOS bundle, as an XML property list. Keys come out in the order that they have
 * in the data, so the same data gives the same bytes.
 */
import { build } from "plist";

export type PlistValue =
  | string
  | number
  | boolean
  | readonly PlistValue[]
  | { readonly [key: string]: PlistValue };

export function encodePlist(value: { readonly [key: string]: PlistValue }): Uint8Array {
  const xml = build(value as Parameters<typeof build>[0], { indent: "\t", newline: "\n" });
  return new TextEncoder().encode(`${xml}\n`);
}

/**
 * What Electron on macOS compares app.asar with (docs/tutorial/asar-integrity.md).
 * @param headerHash lower-case hex SHA-256 of the archive's header: its JSON, not the whole file.
 */
export function electronAsarIntegrity(headerHash: string): { readonly [key: string]: PlistValue } {
  return {
    ElectronAsarIntegrity: { "Resources/app.asar": { algorithm: "SHA256", hash: headerHash } },
  };
}
