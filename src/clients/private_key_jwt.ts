/** Whether an assertion was signed by a client's key, for us, now, and for the first time (RFC 7523, OpenID Connect Core §9). */

import { compactVerify, createLocalJWKSet, errors, type JSONWebKeySet } from "jose";
import { fromUtf8 } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import { isMapping } from "../lib/mapping.ts";
import { ASSERTION_ALGORITHMS, CLOCK_SKEW, validateAssertionClaims } from "../oauth/assertion.ts";
import type { Client } from "../oauth/client.ts";
import { authenticationFailed } from "../oauth/error.ts";
import type { Collections } from "../store/collection.ts";

/** Throws `invalid_client` unless the assertion is good; uses up its `jti`. */
export async function verifyAssertion(
  server: {
    readonly env: Pick<Env, "now">;
    readonly records: Pick<Collections, "replay">;
    /** What `aud` may be: the issuer, or the token endpoint. */
    readonly audiences: readonly string[];
  },
  client: Client,
  assertion: string,
): Promise<void> {
  const { client_id } = client;
  const claims = await verifiedClaims(client, assertion);
  const expected = { client_id, audiences: server.audiences, now: server.env.now() };
  const { jti, exp } = validateAssertionClaims(claims, expected);
  // RFC 7523 §3: a jti is accepted once; other clients may use the same value
  const id = `client_assertion\0${client_id}\0${jti}`;
  if (!await server.records.replay.putNew(id, { expires_at: exp + CLOCK_SKEW })) {
    throw authenticationFailed({ reason: "the assertion was used before" });
  }
}

async function verifiedClaims(client: Client, assertion: string): Promise<Record<string, unknown>> {
  const { token_endpoint_auth_signing_alg: only } = client;
  const algorithms = ASSERTION_ALGORITHMS.filter((alg) =>
    only === undefined || alg === only || only === "EdDSA" && alg === "Ed25519"
  );
  try {
    const { payload } = await verifyWithAnyKey(keySet(client), assertion, algorithms);
    const claims: unknown = JSON.parse(fromUtf8(payload));
    if (isMapping(claims)) return claims;
  } catch (error) {
    // A DOMException: WebCrypto can't import the key that was registered.
    const refusals = [errors.JOSEError, SyntaxError, TypeError, DOMException];
    if (!refusals.some((refusal) => error instanceof refusal)) throw error;
    throw authenticationFailed({ reason: "the assertion's signature or form is wrong" });
  }
  throw authenticationFailed({ reason: "the assertion's claims are no object" });
}

type KeySet = ReturnType<typeof createLocalJWKSet>;

/** Keys are imported once for each client, not for each request. */
const keySets = new WeakMap<Client, KeySet>();

function keySet(client: Client): KeySet {
  const known = keySets.get(client);
  if (known !== undefined) return known;
  // Under either name of its algorithm an Ed25519 key is found by its curve.
  const keys = client.jwks?.keys.map(({ alg, ...key }) =>
    alg === undefined || key.crv === "Ed25519" ? key : { ...key, alg }
  );
  const made = createLocalJWKSet({ keys: keys ?? [] } as JSONWebKeySet);
  keySets.set(client, made);
  return made;
}

/** Without a `kid` several keys may fit: each is tried. */
async function verifyWithAnyKey(keys: KeySet, assertion: string, algorithms: readonly string[]) {
  try {
    return await compactVerify(assertion, keys, { algorithms: [...algorithms] });
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return await compactVerify(assertion, key, { algorithms: [...algorithms] });
      } catch (failure) {
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure;
      }
    }
    throw error;
  }
}
