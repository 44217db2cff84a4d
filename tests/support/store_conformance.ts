/** What every store has to pass: registers one test for each promise of `Store`, and for what collections build on them. */

import assert from "node:assert/strict";
import type { Key, Store } from "../../src/store/store.ts";
import { StoreError } from "../../src/store/store.ts";
import { collectionConformance } from "./collection_conformance.ts";

/** Registers the tests of a store; `open` gives an empty one each time, and the tests close it. */
export function storeConformance(name: string, open: () => Promise<Store>): void {
  const test = (rule: string, check: (store: Store) => Promise<void>) =>
    Deno.test(`Store over ${name}: ${rule}`, async () => {
      const store = await open();
      try {
        await check(store);
      } finally {
        store.close();
      }
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

function put(store: Store, key: Key, value: unknown): Promise<boolean> {
  return store.commit({ writes: [{ key, value }] });
}
