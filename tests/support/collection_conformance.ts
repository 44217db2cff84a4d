/** What collections promise over any store: one winner, nothing lost, nothing that has expired. */

import assert from "node:assert/strict";
import { openCollections } from "../../src/store/collection.ts";
import type { Authorization, Throttle } from "../../src/store/records.ts";
import type { Store } from "../../src/store/store.ts";
import { START, testEnv } from "./env.ts";

/** Registers the tests of the collections over a store. */
export function collectionConformance(
  test: (rule: string, check: (store: Store) => Promise<void>) => void,
): void {
  test("1,000 parallel takes of one record have one winner", async (store) => {
    const instances = openInstances(store);
    const { authorization } = instances[0]!;
    const id = authorization.handle();
    await authorization.put(id, someAuthorization());
    const takes = await Promise.all(many(1000, (n) => instances[n % 5]!.authorization.take(id)));
    assert.deepEqual(takes.filter((record) => record !== undefined), [someAuthorization()]);
    assert.equal(await authorization.get(id), undefined);
  });

  test("of 200 parallel putNew of one id one succeeds, and its record stands", async (store) => {
    const instances = openInstances(store);
    const puts = await Promise.all(
      many(200, (n) => instances[n % 5]!.throttle.putNew("id", someThrottle(n))),
    );
    assert.equal(puts.filter(Boolean).length, 1);
    assert.equal((await instances[0]!.throttle.get("id"))?.tries, puts.indexOf(true));
  });

  test("200 parallel increments from five instances lose none", async (store) => {
    const instances = openInstances(store);
    const answers = await Promise.all(
      many(
        200,
        (n) =>
          instances[n % 5]!.throttle.update("id", (old) => someThrottle((old?.tries ?? 0) + 1)),
      ),
    );
    assert.equal((await instances[0]!.throttle.get("id"))?.tries, 200);
    const tries = answers.map((record) => record!.tries).sort((left, right) => left - right);
    assert.deepEqual(tries, many(200, (n) => n + 1));
  });

  test("takes and putNew in turns: a record that was put is taken once", async (store) => {
    const instances = openInstances(store);
    const steps = await Promise.all(many(300, async (n) => {
      const { throttle } = instances[n % 5]!;
      if (n % 3 === 0) return await throttle.putNew("id", someThrottle(n)) ? n : undefined;
      return -1 - ((await throttle.take("id"))?.tries ?? NaN);
    }));
    const put = steps.filter((step) => step !== undefined && step >= 0) as number[];
    const taken = steps.filter((step) => step !== undefined && step < 0).map((step) => -1 - step!);
    const left = (await instances[0]!.throttle.get("id"))?.tries;
    if (left !== undefined) taken.push(left);
    const order = (a: number, b: number) => a - b;
    assert.deepEqual(taken.sort(order), put.sort(order));
  });

  test("update answers what stands there, and writes nothing for undefined", async (store) => {
    const { throttle } = openCollections(store, testEnv());
    assert.equal(await throttle.update("id", () => undefined), undefined);
    await throttle.put("id", someThrottle(1));
    const version = (await throttle.read("id"))!.check.version;
    assert.deepEqual(await throttle.update("id", () => undefined), someThrottle(1));
    assert.equal((await throttle.read("id"))!.check.version, version);
    assert.deepEqual(await throttle.update("id", () => someThrottle(2)), someThrottle(2));
  });

  test("a change that throws fails its own caller and nobody else's", async (store) => {
    const { throttle } = openCollections(store, testEnv());
    const increment = (old?: Throttle) => someThrottle((old?.tries ?? 0) + 1);
    const outcomes = await Promise.allSettled(
      many(10, (n) =>
        throttle.update("id", (old) => {
          if (n === 3) throw new RangeError("no");
          return increment(old);
        })),
    );
    const failed = outcomes.filter((outcome) => outcome.status === "rejected");
    assert.deepEqual(failed.map(({ reason }) => reason.name), ["RangeError"]);
    assert.equal((await throttle.get("id"))?.tries, 9);
  });

  test("what has expired is not there, although the store still holds it", async (store) => {
    const env = testEnv();
    const { throttle } = openCollections(store, env);
    const ids = many(5, (n) => `id ${n}`);
    for (const id of ids) await throttle.put(id, someThrottle(7));
    const [one, two, three, four, five] = ids as [string, string, string, string, string];
    env.advance(59);
    assert.equal((await throttle.get(one))?.tries, 7);
    assert.equal(await throttle.putNew(one, someThrottle(8)), false);
    env.advance(1);
    assert.equal((await store.list(["throttle"], { limit: 10 })).length, 5);
    assert.equal(await throttle.get(one), undefined);
    assert.equal(await throttle.read(one), undefined);
    assert.equal(await throttle.take(two), undefined);
    assert.deepEqual((await throttle.list()).records, []);
    const next = { ...someThrottle(1), expires_at: env.now() + 60 };
    const puts = await Promise.all(many(20, () => throttle.putNew(three, next)));
    assert.equal(puts.filter(Boolean).length, 1);
    let seen: unknown = "nothing was seen";
    await throttle.update(four, (old) => {
      seen = old;
      return next;
    });
    assert.equal(seen, undefined);
    assert.equal(await throttle.take(five), undefined);
    assert.deepEqual((await throttle.list()).records, [next, next]);
  });

  test("a handle of one kind is never found as another", async (store) => {
    const { authorization, code, session, throttle } = openCollections(store, testEnv());
    const id = authorization.handle();
    assert.match(id, /^az_[\w-]{43}$/);
    assert.notEqual(authorization.handle(), id);
    await authorization.put(id, someAuthorization());
    for (const other of [code, session, throttle]) {
      assert.equal(await other.get(id), undefined);
      assert.equal(await other.take(id), undefined);
      await other.delete(id);
      assert.deepEqual((await other.list()).records, []);
    }
    assert.deepEqual(await authorization.get(id), someAuthorization());
    assert.throws(() => throttle.handle(), TypeError);
  });

  test("the store never sees a handle", async (store) => {
    const { authorization } = openCollections(store, testEnv());
    const id = authorization.handle();
    await authorization.put(id, someAuthorization());
    const [entry] = await store.list([], { limit: 10 });
    assert.deepEqual(entry?.key.map((part) => part.length), ["authorization".length, 32]);
    assert.ok(!Deno.inspect(entry).includes(id.slice(3)));
  });

  test("list pages through all living records", async (store) => {
    const env = testEnv();
    const { throttle } = openCollections(store, env);
    const writes = many(
      25,
      (n) =>
        throttle.write(`id ${n}`, {
          ...someThrottle(n),
          expires_at: env.now() + (n % 2 === 0 ? 60 : 10),
        }),
    );
    await store.commit({ writes });
    env.advance(10);
    const seen: number[] = [];
    let after;
    do {
      const page = await throttle.list(after === undefined ? { limit: 5 } : { limit: 5, after });
      seen.push(...page.records.map((record) => record.tries));
      after = page.next;
    } while (after !== undefined);
    assert.deepEqual(seen.sort((left, right) => left - right), many(13, (n) => 2 * n));
  });
}

function openInstances(store: Store) {
  return many(5, () => openCollections(store, testEnv()));
}

function many<A>(count: number, make: (n: number) => A): A[] {
  return Array.from({ length: count }, (_, n) => make(n));
}

function someThrottle(tries: number): Throttle {
  return { tries, last_at: START, expires_at: START + 60 };
}

function someAuthorization(): Authorization {
  return {
    client_id: "client",
    sub: "alice",
    sid: "sid",
    scope: ["openid"],
    resource: [],
    auth_time: START,
    amr: ["pwd"],
    created_at: START,
    expires_at: START + 60,
  };
}
