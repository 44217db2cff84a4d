/** Which claims about a person a client is told (OpenID Connect Core §5.1, §5.4, §5.5). */

import { baseName, type ClaimDemand, meets } from "./claims_request.ts";
import { isWanted } from "./claims_locales.ts";

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

/** What a client asks for beyond the claims of its scopes. */
export interface AskedClaims {
  /** One by one (OpenID Connect Core §5.5). */
  readonly asked: Readonly<Record<string, ClaimDemand>>;
  /** Which of these it may ask for. */
  readonly askable: ReadonlySet<string>;
  /** In which languages besides the one that has no name, the best first (OpenID Connect Core §5.2). */
  readonly locales: readonly string[];
}

const NOTHING: AskedClaims = { asked: {}, askable: new Set(), locales: [] };

/** The claims that some scopes bring. */
export function claimsOfScopes(
  scopeClaims: ReadonlyMap<string, readonly string[]>,
  scope: readonly string[],
): ReadonlySet<string> {
  return new Set(scope.flatMap((name) => scopeClaims.get(name) ?? []));
}

/** The claims of a person that some scopes bring or that are asked for; those that nobody knows are left out. Without `sub`. */
export function userClaims(
  scopeClaims: ReadonlyMap<string, readonly string[]>,
  scope: readonly string[],
  user: ClaimSource,
  { asked, askable, locales }: AskedClaims = NOTHING,
): Record<string, unknown> {
  const known: Readonly<Record<string, unknown>> = {
    preferred_username: user.username,
    groups: user.groups,
    ...user.claims,
  };
  const brought = claimsOfScopes(scopeClaims, scope);
  const demands = new Map(Object.entries(asked).map(([name, one]) => [comparable(name), one]));
  const isAnswered = (name: string) => {
    if (brought.has(name)) return true;
    const demand = askable.has(baseName(name)) ? demands.get(comparable(name)) : undefined;
    // OpenID Connect Core §5.5.1: with a particular value, or not at all; never an error
    return demand !== undefined &&
      meets(demand, Object.hasOwn(known, name) ? known[name] : undefined);
  };
  return Object.fromEntries(
    Object.entries(known).filter(([name, value]) => {
      const base = baseName(name);
      if (PROTOCOL_CLAIMS.has(base)) return false;
      // OpenID Connect Core §5.3.2: a claim SHOULD NOT be there with null or an empty text
      if (value === null || value === "") return false;
      const inWantedLanguage = base !== name && isWanted(locales, name.slice(base.length + 1));
      return isAnswered(name) || inWantedLanguage && isAnswered(base);
    }),
  );
}

/** OpenID Connect Core §5.2: language tags are the same in any case. */
function comparable(claim: string): string {
  const base = baseName(claim);
  return base + claim.slice(base.length).toLowerCase();
}
