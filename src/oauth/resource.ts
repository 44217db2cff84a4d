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

/** Throws `invalid_target` where no scope leads to a requested API, so that no token could be for it (RFC 8707 §2). */
export function validateResource(
  known: readonly Resource[],
  scope: readonly string[],
  requested: readonly string[],
): void {
  const reached = known.filter(({ scopes }) => scopes.some((name) => scope.includes(name)));
  if (!requested.every((place) => reached.some(({ resource }) => resource === place))) {
    throw new OAuthError("invalid_target", "no requested scope leads to a requested resource");
  }
}

/** The APIs that a request names, each once. Throws `invalid_target` as `parseResource` and `validateResource` do. */
export function requestedResource(
  known: readonly Resource[],
  scope: readonly string[],
  requested: readonly string[],
): readonly string[] {
  const resource = parseResource(requested, known.map((one) => one.resource));
  validateResource(known, scope, resource);
  return resource;
}

/**
 * Whom an access token is for, and with which scopes: every API that a scope leads to, or where none does the server
 * itself. RFC 9068 §3 would rather refuse scopes of several APIs in one request; as with other servers they share a
 * token, and a client that wants one for each names it (RFC 8707). Requested resources narrow both; an API that no scope leads to is never among them.
 */
export function audience(
  server: { readonly issuer: string; readonly resources: readonly Resource[] },
  scope: readonly string[],
  requested: readonly string[],
): { readonly aud: readonly string[]; readonly scope: readonly string[] } {
  const leadsTo = (name: string) =>
    server.resources.filter(({ scopes }) => scopes.includes(name)).map(({ resource }) => resource);
  const kept = requested.length === 0 ? scope : scope.filter((name) => {
    const places = leadsTo(name);
    return places.length === 0 || places.some((place) => requested.includes(place));
  });
  const reached = [...new Set(kept.flatMap(leadsTo))];
  const aud = requested.length === 0
    ? reached
    : requested.filter((place) => reached.includes(place));
  return { aud: aud.length > 0 ? aud : [server.issuer], scope: kept };
}
