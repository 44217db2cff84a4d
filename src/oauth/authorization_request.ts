/** What an authorization request asks for, once every rule has been checked (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1). */

import { claimsOfScopes } from "./claims.ts";
import { parseClaimsLocales } from "./claims_locales.ts";
import { type ClaimsRequest, parseClaims } from "./claims_request.ts";
import type { ResponseTarget } from "./authorization_response.ts";
import type { Client, ResponseMode, ResponseType } from "./client.ts";
import { OAuthError } from "./error.ts";
import { bounded, limited, type Parameters, printable, seconds } from "./parameters.ts";
import { parseCodeChallenge } from "./pkce.ts";
import { parsePrompt, type Prompt } from "./prompt.ts";
import { matchRedirectUri, type RegisteredRedirectUri } from "./redirect_uri.ts";
import { withoutSecrets } from "./redirect_uri_difference.ts";
import { requestedScope, withoutOfflineAccess } from "./requested_scope.ts";
import { requestedResource, type Resource } from "./resource.ts";
import { attempt, errorMode, parseResponseMode } from "./response_mode.ts";
import { brings, parseResponseType } from "./response_type.ts";

/** A valid authorization request; it survives JSON, so that it can wait in the store. */
export interface AuthorizationRequest {
  readonly client_id: string;
  /** Where the answer goes; proven again when the request is resumed. */
  readonly redirect_uri: string;
  /** Whether the request named it; otherwise it is the client's only one. */
  readonly redirect_uri_given: boolean;
  readonly response_type: ResponseType;
  readonly response_mode: ResponseMode;
  readonly state: string | undefined;
  readonly nonce: string | undefined;
  readonly scope: readonly string[];
  readonly resource: readonly string[];
  readonly code_challenge: string | undefined;
  readonly prompt: readonly Prompt[];
  readonly max_age: number | undefined;
  /** What the login should reach, the best first (OpenID Connect Core §3.1.2.1). */
  readonly acr_values: readonly string[];
  /** Claims that are asked for one by one (OpenID Connect Core §5.5). */
  readonly claims: ClaimsRequest | undefined;
  /** In which languages they are wanted, the best first (OpenID Connect Core §5.2). */
  readonly claims_locales: readonly string[];
  readonly login_hint: string | undefined;
  readonly ui_locales: string | undefined;
  /** The person that `id_token_hint` names, as the client knows them; nobody else may be answered (OpenID Connect Core §3.1.2.2). */
  readonly hinted_sub: string | undefined;
}

/** So many registered URIs stand in the log beside one that isn't. */
const MOST_LOGGED = 5;

/**
 * The redirect URI of a request, proven. Throws `invalid_request`: until this returns, nothing may be redirected.
 * RFC 6749 §3.1.2.3: it may be absent where the client has one alone; OpenID Connect Core §3.1.2.1: but not with `openid`.
 */
export function proveRedirectUri(
  client: Pick<Client, "redirect_uris">,
  parameters: Parameters,
): RegisteredRedirectUri {
  const requested = parameters.get("redirect_uri");
  if (requested === undefined) {
    const [only, ...others] = client.redirect_uris;
    const openid = parameters.get("scope")?.split(" ").includes("openid") ?? false;
    if (only === undefined || others.length > 0 || openid) {
      throw new OAuthError("invalid_request", "redirect_uri is missing");
    }
    return only as RegisteredRedirectUri;
  }
  const proven = matchRedirectUri(client, requested);
  if (proven === undefined) {
    throw new OAuthError("invalid_request", "redirect_uri is not registered for this client", {
      redirect_uri: withoutSecrets(requested).slice(0, 512),
      registered: client.redirect_uris.slice(0, MOST_LOGGED),
    });
  }
  return proven;
}

/** Where the answer goes, even if the rest of the request is wrong: what can't be read falls back to the default. */
export function responseTarget(
  redirect_uri: RegisteredRedirectUri,
  parameters: Parameters,
): ResponseTarget {
  return {
    redirect_uri,
    response_mode: errorMode(parameters),
    state: attempt(() => printable(parameters, "state")),
  };
}

/** Where the answer to a stored request goes; `undefined` where its redirect URI is the client's no more. */
export function storedTarget(
  client: Client,
  { redirect_uri: asked, response_mode, state }: AuthorizationRequest,
): ResponseTarget | undefined {
  const redirect_uri = matchRedirectUri(client, asked);
  return redirect_uri && { redirect_uri, response_mode, state };
}

/** Everything else; `hinted_sub` comes from the verified `id_token_hint`. Throws an `OAuthError` that goes back to the client by redirect. */
export function parseAuthorizationRequest(
  server: {
    /** All scopes that anybody may ask for. */
    readonly scopes: ReadonlySet<string>;
    /** The claims of those that are about people. */
    readonly identityClaims: ReadonlyMap<string, readonly string[]>;
    readonly resources: readonly Resource[];
  },
  client: Client,
  redirect_uri: RegisteredRedirectUri,
  parameters: Parameters,
  hinted_sub?: string,
): AuthorizationRequest {
  parameters.rejectRepeated();
  // OpenID Connect Core §7.2.1: servers without self-issued identities say so
  if (parameters.get("registration") !== undefined) {
    throw new OAuthError("registration_not_supported", "registration is not supported");
  }
  const response_type = parseResponseType(client, parameters.require("response_type"));
  const scope = parseRequestedScope(server.scopes, client, response_type, parameters);
  const resource = requestedResource(server.resources, scope, parameters.resource);
  const asking = { response_type, scope };
  const claims = parseAskedClaims(server.identityClaims, client, asking, parameters);
  return {
    client_id: client.client_id,
    redirect_uri,
    redirect_uri_given: parameters.get("redirect_uri") !== undefined,
    response_type,
    response_mode: parseResponseMode(response_type, parameters),
    state: printable(parameters, "state"),
    nonce: parseNonce(response_type, parameters),
    // A challenge protects a code; without one there is nothing to be proven.
    code_challenge: brings(response_type, "code")
      ? parseCodeChallenge(client, parameters)
      : undefined,
    scope,
    resource,
    prompt: parsePrompt(parameters.get("prompt")),
    max_age: seconds(parameters, "max_age") ?? client.default_max_age,
    acr_values: parseAcrValues(client, claims, parameters),
    claims,
    claims_locales: parseClaimsLocales(bounded(parameters, "claims_locales")),
    login_hint: bounded(parameters, "login_hint"),
    ui_locales: bounded(parameters, "ui_locales"),
    hinted_sub,
  };
}

/** OpenID Connect Registration §2: acr_values and the claim acr come before what the client is registered with. */
function parseAcrValues(
  { default_acr_values }: Client,
  claims: ClaimsRequest | undefined,
  parameters: Parameters,
): readonly string[] {
  const text = bounded(parameters, "acr_values");
  if (text !== undefined) return [...new Set(text.split(" ").filter((value) => value !== ""))];
  return claims?.id_token["acr"] === undefined ? default_acr_values : [];
}

/** The claims that the client asks for and may have. OpenID Connect Core §3.1.2.1: only a request with `openid` knows the parameter. */
function parseAskedClaims(
  identityClaims: ReadonlyMap<string, readonly string[]>,
  client: Client,
  { response_type, scope }: Pick<AuthorizationRequest, "response_type" | "scope">,
  parameters: Parameters,
): ClaimsRequest | undefined {
  const text = limited(parameters, "claims");
  if (text === undefined || !scope.includes("openid")) return undefined;
  const claims = parseClaims(text, claimsOfScopes(identityClaims, client.scope));
  // OpenID Connect Core §5.5: userinfo MUST be asked for with a response_type that brings an access token
  if (response_type === "id_token" && Object.keys(claims?.userinfo ?? {}).length > 0) {
    throw new OAuthError("invalid_request", "claims asks for userinfo, but no access token comes");
  }
  return claims;
}

/** OpenID Connect Core §3.2.2.1, §3.3.2.11: REQUIRED where an ID token comes through the browser. */
function parseNonce(response_type: ResponseType, parameters: Parameters): string | undefined {
  const nonce = printable(parameters, "nonce");
  if (nonce === undefined && brings(response_type, "id_token")) {
    throw new OAuthError("invalid_request", "nonce is missing");
  }
  return nonce;
}

function parseRequestedScope(
  known: ReadonlySet<string>,
  client: Client,
  response_type: ResponseType,
  parameters: Parameters,
): readonly string[] {
  const scope = requestedScope(known, client, parameters);
  // OpenID Connect Core §3.1.2.1: without openid it is no request of OpenID Connect, which alone knows ID tokens
  if (brings(response_type, "id_token") && !scope.includes("openid")) {
    throw new OAuthError("invalid_scope", "an ID token needs the scope openid");
  }
  return brings(response_type, "code") ? scope : withoutOfflineAccess(scope);
}
