/** How an authorization code comes to be, with the family that all that follows belongs to (RFC 6749 §4.1.2). */

import type { Env } from "../lib/env.ts";
import type { AuthorizationRequest } from "../oauth/authorization_request.ts";
import type { Client } from "../oauth/client.ts";
import type { Collections } from "../store/collection.ts";
import type { Session } from "../store/records.ts";
import type { Write } from "../store/store.ts";

/** A code, and the writes that make it good. */
export interface NewCode {
  readonly code: string;
  readonly writes: readonly Write[];
}

/** A code for what a person has allowed. Nothing is stored yet. */
export function newCode(
  server: {
    readonly env: Pick<Env, "now">;
    readonly records: Pick<Collections, "authorization" | "code">;
  },
  client: Client,
  request: AuthorizationRequest,
  session: Session,
): NewCode {
  const { authorization, code } = server.records;
  const now = server.env.now();
  const redeemable = client.authorization_code_lifetime;
  // The family outlives the last token that can follow from it.
  const longest = request.scope.includes("offline_access")
    ? client.refresh_token_absolute_lifetime
    : 0;
  const [family, handle] = [authorization.handle(), code.handle()];
  return {
    code: handle,
    writes: [
      authorization.write(family, {
        client_id: client.client_id,
        sub: session.sub,
        sid: session.sid,
        scope: request.scope,
        resource: request.resource,
        auth_time: session.auth_time,
        amr: session.amr,
        created_at: now,
        expires_at: now + redeemable + longest + client.access_token_lifetime,
      }),
      code.write(handle, {
        spent: false,
        authorization: family,
        client_id: client.client_id,
        redirect_uri: request.redirect_uri_given ? request.redirect_uri : undefined,
        code_challenge: request.code_challenge,
        nonce: request.nonce,
        expires_at: now + redeemable,
      }),
    ],
  };
}
