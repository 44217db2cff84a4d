/** How is a token request answered for what a person granted? */

import type { Client } from "../oauth/client.ts";
import { OAuthError } from "../oauth/error.ts";
import type { Parameters } from "../oauth/parameters.ts";
import { parseResource, validateResource } from "../oauth/resource.ts";
import type { Authorization } from "../store/records.ts";
import { type Granted, grantedTo } from "../tokens/granted.ts";
import { idTokenProblem, issueIdToken } from "../tokens/id_token.ts";
import { type NewAccessToken, newAccessToken, type TokenResponse } from "../tokens/issue.ts";
import type { GrantServer } from "./grant.ts";

/**
 * What a person granted. Throws `invalid_grant` where they may not use the client any more, or their session has ended,
 * and `server_error` where the ID token that belongs to it can't be encrypted to the client.
 */
export async function requireGranted(
  server: GrantServer,
  client: Client,
  authorization: Authorization,
): Promise<Granted> {
  const granted = await grantedTo(server, client, authorization);
  if (granted === undefined) {
    throw new OAuthError("invalid_grant", "the user may not use this client, or has logged out");
  }
  const problem = authorization.scope.includes("openid")
    ? await idTokenProblem(server, client)
    : undefined;
  if (problem !== undefined) throw problem;
  return granted;
}

/** The access token of a token request; throws `invalid_target` for resources that were not granted. */
export function newTokenFor(
  server: GrantServer,
  client: Client,
  granted: Granted,
  scope: readonly string[],
  parameters: Parameters,
): NewAccessToken {
  const resource = narrowedResource(server, granted.authorization, scope, parameters);
  return newAccessToken(server, { client, scope, resource, granted });
}

/** The answer of the token endpoint, once its writes are stored. */
export async function respond(
  server: GrantServer,
  client: Client,
  granted: Granted,
  { access_token, scope, nonce, refresh_token }: {
    readonly access_token: NewAccessToken;
    readonly scope: readonly string[];
    readonly nonce: string | undefined;
    readonly refresh_token: string | undefined;
  },
): Promise<TokenResponse> {
  const tokens = await access_token.respond();
  const described = { access_token: tokens.access_token, scope, nonce, alone: false };
  return {
    ...tokens,
    ...scope.includes("openid")
      ? { id_token: await issueIdToken(server, client, granted, described) }
      : {},
    ...refresh_token === undefined ? {} : { refresh_token },
  };
}

/** RFC 8707 §2.2: the resources of a token request are among those of the authorization request, if that named some. */
function narrowedResource(
  server: Pick<GrantServer, "config">,
  { resource }: Authorization,
  scope: readonly string[],
  parameters: Parameters,
): readonly string[] {
  const { resources } = server.config;
  const known = resource.length > 0 ? resource : resources.map((one) => one.resource);
  const requested = parseResource(parameters.resource, known);
  validateResource(resources, scope, requested);
  return requested.length > 0 ? requested : resource;
}
