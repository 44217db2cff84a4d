/** Whether what instances sign with and publish is right at every moment, given all that was before. */

import assert from "node:assert/strict";
import type { ScheduledKey } from "../../src/store/records.ts";
import { type PlannedInstance, type PlannedWorld, viewOf } from "./planned_world.ts";

/** Somebody who looks at all instances after every step. */
export interface Witness {
  /** All keys that there have been, in the order in which they were made. */
  readonly seen: ReadonlyMap<string, ScheduledKey>;
  /** Throws where a key signs too early, is gone too early, or an algorithm has none. */
  look(world: PlannedWorld): void;
  /** The seconds between the beginnings of an algorithm's keys. */
  turns(named: string): number[];
}

/** One who has seen nothing yet. */
export function witnessOf(): Witness {
  const seen = new Map<string, ScheduledKey>();
  /** When any instance has signed with it last. */
  const signed = new Map<string, number>();
  /** Since when all those that reach the store publish it. */
  const known = new Map<string, number>();
  const publishedBy = new Map<string, Set<PlannedInstance>>();
  const row = (named: string) => [...seen.values()].filter(({ alg }) => alg === named);
  return {
    seen,
    look(world) {
      const { instances, now, schedule } = world;
      for (const key of schedule) seen.set(key.kid, key);
      const views = instances.map((instance) => ({ instance, ...viewOf(world, instance) }));
      for (const { kid } of schedule) {
        const everywhere = views.filter(({ instance }) => instance.reached)
          .every(({ phases }) => (phases.get(kid) ?? "retired") !== "retired");
        if (everywhere && !known.has(kid)) known.set(kid, now);
      }
      for (const { instance: { policy, reached }, signing } of views) {
        for (const { kid, alg } of signing.values()) {
          signed.set(kid, now);
          // The first of an algorithm has nobody to wait for.
          if (kid === row(alg)[0]?.kid) continue;
          const published = now - (known.get(kid) ?? Infinity);
          assert.ok(published >= policy.propagation, `${kid} signs after ${published} s`);
        }
        for (const alg of reached ? policy.algorithms : []) {
          assert.ok(signing.has(alg), `nothing signs with ${alg}`);
        }
      }
      for (const { instance, phases } of views) {
        const published = new Set(
          [...phases].filter(([, phase]) => phase !== "retired").map(([kid]) => kid),
        );
        for (const [kid, by] of publishedBy) {
          if (published.has(kid) || !by.delete(instance)) continue;
          const since = now - (signed.get(kid) ?? -Infinity);
          assert.ok(
            since >= instance.policy.retention,
            `${kid} is gone ${since} s after it signed`,
          );
        }
        for (const kid of published) {
          publishedBy.set(kid, (publishedBy.get(kid) ?? new Set()).add(instance));
        }
      }
    },
    turns(named) {
      const begins = row(named).map(({ signs_from }) => signs_from);
      return begins.slice(1).map((begin, index) => begin - begins[index]!);
    },
  };
}
