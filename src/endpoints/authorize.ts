/** GET and POST /connect/authorize: a client sends a person (RFC 6749 §3.1, OpenID Connect Core §3.1.2). */

import type { Context } from "hono";
import { requestedParameters, type RequestObjectServer } from "../clients/request_object.ts";
import type { ScopeCatalog } from "../config/scope_catalog.ts";
import type { Config } from "../config/schema.ts";
import { pause } from "../login/interaction.ts";
import {
  type AuthorizationRequest,
  parseAuthorizationRequest,
  proveRedirectUri,
  responseTarget,
} from "../oauth/authorization_request.ts";
import type { ResponseTarget } from "../oauth/authorization_response.ts";
import type { Client } from "../oauth/client.ts";
import { OAuthError } from "../oauth/error.ts";
import { PATHS } from "../oauth/metadata.ts";
import type { Parameters } from "../oauth/parameters.ts";
import { attempt } from "../oauth/response_mode.ts";
import { type HintServer, readIdTokenHint } from "../tokens/id_token_hint.ts";
import { proceed, type ProceedingServer } from "./authorization_flow.ts";
import { refuse } from "./client_answer.ts";
import { toInteraction } from "./flow.ts";
import { type AppEnv, readForm, readQuery } from "./http.ts";
import { orPage, provenClient } from "./or_page.ts";

type Server = ProceedingServer & RequestObjectServer & HintServer & {
  readonly scopes: Pick<ScopeCatalog, "names" | "identityClaims">;
  readonly config: Pick<Config, "resources">;
};

/** Begins a flow. Throws a `PageError` until client and redirect URI are proven; all later errors go to the client. */
export async function authorize(server: Server, c: Context<AppEnv>): Promise<Response> {
  const posted = c.req.method === "POST";
  const outer = posted ? await readForm(c) : readQuery(c);
  // RFC 6749 §4.1.2.1: without a proven client and redirect URI the person is told, and nothing is redirected
  const client_id = orPage("client", () => outer.require("client_id"));
  const client = await provenClient(server, client_id);
  let parameters: Parameters;
  try {
    parameters = await requestedParameters(server, client, outer);
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    const target = outerTarget(client, outer);
    // What is wrong with the object matters more than that nothing else names a redirect URI.
    if (target === undefined) throw error;
    return await refuse(server, c, { client, target }, error, undefined);
  }
  const redirect_uri = orPage("redirect_uri", () => proveRedirectUri(client, parameters));
  const target = responseTarget(redirect_uri, parameters);
  let request: AuthorizationRequest;
  try {
    const { names: scopes, identityClaims } = server.scopes;
    const known = { scopes, identityClaims, resources: server.config.resources };
    const hinted_sub = await hintedSub(server, client, parameters);
    request = parseAuthorizationRequest(known, client, redirect_uri, parameters, hinted_sub);
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return await refuse(server, c, { client, target }, error, undefined);
  }
  const kind = "authorization";
  if (!posted) return await proceed(server, c, { kind, client, request, target });
  // Browsers keep Lax cookies from a POST of another site; the GET that follows brings them.
  const handle = await pause(server, { kind, request }, undefined);
  return toInteraction(server, c, PATHS.resume, handle);
}

/** The person whom an ID token that this client had from us names; it may have expired (OpenID Connect Core §3.1.2.1). */
async function hintedSub(
  server: Server,
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

/** Where an answer can go although the request object can't be read; `undefined`: nowhere. */
function outerTarget(client: Client, outer: Parameters): ResponseTarget | undefined {
  const redirect_uri = attempt(() => proveRedirectUri(client, outer));
  return redirect_uri && responseTarget(redirect_uri, outer);
}
