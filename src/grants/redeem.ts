/** What the code that waits in a grant is redeemed for, whoever has presented it (RFC 6749 §4.1.4, RFC 8628 §3.5). */

import type { Read } from "../store/collection.ts";
import type { Authorization, PendingCode } from "../store/records.ts";
import type { PresentedHandle } from "../tokens/handle.ts";
import type { TokenResponse } from "../tokens/issue.ts";
import { firstRefreshToken, scopeLeft } from "../tokens/refresh_chain.ts";
import { newTokenFor, requireGranted, respond } from "./answer.ts";
import { grantEnd } from "./end.ts";
import type { GrantRequest, GrantServer } from "./grant.ts";

/**
 * Redeems a code that belongs to the client; `undefined` where somebody else has written the grant meanwhile. All that
 * the request may be refused for comes before the code is spent. Throws as `requireGranted` and `newTokenFor` do.
 */
export async function redeem(
  server: GrantServer,
  { client, parameters }: GrantRequest,
  { seed }: Pick<PresentedHandle, "seed">,
  read: Read<Authorization>,
  { nonce }: Pick<PendingCode, "nonce">,
): Promise<TokenResponse | undefined> {
  const granted = await requireGranted(server, client, read.record);
  const scope = scopeLeft(client, read.record.scope);
  const access_token = newTokenFor(server, client, granted, scope, parameters);
  const refresh = firstRefreshToken(server, client, seed, scope);
  const redeemed: Authorization = {
    ...read.record,
    used_at: server.env.now(),
    code: undefined,
    refresh_token: refresh?.chain,
    // A token that came with the code may be good for longer than those that follow.
    expires_at: Math.max(read.record.expires_at, grantEnd(server, client, refresh?.chain)),
  };
  const won = await server.store.commit({
    checks: [read.check],
    writes: [...server.records.authorization.rewrite(read, redeemed), ...access_token.writes],
  });
  if (!won) return undefined;
  return await respond(server, client, granted, {
    access_token,
    scope,
    nonce,
    refresh_token: refresh?.token,
  });
}
