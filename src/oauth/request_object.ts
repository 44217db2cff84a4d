/** What a signed request object asks for, and whether it is meant for us, now (RFC 9101 §4, OpenID Connect Core §6.1). */

import { CLOCK_SKEW, isOneOfTypes, LONGEST_LIFETIME } from "./assertion.ts";
import { OAuthError } from "./error.ts";
import { type Parameters, parametersOf } from "./parameters.ts";

/** The media types of a request object that is fetched (RFC 9101 §5.2.3; OpenID Connect Core §6.2 names none). */
export const REQUEST_OBJECT_TYPES = [
  "application/oauth-authz-req+jwt",
  "application/jwt",
  "text/plain",
  "",
] as const;

/** RFC 9101 §10.8 recommends the first; many clients know but the second. */
const TYPES = ["oauth-authz-req+jwt", "jwt"];

/** RFC 7519 §4.1: what is said of the object, and is no parameter. */
const ABOUT = new Set(["iss", "sub", "aud", "exp", "nbf", "iat", "jti"]);

/**
 * The parameters of a request object whose signature is good: its members and nothing else, for RFC 9101 §6.3 lets
 * no parameter from outside count beside them. Throws `invalid_request_object`.
 */
export function parametersOfObject(
  { typ, claims }: {
    readonly typ: string | undefined;
    readonly claims: Readonly<Record<string, unknown>>;
  },
  expected: { readonly client_id: string; readonly issuer: string; readonly now: number },
): Parameters {
  // RFC 8725 §3.11: what the client has signed for another purpose is no request
  if (!isOneOfTypes(typ, TYPES)) {
    throw refused("its typ is that of another kind of JWT");
  }
  checkOrigin(claims, expected);
  checkTimes(claims, expected.now);
  // RFC 9101 §4: request and request_uri MUST NOT be in it
  if (Object.hasOwn(claims, "request") || Object.hasOwn(claims, "request_uri")) {
    throw refused("it has a request of its own in it");
  }
  return parametersOf([
    ["client_id", expected.client_id],
    ...Object.entries(claims)
      .filter(([name]) => !ABOUT.has(name) && name !== "client_id")
      .flatMap(([name, value]) => texts(name, value).map((text) => [name, text] as const)),
  ]);
}

/** The most characters of a `jti`. */
const LONGEST_JTI = 512;

/**
 * By what an object is known that may be used once (RFC 7519 §4.1.7), and its end (NumericDate); `undefined`: it has no
 * `jti`, and may be used until it expires. Throws `invalid_request_object` where it couldn't be remembered for as long.
 */
export function oneTimeUse(
  { jti, exp }: Readonly<Record<string, unknown>>,
  now: number,
): { readonly jti: string; readonly exp: number } | undefined {
  if (jti === undefined) return undefined;
  if (typeof jti !== "string" || jti === "" || jti.length > LONGEST_JTI) {
    throw refused("its jti is no text, or too long");
  }
  if (typeof exp !== "number") throw refused("it has a jti, but no exp");
  if (exp > now + LONGEST_LIFETIME + CLOCK_SKEW) {
    throw refused("it has a jti, and an exp that is too far ahead");
  }
  return { jti, exp };
}

function checkOrigin(
  { iss, aud, sub, client_id }: Readonly<Record<string, unknown>>,
  expected: { readonly client_id: string; readonly issuer: string },
): void {
  if (iss !== undefined && iss !== expected.client_id) throw refused("its iss is not the client");
  // RFC 9101 §6.3: both client_ids are identical; OpenID Connect Core §6.1: if there are two
  if (client_id !== undefined && client_id !== expected.client_id) {
    throw refused("its client_id is another");
  }
  // RFC 9101 §10.8: a client assertion is no request
  if (sub === expected.client_id) throw refused("its sub is the client, as in a client assertion");
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (aud !== undefined && !audiences.includes(expected.issuer)) {
    throw refused("its aud is not the issuer");
  }
}

function checkTimes({ exp, nbf, iat }: Readonly<Record<string, unknown>>, now: number): void {
  for (const time of [exp, nbf, iat]) {
    // RFC 7519 §2: a NumericDate
    if (time !== undefined && typeof time !== "number") {
      throw refused("its exp, nbf or iat is no number");
    }
  }
  if (typeof exp === "number" && exp + CLOCK_SKEW <= now) throw refused("it has expired");
  for (const time of [nbf, iat]) {
    if (typeof time === "number" && time > now + CLOCK_SKEW) throw refused("it is not good yet");
  }
}

/** A member as parameters have it: JSON but for texts (RFC 9101 §4); several texts of `resource` alone (RFC 8707 §2). */
function texts(name: string, value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "number") return [String(value)];
  if (
    name === "resource" && Array.isArray(value) && value.every((one) => typeof one === "string")
  ) {
    return value;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return [JSON.stringify(value)];
  }
  throw refused("a member of it has a type that no parameter has");
}

function refused(why: string): OAuthError {
  return new OAuthError("invalid_request_object", `the request object is refused: ${why}`);
}
