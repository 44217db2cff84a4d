/** Whether what a write is said to take at most is never less than what Deno KV stores. */

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { openKvStore } from "../../src/store/kv.ts";
import { sizeOf } from "../../src/store/size.ts";
import type { Key, Write } from "../../src/store/store.ts";
import { anyText } from "../support/any_text.ts";
import { testEnv } from "../support/env.ts";

const text = fc.oneof(fc.string(), anyText(), fc.constant("\0ÿ€😀"));
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => new Uint8Array(array));
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    fc.constantFrom(undefined, null, true, false, -0, NaN, Infinity),
    fc.integer(),
    fc.double(),
    text,
    bytes,
    bytes.map((array) => array.subarray(1)),
    fc.array(tie("any"), { maxLength: 8 }),
    fc.dictionary(text, tie("any"), { maxKeys: 8 }),
  ),
})).any;
const part = fc.oneof(text, bytes, fc.constant(new Uint8Array(20)));

Deno.test("sizeOf: Deno KV never stores more than that", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const url = `${folder}/test.kv`;
    const store = await openKvStore(testEnv(), { url });
    const samples = fc.sample(fc.tuple(part, value), 2000);
    const writes = samples.filter(([, value]) => value !== undefined)
      .map(([part, value], n): Write => ({ key: [`${n}`.padStart(5), part], value }));
    for (let n = 0; n < writes.length; n += 20) {
      await store.commit({ writes: writes.slice(n, n + 20) });
    }
    store.close();
    const database = new DatabaseSync(url);
    const rows = database.prepare("SELECT length(k) AS k, length(v) AS v FROM kv ORDER BY kv.k")
      .all();
    database.close();
    assert.equal(rows.length, writes.length);
    for (const [n, { k, v }] of rows.entries()) {
      const { keys, total } = sizeOf([writes[n]!]);
      assert.ok(Number(k) <= keys && Number(v) <= total - keys, Deno.inspect(writes[n]));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("sizeOf: an ordinary record is not taken for many times as big as it is", () => {
  const record = { client_id: "spa", scope: ["openid", "email"], tries: 1, expires_at: undefined };
  assert.ok(sizeOf([{ key: ["session", new Uint8Array(32)], value: record }]).total < 300);
});

Deno.test("sizeOf: what is too big or strange is Infinity, and so is what never ends", () => {
  const cycle: Record<string, unknown> = {};
  cycle["left"] = cycle["right"] = [cycle, cycle];
  const strange: unknown[] = [
    "x".repeat(70_000),
    new Uint8Array(70_000).subarray(0, 1),
    Array(1_000_000),
    cycle,
    1n,
    new Date(0),
    new Map(),
    () => 1,
    [[[{ deep: Symbol("x") }]]],
    {
      get x(): never {
        throw new RangeError("no");
      },
    },
  ];
  for (const value of strange) {
    assert.equal(sizeOf([{ key: ["a"], value }]).total, Infinity, Deno.inspect(value));
  }
  const keys = [[], ["x".repeat(2100)], [new Uint8Array(2100)], [1]] as unknown as Key[];
  for (const key of keys) assert.equal(sizeOf([{ key, value: 1 }]).keys, Infinity);
});
