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

/** Clocks of several instances differ, so a record stays for these seconds after its key has retired. */
const LEFT_ALONE = 600;

/**
 * The plan for a schedule; `undefined` where nothing is to be done. A successor is announced once the newest key of
 * an algorithm has only `propagation` left; every other key retires `retention` after the one behind it signs. What
 * was decided once is only ever put off, so that instances with different policies don't undo each other's work.
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
  { propagation, rotation }: KeyPolicy,
  now: number,
): DueKey[] {
  const newest = newestOf(there, alg, now);
  // Nobody waits for the first one: there is nothing else to sign with.
  if (newest === undefined) return [{ alg, signs_from: now }];
  const ends = newest.signs_from + rotation;
  return now < ends - propagation ? [] : [{ alg, signs_from: Math.max(ends, now + propagation) }];
}

function retirementOf(
  key: ScheduledKey,
  there: readonly ScheduledKey[],
  due: readonly DueKey[],
  { algorithms, retention }: KeyPolicy,
  now: number,
): number | undefined {
  if (key.retires_at !== undefined && now >= key.retires_at) return key.retires_at;
  const next =
    [...there, ...due].filter(({ alg, signs_from }) =>
      alg === key.alg && signs_from > key.signs_from
    ).map(({ signs_from }) => signs_from).toSorted((a, b) => a - b)[0];
  if (next !== undefined) return Math.max(key.retires_at ?? 0, next + retention);
  // Nothing is signed with it any more, as long as the algorithm is not configured.
  if (!algorithms.some((alg) => alg === key.alg)) return key.retires_at ?? now + retention;
  return undefined;
}

/** The key of an algorithm that begins last, of those that haven't retired. */
function newestOf(
  keys: readonly ScheduledKey[],
  named: SigningAlgorithm,
  now: number,
): ScheduledKey | undefined {
  return keys.filter(({ alg, retires_at }) =>
    alg === named && (retires_at === undefined || now < retires_at)
  ).toSorted((a, b) => b.signs_from - a.signs_from)[0];
}
