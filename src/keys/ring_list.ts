/** What may be told of the keys of the data protection ring? */

import { type RingKey, ringKey } from "../lib/sealing.ts";
import type { StoredRing } from "../store/records.ts";
import { goesAt } from "./ring_plan.ts";
import {
  type RingPhase,
  type RingSource,
  ringTimetable,
  sealsUntil,
  storedPhases,
} from "./ring_timetable.ts";

/** A key of the ring, as far as it may be told. Times are NumericDates. */
export interface PhasedRingKey {
  readonly id: string;
  readonly source: RingSource;
  /** `data_protection.keys[0]`, or `store`. */
  readonly place: string;
  readonly phase: RingPhase;
  /** Since when it is in this phase; `undefined` where only the configuration could tell. */
  readonly since: number | undefined;
  /** From when on it seals; `undefined` where it does, did, or nobody has said. */
  readonly seals_from: number | undefined;
  /** When it goes, unless managed keys are still sealed by it; `undefined` where nobody has said. */
  readonly goes_at: number | undefined;
}

/** The keys of a ring and their phases, the configured ones first. */
export function listRing(
  configured: readonly Pick<RingKey, "id">[],
  stored: StoredRing,
  now: number,
): readonly PhasedRingKey[] {
  const { sealing } = ringTimetable(configured.length, stored, now);
  const phases = storedPhases(configured.length, stored, now);
  return [
    ...configured.map(({ id }, index): PhasedRingKey => {
      const next = sealing.source === "stored" && index === 0;
      const seals = sealing.source === "configured" && index === 0;
      return {
        id,
        source: "configured",
        place: `data_protection.keys[${index}]`,
        phase: seals ? "sealing" : next ? "announced" : "opening",
        since: seals ? stored.superseded_from : undefined,
        seals_from: next ? stored.superseded_from : undefined,
        goes_at: undefined,
      };
    }),
    ...stored.keys.map(({ key, created_at, seals_from }, index): PhasedRingKey => {
      const phase = phases[index] ?? "opening";
      const since = {
        announced: created_at,
        sealing: seals_from,
        opening: sealsUntil(stored, index),
      };
      return {
        id: ringKey(key).id,
        source: "stored",
        place: "store",
        phase,
        since: since[phase],
        seals_from: phase === "announced" ? seals_from : undefined,
        goes_at: goesAt(stored, index),
      };
    }),
  ];
}
