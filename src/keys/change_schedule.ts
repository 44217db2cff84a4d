/** What do an operator's orders make of the schedule of the server's own keys? */

import type { KeyPolicy } from "../config/key_policy.ts";
import type { SigningAlgorithm } from "../oauth/client.ts";
import type { ScheduledKey } from "../store/records.ts";
import { KeyError } from "./error.ts";
import { type DueKey, type KeyPlan, MOST_KEYS, planKeys, soonest, SPREAD } from "./plan.ts";
import { timedKey } from "./schedule.ts";
import { timetable } from "./timetable.ts";

/** When a key is to sign that an operator orders: after all have learned of it, at once, or never here. */
export type Entrance = "announced" | "now" | "verify_only";

/** The `kid` of the key that signs with each algorithm, as far as the server's own keys go. */
export function signingKids(
  schedule: readonly ScheduledKey[],
  { algorithms }: Pick<KeyPolicy, "algorithms">,
  now: number,
): ReadonlyMap<SigningAlgorithm, string> {
  const { signing } = timetable(schedule.map((key) => timedKey(key, algorithms)), now);
  return new Map([...signing].map(([alg, { kid }]) => [alg, kid]));
}

/** The key of an algorithm that is announced and signs next. */
export function successorOf(
  schedule: readonly ScheduledKey[],
  named: SigningAlgorithm,
  now: number,
): ScheduledKey | undefined {
  return schedule.filter(({ alg, signs_from, retires_at = Infinity }) =>
    alg === named && now < signs_from && now < retires_at
  ).toSorted((a, b) => a.signs_from - b.signs_from)[0];
}

/**
 * A successor for the key of each of these algorithms: announced, or with `atOnce` signing at once, for which one that
 * is announced already is brought forward. `undefined` where all that is asked for is there. Throws `KeyError` where
 * there are too many keys already.
 */
export function withSuccessors(
  schedule: readonly ScheduledKey[],
  policy: KeyPolicy,
  algorithms: readonly SigningAlgorithm[],
  atOnce: boolean,
  now: number,
): KeyPlan | undefined {
  const announced = algorithms.flatMap((alg) => successorOf(schedule, alg, now) ?? []);
  const due = algorithms.filter((alg) => !announced.some((key) => key.alg === alg))
    .map((alg) => ({ alg, signs_from: entranceTime(schedule, policy, alg, atOnce, now) }));
  if (due.length === 0 && (!atOnce || announced.length === 0)) return undefined;
  if (due.length > 0) requireRoom(schedule);
  const moved = schedule.map((key) =>
    atOnce && announced.includes(key)
      ? { ...key, signs_from: entranceTime(schedule, policy, key.alg, atOnce, now) }
      : key
  );
  return planWith(moved, due, policy, now);
}

/**
 * Without the key of that `kid`; where it signs, another signs in its place at once.
 * `undefined` where it is not there.
 */
export function withoutKey(
  schedule: readonly ScheduledKey[],
  policy: KeyPolicy,
  kid: string,
  now: number,
): KeyPlan | undefined {
  const gone = schedule.find((key) => key.kid === kid);
  if (gone === undefined) return undefined;
  const rest = schedule.filter((key) => key !== gone);
  const plan = signingKids(schedule, policy, now).get(gone.alg) === kid
    ? withSuccessors(rest, policy, [gone.alg], true, now)
    : planWith(withoutEnd(rest, gone, policy, now), [], policy, now);
  return plan && { ...plan, dropped: [...plan.dropped, kid] };
}

/** What signs has no end where only a key that is `gone` was to follow it. */
function withoutEnd(
  rest: readonly ScheduledKey[],
  { alg }: ScheduledKey,
  policy: KeyPolicy,
  now: number,
): readonly ScheduledKey[] {
  const kid = signingKids(rest, policy, now).get(alg);
  if (kid === undefined || successorOf(rest, alg, now) !== undefined) return rest;
  return rest.map((key) => key.kid === kid ? { ...key, retires_at: undefined } : key);
}

/** Without these keys, and with a new one that signs for each algorithm that has none then. */
export function withoutAll(
  schedule: readonly ScheduledKey[],
  kids: readonly string[],
  algorithms: KeyPolicy["algorithms"],
  now: number,
): KeyPlan {
  const kept = schedule.filter(({ kid }) => !kids.includes(kid));
  const due = algorithms.filter((named) => !kept.some(({ alg }) => alg === named))
    .map((alg) => ({ alg, signs_from: now }));
  return { kept, due, dropped: kids };
}

/** The schedule with a key from elsewhere, and that key as it stands there. */
export interface Brought {
  readonly plan: KeyPlan;
  readonly scheduled: ScheduledKey;
}

/**
 * With a key from elsewhere. Where the algorithm has no key yet, one that is to be announced signs at once: there is
 * nothing else to sign with.
 */
export function withBrought(
  schedule: readonly ScheduledKey[],
  policy: KeyPolicy,
  { kid, alg, entrance }: {
    readonly kid: string;
    readonly alg: SigningAlgorithm;
    readonly entrance: Entrance;
  },
  now: number,
): Brought {
  const key = { kid, alg, created_at: now };
  if (entrance === "verify_only") {
    // Earlier than all others, so that it signs only where there is no other at all.
    const scheduled = { ...key, signs_from: 0, retires_at: now + SPREAD + policy.retention };
    return { plan: planWith(schedule, [], policy, now), scheduled };
  }
  const signs_from = entranceTime(schedule, policy, alg, entrance === "now", now);
  const added = { ...key, signs_from, retires_at: undefined };
  const plan = planWith([...schedule, added], [], policy, now);
  return {
    plan: { ...plan, kept: plan.kept.filter((kept) => kept.kid !== kid) },
    scheduled: plan.kept.find((kept) => kept.kid === kid) ?? added,
  };
}

/** Throws `KeyError` where a schedule has no room for one more key: it is one record, and records are small. */
export function requireRoom(schedule: readonly ScheduledKey[]): void {
  if (schedule.length < MOST_KEYS) return;
  throw new KeyError(`there are ${schedule.length} managed keys already; retire some first`);
}

/** When a key that is ordered now begins to sign. */
function entranceTime(
  schedule: readonly ScheduledKey[],
  policy: KeyPolicy,
  named: SigningAlgorithm,
  atOnce: boolean,
  now: number,
): number {
  const begun = schedule.filter(({ alg, signs_from, retires_at = Infinity }) =>
    alg === named && signs_from <= now && now < retires_at
  );
  // Of keys that begin in the same second the first would go on to sign.
  if (atOnce) return Math.max(now, ...begun.map(({ signs_from }) => signs_from + 1));
  return begun.length === 0 ? now : soonest(policy, now);
}

/** The `kid` of a key that is not made yet. */
const UNMADE = "";

/** What is to be done with a schedule where these keys are due, whatever else is. */
function planWith(
  schedule: readonly ScheduledKey[],
  due: readonly DueKey[],
  policy: KeyPolicy,
  now: number,
): KeyPlan {
  const unmade = due.map((key) => ({
    ...key,
    kid: UNMADE,
    created_at: now,
    retires_at: undefined,
  }));
  const all = [...schedule, ...unmade];
  const plan = planKeys(all, policy, now) ?? { kept: all, due: [], dropped: [] };
  return {
    kept: plan.kept.filter(({ kid }) => kid !== UNMADE),
    due: [...due, ...plan.due],
    dropped: plan.dropped,
  };
}
