/** What a client may ask for, and what it asked for. */

import { OAuthError } from "./error.ts";

/** The scopes that OpenID Connect Core §5.4 and §11 define. */
export const STANDARD_SCOPES = [
  "openid",
  "profile",
  "email",
  "address",
  "phone",
  "offline_access",
] as const;

/** RFC 6749 §3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ), separated by single spaces. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;

/** The names in a `scope` parameter, each once, in order. Throws `invalid_scope` where it is malformed. */
export function parseScope(text: string): readonly string[] {
  if (!SCOPE.test(text)) throw new OAuthError("invalid_scope", "scope is malformed");
  return [...new Set(text.split(" "))];
}

/** Throws `invalid_scope` where some of `scope` is not in `allowed` (RFC 6749 §3.3, §6). */
export function validateScope(scope: readonly string[], allowed: readonly string[]): void {
  const beyond = scope.find((name) => !allowed.includes(name));
  if (beyond !== undefined) {
    throw new OAuthError("invalid_scope", "a scope is unknown or not allowed", {
      scope: beyond.slice(0, 64),
    });
  }
}
