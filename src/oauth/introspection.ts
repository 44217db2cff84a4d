/** What is said of a token, and to whom (RFC 7662 §2.2, RFC 9701 §5). */

import { withoutProtocolClaims } from "./claims.ts";
import type { Resource } from "./resource.ts";

/** The media type of a signed answer (RFC 9701 §4). */
export const SIGNED_INTROSPECTION = "application/token-introspection+jwt";

/** What a token's asker hears. */
export interface Introspection {
  readonly active: boolean;
  readonly [member: string]: unknown;
}

/** RFC 7662 §2.2: of a token that is not active nothing else is said, not even why. */
export const INACTIVE: Introspection = { active: false };

/** What is known of an access token that is good. */
export interface KnownToken {
  readonly scope: readonly string[];
  readonly aud: readonly string[];
  /** As its JWT form has them. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** What a client hears of an access token of its own: everything. RFC 7662 §5: `sub` says who it is, so no `username`. */
export function accessTokenForClient({ claims }: KnownToken): Introspection {
  return { ...claims, active: true, token_type: "Bearer" };
}

/**
 * What an API hears of an access token: nothing of what is meant for others. RFC 9701 §5: the scopes are its own; so
 * are the claims that scopes bring, which `scopeClaims` names. A token for others only is inactive (RFC 7662 §4).
 */
export function accessTokenForResource(
  token: KnownToken,
  { resource, scopes }: Resource,
  scopeClaims: ReadonlyMap<string, readonly string[]>,
): Introspection {
  if (!token.aud.includes(resource)) return INACTIVE;
  const own = token.scope.filter((name) => scopes.includes(name));
  const broughtBy = (names: readonly string[]) =>
    new Set(names.flatMap((name) => scopeClaims.get(name) ?? []));
  const [brought, ofOwn] = [broughtBy(token.scope), broughtBy(own)];
  const claims: Record<string, unknown> = { ...token.claims };
  delete claims["scope"];
  for (const name of Object.keys(withoutProtocolClaims(claims))) {
    if (brought.has(name) && !ofOwn.has(name)) delete claims[name];
  }
  return {
    ...claims,
    ...own.length === 0 ? {} : { scope: own.join(" ") },
    aud: resource,
    active: true,
    token_type: "Bearer",
  };
}

/** What a client hears of a refresh token of its own. RFC 6749 §5.1: it has no `token_type`, for it opens nothing. */
export function refreshTokenForClient(
  iss: string,
  { client_id, sub, scope, iat, exp }: {
    readonly client_id: string;
    readonly sub: string;
    readonly scope: readonly string[];
    readonly iat: number;
    readonly exp: number;
  },
): Introspection {
  return {
    active: true,
    iss,
    client_id,
    sub,
    ...scope.length === 0 ? {} : { scope: scope.join(" ") },
    iat,
    exp,
  };
}

/** The claims of a signed answer. RFC 9701 §5: without `sub` and `exp` of its own, so that it never passes for a token. */
export function introspectionClaims(
  { iss, aud, iat, answer }: {
    readonly iss: string;
    /** Who asks: a `client_id`, or a resource. */
    readonly aud: string;
    readonly iat: number;
    readonly answer: Introspection;
  },
): Record<string, unknown> {
  return { iss, aud, iat, token_introspection: answer };
}
