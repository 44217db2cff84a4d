/** Which keys are there, of whichever source, and how does each go on? Nothing sealed is opened for that. */

import { type KeyPolicy, keyPolicy } from "../config/key_policy.ts";
import type { Config } from "../config/schema.ts";
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from "../oauth/client.ts";
import type { ScheduledKey } from "../store/records.ts";
import { duplicates } from "./duplicates.ts";
import { type NextPhase, outlook } from "./outlook.ts";
import { soonest } from "./plan.ts";
import { timedKey } from "./schedule.ts";
import { openStaticKeys } from "./static.ts";
import { type Phase, type TimedKey, timetable } from "./timetable.ts";

/** A key that is published, without itself. Times are NumericDates. */
export interface ListedKey extends Pick<TimedKey, "kid" | "alg" | "source"> {
  readonly phase: Exclude<Phase, "retired">;
  /** A file, `keys.jwks: keys[0]`, or which managed key it is. */
  readonly place: string;
  /** `undefined` where only its owner knows. */
  readonly created_at: number | undefined;
  /** `undefined`: since ever. */
  readonly signs_from: number | undefined;
  /** `undefined` as long as nobody has said when. */
  readonly retires_at: number | undefined;
  /** What becomes of it; `undefined` where the keys that there are leave it what it is. */
  readonly next: NextPhase | undefined;
  /** When a key signs that the server has yet to make; `undefined` where that isn't planned. */
  readonly rotates_at: number | undefined;
}

/** All keys. */
export interface Inventory {
  /** By algorithm, then phase, then the order in which they were made. */
  readonly keys: readonly ListedKey[];
  /** The algorithms of managed keys for which none was made yet. */
  readonly missing: readonly SigningAlgorithm[];
}

const PHASES = ["announced", "signing", "retained"] as const;

/**
 * The keys that the configuration and the schedule name, as they are at `now`. What is wrong with those of the
 * configuration joins `problems`; the others are answered all the same.
 */
export async function inventory(
  config: Config["keys"],
  schedule: readonly ScheduledKey[],
  now: number,
  problems: string[],
): Promise<Inventory> {
  const policy = keyPolicy(config);
  const { keys: fixed } = await openStaticKeys(config, problems);
  problems.push(...duplicates(fixed));
  const timed = [...fixed, ...schedule.map((key) => timedKey(key, policy.algorithms))];
  const { phases } = timetable(timed, now);
  const next = outlook(timed, now);
  const keys = timed.flatMap((key): ListedKey[] => {
    const { kid, alg, source, place, signs_from, retires_at } = key;
    const phase = phases.get(kid) ?? "retired";
    return phase === "retired" ? [] : [{
      kid,
      alg,
      source,
      phase,
      place,
      created_at: schedule.find((scheduled) => scheduled.kid === kid)?.created_at,
      signs_from: finite(signs_from),
      retires_at: finite(retires_at),
      next: next.get(kid),
      rotates_at: next.has(kid) ? undefined : rotationOf(key, phase, policy, now),
    }];
  });
  const rank = ({ alg, phase }: ListedKey) =>
    SIGNING_ALGORITHMS.indexOf(alg) * PHASES.length + PHASES.indexOf(phase);
  return {
    keys: keys.toSorted((a, b) => rank(a) - rank(b)),
    missing: policy.algorithms.filter((alg) =>
      !keys.some((key) => key.alg === alg && key.source === "managed")
    ),
  };
}

function rotationOf(
  { alg, source, signs_from }: TimedKey,
  phase: Phase,
  policy: KeyPolicy,
  now: number,
): number | undefined {
  if (source !== "managed" || phase !== "signing") return undefined;
  return policy.algorithms.includes(alg)
    ? Math.max(signs_from + policy.rotation, soonest(policy, now))
    : undefined;
}

function finite(time: number): number | undefined {
  return Number.isFinite(time) ? time : undefined;
}
