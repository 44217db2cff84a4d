/** Which scopes a request asks a person for, at whichever endpoint it begins (RFC 6749 §3.3). */

import type { Client } from "./client.ts";
import { OAuthError } from "./error.ts";
import { bounded, type Parameters } from "./parameters.ts";
import { parseScope, validateScope } from "./scope.ts";

/** The scopes of a request among `known`, each once. Throws `invalid_scope` where there are none, or the client may not have one. */
export function requestedScope(
  known: ReadonlySet<string>,
  client: Pick<Client, "grant_types" | "scope">,
  parameters: Parameters,
): readonly string[] {
  const text = bounded(parameters, "scope");
  // RFC 6749 §3.3: without a default, a missing scope fails
  if (text === undefined) throw new OAuthError("invalid_scope", "scope is missing");
  // OpenID Connect Core §3.1.2.1: scopes that are not understood SHOULD be ignored
  const scope = parseScope(text).filter((name) => known.has(name));
  validateScope(scope, client.scope);
  if (scope.length === 0) throw new OAuthError("invalid_scope", "no scope is known");
  return client.grant_types.includes("refresh_token") ? scope : withoutOfflineAccess(scope);
}

/** OpenID Connect Core §11: `offline_access` is ignored where no refresh token may follow. */
export function withoutOfflineAccess(scope: readonly string[]): readonly string[] {
  return scope.filter((name) => name !== "offline_access");
}
