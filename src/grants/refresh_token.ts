/** What a refresh token is exchanged for (RFC 6749 §6, OpenID Connect Core §12). */

import type { Client } from "../oauth/client.ts";
import { OAuthError } from "../oauth/error.ts";
import type { Parameters } from "../oauth/parameters.ts";
import { parseScope, validateScope } from "../oauth/scope.ts";
import type { Read } from "../store/collection.ts";
import type { RefreshToken } from "../store/records.ts";
import type { Granted, TokenResponse } from "../tokens/issue.ts";
import type { GrantRequest, GrantServer } from "./grant.ts";
import { answer, grantedBy, narrowedResource } from "./granted.ts";
import { lifeEnd, successor } from "./refresh_chain.ts";

/** The `refresh_token` grant. */
export async function refreshToken(
  server: GrantServer,
  { client, parameters }: GrantRequest,
): Promise<TokenResponse> {
  const presented = parameters.require("refresh_token");
  const found = await server.records.refresh_token.read(presented);
  if (found === undefined) {
    throw new OAuthError("invalid_grant", "the refresh token is unknown or expired");
  }
  const { record } = found;
  // RFC 6749 §10.4: bound to its client
  if (record.client_id !== client.client_id) {
    throw new OAuthError("invalid_grant", "the refresh token was issued to another client");
  }
  if (record.spent) return await refuseReplay(server, record);
  const granted = await grantedBy(server, record.authorization, client);
  // All that the request may be refused for comes before the token is spent.
  const scope = narrowedScope(granted, client, parameters);
  const resource = narrowedResource(server, granted.authorization, scope, parameters);
  const refresh_token = await use(server, client, presented, found);
  return await answer(server, client, granted, {
    resource,
    scope,
    // OpenID Connect Core §12.2: an ID token of a refresh SHOULD NOT have a nonce
    nonce: undefined,
    refresh_token,
  });
}

/** RFC 6749 §6: a subset of what was granted, for this access token alone; and what the client may no longer ask for is gone. */
function narrowedScope(
  { authorization }: Granted,
  client: Client,
  parameters: Parameters,
): readonly string[] {
  const alive = authorization.scope.filter((name) => client.scope.includes(name));
  if (!alive.includes("offline_access")) {
    throw new OAuthError("invalid_grant", "the client may no longer use refresh tokens");
  }
  const text = parameters.get("scope");
  if (text === undefined) return alive;
  const scope = parseScope(text);
  validateScope(scope, alive);
  return scope;
}

/** Spends or keeps the token, as the client's `refresh_token_usage` says; answers the one to be used next. */
async function use(
  server: GrantServer,
  client: Client,
  presented: string,
  { record, check }: Read<RefreshToken>,
): Promise<string> {
  const { records, store } = server;
  if (client.refresh_token_usage === "reuse") {
    const expires_at = lifeEnd(server, client, record.absolute_expires_at);
    const kept = { ...record, expires_at };
    // Whoever was faster has prolonged it, or ended it: neither is overwritten.
    await store.commit({ checks: [check], writes: [records.refresh_token.write(presented, kept)] });
    return presented;
  }
  const next = successor(server, client, record);
  // The tombstone stays as long as the chain may live, so that a replay ends the chain.
  const spent = { ...record, spent: true, expires_at: record.absolute_expires_at };
  const writes = [records.refresh_token.write(presented, spent), next.write];
  if (!await store.commit({ checks: [check], writes })) return await refuseReplay(server, record);
  return next.handle;
}

/** RFC 9700 §4.14.2: a refresh token used twice has been stolen from one of the two, so the whole family ends. */
async function refuseReplay(server: GrantServer, record: RefreshToken): Promise<never> {
  await server.records.authorization.delete(record.authorization);
  const detail = { client_id: record.client_id, reason: "refresh token replayed" };
  throw new OAuthError(
    "invalid_grant",
    "the refresh token was used before",
    detail,
    "grant.revoked",
  );
}
