/** How a chain of refresh tokens begins and goes on (RFC 6749 §6, RFC 9700 §4.14). */

import type { Client } from "../oauth/client.ts";
import type { RefreshToken } from "../store/records.ts";
import type { Write } from "../store/store.ts";
import type { GrantServer } from "./grant.ts";

/** A refresh token that is not yet stored. */
export interface NewRefreshToken {
  readonly handle: string;
  readonly write: Write;
}

type Server = Pick<GrantServer, "env" | "records">;

/** The first of a chain; `undefined` where `offline_access` was not granted or the client may not refresh. */
export function firstRefreshToken(
  server: Server,
  client: Client,
  handle: string,
  scope: readonly string[],
): NewRefreshToken | undefined {
  if (!scope.includes("offline_access") || !client.grant_types.includes("refresh_token")) {
    return undefined;
  }
  const ends = server.env.now() + client.refresh_token_absolute_lifetime;
  return stored(server, {
    spent: false,
    authorization: handle,
    client_id: client.client_id,
    generation: 1,
    absolute_expires_at: ends,
    expires_at: lifeEnd(server, client, ends),
  });
}

/** The next of a chain. */
export function successor(server: Server, client: Client, previous: RefreshToken): NewRefreshToken {
  return stored(server, {
    ...previous,
    generation: previous.generation + 1,
    expires_at: lifeEnd(server, client, previous.absolute_expires_at),
  });
}

/** When a token ends that was just issued or used; the absolute end counts from the first of the chain. */
export function lifeEnd(
  server: Pick<Server, "env">,
  client: Client,
  absolute_expires_at: number,
): number {
  return client.refresh_token_expiration === "absolute"
    ? absolute_expires_at
    : Math.min(absolute_expires_at, server.env.now() + client.refresh_token_lifetime);
}

function stored(server: Server, record: RefreshToken): NewRefreshToken {
  const handle = server.records.refresh_token.handle();
  return { handle, write: server.records.refresh_token.write(handle, record) };
}
