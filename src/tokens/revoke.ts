/** How a client gives back a token (RFC 7009). */

import type { Client } from "../oauth/client.ts";
import { OAuthError } from "../oauth/error.ts";
import type { Collections } from "../store/collection.ts";
import { readHandle } from "./handle.ts";
import { readAccessToken, type ReadingServer } from "./living_token.ts";
import { revokeGrant } from "./stored_grants.ts";

type Server = ReadingServer & {
  readonly records: Pick<Collections, "authorization" | "access_token" | "revoked_token">;
};

/**
 * Ends a token of this client; whether there was one. A refresh token takes its whole grant along (RFC 7009 §2.1),
 * an access token goes alone. Unknown and dead tokens are left as they are (RFC 7009 §2.2).
 * Throws `invalid_grant` for another client's token.
 */
export async function revokeToken(server: Server, client: Client, token: string): Promise<boolean> {
  const presented = readHandle("refresh_token", token);
  return presented === undefined
    ? await revokeAccessToken(server, client, token)
    : await revokeRefreshToken(server, client, presented.grant_id);
}

/** Whichever token of the chain it is: who gives back an old one has lost the new one. */
async function revokeRefreshToken(
  server: Server,
  client: Client,
  grant_id: string,
): Promise<boolean> {
  const authorization = await server.records.authorization.get(grant_id);
  if (authorization?.refresh_token === undefined) return false;
  requireOwn(authorization, client);
  return await revokeGrant(server, grant_id) !== undefined;
}

async function revokeAccessToken(server: Server, client: Client, token: string): Promise<boolean> {
  const living = await readAccessToken(server, token);
  if (living === undefined) return false;
  requireOwn(living, client);
  const { access_token, revoked_token } = server.records;
  if ("reference" in living.content) await access_token.delete(token);
  else await revoked_token.put(living.jti, { expires_at: living.exp });
  return true;
}

/** RFC 7009 §2.1: a client that the token was not issued to is refused, and told so. */
function requireOwn(token: { readonly client_id: string }, client: Client): void {
  if (token.client_id === client.client_id) return;
  throw new OAuthError("invalid_grant", "the token was issued to another client");
}
