/** How parameters are added to the query of a registered URI. */

/** The URI with these parameters behind its own, which are kept (RFC 6749 §3.1.2). No registered URI has a fragment. */
export function withQuery(uri: string, parameters: Readonly<Record<string, string>>): string {
  return `${uri}${uri.includes("?") ? "&" : "?"}${new URLSearchParams(parameters)}`;
}
