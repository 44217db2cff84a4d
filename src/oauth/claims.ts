/** Which claims about a person a scope brings (OpenID Connect Core §5.1, §5.4). */

/** OpenID Connect Core §5.4: the claims of the standard scopes. */
export const STANDARD_CLAIMS: Readonly<Record<string, readonly string[]>> = {
  openid: ["sub"],
  profile: [
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
  ],
  email: ["email", "email_verified"],
  address: ["address"],
  phone: ["phone_number", "phone_number_verified"],
  offline_access: [],
};

/** Claims that the protocol itself sets; what is configured for a person never replaces them. */
const PROTOCOL_CLAIMS = new Set([
  "iss",
  "sub",
  "aud",
  "exp",
  "nbf",
  "iat",
  "jti",
  "auth_time",
  "nonce",
  "acr",
  "amr",
  "azp",
  "at_hash",
  "c_hash",
  "s_hash",
  "sid",
  "scope",
  "client_id",
  "cnf",
]);

/** Configured claims without those that only the protocol may set. */
export function withoutProtocolClaims(
  claims: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !PROTOCOL_CLAIMS.has(name)));
}

/** A person, as far as claims go. */
export interface ClaimSource {
  readonly username: string;
  readonly groups: readonly string[];
  readonly claims: Readonly<Record<string, unknown>>;
}

/** The claims of a person that some scopes bring; those that nobody knows are left out. Without `sub`. */
export function userClaims(
  scopeClaims: ReadonlyMap<string, readonly string[]>,
  scope: readonly string[],
  user: ClaimSource,
): Record<string, unknown> {
  const known: Readonly<Record<string, unknown>> = {
    preferred_username: user.username,
    groups: user.groups,
    ...user.claims,
  };
  const names = scope.flatMap((name) => scopeClaims.get(name) ?? []);
  return Object.fromEntries(
    names.filter((name) => !PROTOCOL_CLAIMS.has(name) && Object.hasOwn(known, name))
      .map((name) => [name, known[name]]),
  );
}
