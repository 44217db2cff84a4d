/** How an authorization code comes to be, with the grant that all that follows belongs to (RFC 6749 §4.1.2). */

import { sha256 } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import type { AuthorizationRequest } from "../oauth/authorization_request.ts";
import type { Client } from "../oauth/client.ts";
import type { Collections } from "../store/collection.ts";
import type { Session } from "../store/records.ts";
import type { Write } from "../store/store.ts";
import { grantIdOf, newHandle, newSeed } from "./handle.ts";

/** A code, and the writes that make it good. */
export interface NewCode {
  readonly code: string;
  readonly writes: readonly Write[];
}

/** A code for what a person has allowed. Nothing is stored yet. An unredeemed code takes its grant along when it ends. */
export function newCode(
  server: {
    readonly env: Pick<Env, "now" | "random">;
    readonly records: Pick<Collections, "authorization">;
  },
  client: Client,
  request: AuthorizationRequest,
  session: Session,
): NewCode {
  const { env, records } = server;
  const now = env.now();
  const seed = newSeed(env);
  const grant_id = grantIdOf(seed);
  const code = newHandle(env, "code", seed);
  const writes = records.authorization.write(grant_id, {
    grant_id,
    client_id: client.client_id,
    sub: session.sub,
    sid: session.sid,
    scope: request.scope,
    resource: request.resource,
    auth_time: session.auth_time,
    amr: session.amr,
    acr: undefined,
    claims: request.claims,
    claims_locales: request.claims_locales,
    created_at: now,
    used_at: now,
    code: {
      sha256: sha256(code),
      redirect_uri: request.redirect_uri_given ? request.redirect_uri : undefined,
      code_challenge: request.code_challenge,
      nonce: request.nonce,
      expires_at: now + client.authorization_code_lifetime,
    },
    refresh_token: undefined,
    expires_at: now + client.authorization_code_lifetime,
  });
  return { code, writes };
}
