/** What a client gets for itself (RFC 6749 §4.4). */

import { requestedResource } from "../oauth/resource.ts";
import { parseScope, validateScope } from "../oauth/scope.ts";
import { newAccessToken, type TokenResponse } from "../tokens/issue.ts";
import type { GrantRequest, GrantServer } from "./grant.ts";

/** The `client_credentials` grant. */
export async function clientCredentials(
  server: GrantServer,
  { client, parameters }: GrantRequest,
): Promise<TokenResponse> {
  // Scopes about people mean nothing where there is no person; RFC 6749 §4.4.3: no refresh token
  const allowed = client.scope.filter((name) => !server.scopes.identityClaims.has(name));
  const text = parameters.get("scope");
  const scope = text === undefined ? allowed : parseScope(text);
  validateScope(scope, allowed);
  const resource = requestedResource(server.config.resources, scope, parameters.resource);
  const { writes, respond } = newAccessToken(server, { client, scope, resource });
  if (writes.length > 0) await server.store.commit({ writes });
  return await respond();
}
