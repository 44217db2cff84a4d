/** Whether an assertion was signed by a client's key, for us, now, and for the first time (RFC 7523, OpenID Connect Core §9). */

import { isAssertionType, validateAssertionClaims } from "../oauth/assertion.ts";
import type { Client } from "../oauth/client.ts";
import { authenticationFailed } from "../oauth/error.ts";
import { type ReplayServer, useOnce } from "../store/replay.ts";
import type { ClientKeys } from "./client_keys.ts";
import { SignatureRefused, type SignedByClient, verifyClientJwt } from "./client_signature.ts";

/** Throws `invalid_client` unless the assertion is good; uses up its `jti`. */
export async function verifyAssertion(
  server: ReplayServer & {
    readonly clientKeys: ClientKeys;
    /** What `aud` may be: the issuer, then the endpoints. */
    readonly audiences: readonly string[];
  },
  client: Client,
  assertion: string,
): Promise<void> {
  const { client_id } = client;
  const { typ, claims } = await verified(server, client, assertion);
  const expected = { client_id, audiences: server.audiences, now: server.env.now() };
  const { jti, exp } = validateAssertionClaims(claims, expected, typ);
  // RFC 7523 §3: a jti is accepted once
  const once = { purpose: "client_assertion", party: client_id, value: jti, exp } as const;
  if (!await useOnce(server, once)) {
    throw authenticationFailed({ reason: "the assertion was used before" });
  }
}

async function verified(
  server: { readonly clientKeys: ClientKeys },
  client: Client,
  assertion: string,
): Promise<SignedByClient> {
  try {
    const only = client.token_endpoint_auth_signing_alg;
    const signed = await verifyClientJwt(server, client, assertion, only);
    if (isAssertionType(signed.typ)) return signed;
  } catch (error) {
    if (!(error instanceof SignatureRefused)) throw error;
    throw authenticationFailed({ reason: `the assertion is refused: ${error.message}` });
  }
  throw authenticationFailed({ reason: "the assertion's typ is that of another kind of JWT" });
}
