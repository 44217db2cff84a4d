/** How a client gives back a token (RFC 7009). */

import type { Client } from "../oauth/client.ts";
import { OAuthError } from "../oauth/error.ts";
import { HANDLE_PREFIX } from "../store/records.ts";
import type { Collections } from "../store/collection.ts";
import { inspectAccessToken } from "./inspect.ts";

type Server = Parameters<typeof inspectAccessToken>[0] & {
  readonly records: Pick<Collections, "authorization" | "refresh_token" | "revoked_token">;
};

/**
 * Ends a token of this client; whether there was one. A refresh token takes its whole family along (RFC 7009 §2.1),
 * an access token goes alone. Unknown and dead tokens are left as they are (RFC 7009 §2.2).
 * Throws `invalid_grant` for another client's token.
 */
export async function revokeToken(server: Server, client: Client, token: string): Promise<boolean> {
  const { records } = server;
  if (token.startsWith(HANDLE_PREFIX.refresh_token)) {
    const record = await records.refresh_token.get(token);
    if (record === undefined) return false;
    requireOwn(record, client);
    await records.authorization.delete(record.authorization);
    return true;
  }
  const inspected = await inspectAccessToken(server, token);
  if (inspected === undefined) return false;
  requireOwn(inspected, client);
  await records.revoked_token.put(inspected.jti, { expires_at: inspected.exp });
  return true;
}

/** RFC 7009 §2.1: a client that the token was not issued to is refused, and told so. */
function requireOwn(token: { readonly client_id: string }, client: Client): void {
  if (token.client_id === client.client_id) return;
  throw new OAuthError("invalid_grant", "the token was issued to another client");
}
