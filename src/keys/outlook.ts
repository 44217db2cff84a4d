/** What becomes of each key next, as long as nobody makes another one? */

import { type Phase, type TimedKey, timetable } from "./timetable.ts";

/** A change of phase to come. */
export interface NextPhase {
  /** NumericDate. */
  readonly at: number;
  readonly phase: Phase;
  /** The key that signs with the algorithm from then on; `undefined` where none does. */
  readonly signed_by: string | undefined;
}

/** The next change of phase of each key, by `kid`; those to which nothing happens any more are left out. */
export function outlook(keys: readonly TimedKey[], now: number): ReadonlyMap<string, NextPhase> {
  const next = new Map<string, NextPhase>();
  let before = timetable(keys, now);
  while (before.until < Infinity) {
    const at = before.until;
    const after = timetable(keys, at);
    for (const { kid, alg } of keys) {
      const phase = after.phases.get(kid);
      if (phase === undefined || phase === before.phases.get(kid) || next.has(kid)) continue;
      next.set(kid, { at, phase, signed_by: after.signing.get(alg)?.kid });
    }
    before = after;
  }
  return next;
}
