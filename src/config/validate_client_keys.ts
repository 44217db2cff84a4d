/** Whether a client has the public keys that its other members need, and only public ones. */

import type { JWK } from "jose";
import type { EncryptionAlgorithm } from "../oauth/client.ts";
import { isEncryptionKey } from "../oauth/encryption.ts";
import type { Finding } from "./finding.ts";
import type { ClientConfig } from "./schema.ts";
import { webUriProblem } from "./web_uri.ts";

/** What is wrong with the keys of a client, and with what it wants them for. */
export function clientKeyFindings(client: ClientConfig): Finding[] {
  const { jwks, jwks_uri } = client;
  const keyless = jwks === undefined && jwks_uri === undefined;
  return [
    ...(jwks?.keys ?? []).flatMap(keyFindings),
    // RFC 7591 §2: both MUST NOT be present
    ...jwks !== undefined && jwks_uri !== undefined
      ? [{ path: ["jwks_uri"], message: "can't stand beside jwks" }]
      : [],
    ...(jwks_uri === undefined ? [] : fetchedFindings(["jwks_uri"], jwks_uri)),
    ...client.request_uris.flatMap((uri, index) => fetchedFindings(["request_uris", index], uri)),
    ...keyless ? neededFor(client) : [],
    ...encryptionFindings(client, "id_token"),
    ...encryptionFindings(client, "userinfo"),
  ];
}

/** OpenID Connect Core §6.2: a fragment is a hash of what is there, and part of the request alone. */
function fetchedFindings(path: Finding["path"], uri: string): Finding[] {
  const message = webUriProblem(uri);
  return message === undefined ? [] : [{ path, message }];
}

/** What a client can't do without keys. */
function neededFor(client: ClientConfig): Finding[] {
  const message = (what: string) => `${what} needs the client's public keys: jwks or jwks_uri`;
  return [
    ...client.token_endpoint_auth_method === "private_key_jwt"
      ? [{ path: ["jwks"], message: message("private_key_jwt") }]
      : [],
    ...client.require_signed_request_object
      ? [{ path: ["require_signed_request_object"], message: message("a signed request object") }]
      : [],
    ...client.request_object_signing_alg !== undefined
      ? [{ path: ["request_object_signing_alg"], message: message("a signed request object") }]
      : [],
    ...client.request_uris.length > 0
      ? [{ path: ["request_uris"], message: message("a signed request object") }]
      : [],
  ];
}

function encryptionFindings(client: ClientConfig, what: "id_token" | "userinfo"): Finding[] {
  const alg = client[`${what}_encrypted_response_alg`];
  if (alg === undefined) {
    // OpenID Connect Registration §2: when the enc is given, the alg MUST be too
    return client[`${what}_encrypted_response_enc`] === undefined ? [] : [{
      path: [`${what}_encrypted_response_enc`],
      message: `needs ${what}_encrypted_response_alg`,
    }];
  }
  if (client.jwks_uri !== undefined || hasKeyFor(client, alg)) return [];
  return [{
    path: [`${what}_encrypted_response_alg`],
    message:
      `no key of the client fits ${alg}: it has to have no use or enc, and no alg or this one`,
  }];
}

function hasKeyFor(client: ClientConfig, alg: EncryptionAlgorithm): boolean {
  return client.jwks?.keys.some((key) => isEncryptionKey(key, alg)) ?? false;
}

/** RFC 7517 §9.2, RFC 7591 §2: a client registers public keys alone. */
function keyFindings(key: JWK, index: number): Finding[] {
  const path = ["jwks", "keys", index];
  if (key.kty === "oct") return [{ path, message: "a symmetric key; expected a public one" }];
  if (
    ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"].some((name) => Object.hasOwn(key, name))
  ) {
    return [{ path, message: "a private key; expected the public part alone" }];
  }
  return ["RSA", "EC", "OKP"].some((kty) => kty === key.kty)
    ? []
    : [{ path: [...path, "kty"], message: "expected RSA, EC or OKP" }];
}
