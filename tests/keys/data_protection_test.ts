/** Whether instances agree on the ring, configured or stored. */

import assert from "node:assert/strict";
import { fromUtf8, utf8 } from "../../src/lib/bytes.ts";
import { openRing } from "../../src/keys/data_protection.ts";
import { KeyError } from "../../src/keys/keys.ts";
import { openCollections } from "../../src/store/collection.ts";
import { testEnv } from "../support/env.ts";
import { memoryStore } from "../support/memory_store.ts";

function server() {
  const env = testEnv();
  return { env, records: openCollections(memoryStore(), env) };
}

Deno.test("openRing: without configuration the store keeps the ring, and the next start has the same", async () => {
  const one = server();
  const sealed = await (await openRing(one, undefined)).seal("p", utf8("x"));
  const again = await openRing(one, undefined);
  assert.equal(fromUtf8((await again.open("p", sealed))!), "x");
});

Deno.test("openRing: ten instances that start at once share one ring", async () => {
  const one = server();
  const rings = await Promise.all(Array.from({ length: 10 }, () => openRing(one, undefined)));
  const sealed = rings.map((ring) => ring.seal("p", utf8("x")));
  for (const ring of rings) {
    for (const seal of sealed) assert.ok(ring.open("p", seal) !== undefined);
  }
});

Deno.test("openRing: a configured key counts in base64url and base64, and leaves the store alone", async () => {
  const one = server();
  const key = new Uint8Array(32).fill(0xfb);
  const sealed = await (await openRing(one, { keys: [key.toBase64()], accept_stored: false })).seal(
    "p",
    utf8("x"),
  );
  for (const alphabet of ["base64", "base64url"] as const) {
    for (const omitPadding of [true, false]) {
      const ring = await openRing(one, {
        keys: [key.toBase64({ alphabet, omitPadding })],
        accept_stored: false,
      });
      assert.ok(ring.open("p", sealed) !== undefined);
    }
  }
  assert.equal((await one.records.ring.list()).found.length, 0);
});

Deno.test("openRing: configured keys are newest first", async () => {
  const one = server();
  const [older, newer] = [one.env.random(32).toBase64(), one.env.random(32).toBase64()];
  const sealed = await (await openRing(one, { keys: [newer, older], accept_stored: false })).seal(
    "p",
    utf8("x"),
  );
  assert.ok(
    await (await openRing(one, { keys: [newer], accept_stored: false })).open("p", sealed) !==
      undefined,
  );
  assert.equal(
    await (await openRing(one, { keys: [older], accept_stored: false })).open("p", sealed),
    undefined,
  );
});

Deno.test("openRing: every configured key that is none is named, and none is quoted", async () => {
  const one = server();
  const bad = ["", "hunter2-hunter2", one.env.random(31).toBase64(), one.env.random(33).toBase64()];
  const good = one.env.random(32).toBase64();
  await assert.rejects(openRing(one, { keys: [good, ...bad], accept_stored: false }), (error) => {
    assert.ok(error instanceof KeyError);
    assert.deepEqual(
      error.problems.map((problem) => problem.split(":")[0]),
      bad.map((_, index) => `data_protection.keys[${index + 1}]`),
    );
    assert.ok(!error.message.includes("hunter2"));
    return true;
  });
});
