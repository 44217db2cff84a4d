/** When does what a person granted end, and how does it end early? */

import type { Client } from "../oauth/client.ts";
import { OAuthError } from "../oauth/error.ts";
import type { Authorization, RefreshChain } from "../store/records.ts";
import { revokeGrant } from "../tokens/stored_grants.ts";
import type { GrantServer } from "./grant.ts";

/** The index entries of a grant whose end moves are written anew, so it moves by this many seconds at once. */
const END_MOVES_BY = 3600;

/** When a grant ends if it is not used again: after the last access token that can still follow from it. */
export function grantEnd(
  { env }: Pick<GrantServer, "env">,
  client: Client,
  chain: RefreshChain | undefined,
): number {
  if (chain === undefined) return env.now() + client.access_token_lifetime;
  const end = chain.expires_at + client.access_token_lifetime;
  return Math.ceil(end / END_MOVES_BY) * END_MOVES_BY;
}

/** Ends a grant of which something was used twice, and throws `invalid_grant`: one of the two has stolen it. */
export async function endForReplay(
  server: Pick<GrantServer, "records">,
  { grant_id, client_id, sub }: Authorization,
  what: string,
): Promise<never> {
  await revokeGrant(server, grant_id);
  const detail = { grant_id, client_id, sub, reason: `${what} replayed` };
  throw new OAuthError("invalid_grant", `the ${what} was used before`, detail, "grant.revoked");
}
