/** Whether a value that is good once is used for the first time: the replay cache. */

import type { Env } from "../lib/env.ts";
import { CLOCK_SKEW, LONGEST_LIFETIME } from "../oauth/assertion.ts";
import type { Collections } from "./collection.ts";

/** What replay detection needs. */
export interface ReplayServer {
  readonly env: Pick<Env, "now">;
  readonly records: Pick<Collections, "replay">;
}

/** What values are good once, each kind for itself. */
export type ReplayPurpose = "client_assertion" | "request_object";

/** A value that is good once. */
export interface OneTimeValue {
  readonly purpose: ReplayPurpose;
  /** Whose value it is, a client or an issuer: others may use the same. Holds no NUL. */
  readonly party: string;
  readonly value: string;
  /** Its end (NumericDate), at most an hour and the skew from now: whoever validated it has seen to that. */
  readonly exp: number;
}

/**
 * Uses a value up; whether this was the first time. Of many callers, at however many instances, one hears `true`.
 * Throws `StoreError` where that can't be known: a store that fails lets nobody in.
 */
export async function useOnce(
  { env, records }: ReplayServer,
  { purpose, party, value, exp }: OneTimeValue,
): Promise<boolean> {
  if (exp > env.now() + LONGEST_LIFETIME + CLOCK_SKEW) throw new RangeError("exp is too far ahead");
  // Whoever is late by the skew is still let in, so it is remembered for as long.
  const expires_at = Math.ceil(exp) + CLOCK_SKEW;
  return await records.replay.putNew(`${purpose}\0${party}\0${value}`, { expires_at });
}
