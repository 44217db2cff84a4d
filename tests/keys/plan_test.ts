/** Whether instances that follow the plan, each at its own pace, never sign with a key too early or too late, nor with two. */

import assert from "node:assert/strict";
import fc from "fast-check";
import type { KeyPolicy } from "../../src/config/key_policy.ts";
import { planKeys, SPREAD } from "../../src/keys/plan.ts";
import type { ScheduledKey } from "../../src/store/records.ts";
import { type Witness, witnessOf } from "../support/planned_witness.ts";
import { type PlannedWorld, plannedWorld, round, viewOf } from "../support/planned_world.ts";

const DAY = 86_400;
const NOW = 1_000_000_000;
const POLICY: KeyPolicy = {
  algorithms: ["ES256", "EdDSA"],
  propagation: DAY,
  rotation: 90 * DAY,
  retention: 14 * DAY,
};

function key(kid: string, members: Partial<ScheduledKey> = {}): ScheduledKey {
  return {
    kid,
    alg: "ES256",
    created_at: NOW,
    signs_from: NOW,
    retires_at: undefined,
    ...members,
  };
}

/** What the store holds after a round, keys that are made called by their algorithm and beginning. */
function after(
  schedule: readonly ScheduledKey[],
  policy: KeyPolicy,
  now: number,
): readonly ScheduledKey[] {
  const world = plannedWorld([policy], [0], now);
  world.schedule = schedule;
  round(world, world.instances[0]!);
  return world.schedule;
}

/** Lets time go by in steps, each instance having its rounds within 30 s. */
function live(world: PlannedWorld, steps: readonly number[], end: number, witness: Witness): void {
  const due = world.instances.map(() => world.now);
  for (let n = 0; world.now < end; n++) {
    world.now += steps[n % steps.length]!;
    for (const [index, instance] of world.instances.entries()) {
      if (world.now < due[index]!) continue;
      round(world, instance);
      // No later than the step after the next one.
      due[index] = world.now + 10 + steps[(n + index) % steps.length]!;
    }
    witness.look(world);
  }
}

const offset = fc.integer({ min: -30, max: 30 });
const steps = fc.array(fc.integer({ min: 3, max: 10 }), { minLength: 5, maxLength: 20 });
const policy = fc.record({
  propagation: fc.integer({ min: 300, max: 1200 }),
  turns: fc.double({ min: 1, max: 4, noNaN: true }),
  kept: fc.double({ min: 0.1, max: 10, noNaN: true }),
}).map(({ propagation, turns, kept }): KeyPolicy => {
  const rotation = Math.ceil(propagation * turns);
  return {
    algorithms: ["ES256", "EdDSA"],
    propagation,
    rotation,
    retention: Math.ceil(rotation * kept),
  };
});

Deno.test("planKeys: whatever the policy, the pace and the clocks, each algorithm has one key, known in time and kept long enough", () => {
  fc.assert(
    fc.property(policy, fc.tuple(offset, offset, offset), steps, (policy, offsets, steps) => {
      const world = plannedWorld([policy, policy, policy], offsets);
      const witness = witnessOf();
      for (const instance of world.instances) round(world, instance);
      live(world, steps, world.now + 4 * policy.rotation + policy.retention, witness);
      for (const alg of policy.algorithms) {
        for (const turn of witness.turns(alg)) {
          const late = turn - policy.rotation;
          assert.ok(late >= 0 && late <= policy.propagation + 2 * SPREAD, `${alg}: ${turn}`);
        }
        assert.ok(witness.turns(alg).length >= 3);
      }
      assert.ok(world.schedule.length < 40, `${world.schedule.length} keys`);
    }),
    { numRuns: 5 },
  );
});

Deno.test("planKeys: instances with different policies keep what each of them was promised, and make no key twice", () => {
  fc.assert(
    fc.property(policy, policy, fc.tuple(offset, offset), steps, (one, other, offsets, steps) => {
      const propagation = Math.min(one.propagation, other.propagation);
      // How long a key is published before it signs is up to whoever makes it.
      const policies = [{ ...one, propagation }, { ...other, propagation }];
      const retention = Math.min(one.retention, other.retention);
      const world = plannedWorld(policies.map((policy) => ({ ...policy, retention })), offsets);
      const witness = witnessOf();
      for (const instance of world.instances) round(world, instance);
      live(world, steps, world.now + 3 * Math.max(one.rotation, other.rotation), witness);
      const shortest = Math.min(one.rotation, other.rotation);
      for (const turn of witness.turns("ES256")) assert.ok(turn >= shortest);
    }),
    { numRuns: 6 },
  );
});

Deno.test("planKeys: an instance that doesn't reach the store signs no longer than the others allow for", () => {
  fc.assert(
    fc.property(
      policy,
      fc.tuple(offset, offset, offset),
      steps,
      fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 30, max: 6000 })), {
        minLength: 4,
        maxLength: 8,
      }),
      (policy, offsets, steps, cuts) => {
        const world = plannedWorld([policy, policy, policy], offsets);
        const witness = witnessOf();
        for (const instance of world.instances) round(world, instance);
        for (const [index, length] of cuts) {
          const instance = world.instances[index]!;
          instance.reached = false;
          live(world, steps, world.now + length, witness);
          instance.reached = true;
          round(world, instance);
        }
      },
    ),
    { numRuns: 5 },
  );
});

Deno.test("planKeys: while some instances have an algorithm and others don't, it keeps its key, and nobody undoes what another does", () => {
  const without: KeyPolicy = { ...POLICY, algorithms: ["EdDSA"] };
  const world = plannedWorld([POLICY, without], [0, 0]);
  const written: (readonly ScheduledKey[])[] = [];
  for (let n = 0; n < 40; n++) {
    round(world, world.instances[n % 2]!);
    if (world.schedule !== written.at(-1)) written.push(world.schedule);
    world.now += 24;
  }
  assert.equal(world.schedule.length, 2);
  assert.ok(written.length <= 4, `${written.length} writes`);
});

Deno.test("planKeys: an algorithm that is configured no more signs nothing, and its key goes when all that it signed has ended", () => {
  const without: KeyPolicy = { ...POLICY, algorithms: ["EdDSA"] };
  const world = plannedWorld([POLICY], [0]);
  round(world, world.instances[0]!);
  const later = plannedWorld([without], [0], world.now + 10 * DAY);
  later.schedule = world.schedule;
  const [instance] = later.instances;
  round(later, instance!);
  assert.deepEqual([...viewOf(later, instance!).signing.keys()], ["EdDSA"]);
  const { retires_at } = later.schedule.find(({ alg }) => alg === "ES256")!;
  assert.ok(retires_at! >= later.now + DAY + 14 * DAY);
  later.now = retires_at! + 2 * DAY;
  round(later, instance!);
  assert.ok(!later.schedule.some(({ alg }) => alg === "ES256"));
});

Deno.test("planKeys: whoever hasn't heard yet that an algorithm is configured no more signs with its key a while longer, however old that is", () => {
  const without: KeyPolicy = { ...POLICY, algorithms: [] };
  const now = NOW + 200 * DAY;
  const [old] = after([key("a")], without, now);
  assert.equal(old!.retires_at, now + DAY + SPREAD + 14 * DAY);
});

Deno.test("planKeys: an algorithm that comes back signs with the key that it had", () => {
  const gone = key("a", { retires_at: NOW + 90 * DAY });
  const schedule = after([gone], { ...POLICY, algorithms: ["ES256"] }, NOW + DAY);
  assert.deepEqual(schedule.map(({ kid }) => kid), ["a"]);
  assert.ok(schedule[0]!.retires_at! >= NOW + 104 * DAY);
});

Deno.test("planKeys: after months of silence the last key signs on until everybody knows its successor", () => {
  const now = NOW + 400 * DAY;
  const schedule = after([key("a")], { ...POLICY, algorithms: ["ES256"] }, now);
  assert.deepEqual(schedule.map(({ signs_from }) => signs_from), [NOW, now + DAY + SPREAD]);
  assert.equal(schedule[0]!.retires_at, now + DAY + 14 * DAY + 2 * SPREAD);
});

Deno.test("planKeys: what was decided is put off where more is asked for, and never brought forward", () => {
  const schedule = [
    key("a", { retires_at: NOW + 5 * DAY }),
    key("b", { signs_from: NOW + DAY }),
  ];
  const now = NOW + 2 * DAY;
  const longer = after(schedule, { ...POLICY, algorithms: ["ES256"] }, now);
  assert.equal(longer[0]!.retires_at, NOW + 15 * DAY + SPREAD);
  assert.equal(
    planKeys(longer, { ...POLICY, algorithms: ["ES256"], retention: DAY }, now),
    undefined,
  );
});

Deno.test("planKeys: what retires on one instance at any moment is not brought back by another", () => {
  const schedule = [key("a", { retires_at: NOW + 10 }), key("b", { signs_from: NOW - DAY })];
  for (const late of [-30, 0, 30]) {
    const plan = planKeys(schedule, { ...POLICY, algorithms: ["ES256"] }, NOW + late);
    assert.equal(plan, undefined);
  }
});

Deno.test("planKeys: a clock at its beginning makes, retires and drops nothing, and its instance signs with what is published", () => {
  const schedule = [
    key("a", { signs_from: NOW - 90 * DAY, retires_at: NOW + 14 * DAY }),
    key("b"),
    key("c", { alg: "EdDSA" }),
  ];
  for (const now of [0, 1, NOW - 200 * DAY]) {
    const world = plannedWorld([POLICY], [0], now);
    world.schedule = schedule;
    const [instance] = world.instances;
    round(world, instance!);
    assert.deepEqual(world.schedule.map(({ kid, retires_at }) => [kid, retires_at]), [
      ["a", NOW + 14 * DAY + SPREAD],
      ["b", undefined],
      ["c", undefined],
    ]);
    assert.deepEqual([...viewOf(world, instance!).signing.keys()], ["ES256", "EdDSA"]);
  }
});

Deno.test("planKeys: keys that a clock at its beginning has made are followed as soon as it is right", () => {
  const world = plannedWorld([POLICY], [-NOW], NOW);
  const [instance] = world.instances;
  round(world, instance!);
  assert.deepEqual(world.schedule.map(({ signs_from }) => signs_from), [0, 0]);
  instance!.offset = 0;
  round(world, instance!);
  assert.deepEqual(world.schedule.slice(2).map(({ signs_from }) => signs_from), [
    NOW + DAY + SPREAD,
    NOW + DAY + SPREAD,
  ]);
  assert.equal(viewOf(world, instance!).signing.size, 2);
});

Deno.test("planKeys: a clock that is a year ahead makes one key, and the others go on in their own time", () => {
  const policy: KeyPolicy = { ...POLICY, algorithms: ["ES256"] };
  const world = plannedWorld([policy, policy], [0, 365 * DAY]);
  const [right, ahead] = world.instances;
  round(world, right!);
  for (let hour = 0; hour < 48; hour++) {
    world.now += 3600;
    for (const instance of world.instances) round(world, instance);
  }
  assert.equal(world.schedule.length, 2);
  assert.ok(viewOf(world, right!).signing.has("ES256"));
  ahead!.offset = 0;
  const seen = new Map<string, ScheduledKey>();
  for (let day = 0; day < 400; day++) {
    world.now += DAY;
    for (const instance of world.instances) round(world, instance);
    for (const one of world.schedule) seen.set(one.kid, one);
    for (const instance of world.instances) assert.ok(viewOf(world, instance).signing.has("ES256"));
  }
  const begins = [...seen.values()].map(({ signs_from }) => signs_from)
    .toSorted((a, b) => a - b);
  assert.ok(begins.length >= 5 && begins.length <= 7, `${begins.length} keys`);
  assert.ok(world.schedule.length <= 6, `${world.schedule.length} keys are left`);
});

Deno.test("planKeys: a schedule never outgrows its record", () => {
  const many = Array.from({ length: 250 }, (_, n) => key(`${n}`, { signs_from: NOW - n }));
  const plan = planKeys(many, { ...POLICY, algorithms: ["ES256"] }, NOW + 100 * DAY);
  assert.deepEqual(plan?.due ?? [], []);
});
