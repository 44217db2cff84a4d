/** What a client is told about a person besides who they are, by userinfo or in an ID token. */

import type { ScopeCatalog } from "../config/scope_catalog.ts";
import { claimsOfScopes, userClaims } from "../oauth/claims.ts";
import type { ClaimDemand } from "../oauth/claims_request.ts";
import type { Client } from "../oauth/client.ts";
import type { Granted } from "./granted.ts";

/** The claims that these scopes bring, and those of `asked` that the client may still ask for. Without `sub`. */
export function identityClaims(
  { scopes }: { readonly scopes: Pick<ScopeCatalog, "identityClaims"> },
  client: Client,
  { authorization, user }: Granted,
  scope: readonly string[],
  asked: Readonly<Record<string, ClaimDemand>> = {},
): Record<string, unknown> {
  const some = Object.keys(asked).length > 0;
  const askable = claimsOfScopes(scopes.identityClaims, some ? client.scope : []);
  const locales = authorization.claims_locales;
  return userClaims(scopes.identityClaims, scope, user, { asked, askable, locales });
}
