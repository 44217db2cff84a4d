/** Which key of the data protection ring seals, and in which phase is every other? */

import type { StoredRing, StoredRingKey } from "../store/records.ts";

/** Known to all and not sealing yet; sealing; opening what it has sealed. */
export type RingPhase = "announced" | "sealing" | "opening";

/** Where a key of the ring comes from: `data_protection.keys`, or the store. */
export type RingSource = "configured" | "stored";

/** What holds at a moment. */
export interface RingTimetable {
  /** Which key seals: its place in its source. */
  readonly sealing: { readonly source: RingSource; readonly index: number };
  /** It holds from this second on … */
  readonly from: number;
  /** … and until this one; `Infinity`: for ever. */
  readonly until: number;
}

/** The part of a stored ring that says when. */
export interface RingTimes {
  readonly keys: readonly Pick<StoredRingKey, "seals_from">[];
  readonly superseded_from: StoredRing["superseded_from"];
}

/**
 * What holds at `now`, the same on every instance that knows the same keys. The first configured key seals as soon as
 * the stored ring is superseded, else the stored one that has begun last.
 */
export function ringTimetable(configured: number, stored: RingTimes, now: number): RingTimetable {
  const { keys, superseded_from = Infinity } = stored;
  const times = [superseded_from, ...keys.map(({ seals_from }) => seals_from)];
  const until = Math.min(...times.filter((time) => time > now));
  if (configured > 0 && (keys.length === 0 || now >= superseded_from)) {
    return { sealing: { source: "configured", index: 0 }, from: now, until };
  }
  return { sealing: { source: "stored", index: sealingOf(keys, now) }, from: now, until };
}

/** The phase of each stored key, in their order. */
export function storedPhases(
  configured: number,
  stored: RingTimes,
  now: number,
): readonly RingPhase[] {
  const { sealing } = ringTimetable(configured, stored, now);
  return stored.keys.map(({ seals_from }, index) => {
    if (sealing.source === "stored" && sealing.index === index) return "sealing";
    return sealing.source === "stored" && now < seals_from ? "announced" : "opening";
  });
}

/** When a stored key seals no more (NumericDate): once another one does; `undefined` as long as none follows. */
export function sealsUntil(stored: RingTimes, index: number): number | undefined {
  const { keys, superseded_from } = stored;
  const own = keys[index]?.seals_from ?? 0;
  const later = keys.filter(({ seals_from }, other) => isBehind(seals_from, other, own, index))
    .map(({ seals_from }) => seals_from);
  const ends = superseded_from === undefined ? later : [...later, superseded_from];
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/** The one that has begun last; where a clock is far behind, the first to come seals rather than none. */
function sealingOf(keys: RingTimes["keys"], now: number): number {
  const order = keys.map(({ seals_from }, index) => ({ seals_from, index }))
    .toSorted((a, b) => a.seals_from - b.seals_from || a.index - b.index);
  const begun = order.filter(({ seals_from }) => seals_from <= now);
  return (begun.at(-1) ?? order[0])?.index ?? 0;
}

function isBehind(seals_from: number, index: number, other: number, otherIndex: number): boolean {
  return seals_from === other ? index > otherIndex : seals_from > other;
}
