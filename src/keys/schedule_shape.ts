/** Is what stands in the store a schedule? Where it is not, nobody may go by it, and least of all replace its keys. */

import { isMapping } from "../lib/mapping.ts";
import type { KeySchedule, ScheduledKey } from "../store/records.ts";
import { KeyError, LAST_RESORT } from "./error.ts";

const REMEDY = `restore it from a backup of the store; ${LAST_RESORT}`;

/** What is said where managed keys are there and no schedule. */
export const GONE = `the schedule of the managed keys is gone from the store; ${REMEDY}`;

const DAMAGED = `the schedule of the managed keys is damaged; ${REMEDY}`;

/** The keys of a schedule; `undefined` where there is none. Throws `KeyError` where it is damaged. */
export function keysOf(record: KeySchedule | undefined): readonly ScheduledKey[] | undefined {
  if (record === undefined) return undefined;
  const keys: unknown = record.keys;
  if (!Array.isArray(keys) || !keys.every(isScheduled)) throw new KeyError(DAMAGED);
  return keys;
}

/** The same for whoever ends what is there, whatever it is: what is no key is left out. */
export function whatIsLeft(record: KeySchedule | undefined): readonly ScheduledKey[] | undefined {
  const keys: unknown = record?.keys;
  return Array.isArray(keys) ? keys.filter(isScheduled) : undefined;
}

function isScheduled(key: unknown): key is ScheduledKey {
  if (!isMapping(key)) return false;
  const { kid, alg, created_at, signs_from, retires_at } = key;
  return typeof kid === "string" && typeof alg === "string" &&
    [created_at, signs_from].every(Number.isFinite) &&
    (retires_at === undefined || Number.isFinite(retires_at));
}
