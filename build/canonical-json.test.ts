import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { canonicalJson, readableJson } from "./canonical-json.ts";

// The example of RFC 8785, section 3.2.3. Its number cases are left out: we allow integers only.
test("sorts keys by UTF-16 code unit, as RFC 8785 does", () => {
  const keys = {
    "\u20ac": "Euro Sign",
    "\r": "Carriage Return",
    "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One",
    "\ud83d\ude00": "Emoji: Grinning Face",
    "\u0080": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis",
  };
  const values = [...canonicalJson(keys).matchAll(/:"([^"]*)"/g)].map((match) => match[1]);
  expect(values).toEqual([
    "Carriage Return",
    "One",
    "Control",
    "Latin Small Letter O With Diaeresis",
    "Euro Sign",
    "Emoji: Grinning Face",
    "Hebrew Letter Dalet With Dagesh",
  ]);
});

test("does not depend on the order of insertion", () => {
  expect(canonicalJson({ b: [1, { d: null, c: true }], a: "x" })).toBe(
    '{"a":"x","b":[1,{"c":true,"d":null}]}',
  );
  const one = createHash("sha256")
    .update(canonicalJson({ x: 1, y: 2 }))
    .digest("hex");
  const two = createHash("sha256")
    .update(canonicalJson({ y: 2, x: 1 }))
    .digest("hex");
  expect(one).toBe(two);
});

test("refuses numbers that have more than one spelling", () => {
  expect(() => canonicalJson(0.1)).toThrow(RangeError);
  expect(() => canonicalJson(Number.NaN)).toThrow(RangeError);
  expect(() => canonicalJson(2 ** 53)).toThrow(RangeError);
});

test("the readable form ends with a newline and parses back", () => {
  const text = readableJson({ b: 1, a: [] });
  expect(text.endsWith("}\n")).toBe(true);
  expect(JSON.parse(text)).toEqual({ a: [], b: 1 });
});
