/** What a code is exchanged for, once (RFC 6749 §4.1.3, OpenID Connect Core §3.1.3). */

import { OAuthError } from "../oauth/error.ts";
import { validateCodeVerifier } from "../oauth/pkce.ts";
import type { Client } from "../oauth/client.ts";
import type { Parameters } from "../oauth/parameters.ts";
import type { Read } from "../store/collection.ts";
import type { AuthorizationCode } from "../store/records.ts";
import type { TokenResponse } from "../tokens/issue.ts";
import type { GrantRequest, GrantServer } from "./grant.ts";
import { answer, grantedBy, narrowedResource } from "./granted.ts";
import { firstRefreshToken } from "./refresh_chain.ts";

/** The `authorization_code` grant. */
export async function authorizationCode(
  server: GrantServer,
  { client, parameters }: GrantRequest,
): Promise<TokenResponse> {
  const code = parameters.require("code");
  const found = await server.records.code.read(code);
  if (found === undefined) throw new OAuthError("invalid_grant", "the code is unknown or expired");
  const { record } = found;
  if (record.spent) return await refuseReplay(server, record);
  try {
    validateCode(record, client, parameters);
  } catch (error) {
    // Whoever presents a code wrongly has seen a code that is not theirs, so it ends here.
    if (await burn(server, code, found)) throw error;
    return await refuseReplay(server, record);
  }
  const granted = await grantedBy(server, record.authorization, client);
  const { authorization } = granted;
  // What the client may no longer ask for is gone.
  const scope = authorization.scope.filter((name) => client.scope.includes(name));
  const resource = narrowedResource(server, authorization, scope, parameters);
  const refresh = firstRefreshToken(server, client, record.authorization, scope);
  const spent = await server.store.commit({
    checks: [found.check],
    writes: [
      server.records.code.write(code, tombstone(record, authorization.expires_at)),
      ...refresh === undefined ? [] : [refresh.write],
    ],
  });
  // RFC 6749 §4.1.2: somebody else redeemed it in this very moment, so it is used twice
  if (!spent) return await refuseReplay(server, record);
  return await answer(server, client, granted, {
    resource,
    scope,
    nonce: record.nonce,
    refresh_token: refresh?.handle,
  });
}

function validateCode(
  record: AuthorizationCode,
  client: Client,
  parameters: Parameters,
): void {
  if (record.client_id !== client.client_id) {
    throw new OAuthError("invalid_grant", "the code was issued to another client");
  }
  // RFC 6749 §4.1.3: identical to that of the authorization request, if that had one
  const redirect_uri = parameters.get("redirect_uri");
  if (record.redirect_uri !== undefined && redirect_uri !== record.redirect_uri) {
    throw new OAuthError(
      "invalid_grant",
      "redirect_uri is missing or not that of the authorization request",
    );
  }
  validateCodeVerifier(record.code_challenge, parameters.get("code_verifier"));
}

/** What stays of a redeemed code for as long as its tokens may live, so that a replay ends them. */
function tombstone(record: AuthorizationCode, expires_at: number | undefined): AuthorizationCode {
  return { ...record, spent: true, code_challenge: undefined, nonce: undefined, expires_at };
}

/** Ends a code and its family; whether nobody else has used it meanwhile. */
async function burn(
  server: GrantServer,
  code: string,
  { record, check }: Read<AuthorizationCode>,
): Promise<boolean> {
  return await server.store.commit({
    checks: [check],
    writes: [
      server.records.code.write(code, tombstone(record, record.expires_at)),
      server.records.authorization.erase(record.authorization),
    ],
  });
}

/** RFC 6749 §4.1.2: a code used twice is refused, and what was issued for it is revoked. */
async function refuseReplay(server: GrantServer, record: AuthorizationCode): Promise<never> {
  await server.records.authorization.delete(record.authorization);
  const detail = { client_id: record.client_id, reason: "code replayed" };
  throw new OAuthError("invalid_grant", "the code was used before", detail, "grant.revoked");
}
