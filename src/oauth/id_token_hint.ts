/** Whom an ID token names that comes back to us as a hint (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2). */

/** What an ID token of ours says of its person and of whom it was for. */
export interface IdTokenHint {
  /** The client that it was issued to. */
  readonly client_id: string;
  /** The person, by the name that this client knows. */
  readonly sub: string;
  readonly sid: string | undefined;
}

/**
 * The hint in the claims of a JWT that we have signed; `undefined` where they are not those of an ID token of ours: a
 * userinfo response, which never ends, is none. It may have expired, as it may be long since it was issued.
 */
export function idTokenHint(
  issuer: string,
  claims: Readonly<Record<string, unknown>>,
): IdTokenHint | undefined {
  const { iss, aud, sub, sid, exp } = claims;
  if (iss !== issuer || typeof aud !== "string" || typeof sub !== "string") return undefined;
  if (typeof exp !== "number" || (sid !== undefined && typeof sid !== "string")) return undefined;
  return { client_id: aud, sub, sid };
}
