/** What a refresh token is exchanged for (RFC 6749 §6, OpenID Connect Core §12). */

import { equalDigests } from "../lib/bytes.ts";
import type { Client } from "../oauth/client.ts";
import { OAuthError } from "../oauth/error.ts";
import type { Parameters } from "../oauth/parameters.ts";
import { parseScope, validateScope } from "../oauth/scope.ts";
import type { Read } from "../store/collection.ts";
import type { Authorization, RefreshChain } from "../store/records.ts";
import { type PresentedHandle, readHandle } from "../tokens/handle.ts";
import type { NewAccessToken, TokenResponse } from "../tokens/issue.ts";
import { forgiven, mayRefresh, prolonged, scopeLeft, successor } from "../tokens/refresh_chain.ts";
import { newTokenFor, requireGranted, respond } from "./answer.ts";
import { endForReplay, grantEnd } from "./end.ts";
import type { GrantRequest, GrantServer } from "./grant.ts";

/** The `refresh_token` grant. */
export async function refreshToken(
  server: GrantServer,
  request: GrantRequest,
): Promise<TokenResponse> {
  const token = request.parameters.require("refresh_token");
  const presented = readHandle("refresh_token", token);
  if (presented === undefined) throw unknownToken();
  for (;;) {
    const answer = await refresh(server, request, token, presented);
    // Where somebody else was faster the chain has gone on, or ended: all is judged anew.
    if (answer !== undefined) return answer;
  }
}

/** The answer; `undefined` where somebody else has written the grant meanwhile. */
async function refresh(
  server: GrantServer,
  { client, parameters }: GrantRequest,
  token: string,
  presented: PresentedHandle,
): Promise<TokenResponse | undefined> {
  const read = await server.records.authorization.read(presented.grant_id);
  const chain = read?.record.refresh_token;
  if (read === undefined || chain === undefined) throw unknownToken();
  // RFC 6749 §10.4: bound to its client
  if (read.record.client_id !== client.client_id) {
    throw new OAuthError("invalid_grant", "the refresh token was issued to another client");
  }
  const use = await useOf(server, client, token, presented, read.record, chain);
  // All that the request may be refused for comes before the token is spent.
  const granted = await requireGranted(server, client, read.record);
  const scope = narrowedScope(read.record, client, parameters);
  const access_token = newTokenFor(server, client, granted, scope, parameters);
  if (!await store(server, client, read, use.chain, access_token)) return undefined;
  return await respond(server, client, granted, {
    access_token,
    scope,
    // OpenID Connect Core §12.2: an ID token of a refresh SHOULD NOT have a nonce
    nonce: undefined,
    refresh_token: use.token,
  });
}

/** What comes of using a token: the one to be used next, and the chain where it changes. */
interface Use {
  readonly token: string;
  readonly chain: RefreshChain | undefined;
}

/** Rotates or keeps the token, as the client's `refresh_token_usage` says. */
async function useOf(
  server: GrantServer,
  client: Client,
  token: string,
  presented: PresentedHandle,
  authorization: Authorization,
  chain: RefreshChain,
): Promise<Use> {
  if (equalDigests(chain.sha256, presented.sha256)) {
    if (server.env.now() >= chain.expires_at) throw unknownToken();
    return client.refresh_token_usage === "one_time"
      ? successor(server, client, presented.seed, chain)
      : { token, chain: prolonged(server, client, chain, authorization.used_at) };
  }
  const again = await forgiven(server, chain, presented);
  if (again !== undefined) return { token: again, chain: undefined };
  // RFC 9700 §4.14.2: used twice, so one of the two has stolen it, and nobody knows who
  return await endForReplay(server, authorization, "refresh token");
}

/** Stores what a use changes; whether nobody else has written the grant meanwhile. */
async function store(
  server: GrantServer,
  client: Client,
  read: Read<Authorization>,
  chain: RefreshChain | undefined,
  { writes }: NewAccessToken,
): Promise<boolean> {
  const end = grantEnd(server, client, chain ?? read.record.refresh_token);
  const expires_at = Math.max(read.record.expires_at, end);
  // Where the client's tokens live longer than before, their grant has to as well.
  if (chain === undefined && expires_at === read.record.expires_at) {
    return writes.length === 0 || await server.store.commit({ writes });
  }
  const noted = chain && { used_at: server.env.now(), refresh_token: chain };
  const used: Authorization = { ...read.record, ...noted, expires_at };
  return await server.store.commit({
    checks: [read.check],
    writes: [...server.records.authorization.rewrite(read, used), ...writes],
  });
}

/** RFC 6749 §6: a subset of what was granted, for this access token alone; and what the client may no longer ask for is gone. */
function narrowedScope(
  authorization: Authorization,
  client: Client,
  parameters: Parameters,
): readonly string[] {
  const alive = scopeLeft(client, authorization.scope);
  if (!mayRefresh(client, alive)) {
    throw new OAuthError("invalid_grant", "the client may no longer use refresh tokens");
  }
  const text = parameters.get("scope");
  if (text === undefined) return alive;
  const scope = parseScope(text);
  validateScope(scope, alive);
  return scope;
}

function unknownToken(): OAuthError {
  return new OAuthError("invalid_grant", "the refresh token is unknown or expired");
}
