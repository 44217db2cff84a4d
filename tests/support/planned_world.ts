/** Instances that follow the plan, without keys, servers and time: what would each sign with and publish? */

import assert from "node:assert/strict";
import type { KeyPolicy } from "../../src/config/key_policy.ts";
import { planKeys } from "../../src/keys/plan.ts";
import { timedKey } from "../../src/keys/schedule.ts";
import { type Timetable, timetable } from "../../src/keys/timetable.ts";
import type { ScheduledKey } from "../../src/store/records.ts";

/** One of them. */
export interface PlannedInstance {
  readonly policy: KeyPolicy;
  /** By how much its clock is wrong. */
  offset: number;
  /** Whether it reaches the store. */
  reached: boolean;
  /** What it has read, and when by its own clock. */
  schedule: readonly ScheduledKey[];
  read_at: number;
}

/** A store, and the instances on it. */
export interface PlannedWorld {
  readonly instances: readonly PlannedInstance[];
  schedule: readonly ScheduledKey[];
  now: number;
}

/** A world in which nothing has happened. */
export function plannedWorld(
  policies: readonly KeyPolicy[],
  offsets: readonly number[],
  now = 1_000_000_000,
): PlannedWorld {
  const instances = policies.map((policy, index): PlannedInstance => ({
    policy,
    offset: offsets[index] ?? 0,
    reached: true,
    schedule: [],
    read_at: -Infinity,
  }));
  return { instances, schedule: [], now };
}

/** A round of an instance. A store that it doesn't reach tells it nothing. */
export function round(world: PlannedWorld, instance: PlannedInstance): void {
  if (!instance.reached) return;
  const now = world.now + instance.offset;
  const plan = planKeys(world.schedule, instance.policy, now);
  if (plan !== undefined) {
    const made = plan.due.map((due) => ({
      ...due,
      kid: `${due.alg} ${due.signs_from} ${world.schedule.length}`,
      created_at: now,
      retires_at: undefined,
    }));
    const isFirst = world.schedule.length === 0;
    world.schedule = [...plan.kept, ...made];
    const again = planKeys(world.schedule, instance.policy, now);
    // Two rounds at the same moment do no more than one, but that the first key may need a successor at once.
    if (!isFirst) assert.deepEqual(again?.due ?? [], []);
    assert.deepEqual(again?.dropped ?? [], []);
  }
  instance.schedule = world.schedule;
  instance.read_at = now;
}

/** What an instance signs with and publishes; with a schedule that is too old it signs with nothing. */
export function viewOf(
  { now }: PlannedWorld,
  { offset, schedule, policy, read_at }: PlannedInstance,
): Timetable<ReturnType<typeof timedKey>> {
  const own = now + offset;
  const view = timetable(schedule.map((key) => timedKey(key, policy.algorithms)), own);
  return Math.abs(own - read_at) <= policy.propagation ? view : { ...view, signing: new Map() };
}
