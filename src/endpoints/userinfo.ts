/** GET and POST /connect/userinfo: what the bearer of a token may know about its person (OpenID Connect Core §5.3). */

import type { Context } from "hono";
import type { ScopeCatalog } from "../config/scope_catalog.ts";
import { OAuthError } from "../oauth/error.ts";
import { identityClaims } from "../tokens/identity_claims.ts";
import { inspectAccessToken, type InspectingServer } from "../tokens/inspect.ts";
import { userinfoJwt, type UserinfoJwtServer } from "../tokens/userinfo_jwt.ts";
import { type AppEnv, isForm, NO_STORE, readForm, TokenMissing } from "./http.ts";

type Server = InspectingServer & UserinfoJwtServer & {
  readonly scopes: Pick<ScopeCatalog, "identityClaims">;
};

/** Answers the claims that the token's scopes bring and those that were asked for; throws the errors of RFC 6750 §3.1. */
export async function userinfo(server: Server, c: Context<AppEnv>): Promise<Response> {
  const token = await inspectAccessToken(server, await bearerToken(c));
  if (token === undefined) {
    throw new OAuthError("invalid_token", "the access token is unknown, expired or revoked");
  }
  // RFC 9068 §4: whatever its `aud`, the scope openid says that a token is for this endpoint too
  const { sub, client, granted, scope } = token;
  if (granted === undefined || !scope.includes("openid")) {
    throw new OAuthError("insufficient_scope", "the access token does not have the scope openid");
  }
  // OpenID Connect Core §5.3.2: sub is always there
  const asked = granted.authorization.claims?.userinfo;
  const claims = { sub, ...identityClaims(server, client, granted, scope, asked) };
  const jwt = await userinfoJwt(server, client, claims);
  if (jwt === undefined) return c.json(claims, 200, NO_STORE);
  // OpenID Connect Core §5.3.2: application/jwt where it is signed, encrypted, or both
  return c.body(jwt, 200, { ...NO_STORE, "Content-Type": "application/jwt" });
}

/** The token of a request, by one method alone (RFC 6750 §2): header, or form body of a POST; never the query. */
async function bearerToken(c: Context<AppEnv>): Promise<string> {
  const header = c.req.header("Authorization") ?? "";
  const [, inHeader] = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(header) ?? [];
  // RFC 6750 §3.1: another scheme is as good as no token
  if (inHeader === undefined && /^bearer\b/i.test(header)) {
    throw new OAuthError("invalid_token", "the Authorization header has no bearer token");
  }
  const inBody = await tokenInBody(c);
  if (inHeader !== undefined && inBody !== undefined) {
    throw new OAuthError("invalid_request", "the access token is given twice");
  }
  const token = inHeader ?? inBody;
  if (token === undefined) throw new TokenMissing();
  return token;
}

async function tokenInBody(c: Context<AppEnv>): Promise<string | undefined> {
  // RFC 6750 §2.2: the body counts where it is a form
  if (c.req.method !== "POST" || !isForm(c)) return undefined;
  return (await readForm(c)).get("access_token");
}
