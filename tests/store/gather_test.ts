/** Whether calls that wait for Deno KV at the same moment become one, and each still has a fate of its own. */

import assert from "node:assert/strict";
import { type Kv, kvStore } from "../../src/store/kv.ts";
import { type Store, StoreError } from "../../src/store/store.ts";
import { testEnv } from "../support/env.ts";

Deno.test("kvStore: gets of the same moment are one read, ten at most, and each hears of its own key", async () => {
  await withKv({}, async ({ store, reads }) => {
    const gets = Array.from({ length: 23 }, (_, n) => store.get(["k", `${n}`]));
    await turn();
    assert.deepEqual(reads.map(({ keys }) => keys.length), [10, 10, 3]);
    for (const { answer } of reads.toReversed()) answer();
    const entries = await Promise.all(gets);
    for (const [n, entry] of entries.entries()) {
      assert.deepEqual(entry, { key: ["k", `${n}`], value: `k,${n}`, version: "1" });
    }
  });
});

Deno.test("kvStore: eight reads at most are under way, and who waits leaves with the next", async () => {
  await withKv({}, async ({ store, reads }) => {
    const gets: Promise<unknown>[] = [];
    for (let n = 0; n < 30; n++) {
      gets.push(store.get(["k", `${n}`]));
      await turn();
    }
    assert.deepEqual(reads.map(({ keys }) => keys.length), Array(8).fill(1));
    reads[3]?.answer();
    await turn();
    assert.equal(reads.length, 9);
    assert.deepEqual(reads[8]?.keys, Array.from({ length: 10 }, (_, n) => ["k", `${8 + n}`]));
    for (let n = 0; n < reads.length; n++) {
      reads[n]?.answer();
      await turn();
    }
    await Promise.all(gets);
  });
});

Deno.test("kvStore: a get never joins a read that has left, as that may be older than a commit", async () => {
  await withKv({}, async ({ store, reads }) => {
    const first = store.get(["a"]);
    await turn();
    const second = store.get(["a"]);
    await turn();
    assert.equal(reads.length, 2);
    for (const { answer } of reads) answer();
    await Promise.all([first, second]);
  });
});

Deno.test("kvStore: a read that fails fails the gets that it was made for, and no others", async () => {
  await withKv({}, async ({ store, reads }) => {
    const gets = Array.from({ length: 15 }, (_, n) => store.get([`${n}`]));
    await turn();
    reads[0]?.fail(new TypeError("no luck"));
    reads[1]?.answer();
    const outcomes = await Promise.allSettled(gets);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      [...Array(10).fill("rejected"), ...Array(5).fill("fulfilled")],
    );
  });
});

Deno.test("kvStore: blind commits that come while one is under way are the next one, in the order of the calls", async () => {
  await withKv({}, async ({ store, commits }) => {
    const order: number[] = [];
    const put = (n: number) =>
      store.commit({ writes: [{ key: ["a"], value: n }] }).then(() => order.push(n));
    const calls = [put(0)];
    await turn();
    for (let n = 1; n < 6; n++) {
      calls.push(put(n));
      await turn();
    }
    assert.deepEqual(commits.map(({ values }) => values), [[0]]);
    commits[0]?.answer();
    await turn();
    assert.deepEqual(order, [0]);
    assert.deepEqual(commits.map(({ values }) => values), [[0], [1, 2, 3, 4, 5]]);
    commits[1]?.answer();
    await Promise.all(calls);
    assert.deepEqual(order, [0, 1, 2, 3, 4, 5]);
  });
});

Deno.test("kvStore: a commit with checks waits for no other, and none waits for it", async () => {
  await withKv({}, async ({ store, commits }) => {
    const writes = [{ key: ["a"], value: 1 }];
    const checks = [{ key: ["a"], version: null }];
    const calls = [
      store.commit({ checks, writes }),
      store.commit({ writes }),
      store.commit({ checks, writes }),
    ];
    await turn();
    calls.push(store.commit({ checks, writes }));
    await turn();
    assert.deepEqual(commits.map(({ checks }) => checks), [1, 1, 0, 1]);
    for (const { answer } of commits) answer();
    await Promise.all(calls);
  });
});

Deno.test("kvStore: a commit holds no more than 1,000 writes and no more bytes than Deno KV takes", async () => {
  await withKv({}, async ({ store, commits }) => {
    const small = (n: number) => ({ writes: Array(n).fill({ key: ["a"], value: 1 }) });
    const large = (text: string) => ({ writes: [{ key: ["a"], value: text.repeat(30_000) }] });
    const calls = [
      small(1),
      small(400),
      small(600),
      small(1),
      large("x"),
      ...Array(13).fill(large("y")),
    ]
      .map((commit) => store.commit(commit));
    for (let n = 0; n < 9; n++) {
      await turn();
      commits[n]?.answer();
    }
    await Promise.all(calls);
    assert.deepEqual(commits.map(({ values }) => values.length), [401, 614, 1]);
  });
});

Deno.test("kvStore: a value of which nobody can say how big it is travels alone", async () => {
  await withKv({}, async ({ store, commits }) => {
    const values = [
      1,
      2,
      new Map(),
      3,
      "x".repeat(40_000),
      4,
      new Date(0),
      { in: new Set() },
      5,
      6,
    ];
    const calls = values.map((value) => store.commit({ writes: [{ key: ["a"], value }] }));
    for (let n = 0; n < 9; n++) {
      await turn();
      commits[n]?.answer();
    }
    await Promise.all(calls);
    assert.deepEqual(commits.map(({ values }) => values.length), [2, 1, 1, 1, 1, 1, 1, 2]);
  });
});

Deno.test("kvStore: a value that is refused before anything was sent fails alone, the others go each alone", async () => {
  await withKv({}, async ({ store, commits }) => {
    const values = [1, new Proxy({}, {}), 2];
    const settled = Promise.allSettled(
      values.map((value) => store.commit({ writes: [{ key: ["a"], value }] })),
    );
    for (let n = 0; n < 2; n++) {
      await turn();
      commits[n]?.answer();
    }
    const outcomes = await settled;
    assert.deepEqual(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
    assert.deepEqual(commits.map(({ values }) => values), [[1], [2]]);
  });
});

Deno.test("kvStore: a shared commit that fails after it was sent fails all whose it was, and is not repeated", async () => {
  await withKv({}, async ({ store, commits }) => {
    const calls = [1, 2, 3].map((value) => store.commit({ writes: [{ key: ["a"], value }] }));
    await turn();
    commits[0]?.fail(new TypeError("database or disk is full"));
    for (const outcome of await Promise.allSettled(calls)) {
      assert.ok(outcome.status === "rejected" && outcome.reason instanceof StoreError);
    }
    assert.equal(commits.length, 1);
    const next = store.commit({ writes: [] });
    await turn();
    commits[1]?.answer();
    assert.equal(await next, true);
  });
});

Deno.test("kvStore: a shared commit on a locked database is repeated as a whole", async () => {
  await withKv({}, async ({ store, commits }) => {
    const calls = [1, 2, 3].map((value) => store.commit({ writes: [{ key: ["a"], value }] }));
    await turn();
    commits[0]?.fail(new TypeError("database is locked"));
    while (commits.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    commits[1]?.answer();
    assert.deepEqual(await Promise.all(calls), [true, true, true]);
    assert.deepEqual(commits.map(({ values }) => values), [[1, 2, 3], [1, 2, 3]]);
  });
});

Deno.test("kvStore: behind a call that never ends nobody waits beyond the deadline, and who has given up is not written", async () => {
  await withKv({ deadline: 20 }, async ({ store, reads, commits }) => {
    const put = (value: number) => store.commit({ writes: [{ key: ["a"], value }] });
    const first = put(1);
    await turn();
    const calls = [first, put(2), put(3), store.get(["a"])];
    for (const outcome of await Promise.allSettled<unknown>(calls)) {
      assert.ok(outcome.status === "rejected" && outcome.reason instanceof StoreError);
      assert.match(outcome.reason.message, /no answer within 20 ms/);
    }
    // The way is free again although those before have never ended.
    const later = put(4);
    while (commits.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    commits[1]?.answer();
    assert.equal(await later, true);
    assert.deepEqual(commits.map(({ values }) => values), [[1], [4]]);
    // What comes too late for everybody disturbs nobody.
    commits[0]?.answer();
    reads[0]?.fail(new TypeError("too late"));
    await turn();
  });
});

Deno.test("kvStore: closing fails all who wait, at once", async () => {
  await withKv({}, async ({ store, commits }) => {
    const calls: Promise<unknown>[] = [];
    for (let n = 0; n < 4; n++) {
      calls.push(store.get(["a"]), store.commit({ writes: [{ key: ["a"], value: n }] }));
      await turn();
    }
    store.close();
    for (const outcome of await Promise.allSettled(calls)) {
      assert.ok(outcome.status === "rejected" && outcome.reason instanceof StoreError);
      assert.match(outcome.reason.message, /closed/);
    }
    await turn();
    assert.equal(commits.length, 1);
  });
});

Deno.test("kvStore: where nothing is to be grouped each call is one of its own", async () => {
  await withKv({ grouped: false }, async ({ store, reads, commits }) => {
    const calls = [1, 2, 3].flatMap((value): Promise<unknown>[] => [
      store.get(["a"]),
      store.commit({ writes: [{ key: ["a"], value }] }),
    ]);
    await turn();
    assert.deepEqual(reads.map(({ keys }) => keys.length), [1, 1, 1]);
    assert.deepEqual(commits.map(({ values }) => values), [[1], [2], [3]]);
    for (const { answer } of [...reads, ...commits]) answer();
    await Promise.all(calls);
  });
});

/** An operation that waits for the test. */
interface Pending {
  answer(): void;
  fail(error: Error): void;
}

/** A store, and what it has asked of its database so far. */
interface Scene {
  readonly store: Store;
  readonly reads: (Pending & { readonly keys: readonly (readonly string[])[] })[];
  readonly commits: (Pending & { readonly values: readonly unknown[]; readonly checks: number })[];
}

async function withKv(
  options: { deadline?: number; grouped?: boolean },
  check: (scene: Scene) => Promise<void>,
): Promise<void> {
  const reads: Scene["reads"] = [];
  const commits: Scene["commits"] = [];
  const pending = <A>(answer: A) => {
    const { promise, resolve, reject } = Promise.withResolvers<A>();
    return { promise, answer: () => resolve(answer), fail: reject };
  };
  const kv = {
    getMany(keys: string[][]) {
      const { promise, ...ends } = pending(
        keys.map((key) => ({ key, value: key.join(), versionstamp: "1" })),
      );
      reads.push({ keys, ...ends });
      return promise;
    },
    atomic() {
      const values: unknown[] = [];
      let checks = 0;
      return {
        check: () => checks++,
        set: (_key: unknown, value: unknown) => values.push(structuredClone(value)),
        commit() {
          const { promise, ...ends } = pending({ ok: true });
          commits.push({ values, checks, ...ends });
          return promise;
        },
      };
    },
    close() {},
  };
  const store = kvStore(testEnv(), kv as unknown as Kv, options);
  try {
    await check({ store, reads, commits });
  } finally {
    store.close();
  }
}

/** Lets everything happen that waits for nothing but its turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
