/** Proof Key for Code Exchange (RFC 7636): S256 alone. */

import { base64url, sha256 } from "../lib/bytes.ts";
import { OAuthError } from "./error.ts";
import type { Parameters } from "./parameters.ts";

/** The methods that metadata lists. RFC 9700 §2.1.1: `plain` would show the verifier to whoever sees the request. */
export const CODE_CHALLENGE_METHODS = ["S256"] as const;

/** The challenge of an authorization request. Throws `invalid_request` where it is missing though required, or not S256. */
export function parseCodeChallenge(
  client: { readonly require_pkce: boolean },
  parameters: Parameters,
): string | undefined {
  const challenge = parameters.get("code_challenge");
  const method = parameters.get("code_challenge_method");
  if (challenge === undefined) {
    if (method !== undefined) {
      throw new OAuthError("invalid_request", "code_challenge_method without code_challenge");
    }
    requireCodeChallenge(client, challenge);
    return undefined;
  }
  // RFC 7636 §4.3: an absent method means plain, which is refused like any other (§4.4.1)
  if (method !== "S256") {
    throw new OAuthError("invalid_request", "code_challenge_method must be S256");
  }
  // RFC 7636 §4.2: BASE64URL(SHA256(…)) has 43 characters
  if (!/^[A-Za-z0-9_-]{43}$/.test(challenge)) {
    throw new OAuthError("invalid_request", "code_challenge is not the base64url of a SHA-256");
  }
  return challenge;
}

/** Throws `invalid_request` where a challenge is missing though required. */
export function requireCodeChallenge(
  client: { readonly require_pkce: boolean },
  challenge: string | undefined,
): void {
  if (challenge === undefined && client.require_pkce) {
    throw new OAuthError("invalid_request", "code_challenge is missing (RFC 7636 4.4.1)");
  }
}

/** Throws where the `code_verifier` of a token request does not belong to the code's challenge. */
export function validateCodeVerifier(
  code_challenge: string | undefined,
  code_verifier: string | undefined,
): void {
  if (code_challenge === undefined) {
    // RFC 9700 §4.8.2: a verifier without a challenge is a downgrade
    if (code_verifier === undefined) return;
    throw new OAuthError("invalid_grant", "code_verifier without a code_challenge");
  }
  if (code_verifier === undefined) {
    throw new OAuthError("invalid_grant", "code_verifier is missing");
  }
  // RFC 7636 §4.1
  if (!/^[A-Za-z0-9._~-]{43,128}$/.test(code_verifier)) {
    throw new OAuthError("invalid_grant", "code_verifier is not 43 to 128 unreserved characters");
  }
  // RFC 7636 §4.6: BASE64URL(SHA256(code_verifier)) equals code_challenge
  if (base64url(sha256(code_verifier)) !== code_challenge) {
    throw new OAuthError("invalid_grant", "code_verifier does not match the code_challenge");
  }
}
