/** From when until when a configured key signs, under which name and with what, where JWK, file name and manifest say so. */

import { dateOf, endsEarly, type KeyTerms } from "../config/key_manifest.ts";
import { nearest } from "../config/suggest.ts";
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

/** What others call these dates. */
const OTHER_NAMES = new Map<string, string>([["nbf", "not_before"], ["exp", "not_after"]]);

/** What seems to be meant as a date and is none, in a line each: unknown members of a JWK are ignored (RFC 7517 §4). */
export function misnamedDates(jwk: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(jwk).flatMap((name) => {
    if (DATES.some((date) => date === name)) return [];
    const snake = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const meant = OTHER_NAMES.get(name) ?? nearest(snake, DATES);
    return meant === undefined ? [] : [`its member ${name} is ignored; did you mean ${meant}?`];
  });
}

function agreed<T>(name: string, own: T | undefined, told: T | undefined): T | undefined {
  if (own !== undefined && told !== undefined && own !== told) {
    throw new KeyError(`its ${name} is not that of the manifest`);
  }
  return own ?? told;
}
