/** Whether one key signs with each algorithm, the same everywhere, and every other is in the phase that follows from it. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { type TimedKey, timetable } from "../../src/keys/timetable.ts";

function key(kid: string, members: Partial<TimedKey> = {}): TimedKey {
  return {
    kid,
    alg: "ES256",
    source: "managed",
    signs_from: 0,
    signs_until: Infinity,
    retires_at: Infinity,
    ...members,
  };
}

function at(now: number, ...keys: TimedKey[]) {
  const { signing, phases, from, until } = timetable(keys, now);
  return {
    signs: signing.get("ES256")?.kid,
    phases: Object.fromEntries(phases),
    lasts: [from, until],
  };
}

Deno.test("timetable: a key is announced, signs, is retained and is gone", () => {
  const keys = [
    key("a", { retires_at: 200 }),
    key("b", { signs_from: 100, retires_at: 300 }),
    key("c", { signs_from: 200 }),
  ];
  assert.deepEqual(at(99, ...keys), {
    signs: "a",
    phases: { a: "signing", b: "announced", c: "announced" },
    lasts: [99, 100],
  });
  assert.deepEqual(at(100, ...keys), {
    signs: "b",
    phases: { a: "retained", b: "signing", c: "announced" },
    lasts: [100, 200],
  });
  assert.deepEqual(at(200, ...keys), {
    signs: "c",
    phases: { a: "retired", b: "retained", c: "signing" },
    lasts: [200, 300],
  });
});

Deno.test("timetable: a configured key comes before managed ones, and the last of these waits behind it", () => {
  const keys = [
    key("file", { source: "directory", signs_from: -Infinity, signs_until: 100, retires_at: 150 }),
    key("old", { retires_at: 120 }),
    key("new", { signs_from: 10 }),
  ];
  assert.deepEqual(at(50, ...keys).phases, { file: "signing", old: "retained", new: "announced" });
  assert.deepEqual(at(100, ...keys).phases, { file: "retained", old: "retained", new: "signing" });
  assert.equal(at(150, ...keys).phases["file"], "retired");
});

Deno.test("timetable: of configured keys the one that began last signs, then the first of the list", () => {
  const file = (kid: string, signs_from: number) => key(kid, { source: "directory", signs_from });
  assert.equal(at(50, file("a", -Infinity), file("b", -Infinity)).signs, "a");
  assert.equal(at(50, file("a", -Infinity), file("b", 40)).signs, "b");
  assert.equal(at(50, file("a", 40), file("b", 40), file("c", 60)).signs, "a");
});

Deno.test("timetable: a clock that is behind signs with the managed key that began first, never with what may not sign", () => {
  const keys = [key("a", { signs_from: 100 }), key("b", { signs_from: 200 })];
  assert.deepEqual(at(0, ...keys).phases, { a: "signing", b: "announced" });
  const never = key("c", { signs_until: -Infinity });
  assert.equal(at(0, never).signs, undefined);
  assert.deepEqual(at(0, never).phases, { c: "retained" });
  const fixed = key("e", { source: "jwks", signs_from: -Infinity });
  assert.deepEqual(at(0, never, fixed).phases, { c: "retained", e: "signing" });
  const file = key("d", { source: "directory", signs_from: 100 });
  assert.equal(at(0, file).signs, undefined);
});

const time = fc.integer({ min: 0, max: 50 });
const keys = fc.uniqueArray(
  fc.record({
    kid: fc.string({ minLength: 1, maxLength: 3 }),
    alg: fc.constantFrom("ES256", "EdDSA"),
    source: fc.constantFrom("directory", "jwks", "managed"),
    signs_from: fc.oneof(time, fc.constant(-Infinity)),
    signs_until: fc.oneof(time, fc.constant(Infinity)),
    retires_at: fc.oneof(time, fc.constant(Infinity)),
  }) as fc.Arbitrary<TimedKey>,
  { selector: ({ kid }) => kid, maxLength: 8 },
);

Deno.test("timetable: at every moment at most one key of an algorithm signs, only one that may, and nothing changes before it says so", () => {
  fc.assert(
    fc.property(keys, time, (keys, now) => {
      const { signing, phases, until } = timetable(keys, now);
      for (const { kid, alg, source, signs_from, signs_until, retires_at } of keys) {
        assert.equal(phases.get(kid) === "signing", signing.get(alg)?.kid === kid);
        assert.equal(phases.get(kid) === "retired", now >= retires_at);
        if (phases.get(kid) !== "signing") continue;
        assert.ok(now < signs_until && (source === "managed" || signs_from <= now));
      }
      for (let later = now; later < Math.min(until, 52); later++) {
        const then = timetable(keys, later);
        assert.deepEqual([...then.phases], [...phases]);
        assert.equal(then.until, until);
      }
    }),
  );
});
