/** Which APIs a token is for (RFC 8707). */

import { OAuthError } from "./error.ts";

/** An API and the scopes that lead to it. */
export interface Resource {
  readonly resource: string;
  readonly scopes: readonly string[];
}

/** The requested resources, each once. Throws `invalid_target` for one that is not among `known` (RFC 8707 §2). */
export function parseResource(
  requested: readonly string[],
  known: readonly string[],
): readonly string[] {
  if (!requested.every((resource) => known.includes(resource))) {
    throw new OAuthError("invalid_target", "a resource is unknown or was not granted");
  }
  return [...new Set(requested)];
}

/**
 * Whom an access token is for, and with which scopes. Without requested resources: every API that a scope
 * leads to, or the server itself (RFC 9068 §3). With them: those, and no scope that leads elsewhere alone.
 */
export function audience(
  server: { readonly issuer: string; readonly resources: readonly Resource[] },
  scope: readonly string[],
  requested: readonly string[],
): { readonly aud: readonly string[]; readonly scope: readonly string[] } {
  const leadsTo = (name: string) =>
    server.resources.filter(({ scopes }) => scopes.includes(name)).map(({ resource }) => resource);
  if (requested.length > 0) {
    const kept = scope.filter((name) => {
      const places = leadsTo(name);
      return places.length === 0 || places.some((place) => requested.includes(place));
    });
    return { aud: requested, scope: kept };
  }
  const reached = [...new Set(scope.flatMap(leadsTo))];
  return { aud: reached.length > 0 ? reached : [server.issuer], scope };
}
