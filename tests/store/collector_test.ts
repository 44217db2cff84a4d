/** Whether expired records go away a few at a time, and nothing disturbs that for long. */

import assert from "node:assert/strict";
import { type Collections, openCollections } from "../../src/store/collection.ts";
import { collectForever, needsCollector } from "../../src/store/collector.ts";
import { openKvStore } from "../../src/store/kv.ts";
import type { Authorization } from "../../src/store/records.ts";
import { type Store, StoreError } from "../../src/store/store.ts";
import { START, type TestEnv, testEnv } from "../support/env.ts";
import { someAuthorization, someSession } from "../support/some_records.ts";

const PAUSE = 100;
const REST = 600_000;

/** Sleeps take no time; before each of them `asleep` may do something. What `asleep` answers is waited for. */
function paced(asleep: (milliseconds: number) => unknown = () => {}): TestEnv {
  const env = testEnv();
  return {
    ...env,
    async sleep(milliseconds) {
      env.sleeps.push(milliseconds);
      await asleep(milliseconds);
    },
  };
}

interface Opened extends Disposable {
  readonly store: Store;
  readonly records: Collections;
}

async function open(env: TestEnv): Promise<Opened> {
  const store = await openKvStore(testEnv(), { url: ":memory:" });
  return {
    store,
    records: openCollections(store, env),
    [Symbol.dispose]: () => store.close(),
  };
}

/** Runs so many passes. */
async function run(
  passes: number,
  prepare: (opened: Opened, env: TestEnv) => Promise<Opened | void>,
  after: (pass: number, opened: Opened) => unknown = () => {},
): Promise<TestEnv> {
  const stop = new AbortController();
  let pass = 0;
  const env = paced(async (milliseconds) => {
    if (milliseconds !== REST) return;
    await after(++pass, opened);
    if (pass === passes) stop.abort();
  });
  using opened = await open(env);
  const { records } = await prepare(opened, env) ?? opened;
  await collectForever({ env, records }, stop.signal);
  return env;
}

Deno.test("collector: a pass deletes what has long expired of every kind, index entries too, and nothing else", async () => {
  const env = await run(1, async ({ store, records }) => {
    const { authorization, session, consent, throttle, ring } = records;
    const end = (n: number) => n % 3 === 0 ? START + 1000 : START - 600 - n;
    const writes = Array.from({ length: 900 }, (_, n) => [
      ...authorization.write(`${n}`, someGrant(n, end(n))),
      ...throttle.write(`${n}`, { tries: n, last_at: 0, expires_at: end(n) }),
    ]);
    for (let at = 0; at < 900; at += 100) {
      await store.commit({ writes: writes.slice(at, at + 100).flat() });
    }
    await session.put("old", someSession({ expires_at: START - 600 }));
    await session.put("young", someSession({ expires_at: START - 599 }));
    await consent.put("forever", { client_id: "c", sub: "s", allowed: [], expires_at: undefined });
    await ring.put("ring", { keys: [], superseded_from: undefined, expires_at: undefined });
  }, async (_pass, { store, records: { authorization } }) => {
    assert.deepEqual(await countKinds(store), {
      authorization: 300,
      authorization_by_client_id: 300,
      authorization_by_sid: 300,
      authorization_by_sub: 300,
      consent: 1,
      consent_by_client_id: 1,
      consent_by_sub: 1,
      ring: 1,
      session: 1,
      session_by_sid: 1,
      session_by_sub: 1,
      throttle: 300,
    });
    assert.equal((await authorization.get("3"))?.sub, "sub-3");
    assert.equal((await authorization.find("sid", "sid-3")).found.length, 1);
  });
  assert.deepEqual(env.events, []);
});

Deno.test("collector: pages and commits are small, and it pauses after each page", async () => {
  const steps: string[] = [];
  const env = await run(1, async (opened, env) => {
    for (let n = 0; n < 600; n++) {
      await opened.records.throttle.put(`${n}`, { tries: 0, last_at: 0, expires_at: START - 600 });
    }
    const store: Store = {
      ...opened.store,
      list(prefix, options) {
        steps.push(`${prefix[0]} ${options.limit} after ${env.sleeps.length}`);
        return opened.store.list(prefix, options);
      },
      commit(commit) {
        assert.ok((commit.checks?.length ?? 0) <= 10 && commit.writes.length <= 40);
        return opened.store.commit(commit);
      },
    };
    return { ...opened, records: openCollections(store, env) };
  });
  assert.deepEqual(
    steps.filter((step) => step.startsWith("throttle")),
    [13, 14, 15].map((sleeps) => `throttle 250 after ${sleeps}`),
  );
  const [first = -1, ...others] = env.sleeps;
  assert.ok(first >= 0 && first < 60_000, "instances don't walk in step");
  assert.deepEqual(others, [...steps.map(() => PAUSE), REST]);
});

Deno.test("collector: a store that fails ends the pass, is logged once, and is tried again", async () => {
  let broken = true;
  const env = await run(3, async (opened, env) => {
    await opened.records.throttle.put("1", { tries: 0, last_at: 0, expires_at: START - 600 });
    const store: Store = {
      ...opened.store,
      list: (prefix, options) =>
        broken && prefix[0] !== "authorization"
          ? Promise.reject(new StoreError("it is away"))
          : opened.store.list(prefix, options),
    };
    return { ...opened, records: openCollections(store, env) };
  }, async (pass, { store }) => {
    assert.equal((await countKinds(store))["throttle"], pass < 3 ? 1 : undefined);
    broken = pass < 2;
  });
  const reason = "StoreError: it is away";
  const failed = { level: "warn", message: "store.collect_failed", members: { reason } };
  assert.deepEqual(env.events, [failed, failed]);
});

Deno.test("collector: a record that makes no sense ends nothing but a pass", async () => {
  const env = await run(2, async ({ store }) => {
    await store.commit({ writes: [{ key: ["throttle", "x"], value: null }] });
  });
  assert.deepEqual(env.events.map(({ message }) => message), [
    "store.collect_failed",
    "store.collect_failed",
  ]);
});

Deno.test("collector: it stops at once, in whatever pause", async () => {
  for (const [name, at] of [["the first", 0], ["one of a pass", 3], ["a rest", 12]] as const) {
    const stop = new AbortController();
    let sleeps = 0;
    // Nobody wakes it up.
    const env = paced(() => {
      if (sleeps++ < at) return;
      stop.abort();
      return new Promise(() => {});
    });
    using opened = await open(env);
    await collectForever({ env, records: opened.records }, stop.signal);
    assert.equal(env.sleeps.length, at + 1, name);
  }
});

Deno.test("collector: it stops at once while the store is silent, and says nothing of what comes of that", async () => {
  const stop = new AbortController();
  const env = paced();
  const answer = Promise.withResolvers<never>();
  const records = openCollections({
    get: () => answer.promise,
    list() {
      stop.abort();
      return answer.promise;
    },
    commit: () => answer.promise,
    close() {},
  }, env);
  await collectForever({ env, records }, stop.signal);
  answer.reject(new StoreError("the store is closed"));
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(env.events, []);
});

Deno.test("collector: one that is stopped before it begins reads nothing", async () => {
  const env = paced();
  const never = () => assert.fail("the store was asked");
  const store = { get: never, list: never, commit: never, close: never };
  await collectForever({ env, records: openCollections(store, env) }, AbortSignal.abort());
  assert.deepEqual(env.events, []);
});

Deno.test("needsCollector: files and memory do, managed databases don't", () => {
  for (const url of [":memory:", "./data/latchkey.kv", "/var/https/x.kv", "C:\\latchkey.kv"]) {
    assert.ok(needsCollector(url), url);
  }
  for (const url of ["default", "https://api.deno.com/databases/1/connect", "HTTP://127.0.0.1:1"]) {
    assert.ok(!needsCollector(url), url);
  }
});

function someGrant(n: number, expires_at: number): Authorization {
  return someAuthorization({ grant_id: `az_${n}`, sub: `sub-${n}`, sid: `sid-${n}`, expires_at });
}

/** How many keys there are of each kind and index. */
async function countKinds(store: Store): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { key: [kind] } of await store.list([], { limit: 10_000 })) {
    counts[String(kind)] = (counts[String(kind)] ?? 0) + 1;
  }
  return counts;
}
