import { errors } from "undici";
import { expect, test } from "vitest";
import { explainError, explainStatus } from "./failures.ts";

function withCode(code: string, cause?: unknown): Error {
  return Object.assign(new Error(`${code} happened`, { cause }), { code });
}

test.each([
  ["ENOTFOUND", /name can't be looked up/],
  ["ECONNREFUSED", /refuses connections/],
  ["ECONNRESET", /was cut/],
  ["UND_ERR_BODY_TIMEOUT", /stopped sending/],
])("%s is worth another attempt", (code, reason) => {
  expect(explainError(withCode(code))).toMatchObject({ retry: "later" });
  expect(explainError(withCode(code)).reason).toMatch(reason);
});

test("finds the code of a cause, and undici's own", () => {
  const inner = new Error("fetch failed", { cause: withCode("ETIMEDOUT") });
  expect(explainError(inner)).toMatchObject({ reason: "it does not answer (ETIMEDOUT)" });
  expect(explainError(new errors.ConnectTimeoutError()).reason).toMatch(/does not answer/);
  expect(explainError(new errors.SocketError("other side closed")).reason).toMatch(/was cut/);
});

test("a certificate that is wrong stays wrong", () => {
  const error = Object.assign(new Error("certificate has expired"), { code: "CERT_HAS_EXPIRED" });
  expect(explainError(error)).toMatchObject({ reason: "certificate has expired", retry: "never" });
});

test.each<[number, "later" | "never"]>([
  [400, "never"],
  [401, "never"],
  [403, "never"],
  [404, "never"],
  [408, "later"],
  [410, "never"],
  [429, "later"],
  [500, "later"],
  [503, "later"],
])("HTTP %d: %s", (status, retry) => {
  const failure = explainStatus(status, undefined);
  expect(failure).toMatchObject({ retry, cause: { status } });
  expect(failure.reason).toContain(String(status));
});

// The two forms in RFC 9110 §10.2.3.
test("Retry-After in seconds and as a date", () => {
  expect(explainStatus(503, "120").waitMs).toBe(120_000);
  expect(explainStatus(503, "Fri, 31 Dec 1999 23:59:59 GMT").waitMs).toBe(0);
  const later = new Date(Date.now() + 60_000).toUTCString();
  const { waitMs } = explainStatus(503, later);
  expect(waitMs).toBeGreaterThan(50_000);
  expect(waitMs).toBeLessThanOrEqual(60_000);
  expect(explainStatus(503, "soon").waitMs).toBeUndefined();
  expect(explainStatus(404, "120").waitMs).toBeUndefined();
});
