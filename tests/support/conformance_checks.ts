/** What the OpenID Foundation's conformance suite finds good: its conditions, as strict as they can be. */

import { createLocalJWKSet, decodeProtectedHeader, type JWTPayload, jwtVerify } from "jose";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type Op, PERSON } from "./conformance.ts";
import { type Answer, assertNotCached, type Fields } from "./flow.ts";

/** What an ID token came with, and in which request. */
export interface IdTokenFacts {
  readonly client_id: string;
  readonly nonce: string | undefined;
  readonly state: string | undefined;
  /** Whether the authorization endpoint issued it. */
  readonly front: boolean;
  readonly access_token: string | undefined;
  readonly code: string | undefined;
}

/** OpenID Connect Core §3.1.3.7, §3.2.2.11, §3.3.2.12: the claims of a good ID token. */
export async function checkIdToken(
  op: Op,
  id_token: string | undefined,
  facts: IdTokenFacts,
): Promise<JWTPayload> {
  assert.ok(id_token, "there is no ID token");
  const { alg, kid, typ } = decodeProtectedHeader(id_token);
  assert.equal(alg, "RS256");
  assert.ok(typ === undefined || typ === "JWT");
  assert.equal(op.jwks.keys.filter((key) => key.kid === kid).length, 1, "kid names one key");
  const now = op.env.now();
  const { payload } = await jwtVerify(id_token, createLocalJWKSet(op.jwks), {
    issuer: op.issuer,
    audience: facts.client_id,
    currentDate: new Date(now * 1000),
    requiredClaims: ["iss", "sub", "aud", "exp", "iat"],
  });
  const { sub, aud, exp = 0, iat = 0, nonce, azp, auth_time } = payload;
  assert.deepEqual([aud].flat(), [facts.client_id]);
  assert.match(sub ?? "", /^[\x20-\x7e]{1,255}$/);
  assert.ok(Number.isInteger(iat) && iat <= now && iat > now - 300, "iat is the time of issue");
  assert.ok(Number.isInteger(exp) && exp > now && exp <= now + 86_400);
  assert.equal(nonce, facts.nonce);
  assert.ok(azp === undefined || azp === facts.client_id);
  assert.ok(auth_time === undefined || Number.isInteger(auth_time) && Number(auth_time) <= now);
  checkHash(payload, "at_hash", facts.access_token, facts.front);
  checkHash(payload, "c_hash", facts.code, facts.front);
  checkHash(payload, "s_hash", facts.state, false);
  checkStandardClaims(payload);
  return payload;
}

/** OpenID Connect Core §12.2: the ID token of a refresh, beside that of the login; its claims. */
export async function checkRefreshedIdToken(
  op: Op,
  first: JWTPayload,
  { id_token, access_token }: Readonly<Record<string, string>>,
): Promise<JWTPayload> {
  const [client_id = ""] = [first.aud].flat();
  const facts = { client_id, access_token, front: false };
  // It SHOULD NOT have a nonce.
  const none = { nonce: undefined, state: undefined, code: undefined };
  const claims = await checkIdToken(op, id_token, { ...facts, ...none });
  for (const name of ["iss", "sub", "aud", "auth_time", "azp"]) {
    assert.deepEqual(claims[name], first[name], name);
  }
  assert.ok((claims.iat ?? 0) > (first.iat ?? 0), "iat is that of the refresh");
  return claims;
}

/** OpenID Connect Core §3.3.2.11: required beside what it vouches for in the front channel; wherever it stands, right. */
function checkHash(
  payload: JWTPayload,
  name: "at_hash" | "c_hash" | "s_hash",
  value: string | undefined,
  required: boolean,
): void {
  const stands = payload[name];
  if (value === undefined) assert.equal(stands, undefined, `${name} of nothing`);
  else if (required || stands !== undefined) {
    const half = createHash("sha256").update(value, "ascii").digest().subarray(0, 16);
    assert.equal(stands, half.toString("base64url"), name);
  }
}

/** OpenID Connect Core §5.1: the JSON types of standard claims. */
export function checkStandardClaims(claims: Readonly<Record<string, unknown>>): void {
  const expected: Readonly<Record<string, unknown>> = {
    ...PERSON.profile,
    ...PERSON.email,
    ...PERSON.phone,
    ...PERSON.address,
  };
  for (const [name, value] of Object.entries(claims)) {
    if (name in expected) assert.equal(typeof value, typeof expected[name], name);
  }
  const { birthdate, updated_at, address } = claims;
  if (birthdate !== undefined) assert.match(String(birthdate), /^\d{4}(-\d\d-\d\d)?$/);
  // in seconds, not in milliseconds
  if (updated_at !== undefined) assert.ok(Number(updated_at) < 10_000_000_000);
  for (const part of Object.values(address ?? {})) assert.equal(typeof part, "string");
}

/** RFC 6749 §5.1, OpenID Connect Core §3.1.3.3: a successful answer of the token endpoint. */
export function checkTokenResponse(answer: Answer): Readonly<Record<string, string>> {
  const { status, headers, body } = answer;
  assert.equal(status, 200, JSON.stringify(body));
  assert.match(headers.get("Content-Type") ?? "", /^application\/json\b/);
  assertNotCached(headers);
  const { expires_in, ...texts } = body;
  assert.ok(Number.isInteger(expires_in) && Number(expires_in) > 0, "expires_in is a number");
  assert.equal(texts["token_type"], "Bearer");
  for (const [name, text] of Object.entries(texts)) assert.equal(typeof text, "string", name);
  checkAccessToken(texts["access_token"] as string | undefined);
  return texts as Record<string, string>;
}

/** RFC 6749 §10.10, appendix A.12: an access token that nobody guesses, in the characters that it may have. */
export function checkAccessToken(token: string | undefined): void {
  assert.match(token ?? "", /^[\x20-\x7e]+$/);
  assert.ok(entropy(token ?? "") >= 128, "the token could be guessed");
}

/** RFC 6749 §10.10, RFC 6819 §5.1.4.2: a code that nobody guesses. */
export function checkCode(code: string | undefined): void {
  assert.match(code ?? "", /^[\x20-\x7e]{22,}$/);
  assert.ok(entropy(code ?? "") >= 128, "the code could be guessed");
}

/** Shannon's entropy of a text, in bits. */
export function entropy(text: string): number {
  const shares = [...new Set(text)].map((one) => (text.split(one).length - 1) / text.length);
  return -text.length * shares.reduce((sum, share) => sum + share * Math.log2(share), 0);
}

/** OpenID Connect Core §5.3.2: a good answer of the userinfo endpoint about `sub`; its claims. */
export function checkUserinfo(
  { status, headers, body }: Answer,
  sub: string | undefined,
): Readonly<Record<string, unknown>> {
  assert.equal(status, 200);
  assert.match(headers.get("Content-Type") ?? "", /^application\/(json|jwt)\b/);
  assert.ok(sub);
  assert.equal(body["sub"], sub);
  checkStandardClaims(body);
  return body;
}

/** OpenID Connect Core §5.3.2: userinfo as a JWT that the server has signed; its claims. */
export async function checkUserinfoJwt(op: Op, jwt: string): Promise<JWTPayload> {
  assert.equal(decodeProtectedHeader(jwt).alg, "RS256");
  const { client_id: audience } = op.clients.client;
  const { payload } = await jwtVerify(jwt, createLocalJWKSet(op.jwks), {
    issuer: op.issuer,
    audience,
    currentDate: new Date(op.env.now() * 1000),
  });
  return payload;
}

/** OpenID Connect Core §3.1.2.6, RFC 6749 §4.1.2.1, RFC 9207 §2: an error that comes to the client, one of `errors`. */
export function checkErrorResponse(
  op: Pick<Op, "issuer">,
  parameters: Readonly<Record<string, string>>,
  request: Fields,
  ...errors: readonly string[]
): void {
  const { error, error_description, error_uri, state, iss, session_state, ...others } = parameters;
  assert.ok(errors.includes(error ?? ""), `${error}: ${error_description}`);
  assert.equal(state, request["state"]);
  assert.equal(iss, op.issuer);
  assert.deepEqual(others, {});
  assert.match(error_description ?? "", /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/);
  assert.match(error_uri ?? "", /^[\x21\x23-\x5b\x5d-\x7e]*$/);
  assert.doesNotMatch(session_state ?? "", / /);
}
