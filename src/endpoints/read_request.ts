/** What a client asks for, judged by the same rules whether a browser brings the request or the client pushes it. */

import { requestedParameters, type RequestObjectServer } from "../clients/request_object.ts";
import type { ScopeCatalog } from "../config/scope_catalog.ts";
import type { Config } from "../config/schema.ts";
import {
  type AuthorizationRequest,
  parseAuthorizationRequest,
  proveRedirectUri,
  responseTarget,
} from "../oauth/authorization_request.ts";
import type { ResponseTarget } from "../oauth/authorization_response.ts";
import type { Client } from "../oauth/client.ts";
import { OAuthError } from "../oauth/error.ts";
import type { Parameters } from "../oauth/parameters.ts";
import { attempt } from "../oauth/response_mode.ts";
import { type OneTimeValue, type ReplayServer, useOnce } from "../store/replay.ts";
import { type HintServer, readIdTokenHint } from "../tokens/id_token_hint.ts";
import { orPage } from "./or_page.ts";

/** What judging a request needs. */
export type ReadingServer = RequestObjectServer & HintServer & ReplayServer & {
  readonly scopes: Pick<ScopeCatalog, "names" | "identityClaims">;
  readonly config: Pick<Config, "resources">;
};

/** A request that is right. */
export interface GoodRequest {
  readonly request: AuthorizationRequest;
  /** Where its answer goes. */
  readonly target: ResponseTarget;
  /** The signed object that it comes from, where that is good once: whoever takes the request uses it up. */
  readonly once: OneTimeValue | undefined;
}

/** A request that is wrong. */
export interface BadRequest {
  readonly error: OAuthError;
  /** Where its client can be told; `undefined`: nowhere, for its redirect URI isn't proven. */
  readonly target: ResponseTarget | undefined;
  /** The parameters that count; absent where a request object could not be read. */
  readonly parameters?: Parameters | undefined;
}

/** What a client asks for by these parameters, or by the signed object in them. Throws `StoreError`, and `Busy` as `requestedParameters` does. */
export async function readRequest(
  server: ReadingServer,
  client: Client,
  outer: Parameters,
): Promise<GoodRequest | BadRequest> {
  let counting: Parameters | undefined;
  let target: ResponseTarget | undefined;
  try {
    const { parameters, once } = await requestedParameters(server, client, outer);
    counting = parameters;
    const redirect_uri = orPage("redirect_uri", () => proveRedirectUri(client, parameters));
    target = responseTarget(redirect_uri, parameters);
    const { names: scopes, identityClaims } = server.scopes;
    const known = { scopes, identityClaims, resources: server.config.resources };
    const hinted_sub = await hintedSub(server, client, parameters);
    const request = parseAuthorizationRequest(known, client, redirect_uri, parameters, hinted_sub);
    return { request, target, once };
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    // What is wrong with the object matters more than that nothing else names a redirect URI.
    if (counting === undefined) return { error, target: outerTarget(client, outer) };
    return { error, target, parameters: counting };
  }
}

/** The request, unless its object was used before. To be asked last: whatever else may refuse a request has let it pass. */
export async function useUp(
  server: ReplayServer,
  read: GoodRequest | BadRequest,
): Promise<GoodRequest | BadRequest> {
  if ("error" in read || read.once === undefined) return read;
  // RFC 7519 §4.1.7: jti is there to prevent that a JWT is replayed
  if (await useOnce(server, read.once)) return read;
  const error = new OAuthError("invalid_request_object", "the request object was used before");
  return { error, target: read.target };
}

/** Where an answer can go whatever a request object says; `undefined`: nowhere. */
export function outerTarget(client: Client, outer: Parameters): ResponseTarget | undefined {
  const redirect_uri = attempt(() => proveRedirectUri(client, outer));
  return redirect_uri && responseTarget(redirect_uri, outer);
}

/** The person whom an ID token that this client had from us names; it may have expired (OpenID Connect Core §3.1.2.1). */
async function hintedSub(
  server: HintServer,
  { client_id }: Client,
  parameters: Parameters,
): Promise<string | undefined> {
  const hint = parameters.get("id_token_hint");
  if (hint === undefined) return undefined;
  const named = await readIdTokenHint(server, hint);
  if (named?.client_id !== client_id) {
    throw new OAuthError("invalid_request", "id_token_hint is no ID token of this client");
  }
  return named.sub;
}
