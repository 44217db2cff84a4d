/** What every store has to pass: registers one test for each promise of `Store`, and for what collections build on them. */

import assert from "node:assert/strict";
import type { Key, Store, Write } from "../../src/store/store.ts";
import { StoreError } from "../../src/store/store.ts";
import { collectionConformance } from "./collection_conformance.ts";

/** Opens the database in a folder; the first time it is empty. One that keeps nothing there leaves the folder alone. */
type Open = (folder: string) => Promise<Store>;

/** Registers the tests of a store; each test has a database of its own. */
export function storeConformance(name: string, open: Open): void {
  const test = (rule: string, check: (store: Store) => Promise<void>) =>
    Deno.test(`Store over ${name}: ${rule}`, async () => {
      await inFolder(async (folder) => {
        const store = await open(folder);
        try {
          await check(store);
        } finally {
          store.close();
        }
      });
    });

  test("get answers undefined where nothing stands, and then what was written", async (store) => {
    assert.equal(await store.get(["a"]), undefined);
    assert.equal(await put(store, ["a"], { n: 1 }), true);
    const entry = await store.get(["a"]);
    assert.deepEqual(entry?.value, { n: 1 });
    assert.deepEqual(entry?.key, ["a"]);
    assert.equal(typeof entry?.version, "string");
  });

  test("a value is a copy of what was written", async (store) => {
    const value = { list: [1] };
    await put(store, ["a"], value);
    value.list.push(2);
    const first = (await store.get(["a"]))?.value as typeof value;
    first.list.push(3);
    assert.deepEqual((await store.get(["a"]))?.value, { list: [1] });
  });

  test("structured values of nearly 64 KiB come back as they were", async (store) => {
    const value = {
      bytes: crypto.getRandomValues(new Uint8Array(60_000)),
      keys: [new Uint8Array([0, 255]), new Uint8Array()],
      nothing: undefined,
      none: null,
      flag: false,
      text: "ü€😀\0",
      list: [1, -0.5, ["x"]],
      map: new Map([["k", new Set([1])]]),
    };
    await put(store, ["big"], value);
    assert.deepEqual((await store.get(["big"]))?.value, value);
  });

  test("null, false, 0 and the empty text are values", async (store) => {
    for (const value of [null, false, 0, ""]) {
      await put(store, ["a"], value);
      const entry = await store.get(["a"]);
      assert.equal(entry?.value, value);
      const checks = [{ key: ["a"], version: null }];
      assert.equal(await store.commit({ checks, writes: [] }), false);
    }
  });

  test("the version differs after every write, of an equal value too", async (store) => {
    const versions = new Set<string | undefined>();
    for (let n = 0; n < 20; n++) {
      await put(store, ["a"], "same");
      versions.add((await store.get(["a"]))?.version);
      if (n % 5 === 0) await put(store, ["a"], undefined);
    }
    versions.delete(undefined);
    assert.equal(versions.size, 20);
  });

  test("writing undefined deletes, and deleting what is not there is no failure", async (store) => {
    await put(store, ["a"], 1);
    assert.equal(await put(store, ["a"], undefined), true);
    assert.equal(await store.get(["a"]), undefined);
    assert.equal(await put(store, ["a"], undefined), true);
    assert.deepEqual(await store.list([], { limit: 10 }), []);
  });

  test("a check of null holds only where nothing stands", async (store) => {
    const commit = { checks: [{ key: ["a"], version: null }], writes: [{ key: ["a"], value: 1 }] };
    assert.equal(await store.commit(commit), true);
    assert.equal(await store.commit(commit), false);
    await put(store, ["a"], undefined);
    assert.equal(await store.commit(commit), true);
  });

  test("a check of a version holds until the key is written", async (store) => {
    await put(store, ["a"], 1);
    const version = (await store.get(["a"]))!.version;
    const checks = [{ key: ["a"], version }];
    assert.equal(await store.commit({ checks, writes: [{ key: ["b"], value: 1 }] }), true);
    assert.equal(await store.commit({ checks, writes: [{ key: ["a"], value: 1 }] }), true);
    assert.equal(await store.commit({ checks, writes: [{ key: ["a"], value: 2 }] }), false);
    await put(store, ["a"], undefined);
    assert.equal(await store.commit({ checks, writes: [{ key: ["a"], value: 2 }] }), false);
    assert.equal(await store.get(["a"]), undefined);
  });

  test("one failed check of ten changes nothing", async (store) => {
    await put(store, ["k", "9"], "there");
    const checks = Array.from({ length: 10 }, (_, n) => ({ key: ["k", `${n}`], version: null }));
    const writes = [
      { key: ["new"], value: 1 },
      { key: ["k", "9"], value: undefined },
      { key: ["k", "9", "x"], value: 1 },
    ];
    assert.equal(await store.commit({ checks, writes }), false);
    assert.equal(await store.get(["new"]), undefined);
    assert.equal((await store.get(["k", "9"]))?.value, "there");
    assert.equal((await store.list(["k"], { limit: 10 })).length, 1);
  });

  test("a thousand writes are one commit, the last of one key wins", async (store) => {
    const writes = Array.from({ length: 999 }, (_, n) => ({ key: ["k", `${n}`], value: n }));
    const again = { key: ["k", "0"], value: "last" };
    assert.equal(await store.commit({ writes: [...writes, again] }), true);
    assert.equal((await store.get(["k", "0"]))?.value, "last");
    assert.equal((await store.list(["k"], { limit: 2000 })).length, 999);
  });

  test("a commit with one impossible value is applied not at all", async (store) => {
    const writes = [{ key: ["a"], value: 1 }, { key: ["b"], value: () => 1 }];
    await assert.rejects(store.commit({ writes }));
    assert.equal(await store.get(["a"]), undefined);
  });

  test("eleven checks or 1,001 writes are a TypeError", async (store) => {
    const key = ["a"];
    const checks = Array.from({ length: 11 }, () => ({ key, version: null }));
    await assert.rejects(store.commit({ checks, writes: [] }), TypeError);
    const writes = Array.from({ length: 1001 }, () => ({ key, value: 1 }));
    await assert.rejects(store.commit({ writes }), TypeError);
    assert.equal(await store.get(key), undefined);
  });

  test("list gives what is below the prefix in key order, bytes before strings", async (store) => {
    const bytes = (...values: number[]) => new Uint8Array(values);
    const ordered: Key[] = [
      ["p", bytes()],
      ["p", bytes(0)],
      ["p", bytes(0, 0)],
      ["p", bytes(0, 1)],
      ["p", bytes(1)],
      ["p", bytes(1), "x"],
      ["p", bytes(255)],
      ["p", ""],
      ["p", "a"],
      ["p", "a", "b"],
      ["p", "a\0"],
      ["p", "ab"],
      ["p", "b"],
      ["p", "é"],
      ["p", "😀"],
    ];
    const others: Key[] = [["p"], ["o", "a"], ["pp"], ["q"], [bytes(112), "a"]];
    const shuffled = [...ordered, ...others].reverse();
    await store.commit({ writes: shuffled.map((key) => ({ key, value: 1 })) });
    const keys = async (prefix: Key) =>
      (await store.list(prefix, { limit: 100 })).map((entry) => entry.key);
    assert.deepEqual(await keys(["p"]), ordered);
    assert.deepEqual(await keys(["p", "a"]), [["p", "a", "b"]]);
    assert.deepEqual(await keys(["p", bytes(1)]), [["p", bytes(1), "x"]]);
    assert.equal((await keys([])).length, shuffled.length);
    assert.deepEqual(await keys(["nothing"]), []);
  });

  test("list stops at its limit and goes on behind `after`, whether that still stands or not", async (store) => {
    const keys = Array.from({ length: 25 }, (_, n) => ["p", new Uint8Array([n])]);
    await store.commit({ writes: keys.map((key, value) => ({ key, value })) });
    const seen: unknown[] = [];
    let after: Key | undefined;
    for (;;) {
      const page = await store.list(
        ["p"],
        after === undefined ? { limit: 10 } : {
          limit: 10,
          after,
        },
      );
      seen.push(...page.map((entry) => entry.value));
      after = page.at(-1)?.key;
      if (after === undefined) break;
      await put(store, after, undefined);
    }
    assert.deepEqual(seen, keys.map((_, n) => n));
    await store.commit({ writes: [["p", "a"], ["p", "a", "b"]].map((key) => ({ key, value: 1 })) });
    const behind = await store.list(["p"], { limit: 10, after: ["p", "a"] });
    assert.deepEqual(behind.map((entry) => entry.key), [["p", "a", "b"]]);
  });

  test("of many commits that check one version, exactly one holds", async (store) => {
    for (const version of [null, "current"]) {
      const current = version === null ? null : (await store.get(["a"]))!.version;
      const checks = [{ key: ["a"], version: current }];
      const answers = await Promise.all(
        Array.from(
          { length: 100 },
          (_, value) => store.commit({ checks, writes: [{ key: ["a"], value }] }),
        ),
      );
      assert.equal(answers.filter(Boolean).length, 1);
      assert.equal((await store.get(["a"]))?.value, answers.indexOf(true));
    }
  });

  test("many writes at once are each there when their own commit is answered", async (store) => {
    await Promise.all(Array.from({ length: 300 }, async (_, n) => {
      assert.equal(await put(store, ["k", `${n}`], n), true);
      assert.equal((await store.get(["k", `${n}`]))?.value, n);
    }));
    assert.equal((await store.list(["k"], { limit: 1000 })).length, 300);
  });

  test("many large writes at once are all applied, more than one commit could hold", async (store) => {
    const text = (n: number) => `${n}`.repeat(10_000);
    await Promise.all(Array.from({ length: 200 }, (_, n) => put(store, ["k", `${n}`], text(n))));
    for (let n = 0; n < 200; n++) {
      assert.equal((await store.get(["k", `${n}`]))?.value, text(n));
    }
  });

  test("many commits of many writes at once are each applied whole", async (store) => {
    const commits = Array.from({ length: 12 }, (_, n) => ({
      writes: Array.from({ length: 300 }, (_, m) => ({ key: ["k", `${n}`, `${m}`], value: n })),
    }));
    assert.ok((await Promise.all(commits.map((commit) => store.commit(commit)))).every(Boolean));
    const found = await store.list(["k"], { limit: 5000 });
    assert.equal(found.length, 3600);
  });

  test("a write that is refused among many good ones fails alone", async (store) => {
    const bad: Record<number, Write> = {
      3: { key: ["bad"], value: () => 1 },
      5: { key: ["bad"], value: "x".repeat(200_000) },
      7: { key: ["bad", "x".repeat(3000)], value: 1 },
      11: { key: ["bad"], value: { deep: [Symbol("x")] } },
      13: {
        key: ["bad"],
        get value(): unknown {
          return new Proxy({}, {});
        },
      },
      17: {
        key: ["bad"],
        value: {
          get x(): never {
            throw new RangeError("no");
          },
        },
      },
    };
    const outcomes = await Promise.allSettled(Array.from({ length: 40 }, (_, n) => {
      const good = { key: ["good", `${n}`], value: n };
      return store.commit({ writes: n in bad ? [good, bad[n]!] : [good] });
    }));
    for (const [n, { status }] of outcomes.entries()) {
      assert.equal(status, n in bad ? "rejected" : "fulfilled", `${n}`);
      assert.equal((await store.get(["good", `${n}`]))?.value, n in bad ? undefined : n);
    }
    assert.deepEqual(await store.list(["bad"], { limit: 1 }), []);
    assert.equal(await store.get(["bad"]), undefined);
  });

  test("many gets at once each get their own key, and a copy of its value", async (store) => {
    const keys = Array.from({ length: 100 }, (_, n): Key => ["k", new Uint8Array([n])]);
    await store.commit({ writes: keys.map((key, n) => ({ key, value: { n } })) });
    const wanted = keys.flatMap((key): Key[] => [key, [...key, "no"], key]);
    const entries = await Promise.all(wanted.map((key) => store.get(key)));
    for (const [place, entry] of entries.entries()) {
      if (place % 3 === 1) assert.equal(entry, undefined);
      else {
        assert.deepEqual(entry?.key, wanted[place]);
        assert.deepEqual(entry?.value, { n: Math.floor(place / 3) });
      }
    }
    assert.notEqual(entries[0]?.value, entries[2]?.value);
  });

  test("a get sees what was acknowledged before it, however many others are under way", async (store) => {
    await Promise.all(Array.from({ length: 30 }, async (_, n) => {
      for (let round = 0; round < 20; round++) {
        const key = ["k", `${n}`];
        const checks = round % 3 === 0
          ? [{ key, version: (await store.get(key))?.version ?? null }]
          : [];
        assert.equal(await store.commit({ checks, writes: [{ key, value: round }] }), true);
        assert.equal((await store.get(key))?.value, round);
      }
    }));
  });

  test("whoever sees one write of a commit sees them all", async (store) => {
    let writing = true;
    const write = async () => {
      for (let n = 0; n < 100; n++) {
        await store.commit({ writes: [{ key: ["a"], value: n }, { key: ["b"], value: n }] });
      }
      writing = false;
    };
    const read = async () => {
      while (writing) {
        const first = (await store.get(["a"]))?.value as number ?? -1;
        const second = (await store.get(["b"]))?.value as number ?? -1;
        assert.ok(second >= first);
      }
    };
    await Promise.all([write(), read(), read()]);
  });

  test("closing ends the calls that wait", async (store) => {
    const calls = Array.from({ length: 50 }, (_, n) => [store.get(["a"]), put(store, ["a"], n)]);
    store.close();
    for (const outcome of await Promise.allSettled<unknown>(calls.flat())) {
      if (outcome.status === "rejected") assert.ok(outcome.reason instanceof StoreError);
    }
  });

  test("an expiration that lies in the past is no failure", async (store) => {
    const writes = [{ key: ["a"], value: 1, expires_at: 1 }];
    assert.equal(await store.commit({ writes }), true);
  });

  test("once closed every call throws StoreError, and closing again does nothing", async (store) => {
    await put(store, ["a"], 1);
    store.close();
    await assert.rejects(store.get(["a"]), StoreError);
    await assert.rejects(store.list([], { limit: 1 }), StoreError);
    await assert.rejects(put(store, ["a"], 1), StoreError);
    store.close();
  });

  collectionConformance(test);
}

/** Registers the tests of a store whose database outlives it, and which others may open at the same time. */
export function durableConformance(name: string, open: Open): void {
  storeConformance(name, open);

  const test = (rule: string, check: (connect: () => Promise<Store>) => Promise<void>) =>
    Deno.test(`Store over ${name}: ${rule}`, async () => {
      await inFolder(async (folder) => {
        const opened: Store[] = [];
        try {
          await check(async () => {
            const store = await open(folder);
            opened.push(store);
            return store;
          });
        } finally {
          for (const store of opened) store.close();
        }
      });
    });

  test("what was written is there after opening again, and versions go on", async (connect) => {
    const first = await connect();
    const value = { text: "ü", bytes: new Uint8Array([0, 1]) };
    await first.commit({ writes: [{ key: ["a"], value }, { key: ["b"], value: 1 }] });
    const before = await first.get(["a"]);
    await put(first, ["b"], undefined);
    first.close();
    const second = await connect();
    assert.deepEqual(await second.get(["a"]), before);
    assert.equal(await second.get(["b"]), undefined);
    const checks = [{ key: ["a"], version: before!.version }];
    assert.equal(await second.commit({ checks, writes: [{ key: ["a"], value: 2 }] }), true);
    assert.equal(await second.commit({ checks, writes: [{ key: ["a"], value: 3 }] }), false);
  });

  test("of writes of one key at once the last call wins, deletions too", async (connect) => {
    const store = await connect();
    const calls: Promise<boolean>[] = [];
    for (let n = 0; n <= 500; n++) {
      for (const key of ["a", "b", "c"]) {
        // The values are of all sizes, so that not all can travel together.
        const value = key === "c" && n % 2 === 0 ? undefined : { n, padding: "x".repeat(n * 50) };
        calls.push(put(store, [key], value));
      }
      if (n % 100 === 0) await Promise.race(calls);
    }
    await Promise.all(calls);
    assert.equal(((await store.get(["a"]))?.value as { n: number }).n, 500);
    assert.equal(((await store.get(["b"]))?.value as { n: number }).n, 500);
    assert.equal(await store.get(["c"]), undefined);
  });

  test("what one connection has written, another sees at once", async (connect) => {
    const [one, two] = [await connect(), await connect()];
    for (let n = 0; n < 50; n++) {
      const [writer, reader] = n % 2 === 0 ? [one, two] : [two, one];
      await put(writer, ["a"], n);
      assert.equal((await reader.get(["a"]))?.value, n);
      assert.deepEqual((await reader.list([], { limit: 2 })).map(({ value }) => value), [n]);
    }
    one.close();
    assert.equal(await put(two, ["a"], "alone"), true);
  });

  test("of commits of two connections that check one version, exactly one holds", async (connect) => {
    const stores = [await connect(), await connect()];
    for (let round = 0; round < 20; round++) {
      const version = (await stores[0]!.get(["a"]))?.version ?? null;
      const answers = await Promise.all(Array.from({ length: 20 }, (_, n) =>
        stores[n % 2]!.commit({
          checks: [{ key: ["a"], version }],
          writes: [{ key: ["a"], value: `${round} ${n}` }],
        })));
      assert.equal(answers.filter(Boolean).length, 1);
      assert.equal((await stores[1]!.get(["a"]))?.value, `${round} ${answers.indexOf(true)}`);
    }
  });
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function put(store: Store, key: Key, value: unknown): Promise<boolean> {
  return store.commit({ writes: [{ key, value }] });
}
