/** What a token is, for those who may ask: userinfo, introspection. */

import type { ClientRegistry } from "../clients/registry.ts";
import type { Client } from "../oauth/client.ts";
import { claimsOf, type ClaimsServer } from "./access_token_claims.ts";
import { type Granted, type GrantedServer, grantedTo } from "./granted.ts";
import { readHandle } from "./handle.ts";
import { type LivingToken, readAccessToken, type ReadingServer } from "./living_token.ts";
import { isCurrent, mayRefresh, scopeLeft } from "./refresh_chain.ts";
import { subjectFor } from "./subject.ts";

/** What inspecting needs. */
export type InspectingServer = ReadingServer & GrantedServer & ClaimsServer & {
  readonly clients: Pick<ClientRegistry, "find">;
};

/** A living access token. */
export interface InspectedToken {
  readonly client_id: string;
  /** By which its client knows the person; its own `client_id` where there is none. */
  readonly sub: string;
  readonly scope: readonly string[];
  readonly aud: readonly string[];
  readonly jti: string;
  readonly exp: number;
  readonly client: Client;
  /** What it stands on; `undefined` where a client got it for itself. */
  readonly granted: Granted | undefined;
  /** All its claims, as its JWT form has them; those of a reference are gathered anew. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** The token if it lives, its client is enabled, and its person may still use the client. */
export async function inspectAccessToken(
  server: InspectingServer,
  token: string,
): Promise<InspectedToken | undefined> {
  const living = await readAccessToken(server, token);
  if (living === undefined) return undefined;
  const { client_id, jti, exp, authorization } = living;
  const client = await server.clients.find(client_id);
  if (client === undefined || !client.enabled) return undefined;
  const granted = authorization && await grantedTo(server, client, authorization);
  if (authorization !== undefined && granted === undefined) return undefined;
  const claims = claimsIn(server, client, living, granted);
  const { sub, scope, aud } = claims;
  if (typeof sub !== "string") return undefined;
  return {
    client_id,
    sub,
    scope: typeof scope === "string" ? scope.split(" ") : [],
    aud: [aud].flat().filter((one) => typeof one === "string"),
    jti,
    exp,
    client,
    granted,
    claims,
  };
}

/** A living refresh token. Times are NumericDates. */
export interface InspectedRefreshToken {
  readonly client_id: string;
  readonly sub: string;
  /** What an access token can have. */
  readonly scope: readonly string[];
  readonly iat: number;
  readonly exp: number;
}

/** The refresh token if it is the one of its chain that is good, and what it stands on still stands. */
export async function inspectRefreshToken(
  server: InspectingServer,
  token: string,
): Promise<InspectedRefreshToken | undefined> {
  const presented = readHandle("refresh_token", token);
  if (presented === undefined) return undefined;
  const authorization = await server.records.authorization.get(presented.grant_id);
  const chain = authorization?.refresh_token;
  if (authorization === undefined || chain === undefined) return undefined;
  if (!isCurrent(chain, presented, server.env.now())) return undefined;
  const client = await server.clients.find(authorization.client_id);
  if (client === undefined) return undefined;
  const scope = scopeLeft(client, authorization.scope);
  if (!mayRefresh(client, scope)) return undefined;
  if (await grantedTo(server, client, authorization) === undefined) return undefined;
  const { client_id, used_at: iat } = authorization;
  const sub = subjectFor(server, client, authorization.sub);
  return { client_id, sub, scope, iat, exp: chain.expires_at };
}

function claimsIn(
  server: InspectingServer,
  client: Client,
  { content, jti, exp }: LivingToken,
  granted: Granted | undefined,
): Readonly<Record<string, unknown>> {
  if ("jwt" in content) return content.jwt;
  const { scope, aud, iat } = content.reference;
  return claimsOf(server, { client, granted, scope, aud, jti, iat, exp });
}
