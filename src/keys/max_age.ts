/** How long may others keep the key set, so that they know each key before it signs? */

import { keyPolicy } from "../config/key_policy.ts";
import type { Config } from "../config/schema.ts";

/** An hour: whoever doesn't ask for a `kid` that it doesn't know misses an emergency for so long. */
const LONGEST = 3600;
/** Who puts a key of theirs into place isn't to wait for long until everybody knows it. */
const FIXED = 300;

/** Seconds until every instance knows what one has made, however the rounds fall. */
export const LEARNING = 30;
/** Seconds by which the clock of an instance may be wrong, either way. */
export const SKEW = 30;

/**
 * The `max-age` of the key set, in seconds (RFC 9111 §5.2.2.1).
 *
 * A key is made at one moment, and signs `propagation` later by the clock of whoever made it; that one may be slow, and
 * the one who signs first fast, so it signs `propagation - 2 * SKEW` later at the least. An instance that has not
 * learned of it gives out the set without it for `LEARNING` seconds more. Whoever has got that set from a cache, and
 * doesn't count the time that it lay there (`Age`), keeps it for twice the `max-age`. So nobody misses the key where
 * `LEARNING + 2 * max-age <= propagation - 2 * SKEW`: with a quarter of `propagation`, from 180 seconds on.
 */
export function keySetMaxAge(config: Config["keys"]): number {
  const { algorithms, propagation } = keyPolicy(config);
  const managed = algorithms.length > 0 ? Math.floor(propagation / 4) : LONGEST;
  const fixed = config.directory !== undefined || config.jwks !== undefined ? FIXED : LONGEST;
  return Math.min(managed, fixed, LONGEST);
}
