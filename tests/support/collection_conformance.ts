/** What collections promise over any store: one winner, nothing lost, nothing that has expired. */

import assert from "node:assert/strict";
import { type Found, openCollections } from "../../src/store/collection.ts";
import type { Authorization, Throttle } from "../../src/store/records.ts";
import type { Key, Store } from "../../src/store/store.ts";
import { START, testEnv } from "./env.ts";
import { someAuthorization, someSession } from "./some_records.ts";

/** Registers the tests of the collections over a store. */
export function collectionConformance(
  test: (rule: string, check: (store: Store) => Promise<void>) => void,
): void {
  test("1,000 parallel takes of one record have one winner", async (store) => {
    const instances = openInstances(store);
    const { authorization } = instances[0]!;
    const id = "az_1";
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

  test("what has ended is found where that is asked for, and the living not", async (store) => {
    const env = testEnv();
    const { session } = openCollections(store, env);
    await session.put("1", someSession({ sub: "a", expires_at: START + 10 }));
    await session.put("2", someSession({ sub: "b", expires_at: START + 20 }));
    env.advance(10);
    const subs = ({ found }: Found<{ sub: string }>) => found.map(({ record }) => record.sub);
    assert.deepEqual(subs(await session.list()), ["b"]);
    assert.deepEqual(subs(await session.list({ ended: true })), ["a"]);
    assert.deepEqual(subs(await session.find("sid", "sid", { ended: true })), ["a"]);
    const [read] = (await session.list({ ended: true })).found;
    assert.ok(await store.commit({ checks: [read!.check], writes: session.erase(read!) }));
    assert.deepEqual(subs(await session.list({ ended: true })), []);
  });

  test("update deletes for null, also what a step of the same moment has written", async (store) => {
    const { throttle } = openCollections(store, testEnv());
    await throttle.put("id", someThrottle(1));
    assert.equal(await throttle.update("id", () => null), undefined);
    assert.equal(await throttle.get("id"), undefined);
    assert.equal(await throttle.update("id", () => null), undefined);
    const seen: (number | undefined)[] = [];
    await Promise.all([
      throttle.update("id", () => someThrottle(1)),
      throttle.update("id", (old) => {
        seen.push(old?.tries);
        return null;
      }),
      throttle.update("id", (old) => {
        seen.push(old?.tries);
        return undefined;
      }),
    ]);
    assert.deepEqual(seen, [1, undefined]);
    assert.equal(await throttle.get("id"), undefined);
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
    assert.deepEqual(recordsOf(await throttle.list()), []);
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
    assert.deepEqual(recordsOf(await throttle.list()), [next, next]);
  });

  test("a handle of one kind is never found as another", async (store) => {
    const { authorization, interaction, session, throttle } = openCollections(store, testEnv());
    const id = session.handle();
    assert.match(id, /^se_[\w-]{43}$/);
    assert.notEqual(session.handle(), id);
    await session.put(id, someSession());
    for (const other of [authorization, interaction, throttle]) {
      assert.equal(await other.get(id), undefined);
      assert.equal(await other.take(id), undefined);
      await other.delete(id);
      assert.deepEqual((await other.list()).found, []);
    }
    assert.deepEqual(await session.get(id), someSession());
    assert.throws(() => throttle.handle(), TypeError);
  });

  test("the store never sees a handle", async (store) => {
    const { session } = openCollections(store, testEnv());
    const id = session.handle();
    await session.put(id, someSession());
    const entries = await store.list([], { limit: 10 });
    const shapes = entries.map(({ key }) => key.map((part) => part.length));
    assert.deepEqual(shapes, [[7, 32], ["session_by_sid".length, 32, 32], [14, 32, 32]]);
    assert.ok(!Deno.inspect(entries).includes(id.slice(3)));
  });

  test("records are found by their indexed members as long as they stand", async (store) => {
    const env = testEnv();
    const { authorization } = openCollections(store, env);
    const put = (grant_id: string, members: Partial<Authorization>) =>
      authorization.put(grant_id, someAuthorization({ grant_id, ...members }));
    await put("1", {});
    await put("2", { client_id: "other" });
    await put("3", { sub: "bob", sid: "sid 3", expires_at: START + 30 });
    const found = async (member: "sub" | "client_id" | "sid", value: string) =>
      recordsOf(await authorization.find(member, value)).map(({ grant_id }) => grant_id).sort();
    assert.deepEqual(await found("sub", "alice"), ["1", "2"]);
    assert.deepEqual(await found("client_id", "client"), ["1", "3"]);
    assert.deepEqual(await found("sid", "sid"), ["1", "2"]);
    assert.deepEqual(await found("sub", "sid"), []);
    await authorization.take("1");
    assert.deepEqual(await found("client_id", "client"), ["3"]);
    await authorization.update("2", (old) => old && { ...old, used_at: START + 1 });
    assert.deepEqual(await found("client_id", "other"), ["2"]);
    env.advance(30);
    assert.deepEqual(await found("client_id", "client"), []);
    await authorization.delete("2");
    const kinds = (await store.list([], { limit: 100 })).map(({ key }) => key[0]);
    const ofTheExpired = ["by_client_id", "by_sid", "by_sub"].map((by) => `authorization_${by}`);
    assert.deepEqual(kinds, ["authorization", ...ofTheExpired]);
  });

  test("a long index is found page by page", async (store) => {
    const { authorization } = openCollections(store, testEnv());
    const ids = many(25, (n) => `${n}`);
    const writes = ids.flatMap((grant_id) =>
      authorization.write(grant_id, someAuthorization({ grant_id }))
    );
    await store.commit({ writes });
    const seen: string[] = [];
    let after;
    do {
      const page = await authorization.find("sub", "alice", { limit: 10, after });
      seen.push(...recordsOf(page).map(({ grant_id }) => grant_id));
      after = page.next;
    } while (after !== undefined);
    assert.deepEqual(seen.sort(), ids.sort());
  });

  test("a record that was read is replaced or erased with its index entries, unless somebody was faster", async (store) => {
    const { authorization } = openCollections(store, testEnv());
    await authorization.put("1", someAuthorization());
    const before = (await authorization.read("1"))!;
    const later = someAuthorization({ expires_at: START + 90 });
    assert.equal(await authorization.replace(before, later), true);
    assert.equal(await authorization.replace(before, someAuthorization()), false);
    assert.deepEqual(await authorization.get("1"), later);
    const entries = await store.list(["authorization_by_sub"], { limit: 10 });
    assert.deepEqual(entries.map(({ value }) => value), [{ expires_at: START + 90 }]);
    assert.equal(authorization.rewrite((await authorization.read("1"))!, later).length, 1);
    const stale = { checks: [before.check], writes: authorization.erase(before) };
    assert.equal(await store.commit(stale), false);
    const { check } = (await authorization.read("1"))!;
    assert.equal(await store.commit({ ...stale, checks: [check] }), true);
    assert.deepEqual(await store.list([], { limit: 10 }), []);
  });

  test("a record that was not read is dropped in a commit with others, where it has no index", async (store) => {
    const { replay, authorization } = openCollections(store, testEnv());
    const record = { expires_at: START + 60 };
    for (const id of ["1", "2"]) await replay.put(id, record);
    const writes = [...replay.drop("1"), ...replay.drop("3"), ...replay.write("4", record)];
    assert.equal(await store.commit({ writes }), true);
    const there = await Promise.all(["1", "2", "3", "4"].map((id) => replay.get(id)));
    assert.deepEqual(there, [undefined, record, undefined, record]);
    assert.throws(() => authorization.drop("1"), TypeError);
  });

  test("collect deletes what has long expired, with its index entries, and nothing else", async (store) => {
    const env = testEnv();
    const { authorization, ring } = openCollections(store, env);
    const writes = many(60, (n) => n).flatMap((n) =>
      authorization.write(`${n}`, someAuthorization({ expires_at: START + (n % 2) * 3600 }))
    );
    await store.commit({ writes });
    await ring.put("ring", { keys: [], superseded_from: undefined, expires_at: undefined });
    const collect = async () => {
      let [collected, after]: [number, Key | undefined] = [0, undefined];
      do {
        const page: Awaited<ReturnType<typeof authorization.collect>> = await authorization.collect(
          { limit: 25, after },
        );
        collected += page.collected;
        after = page.next;
      } while (after !== undefined);
      return collected;
    };
    env.advance(599);
    assert.equal(await collect(), 0);
    env.advance(1);
    assert.equal(await collect(), 30);
    assert.equal((await store.list([], { limit: 1000 })).length, 4 * 30 + 1);
    env.advance(3600);
    assert.equal(await collect(), 30);
    assert.deepEqual(await ring.collect(), { collected: 0, next: undefined });
    assert.equal((await store.list([], { limit: 10 })).length, 1);
  });

  test("list pages through all living records", async (store) => {
    const env = testEnv();
    const { throttle } = openCollections(store, env);
    const writes = many(25, (n) => n).flatMap((n) =>
      throttle.write(`id ${n}`, {
        ...someThrottle(n),
        expires_at: env.now() + (n % 2 === 0 ? 60 : 10),
      })
    );
    await store.commit({ writes });
    env.advance(10);
    const seen: number[] = [];
    let after;
    do {
      const page = await throttle.list({ limit: 5, after });
      seen.push(...recordsOf(page).map((record) => record.tries));
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

function recordsOf<T>({ found }: Found<T>): T[] {
  return found.map(({ record }) => record);
}
