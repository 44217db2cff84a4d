/** What a client hears of a login: the ID token (OpenID Connect Core §2). */

import type { Client } from "../oauth/client.ts";
import { OAuthError } from "../oauth/error.ts";
import { idTokenClaims, idTokenHashes } from "../oauth/token.ts";
import { clientJwt, idTokenForm } from "./client_jwt.ts";
import { type EncryptingServer, encryptionKey } from "./encrypt.ts";
import type { Granted } from "./granted.ts";
import { identityClaims } from "./identity_claims.ts";
import type { IssuingServer } from "./issue.ts";
import { sidFor, subjectFor } from "./subject.ts";

/** What an ID token comes with, and what it is to say. */
export interface IdTokenRequest {
  readonly scope: readonly string[];
  readonly nonce: string | undefined;
  /** Whether the client gets no access token, so that it can't ask for userinfo. */
  readonly alone: boolean;
  readonly access_token: string | undefined;
  /** The code that it stands beside in the answer of the authorization endpoint. */
  readonly code?: string | undefined;
  /** The `state` of that answer. */
  readonly state?: string | undefined;
}

/**
 * Why a client can't have ID tokens now, though it may: none of its keys will do to encrypt them. To be asked before
 * anything is spent for one; `undefined`: it can.
 */
export async function idTokenProblem(
  server: EncryptingServer,
  client: Client,
): Promise<OAuthError | undefined> {
  const alg = client.id_token_encrypted_response_alg;
  if (alg === undefined) return undefined;
  try {
    await encryptionKey(server, client, alg);
    return undefined;
  } catch (error) {
    if (error instanceof OAuthError) return error;
    throw error;
  }
}

/** A signed ID token of what a person granted, encrypted where the client wants that. Throws as `encryptFor` does. */
export async function issueIdToken(
  server: IssuingServer,
  client: Client,
  granted: Granted,
  request: IdTokenRequest,
): Promise<string> {
  const { authorization, user } = granted;
  const { claims: asked } = authorization;
  const always = client.always_include_user_claims_in_id_token;
  // OpenID Connect Core §5.4: with an access token, what the scopes ask for is answered by userinfo
  const scope = request.alone || always ? request.scope : [];
  const claims = idTokenClaims({
    issuer: server.config.issuer,
    client_id: client.client_id,
    sub: subjectFor(server, client, user.sub),
    now: server.env.now(),
    lifetime: client.id_token_lifetime,
    auth_time: authorization.auth_time,
    amr: authorization.amr,
    acr: authorization.acr,
    sid: sidFor(server, client, authorization.sid),
    nonce: request.nonce,
    hashes: idTokenHashes(client.id_token_signed_response_alg, request),
    user: identityClaims(server, client, granted, scope, {
      ...always ? asked?.userinfo : {},
      ...asked?.id_token,
    }),
  });
  return await clientJwt(server, client, idTokenForm(client, "JWT"), claims);
}
