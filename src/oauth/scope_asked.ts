/** Which scopes a person is asked about, where a client asks for claims one by one too (OpenID Connect Core §5.5). */

import { claimsOfScopes } from "./claims.ts";
import { baseName, type ClaimsRequest } from "./claims_request.ts";
import type { Client } from "./client.ts";

/**
 * The scopes of a request, and behind each of its claims that none of these brings the narrowest scope that does: of
 * those that the client may have. They are asked about and remembered, but never granted: no token has them.
 */
export function scopeAsked(
  identityClaims: ReadonlyMap<string, readonly string[]>,
  client: Pick<Client, "scope">,
  { scope, claims }: {
    readonly scope: readonly string[];
    readonly claims: ClaimsRequest | undefined;
  },
): readonly string[] {
  if (claims === undefined) return scope;
  const brought = claimsOfScopes(identityClaims, scope);
  const names = Object.keys({ ...claims.userinfo, ...claims.id_token }).map(baseName)
    .filter((name) => !brought.has(name));
  const behind = names.flatMap((claim) => narrowest(identityClaims, client.scope, claim) ?? []);
  return [...new Set([...scope, ...behind])];
}

/** Of some scopes the one that brings a claim and the fewest others. */
function narrowest(
  identityClaims: ReadonlyMap<string, readonly string[]>,
  scope: readonly string[],
  claim: string,
): string | undefined {
  const width = (name: string) => identityClaims.get(name)?.length ?? 0;
  return scope.filter((name) => identityClaims.get(name)?.includes(claim))
    .toSorted((one, other) => width(one) - width(other))[0];
}
