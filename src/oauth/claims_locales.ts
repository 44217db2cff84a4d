/** In which languages claims are wanted, and which claims are in them (OpenID Connect Core §5.2). */

/** RFC 5646 §2.1, roughly: subtags of one to eight letters and digits. */
const TAG = /^[a-z]{1,8}(?:-[a-z0-9]{1,8})*$/i;

/** So many languages are looked at: the list comes from strangers. */
const MOST = 16;

/** The languages of a `claims_locales` parameter, the best first. OpenID Connect Core §5.2: what is no language is no error. */
export function parseClaimsLocales(text: string | undefined): readonly string[] {
  const tags = text?.split(" ").filter((tag) => TAG.test(tag)) ?? [];
  return [...new Set(tags.map((tag) => tag.toLowerCase()))].slice(0, MOST);
}

/**
 * Whether something in the language `tag` is for somebody who wants one of `locales`. RFC 4647 §3.3.1, §3.4: `de` takes
 * what is in `de-CH`, and `de-CH` what is in `de`.
 */
export function isWanted(locales: readonly string[], tag: string): boolean {
  const begins = (long: string, short: string) => `${long}-`.startsWith(`${short}-`);
  const lower = tag.toLowerCase();
  return locales.some((wanted) => begins(lower, wanted) || begins(wanted, lower));
}
