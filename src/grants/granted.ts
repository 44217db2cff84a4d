/** What follows from a person's grant: its tokens, its end, and its early end. */

import type { Client } from "../oauth/client.ts";
import { OAuthError } from "../oauth/error.ts";
import type { Parameters } from "../oauth/parameters.ts";
import { parseResource, validateResource } from "../oauth/resource.ts";
import type { Authorization, RefreshChain } from "../store/records.ts";
import { revokeGrant } from "../tokens/authorization.ts";
import { type Granted, grantedTo } from "../tokens/granted.ts";
import {
  issueIdToken,
  type NewAccessToken,
  newAccessToken,
  type TokenResponse,
} from "../tokens/issue.ts";
import type { GrantServer } from "./grant.ts";

/** What a person granted. Throws `invalid_grant` where they may not use the client any more, or their session has ended. */
export async function requireGranted(
  server: GrantServer,
  client: Client,
  authorization: Authorization,
): Promise<Granted> {
  const granted = await grantedTo(server, client, authorization);
  if (granted !== undefined) return granted;
  throw new OAuthError("invalid_grant", "the user may not use this client, or has logged out");
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
  const described = { access_token: tokens.access_token, scope, nonce };
  return {
    ...tokens,
    ...scope.includes("openid")
      ? { id_token: await issueIdToken(server, client, granted, described) }
      : {},
    ...refresh_token === undefined ? {} : { refresh_token },
  };
}

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
