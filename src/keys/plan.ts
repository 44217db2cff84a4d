/** What is to be done with the server's own keys now? */

import type { KeyPolicy } from "../config/key_policy.ts";
import type { SigningAlgorithm } from "../oauth/client.ts";
import type { ScheduledKey } from "../store/records.ts";

/** A key that has to be made, and when it is to sign. */
export interface DueKey {
  readonly alg: SigningAlgorithm;
  readonly signs_from: number;
}

/** What is to be done. */
export interface KeyPlan {
  /** Those that stay, with their times as they are to be. */
  readonly kept: readonly ScheduledKey[];
  readonly due: readonly DueKey[];
  /** The `kid` of those that go. */
  readonly dropped: readonly string[];
}

/**
 * So many seconds may lie between what two instances do at the same time: each clock is up to 30 s wrong, and 30 s pass
 * until the last instance has learned of something; rounded up. All times below hold on every instance because of it.
 */
export const SPREAD = 120;

/** A record stays for these seconds after its key has retired: so far may a clock be ahead without harm. */
const LEFT_ALONE = 86_400;

/** So many keys fit into one record with room to spare. */
export const MOST_KEYS = 200;

/** When a key that is made at `now` may sign at the earliest: by then all instances have published it for `propagation`. */
export function soonest({ propagation }: Pick<KeyPolicy, "propagation">, now: number): number {
  return now + propagation + SPREAD;
}

/** Whether a key is still there on all instances. What has retired on one of them never comes back. */
function isLasting({ retires_at }: ScheduledKey, now: number): boolean {
  return retires_at === undefined || now + SPREAD < retires_at;
}

/**
 * The plan for a schedule; `undefined` where nothing is to be done. A successor is made as soon as it takes to have it
 * published for `propagation` before the newest key of its algorithm has signed for `rotation`; every other key retires
 * `retention` after the one behind it signs. What was decided once is only ever put off, so that instances with
 * different policies don't undo each other's work: where they differ, the shortest rotation and the longest retention
 * count.
 *
 * A clock that is wrong by more than `SPREAD` does this and no more:
 * - Far behind (no battery), it makes no key where there is one, retires and drops none, and its instance signs with
 *   a key that is published. The times of keys that are made at a first start are in the past once it is right, so they
 *   are followed by others at once, with all propagation.
 * - Far ahead, it makes one successor for each algorithm, which begins as far ahead; the others pass over that until
 *   it is a rotation away, and go on. A key that signs, or is yet to, is never dropped. One that is retained may be
 *   dropped too early where the clock is ahead by more than its retention and a day.
 */
export function planKeys(
  schedule: readonly ScheduledKey[],
  policy: KeyPolicy,
  now: number,
): KeyPlan | undefined {
  const dropped = schedule.filter(({ retires_at }) =>
    retires_at !== undefined && now >= retires_at + LEFT_ALONE
  ).map(({ kid }) => kid);
  const there = schedule.filter(({ kid }) => !dropped.includes(kid));
  const due = policy.algorithms.flatMap((alg) => dueKey(there, alg, policy, now));
  const kept = there.map((key) => ({
    ...key,
    retires_at: retirementOf(key, there, due, policy, now),
  }));
  const moved = kept.some(({ retires_at }, index) => retires_at !== there[index]?.retires_at);
  return dropped.length > 0 || due.length > 0 || moved ? { kept, due, dropped } : undefined;
}

function dueKey(
  there: readonly ScheduledKey[],
  alg: SigningAlgorithm,
  policy: KeyPolicy,
  now: number,
): DueKey[] {
  const lasting = there.filter((key) => key.alg === alg && isLasting(key, now));
  // Nobody waits for the first one: there is nothing else to sign with.
  if (lasting.length === 0) return [{ alg, signs_from: now }];
  const begins = lasting.map(({ signs_from }) => signs_from)
    .filter((signs_from) => isInSight(signs_from, policy, now));
  // All of them begin far ahead: it is the clock that is behind.
  if (begins.length === 0 || there.length >= MOST_KEYS) return [];
  const ends = Math.max(...begins) + policy.rotation;
  const earliest = soonest(policy, now);
  return earliest < ends ? [] : [{ alg, signs_from: earliest }];
}

// OpenID Connect Core §10.1.1: the JWK set SHOULD retain recently decommissioned signing keys for a reasonable period of time.
function retirementOf(
  key: ScheduledKey,
  there: readonly ScheduledKey[],
  due: readonly DueKey[],
  policy: KeyPolicy,
  now: number,
): number | undefined {
  const decided = key.retires_at;
  if (!isLasting(key, now)) return decided;
  const followers = [...there.filter((other) => isLasting(other, now)), ...due]
    .filter(({ alg, signs_from }) => alg === key.alg && signs_from > key.signs_from)
    .map(({ signs_from }) => signs_from)
    .filter((signs_from) => isInSight(signs_from, policy, now));
  const signed = signsUntil(key, followers, policy, now);
  if (signed === undefined) return undefined;
  return Math.max(decided ?? -Infinity, signed + SPREAD + policy.retention);
}

/** When an instance signs with a key for the last time; `undefined` where that isn't decided yet. */
function signsUntil(
  { alg, signs_from, retires_at }: ScheduledKey,
  followers: readonly number[],
  { algorithms, rotation, propagation }: KeyPolicy,
  now: number,
): number | undefined {
  if (followers.length > 0) return Math.min(...followers);
  const ends = signs_from + rotation;
  if (algorithms.includes(alg)) {
    // An instance without the algorithm has decided that it goes: as long as others have it, it stays for its turn.
    return retires_at === undefined ? undefined : ends;
  }
  // Whoever has not heard of it goes on signing for `propagation` at most (see `following.ts`).
  return retires_at === undefined ? Math.max(ends, now + propagation) : -Infinity;
}

/** Whether a key begins before a successor of its successor could: what lies further ahead was made by a wrong clock. */
function isInSight(
  signs_from: number,
  { rotation, propagation }: KeyPolicy,
  now: number,
): boolean {
  return signs_from <= now + rotation + propagation + SPREAD;
}
