/** With what a request tries to authenticate its client: read, not yet believed. */

import { fromUtf8 } from "../lib/bytes.ts";
import type { ClientAuthenticationMethod } from "../oauth/client.ts";
import { authenticationFailed, OAuthError } from "../oauth/error.ts";
import type { Parameters } from "../oauth/parameters.ts";
import { CLIENT_ASSERTION_TYPE } from "../oauth/assertion.ts";

/** Where a client may stand in a request. */
export interface SentCredentials {
  /** The `Authorization` header. */
  readonly authorization: string | undefined;
  readonly parameters: Parameters;
}

/** What a client sends. */
export interface ClientRequest extends SentCredentials {
  /** From where it comes: a network address, IPv6 as its /64. */
  readonly address: string;
}

/** The one method that a request uses, and what it brings. */
export interface Credentials {
  readonly method: ClientAuthenticationMethod;
  readonly client_id: string;
  /** The secret or the assertion; empty for `none`. */
  readonly secret: string;
}

/** The most characters of an assertion. */
const LONGEST_ASSERTION = 16_384;

/**
 * The credentials of a request. Throws `invalid_request` where several methods are used (RFC 6749 §2.3), or where they
 * name different clients; `invalid_client` where there are none, or malformed ones (RFC 6749 §5.2).
 */
export function readCredentials(request: SentCredentials): Credentials {
  const { parameters } = request;
  const found = [basic(request.authorization), post(parameters), assertion(parameters)]
    .filter((credentials) => credentials !== undefined);
  // RFC 6749 §2.3: a client MUST NOT use more than one method in a request
  if (found.length > 1) {
    throw new OAuthError("invalid_request", "more than one client authentication method");
  }
  const client_id = parameters.get("client_id");
  const [only] = found;
  if (only === undefined) {
    if (client_id === undefined) {
      throw malformed("no client authentication");
    }
    return { method: "none", client_id, secret: "" };
  }
  if (client_id !== undefined && client_id !== only.client_id) {
    throw new OAuthError("invalid_request", "client_id is not the client that authenticates");
  }
  return only;
}

/** Whether a request brings no proof of who sends it: at most a `client_id`. */
export function isAnonymous({ authorization, parameters }: SentCredentials): boolean {
  return authorization === undefined && parameters.get("client_secret") === undefined &&
    parameters.get("client_assertion") === undefined;
}

function malformed(reason: string): OAuthError {
  return authenticationFailed({ reason });
}

function basic(authorization: string | undefined): Credentials | undefined {
  if (authorization === undefined) return undefined;
  const [, encoded] = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization) ?? [];
  if (encoded === undefined) throw malformed("the Authorization header is not Basic");
  let client_id: string, secret: string;
  try {
    [client_id, secret] = parsePair(fromUtf8(Uint8Array.fromBase64(encoded)));
  } catch {
    throw malformed("the Basic credentials are malformed");
  }
  if (client_id === "") throw malformed("the Basic credentials are malformed");
  return { method: "client_secret_basic", client_id, secret };
}

/** RFC 6749 §2.3.1: both are form-encoded before a colon joins them. Throws a `TypeError` where there is none, or a `URIError`. */
function parsePair(pair: string): [client_id: string, secret: string] {
  const colon = pair.indexOf(":");
  if (colon < 0) throw new TypeError("no colon");
  // Encoding leaves no "/", so this is a URI that many libraries send as it is: its colons come before the secret's.
  if (pair.startsWith("://", colon)) {
    const last = pair.lastIndexOf(":");
    return [pair.slice(0, last), pair.slice(last + 1)];
  }
  return [formDecode(pair.slice(0, colon)), formDecode(pair.slice(colon + 1))];
}

/** Throws a `URIError` for a malformed percent sequence. */
function formDecode(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}

function post(parameters: Parameters): Credentials | undefined {
  const secret = parameters.get("client_secret");
  if (secret === undefined) return undefined;
  return { method: "client_secret_post", client_id: parameters.require("client_id"), secret };
}

function assertion(parameters: Parameters): Credentials | undefined {
  const type = parameters.get("client_assertion_type");
  const secret = parameters.get("client_assertion");
  if (type === undefined && secret === undefined) return undefined;
  // RFC 7521 §4.2: both are REQUIRED
  if (type !== CLIENT_ASSERTION_TYPE) throw malformed("client_assertion_type is unknown");
  if (secret === undefined || secret.length > LONGEST_ASSERTION) {
    throw malformed("client_assertion is missing or too long");
  }
  // RFC 7521 §4.2: client_id is OPTIONAL; the assertion's subject names the client
  const client_id = parameters.get("client_id") ?? unverifiedSubject(secret);
  return { method: "private_key_jwt", client_id, secret };
}

/** Whom an assertion claims to be from. Good for looking up the keys that will prove it. */
function unverifiedSubject(jwt: string): string {
  try {
    const payload = Uint8Array.fromBase64(jwt.split(".")[1] ?? "", { alphabet: "base64url" });
    const { sub } = JSON.parse(fromUtf8(payload));
    if (typeof sub === "string" && sub !== "") return sub;
  } catch { /* refused below */ }
  throw malformed("the assertion has no subject");
}
