/** How long may others keep the key set, so that they know each key before it signs? */

import { keyPolicy } from "../config/key_policy.ts";
import type { Config } from "../config/schema.ts";

/** An hour: whoever doesn't ask for a `kid` that it doesn't know misses an emergency for so long. */
const LONGEST = 3600;
/** Who puts a key of theirs into place isn't to wait for long until everybody knows it. */
const FIXED = 300;

/**
 * The `max-age` of the key set, in seconds (RFC 9111 §5.2.2.1), where what the instance knows of managed keys is `age`
 * seconds old.
 *
 * When a key signs for the first time, all instances have published it for `propagation` (`soonest` in `plan.ts`).
 * Whoever has got the set from a cache right before, and doesn't count the time that it lay there (`Age`), keeps it for
 * twice the `max-age`. So nobody misses the key with half of `propagation`; a quarter leaves room for an answer that is late.
 * An instance that hears nothing from the store gives out a set that may lack a key made since: it is kept for less.
 */
export function keySetMaxAge(config: Config["keys"]): (age: number) => number {
  const { algorithms, propagation } = keyPolicy(config);
  const most = config.directory !== undefined || config.jwks !== undefined ? FIXED : LONGEST;
  if (algorithms.length === 0) return () => most;
  const usual = Math.floor(Math.min(propagation / 4, most));
  return (age) => Math.min(usual, Math.floor(Math.max(0, propagation - age) / 2));
}
