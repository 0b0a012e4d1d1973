/**
 * JSON with one spelling: keys sorted by code unit, no white space, or two spaces for people.
 * Follows RFC 8785 for what we use of JSON (strings, integers, booleans, null, arrays, objects).
 */

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

type JsonObject = { readonly [key: string]: Json };

/** By UTF-16 code unit, as JavaScript compares strings and RFC 8785 section 3.2.3 wants it. */
function sortedKeys(object: JsonObject): string[] {
  return Object.keys(object).sort();
}

/** @throws RangeError for numbers that are no safe integers. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const object = value as JsonObject;
    const members = sortedKeys(object).map(
      (key) => `${JSON.stringify(key)}:${canonicalJson(object[key] as Json)}`,
    );
    return `{${members.join(",")}}`;
  }
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new RangeError(`canonical JSON holds integers only, found ${value}`);
  }
  return JSON.stringify(value);
}

/** For files that people read: sorted keys, two spaces, a newline at the end. */
export function readableJson(value: Json): string {
  const parsed: unknown = JSON.parse(canonicalJson(value));
  return `${JSON.stringify(parsed, null, 2)}\n`;
}
