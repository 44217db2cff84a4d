/** Whether a client may still ask for what it has asked for: its configuration may have changed while the request waited. */

import type { AuthorizationRequest } from "./authorization_request.ts";
import type { Client } from "./client.ts";
import { OAuthError } from "./error.ts";
import { requireCodeChallenge } from "./pkce.ts";
import { requestedResource, type Resource } from "./resource.ts";
import { brings, parseResponseType } from "./response_type.ts";
import { validateScope } from "./scope.ts";

/**
 * Why a valid request isn't one any more, held against its client as that is now; `undefined`: it still is. RFC 9126
 * §7.4 recommends to look once more when a pushed request is used.
 */
export function refusalSince(
  resources: readonly Resource[],
  client: Client,
  request: AuthorizationRequest,
): OAuthError | undefined {
  try {
    requireAllowed(resources, client, request);
    return undefined;
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return error;
  }
}

/** All that `parseAuthorizationRequest` asks of the configuration; the form of a request can't have changed. */
function requireAllowed(
  resources: readonly Resource[],
  client: Client,
  { response_type, scope, resource, code_challenge }: AuthorizationRequest,
): void {
  parseResponseType(client, response_type);
  validateScope(scope, client.scope);
  requestedResource(resources, scope, resource);
  if (brings(response_type, "code")) requireCodeChallenge(client, code_challenge);
}
