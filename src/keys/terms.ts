/** From when until when a configured key signs, under which name and with what, where JWK, file name and manifest say so. */

import { dateOf, endsEarly, type KeyTerms } from "../config/key_manifest.ts";
import { KeyError } from "./error.ts";

const DATES = ["not_before", "not_after"] as const;

/** The terms that a JWK and the manifest agree on. Throws `KeyError` where one isn't a date, or they differ. */
export function agreedTerms(
  jwk: Readonly<Record<string, unknown>>,
  manifest: KeyTerms = {},
): KeyTerms {
  const [not_before, not_after] = DATES.map((name) => {
    const own = jwk[name] === undefined ? undefined : dateOf(jwk[name]);
    if (own === undefined && jwk[name] !== undefined) {
      throw new KeyError(`its ${name} is not a date such as 2027-01-31 or 2027-01-31T12:00:00Z`);
    }
    return agreed(name, own, manifest[name]);
  });
  const terms = { not_before, not_after };
  if (endsEarly(terms)) throw new KeyError("its not_after is not later than its not_before");
  return {
    ...terms,
    kid: agreed("kid", jwk["kid"], manifest.kid) as string | undefined,
    alg: agreed("alg", jwk["alg"], manifest.alg) as string | undefined,
  };
}

function agreed<T>(name: string, own: T | undefined, told: T | undefined): T | undefined {
  if (own !== undefined && told !== undefined && own !== told) {
    throw new KeyError(`its ${name} is not that of the manifest`);
  }
  return own ?? told;
}
