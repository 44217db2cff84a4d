/** What a client really asks for: the parameters of its request, or those of the signed object in it (RFC 9101, OpenID Connect Core §6). */

import { base64url, fromUtf8, sha256 } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import { callOut, type OutboundRequest, type OutboundServer } from "../lib/outbound.ts";
import { OutboundError, settingOf } from "../lib/outbound_error.ts";
import type { Semaphore } from "../lib/semaphore.ts";
import type { Client } from "../oauth/client.ts";
import { OAuthError } from "../oauth/error.ts";
import type { Parameters } from "../oauth/parameters.ts";
import { oneTimeUse, parametersOfObject, REQUEST_OBJECT_TYPES } from "../oauth/request_object.ts";
import type { OneTimeValue } from "../store/replay.ts";
import type { ClientKeys } from "./client_keys.ts";
import { SignatureRefused, verifyClientJwt } from "./client_signature.ts";

/** What reading request objects needs. */
export interface RequestObjectServer extends OutboundServer {
  readonly env: OutboundServer["env"] & Pick<Env, "now">;
  readonly clientKeys: ClientKeys;
  /** How many objects are fetched from a `request_uri` at once. */
  readonly fetching: (request_uri: string) => Semaphore;
}

/** The most bytes of an object that is fetched. */
const LONGEST_OBJECT = 65_536;

/** What counts of a request. */
export interface Requested {
  readonly parameters: Parameters;
  /** The object that they come from, where that is good once: to be used up when all else is found good. */
  readonly once: OneTimeValue | undefined;
}

/**
 * The parameters that count: the outer ones, or those of the object that they bring or refer to, and then those alone.
 * Throws `invalid_request`, `invalid_request_object`, `invalid_request_uri`, and `request_not_supported` or
 * `request_uri_not_supported` where the client is not registered for it; `Busy` where too many ask for the same object.
 */
export async function requestedParameters(
  server: RequestObjectServer,
  client: Client,
  outer: Parameters,
): Promise<Requested> {
  const object = await objectOf(server, client, outer);
  if (object === undefined) {
    if (!client.require_signed_request_object) return { parameters: outer, once: undefined };
    throw new OAuthError("invalid_request", "the client has to sign its requests (RFC 9101)");
  }
  outer.rejectRepeated();
  const { client_id } = client;
  const expected = { client_id, issuer: server.config.issuer, now: server.env.now() };
  const signed = await verified(server, client, object);
  const parameters = parametersOfObject(signed, expected);
  const use = oneTimeUse(signed.claims, expected.now);
  const once = use && {
    purpose: "request_object" as const,
    party: client_id,
    value: use.jti,
    exp: use.exp,
  };
  return { parameters, once };
}

async function objectOf(
  server: RequestObjectServer,
  client: Client,
  outer: Parameters,
): Promise<string | undefined> {
  const [request, request_uri] = [outer.get("request"), outer.get("request_uri")];
  // RFC 9101 §5: both MUST NOT be used together
  if (request !== undefined && request_uri !== undefined) {
    throw new OAuthError("invalid_request", "request and request_uri are both given");
  }
  if (request !== undefined && client.jwks === undefined && client.jwks_uri === undefined) {
    throw new OAuthError("request_not_supported", "the client has no keys to sign requests with");
  }
  return request_uri === undefined ? request : await fetchObject(server, client, request_uri);
}

async function verified(server: RequestObjectServer, client: Client, object: string) {
  try {
    return await verifyClientJwt(server, client, object, client.request_object_signing_alg);
  } catch (error) {
    if (!(error instanceof SignatureRefused)) throw error;
    // OpenID Connect Core §6.1 lets objects be encrypted where metadata says so, which ours doesn't
    const description = object.split(".").length === 5
      ? "encrypted request objects are not supported"
      : "the request object is not signed by a key of the client, or not as it is registered";
    throw new OAuthError("invalid_request_object", description, { reason: error.message });
  }
}

/** RFC 9101 §10.4: only what is registered is fetched, or a request would lead us anywhere. */
async function fetchObject(
  server: RequestObjectServer,
  client: Client,
  request_uri: string,
): Promise<string> {
  if (client.request_uris.length === 0) {
    throw new OAuthError("request_uri_not_supported", "the client has registered no request_uris");
  }
  const [url = "", ...fragments] = request_uri.split("#");
  if (!client.request_uris.includes(url) || fragments.length > 1) {
    throw new OAuthError("invalid_request_uri", "request_uri is not registered for this client");
  }
  const accept = REQUEST_OBJECT_TYPES.filter((type) => type.startsWith("application/")).join(", ");
  const body = await fetched(server, { url, accept, limit: LONGEST_OBJECT });
  // OpenID Connect Core §6.2: the fragment, if there is one, is the hash of what is fetched
  const [hash] = fragments;
  if (hash !== undefined && hash !== base64url(sha256(body))) {
    throw new OAuthError("invalid_request_uri", "the fragment of request_uri is not its hash");
  }
  try {
    return fromUtf8(body).trim();
  } catch {
    throw new OAuthError("invalid_request_object", "the request object is no text");
  }
}

async function fetched(
  server: RequestObjectServer,
  request: OutboundRequest,
): Promise<Uint8Array> {
  const failed = (reason: string) =>
    new OAuthError("invalid_request_uri", "request_uri can't be fetched", {
      reason,
      ...settingOf(reason),
    });
  try {
    // Anybody can make us ask: a client that hangs, or is to be flooded, gets no more than its part.
    const turn = server.fetching(request.url);
    const { status, type, body } = await turn(() => callOut(server, request));
    if (status !== 200) throw failed(`status ${status}`);
    if (!REQUEST_OBJECT_TYPES.some((one) => one === type)) throw failed("another media type");
    return body;
  } catch (error) {
    throw error instanceof OutboundError ? failed(error.reason) : error;
  }
}
