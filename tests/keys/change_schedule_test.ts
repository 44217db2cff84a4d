/** Whether an operator's orders leave a schedule in which a key signs at every moment, and only one. */

import assert from "node:assert/strict";
import fc from "fast-check";
import type { KeyPolicy } from "../../src/config/key_policy.ts";
import type { ScheduledKey } from "../../src/store/records.ts";
import {
  type Entrance,
  signingKids,
  withBrought,
  withoutAll,
  withoutKey,
  withSuccessors,
} from "../../src/keys/change_schedule.ts";
import { type KeyPlan, planKeys, SPREAD } from "../../src/keys/plan.ts";

const DAY = 86_400;
const NOW = 1000 * DAY;
const POLICY: KeyPolicy = {
  algorithms: ["ES256", "EdDSA"],
  propagation: DAY,
  rotation: 90 * DAY,
  retention: 14 * DAY,
};

function key(kid: string, days: number, members: Partial<ScheduledKey> = {}): ScheduledKey {
  const signs_from = NOW + days * DAY;
  return {
    kid,
    alg: "ES256",
    created_at: signs_from - DAY,
    signs_from,
    retires_at: undefined,
    ...members,
  };
}

const OTHER = key("ed", -10, { alg: "EdDSA" });
const SCHEDULE = [key("a", -10), OTHER];
const ANNOUNCED = [
  key("a", -10, { retires_at: NOW + 14.5 * DAY + SPREAD }),
  key("b", 0.5),
  OTHER,
];

/** The schedule that a plan leads to; keys that are to be made are called `new`. */
function after(plan: KeyPlan | undefined): ScheduledKey[] {
  assert.ok(plan);
  return [
    ...plan.kept,
    ...plan.due.map((due) => ({ ...due, kid: "new", created_at: NOW, retires_at: undefined })),
  ];
}

const named = (keys: readonly ScheduledKey[], kid: string) => keys.find((one) => one.kid === kid);

Deno.test("rotate: a successor signs after the propagation, and the key before it stays for the retention after that", () => {
  const keys = after(withSuccessors(SCHEDULE, POLICY, ["ES256"], false, NOW));
  assert.equal(named(keys, "new")?.signs_from, NOW + DAY + SPREAD);
  assert.equal(named(keys, "a")?.retires_at, NOW + 15 * DAY + 2 * SPREAD);
  assert.deepEqual(named(keys, "ed"), OTHER);
  assert.equal(keys.length, 3);
});

Deno.test("rotate: a successor that is announced is enough", () => {
  assert.equal(withSuccessors(ANNOUNCED, POLICY, ["ES256"], false, NOW), undefined);
  const keys = after(withSuccessors(ANNOUNCED, POLICY, ["ES256", "EdDSA"], false, NOW));
  assert.deepEqual(keys.filter(({ kid }) => kid === "new").map(({ alg }) => alg), ["EdDSA"]);
});

Deno.test("rotate --now: a new key signs at once", () => {
  const keys = after(withSuccessors(SCHEDULE, POLICY, ["ES256"], true, NOW));
  assert.deepEqual([...signingKids(keys, POLICY, NOW)], [["ES256", "new"], ["EdDSA", "ed"]]);
  assert.equal(named(keys, "a")?.retires_at, NOW + 14 * DAY + SPREAD);
});

Deno.test("rotate --now: an announced successor is brought forward, and what was promised to the key before it holds", () => {
  const keys = after(withSuccessors(ANNOUNCED, POLICY, ["ES256"], true, NOW));
  assert.equal(keys.length, 3);
  assert.equal(signingKids(keys, POLICY, NOW).get("ES256"), "b");
  assert.equal(named(keys, "a")?.retires_at, NOW + 14.5 * DAY + SPREAD);
});

Deno.test("rotate --now: where a key has begun in this second the next begins in the one after it", () => {
  const schedule = [key("a", -10, { retires_at: NOW + 14 * DAY }), key("b", 0), OTHER];
  const keys = after(withSuccessors(schedule, POLICY, ["ES256"], true, NOW));
  assert.equal(signingKids(keys, POLICY, NOW).get("ES256"), "b");
  assert.equal(signingKids(keys, POLICY, NOW + 1).get("ES256"), "new");
});

Deno.test("rotate: an algorithm that has no key yet gets one that signs at once", () => {
  const keys = after(withSuccessors([OTHER], POLICY, ["ES256"], false, NOW));
  assert.equal(signingKids(keys, POLICY, NOW).get("ES256"), "new");
});

Deno.test("retire: in the place of the key that signs another one signs at once, never an older one", () => {
  const old = key("old", -100, { retires_at: NOW + 3 * DAY });
  const plan = withoutKey([old, ...SCHEDULE], POLICY, "a", NOW);
  assert.deepEqual(plan?.dropped, ["a"]);
  const keys = after(plan);
  assert.equal(named(keys, "a"), undefined);
  assert.equal(signingKids(keys, POLICY, NOW).get("ES256"), "new");
  assert.ok((named(keys, "old")?.retires_at ?? 0) >= NOW + 3 * DAY);
});

Deno.test("retire: the announced successor takes the place of the key that signs", () => {
  const keys = after(withoutKey(ANNOUNCED, POLICY, "a", NOW));
  assert.deepEqual(keys.map(({ kid }) => kid), ["b", "ed"]);
  assert.equal(signingKids(keys, POLICY, NOW).get("ES256"), "b");
});

Deno.test("retire: without its successor the key that signs goes on, and has no end", () => {
  const keys = after(withoutKey(ANNOUNCED, POLICY, "b", NOW));
  assert.deepEqual(keys.map(({ kid }) => kid), ["a", "ed"]);
  assert.equal(named(keys, "a")?.retires_at, undefined);
});

Deno.test("retire: a retained key goes alone", () => {
  const old = key("old", -100, { retires_at: NOW + 3 * DAY });
  const plan = withoutKey([old, ...SCHEDULE], POLICY, "old", NOW);
  assert.deepEqual(plan, { kept: SCHEDULE, due: [], dropped: ["old"] });
});

Deno.test("retire: of an algorithm that is no longer managed none follows", () => {
  const policy: KeyPolicy = { ...POLICY, algorithms: ["EdDSA"] };
  const keys = after(withoutKey(SCHEDULE, policy, "a", NOW));
  assert.deepEqual(keys, [OTHER]);
});

Deno.test("retire: what is not there changes nothing", () => {
  assert.equal(withoutKey(SCHEDULE, POLICY, "nobody", NOW), undefined);
});

Deno.test("retire --all: nothing stays, and a new key signs for each algorithm", () => {
  const kids = ["a", "b", "ed"];
  const plan = withoutAll(ANNOUNCED, kids, POLICY.algorithms, NOW);
  assert.deepEqual(plan.dropped, kids);
  assert.deepEqual([...signingKids(after(plan), POLICY, NOW).keys()], ["ES256", "EdDSA"]);
});

Deno.test("retire --all: what another operator has just put in their place stays", () => {
  const other = key("z", 0);
  const plan = withoutAll([other], ["a", "b", "ed"], POLICY.algorithms, NOW);
  assert.deepEqual(plan.kept, [other]);
  assert.deepEqual(plan.due, [{ alg: "EdDSA", signs_from: NOW }]);
});

Deno.test("import: a key is announced, and the one that signs is followed by it", () => {
  const brought = { kid: "x", alg: "ES256", entrance: "announced" } as const;
  const { plan, scheduled } = withBrought(SCHEDULE, POLICY, brought, NOW);
  assert.equal(scheduled.signs_from, NOW + DAY + SPREAD);
  assert.equal(named(plan.kept, "a")?.retires_at, NOW + 15 * DAY + 2 * SPREAD);
  assert.deepEqual([plan.kept.length, plan.due], [2, []]);
});

Deno.test("import: behind an announced key it ends when that signs", () => {
  const brought = { kid: "x", alg: "ES256", entrance: "now" } as const;
  const { plan, scheduled } = withBrought(ANNOUNCED, POLICY, brought, NOW);
  assert.equal(signingKids([...plan.kept, scheduled], POLICY, NOW).get("ES256"), "x");
  assert.equal(scheduled.retires_at, NOW + 14.5 * DAY + SPREAD);
});

Deno.test("import: the first key of an algorithm signs at once: there is no other", () => {
  const brought = { kid: "x", alg: "ES256", entrance: "announced" } as const;
  const { plan, scheduled } = withBrought([OTHER], POLICY, brought, NOW);
  assert.equal(scheduled.signs_from, NOW);
  assert.deepEqual(plan.due, []);
});

Deno.test("import --verify-only: a key never signs, and is gone after the retention", () => {
  const brought = { kid: "x", alg: "ES256", entrance: "verify_only" } as const;
  for (const schedule of [SCHEDULE, ANNOUNCED, [OTHER]]) {
    const { plan, scheduled } = withBrought(schedule, POLICY, brought, NOW);
    const keys = [...after(plan), scheduled];
    assert.notEqual(signingKids(keys, POLICY, NOW).get("ES256"), "x");
    assert.ok(signingKids(keys, POLICY, NOW).has("ES256"));
    assert.equal(scheduled.retires_at, NOW + 14 * DAY + SPREAD);
  }
});

type Act =
  | { readonly act: "wait"; readonly seconds: number }
  | { readonly act: "rotate"; readonly alg: "ES256" | "EdDSA"; readonly atOnce: boolean }
  | { readonly act: "retire"; readonly which: number }
  | { readonly act: "retire all" }
  | { readonly act: "import"; readonly alg: "ES256" | "EdDSA"; readonly entrance: Entrance };

const algs = fc.constantFrom("ES256" as const, "EdDSA" as const);
const acts: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constant("wait" as const), seconds: fc.nat(40 * DAY) }),
  },
  fc.record({ act: fc.constant("wait" as const), seconds: fc.nat(90) }),
  fc.record({ act: fc.constant("rotate" as const), alg: algs, atOnce: fc.boolean() }),
  fc.record({ act: fc.constant("retire" as const), which: fc.nat(10) }),
  fc.record({ act: fc.constant("retire all" as const) }),
  fc.record({
    act: fc.constant("import" as const),
    alg: algs,
    entrance: fc.constantFrom<Entrance>("announced", "now", "verify_only"),
  }),
);

Deno.test("orders: whatever is ordered when, one key signs, what has signed stays for the retention, and nothing signs unannounced", () => {
  fc.assert(
    fc.property(fc.array(acts, { maxLength: 40 }), (orders) => {
      let now = NOW;
      let made = 0;
      let schedule: readonly ScheduledKey[] = [];
      /** When each key was first there, and when it has signed for the last time. */
      const announced = new Map<string, number>();
      const signed = new Map<string, number>();
      const retired = new Set<string>();
      const atOnce = new Set<string>();
      const verifying = new Set<string>();
      const apply = (
        plan: KeyPlan | undefined,
        hasty = false,
        brought: readonly ScheduledKey[] = [],
      ) => {
        if (plan === undefined) return;
        const before = schedule;
        const due = plan.due.map(({ alg, signs_from }) => {
          return { kid: `k${made++}`, alg, signs_from, created_at: now, retires_at: undefined };
        });
        schedule = [...plan.kept, ...brought, ...due];
        for (const { kid, alg, signs_from } of schedule) {
          if (!announced.has(kid)) announced.set(kid, now);
          const was = before.find((one) => one.kid === kid);
          const first = !before.some((one) => one.alg === alg);
          if ((hasty || first) && was?.signs_from !== signs_from) atOnce.add(kid);
        }
      };
      /** What a round of the servers does, and what holds then. */
      const look = () => {
        apply(planKeys(schedule, POLICY, now));
        const signing = signingKids(schedule, POLICY, now);
        assert.deepEqual([...signing.keys()].sort(), [...POLICY.algorithms].sort());
        assert.equal(new Set(schedule.map(({ kid }) => kid)).size, schedule.length);
        for (const kid of signing.values()) {
          signed.set(kid, now);
          assert.ok(!verifying.has(kid) && !retired.has(kid));
          const known = now - (announced.get(kid) ?? now);
          assert.ok(
            atOnce.has(kid) || known >= POLICY.propagation,
            `${kid} was known for ${known} s`,
          );
        }
        for (const [kid, at] of signed) {
          const { retires_at = Infinity } = schedule.find((one) => one.kid === kid) ??
            { retires_at: -Infinity };
          assert.ok(retired.has(kid) || now >= at + POLICY.retention || now < retires_at, kid);
        }
      };
      look();
      for (const order of orders) {
        if (order.act === "wait") {
          // Rounds come often; here at least once in half a day.
          const until = now + order.seconds;
          while (now < until) {
            now = Math.min(until, now + DAY / 2);
            look();
          }
        } else if (order.act === "rotate") {
          apply(withSuccessors(schedule, POLICY, [order.alg], order.atOnce, now), order.atOnce);
        } else if (order.act === "retire") {
          const { kid } = schedule[order.which % schedule.length] ?? { kid: "" };
          retired.add(kid);
          apply(withoutKey(schedule, POLICY, kid, now), true);
        } else if (order.act === "retire all") {
          const kids = schedule.map(({ kid }) => kid);
          for (const kid of kids) retired.add(kid);
          apply(withoutAll(schedule, kids, POLICY.algorithms, now), true);
        } else {
          const { alg, entrance } = order;
          const kid = `i${made++}`;
          const { plan, scheduled } = withBrought(schedule, POLICY, { kid, alg, entrance }, now);
          if (entrance === "verify_only") verifying.add(kid);
          apply(plan, entrance === "now", [scheduled]);
        }
        look();
      }
    }),
    { numRuns: 300 },
  );
});
