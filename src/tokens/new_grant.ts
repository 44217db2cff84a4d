/** How a grant comes to be, that all belongs to which a client gets for an authorization request, and its code (RFC 6749 §4.1.2). */

import { sha256 } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import type { AuthorizationRequest } from "../oauth/authorization_request.ts";
import type { Client } from "../oauth/client.ts";
import { brings } from "../oauth/response_type.ts";
import type { Authorization, PendingCode, Session } from "../store/records.ts";
import { grantIdOf, newHandle, newSeed, type Seed } from "./handle.ts";

type Server = { readonly env: Pick<Env, "now" | "random"> };

/** A grant, and the code that waits in it where the request asked for one. */
export interface NewGrant {
  readonly authorization: Authorization;
  readonly code: string | undefined;
}

/** The login in which something is granted. */
export interface GrantingLogin extends Pick<Session, "sub" | "sid" | "auth_time" | "amr"> {
  /** What it reached, as the client hears of it; `undefined`: nothing. */
  readonly acr: string | undefined;
}

/**
 * The grant of what a person has allowed. Nothing is stored yet. A code that nobody redeems takes it along when it ends,
 * unless an access token came with the code.
 */
export function newGrant(
  server: Server,
  client: Client,
  request: AuthorizationRequest,
  login: GrantingLogin,
): NewGrant {
  const now = server.env.now();
  const seed = newSeed(server.env);
  const waiting = brings(request.response_type, "code")
    ? newCode(server, client, request, seed)
    : undefined;
  const token_ends = brings(request.response_type, "token")
    ? now + client.access_token_lifetime
    : now;
  const authorization = grantedNow(server, login, {
    grant_id: grantIdOf(seed),
    client_id: client.client_id,
    scope: request.scope,
    resource: request.resource,
    claims: request.claims,
    claims_locales: request.claims_locales,
    code: waiting?.pending,
    expires_at: Math.max(waiting?.pending.expires_at ?? now, token_ends),
  });
  return { authorization, code: waiting?.code };
}

/** What somebody asked for, as a grant of this login from now on. Nothing is stored yet. */
export function grantedNow(
  { env }: { readonly env: Pick<Env, "now"> },
  { sub, sid, auth_time, amr, acr }: GrantingLogin,
  asked: Pick<
    Authorization,
    | "grant_id"
    | "client_id"
    | "scope"
    | "resource"
    | "claims"
    | "claims_locales"
    | "code"
    | "expires_at"
  >,
): Authorization {
  const now = env.now();
  const login = { sub, sid, auth_time, amr, acr };
  return { ...asked, ...login, created_at: now, used_at: now, refresh_token: undefined };
}

function newCode(
  { env }: Server,
  client: Client,
  request: AuthorizationRequest,
  seed: Seed,
): { readonly code: string; readonly pending: PendingCode } {
  const code = newHandle(env, "code", seed);
  const pending: PendingCode = {
    kind: "code",
    sha256: sha256(code),
    redirect_uri: request.redirect_uri_given ? request.redirect_uri : undefined,
    code_challenge: request.code_challenge,
    nonce: request.nonce,
    expires_at: env.now() + client.authorization_code_lifetime,
  };
  return { code, pending };
}
