/** What a client assertion must say (RFC 7523 §3, OpenID Connect Core §9). */

import { authenticationFailed } from "./error.ts";

/** The one value of `client_assertion_type` (RFC 7523 §2.2). */
export const CLIENT_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** How far the clocks of clients may be off, in seconds. */
export const CLOCK_SKEW = 60;

/** How far ahead what is good once may expire, in seconds: it bounds how long its `jti` is remembered. */
export const LONGEST_LIFETIME = 3600;

/** draft-ietf-oauth-rfc7523bis-11 §4, which updates RFC 7523 and RFC 9126: what an assertion says of itself that is for the issuer alone. */
const FOR_ISSUER_ALONE = "client-authentication+jwt";

/** What an assertion may say that it is. */
const TYPES = [FOR_ISSUER_ALONE, "jwt"];

/** Whether a JWT's `typ` lets it be an assertion. RFC 8725 §3.11: what the client has signed for another purpose, and shown to others, proves nothing. */
export function isAssertionType(typ: string | undefined): boolean {
  return isOneOfTypes(typ, TYPES);
}

/** Whether a `typ` is absent, or one of these in lower case, whatever its own case and with `application/` or without (RFC 7515 §4.1.9). */
export function isOneOfTypes(typ: string | undefined, types: readonly string[]): boolean {
  return typ === undefined || types.includes(typ.toLowerCase().replace(/^application\//, ""));
}

/** Throws `invalid_client` where the claims of a verified assertion of this `typ` don't authenticate `client_id` here and now. */
export function validateAssertionClaims(
  claims: Readonly<Record<string, unknown>>,
  expected: {
    readonly client_id: string;
    /** What `aud` may be: the issuer, then what else names us. */
    readonly audiences: readonly string[];
    readonly now: number;
  },
  typ?: string,
): { readonly jti: string; readonly exp: number } {
  const refuse: (reason: string) => never = (reason) => {
    throw authenticationFailed({ reason });
  };
  const { iss, sub, aud, exp, iat, nbf, jti } = claims;
  if (iss !== expected.client_id || sub !== expected.client_id) refuse("iss or sub is another");
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!audiences.some((one) => expected.audiences.includes(one as string))) {
    refuse("aud is another");
  }
  // Whoever else is named, or takes an endpoint of ours for its own, could pass the assertion on to us.
  const alone = typ !== undefined && isOneOfTypes(typ, [FOR_ISSUER_ALONE]);
  if (alone && (audiences.length !== 1 || audiences[0] !== expected.audiences[0])) {
    refuse("aud is not the issuer alone, as typ would have it");
  }
  if (typeof exp !== "number" || !Number.isFinite(exp)) return refuse("exp is missing");
  if (exp + CLOCK_SKEW <= expected.now) refuse("expired");
  if (exp > expected.now + LONGEST_LIFETIME + CLOCK_SKEW) refuse("exp is too far ahead");
  for (const time of [iat, nbf]) {
    if (time === undefined) continue;
    if (typeof time !== "number" || time > expected.now + CLOCK_SKEW) refuse("iat or nbf is ahead");
  }
  // OpenID Connect Core §9: jti is REQUIRED
  if (typeof jti !== "string" || jti === "" || jti.length > 512) return refuse("jti is missing");
  return { jti, exp: Math.ceil(exp) };
}
