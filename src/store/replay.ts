/** Whether a value that is good once is used for the first time: the replay cache. */

import type { Env } from "../lib/env.ts";
import { CLOCK_SKEW, LONGEST_LIFETIME } from "../oauth/assertion.ts";
import type { Collections } from "./collection.ts";

/** What replay detection needs. */
export interface ReplayServer {
  readonly env: Pick<Env, "now">;
  readonly records: Pick<Collections, "replay">;
}

/** So many seconds may lie between the moment when a value was found to be good and the commit that uses it up. */
const MARGIN = 60;

/** What values are good once, each kind for itself. */
export type ReplayPurpose = "client_assertion" | "request_object";

/** A value that is good once. */
export interface OneTimeValue {
  readonly purpose: ReplayPurpose;
  /** Whose value it is, a client or an issuer: others may use the same. */
  readonly party: string;
  readonly value: string;
  /** Its end (NumericDate), at most an hour and the skew from now: whoever validated it has seen to that. */
  readonly exp: number;
}

/**
 * Uses a value up; whether this was the first time. Of many callers, at however many instances, one hears `true`;
 * nobody does once the value has ended by more than the skew.
 * Throws `StoreError` where that can't be known: a store that fails lets nobody in. Throws `RangeError` for an `exp`
 * that is no number or too far ahead.
 */
export async function useOnce(
  { env, records }: ReplayServer,
  { purpose, party, value, exp }: OneTimeValue,
): Promise<boolean> {
  const now = env.now();
  if (!(exp <= now + LONGEST_LIFETIME + CLOCK_SKEW)) throw new RangeError("exp is too far ahead");
  // Whoever is late by the skew is still let in, so it is remembered for as long.
  const end = Math.ceil(exp) + CLOCK_SKEW;
  if (now >= end) return false;
  // Somebody may have looked at the clock in the last second and come here after it.
  const expires_at = end + MARGIN;
  return await records.replay.putNew(JSON.stringify([purpose, party, value]), { expires_at });
}
