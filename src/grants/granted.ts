/** Whether what a person once granted still stands, and the tokens that follow from it. */

import type { Client } from "../oauth/client.ts";
import { OAuthError } from "../oauth/error.ts";
import type { Parameters } from "../oauth/parameters.ts";
import { parseResource, validateResource } from "../oauth/resource.ts";
import {
  type Granted,
  issueAccessToken,
  issueIdToken,
  type TokenResponse,
} from "../tokens/issue.ts";
import { mayUse } from "../users/directory.ts";
import type { Authorization } from "../store/records.ts";
import type { GrantServer } from "./grant.ts";

/** The living family with its person. Throws `invalid_grant` where either is gone or the person may not use the client any more. */
export async function grantedBy(
  server: GrantServer,
  handle: string,
  client: Client,
): Promise<Granted> {
  const authorization = await server.records.authorization.get(handle);
  if (authorization === undefined) throw new OAuthError("invalid_grant", "the grant was revoked");
  const user = await server.users.findBySub(authorization.sub);
  if (user === undefined || !mayUse(user, client)) {
    throw new OAuthError("invalid_grant", "the user may not use this client");
  }
  return { handle, authorization, user };
}

/** The answer of the token endpoint for a person's grant. */
export async function answer(
  server: GrantServer,
  client: Client,
  granted: Granted,
  request: {
    readonly resource: readonly string[];
    readonly scope: readonly string[];
    readonly nonce: string | undefined;
    readonly refresh_token: string | undefined;
  },
): Promise<TokenResponse> {
  const { scope, resource, nonce, refresh_token } = request;
  const tokens = await issueAccessToken(server, { client, scope, resource, granted });
  const { access_token } = tokens;
  return {
    ...tokens,
    ...scope.includes("openid")
      ? { id_token: await issueIdToken(server, client, granted, { access_token, scope, nonce }) }
      : {},
    ...refresh_token === undefined ? {} : { refresh_token },
  };
}

/** RFC 8707 §2.2: the resources of a token request are among those of the authorization request, if that named some. */
export function narrowedResource(
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
