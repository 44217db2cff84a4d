/** What is to be done with the stored ring now? */

import type { StoredRing, StoredRingKey } from "../store/records.ts";
import { type RingTimes, ringTimetable, sealsUntil } from "./ring_timetable.ts";

/** A new key is known for these seconds before it seals: every instance learns within 30, and clocks differ by 30 at most. */
export const ANNOUNCED = 600;

/** How long a key seals before the next one does: long before it has sealed 2^32 times (NIST SP 800-38D §8.3). */
export const ROTATION = 90 * 86_400;

/** Clocks of several instances differ, so a key stays for these seconds after all that it has sealed has ended. */
const LEFT_ALONE = 600;

/** How this instance wants the ring. */
export interface RingPolicy {
  /** Whether the configuration names keys, which take over from the stored ones. */
  readonly configured: boolean;
  /** The longest, in seconds, that anything lives that this instance seals. */
  readonly longest_life: number;
}

/** What is to be done. */
export interface RingPlan {
  /** The ring as it is to be, with what may go and without what is due; the same object where nothing else changes. */
  readonly ring: StoredRing;
  /** From when on a new key is to seal; `undefined`: none is due. */
  readonly due: number | undefined;
  /** Those of `ring` by which nothing is sealed any more save perhaps managed keys. */
  readonly over: readonly StoredRingKey[];
}

/** The plan for a stored ring; `undefined` where nothing is to be done. */
export function planRing(
  stored: StoredRing,
  { configured, longest_life }: RingPolicy,
  now: number,
): RingPlan | undefined {
  // As long as one instance knows no configured key all seal with what it opens: it takes back what the others announce.
  const superseded_from = configured ? stored.superseded_from ?? now + ANNOUNCED : undefined;
  const { sealing } = ringTimetable(configured ? 1 : 0, stored, now);
  const keys = stored.keys.map((key, index) => {
    const until = sealsUntil(stored, index);
    // One that has just stopped may have sealed for an instance that has just begun.
    const seals = sealing.source === "stored" && sealing.index === index ||
      until !== undefined && now >= until && now < until + LEFT_ALONE;
    return seals && key.longest_life < longest_life ? { ...key, longest_life } : key;
  });
  const changed = superseded_from !== stored.superseded_from ||
    keys.some((key, index) => key !== stored.keys[index]);
  const ring = changed ? { ...stored, keys, superseded_from } : stored;
  const due = superseded_from === undefined ? dueAt(stored, now) : undefined;
  const over = keys.filter((_, index) => now >= (goesAt(ring, index) ?? Infinity));
  const idle = ring === stored && due === undefined && over.length === 0;
  return idle ? undefined : { ring, due, over };
}

/** When a stored key goes (NumericDate), unless managed keys are still sealed by it; `undefined` as long as none follows. */
export function goesAt(
  stored: RingTimes & { readonly keys: readonly Pick<StoredRingKey, "longest_life">[] },
  index: number,
): number | undefined {
  const until = sealsUntil(stored, index);
  if (until === undefined) return undefined;
  return until + (stored.keys[index]?.longest_life ?? 0) + LEFT_ALONE;
}

/** The successor of the newest key is announced in time. */
function dueAt({ keys }: StoredRing, now: number): number | undefined {
  const newest = Math.max(...keys.map(({ seals_from }) => seals_from));
  const ends = newest + ROTATION;
  return now < ends - ANNOUNCED ? undefined : Math.max(ends, now + ANNOUNCED);
}
