/** Whether a value that is good once is used once: at every instance, until its end, and with a bad store. */

import assert from "node:assert/strict";
import { CLOCK_SKEW } from "../../src/oauth/assertion.ts";
import { openCollections } from "../../src/store/collection.ts";
import { type OneTimeValue, useOnce } from "../../src/store/replay.ts";
import { type Store, StoreError } from "../../src/store/store.ts";
import { START, testEnv } from "../support/env.ts";
import { faultyStore } from "../support/faulty_store.ts";
import { interruptedStore } from "../support/interrupted_store.ts";
import { memoryStore } from "../support/memory_store.ts";
import { twoServers } from "../support/two_servers.ts";

function serverOver(store: Store, env = testEnv()) {
  return { env, store, records: openCollections(store, env) };
}

const value = (members: Partial<OneTimeValue> = {}): OneTimeValue => ({
  purpose: "client_assertion",
  party: "client",
  value: "jti",
  exp: START + 300,
  ...members,
});

Deno.test("RFC 7523 §3: of 100 uses of a jti at two servers with one file one is the first", async () => {
  await using servers = await twoServers();
  const { one, two } = servers;
  const uses = Array.from({ length: 100 }, (_, n) => useOnce([one, two][n % 2]!.server, value()));
  assert.equal((await Promise.all(uses)).filter((first) => first).length, 1);
});

Deno.test("useOnce: what is used at one instance is used at the other", async () => {
  await using servers = await twoServers();
  assert.equal(await useOnce(servers.one.server, value()), true);
  assert.equal(await useOnce(servers.two.server, value()), false);
});

Deno.test("useOnce: a store that fails lets nobody in, and never two", async () => {
  const env = testEnv();
  for (let round = 0; round < 20; round++) {
    const store = memoryStore();
    const lines = [0, 1].map(() =>
      serverOver(faultyStore(env, store, { before: 0.2, after: 0.3 }), env)
    );
    const uses = await Promise.allSettled(
      Array.from({ length: 40 }, (_, n) => useOnce(lines[n % 2]!, value())),
    );
    const first = uses.filter((use) => use.status === "fulfilled" && use.value);
    assert.ok(first.length <= 1);
    for (const use of uses) {
      if (use.status === "rejected") assert.ok(use.reason instanceof StoreError);
    }
  }
  await assert.rejects(
    useOnce(serverOver(faultyStore(env, memoryStore(), { before: 1 })), value()),
  );
});

Deno.test("useOnce: until its end and the skew after it nothing is good twice, and behind that not even once", async () => {
  const server = serverOver(memoryStore());
  assert.equal(await useOnce(server, value()), true);
  for (const seconds of [299, 1, 59]) {
    server.env.advance(seconds);
    assert.equal(await useOnce(server, value()), false);
  }
  assert.equal(await useOnce(server, value({ value: "late" })), true);
  // Somebody has found it good a second ago.
  server.env.advance(1);
  assert.equal(await useOnce(server, value({ value: "late" })), false);
  assert.equal(await useOnce(server, value({ value: "later" })), false);
});

Deno.test("useOnce: whoever looks at the clock in the last second and comes to the store behind it is refused", async () => {
  const env = testEnv();
  const store = interruptedStore(memoryStore());
  const server = serverOver(store, env);
  assert.equal(await useOnce(server, value()), true);
  env.advance(300 + CLOCK_SKEW - 1);
  store.interrupt(() => Promise.resolve(env.advance(5)));
  assert.equal(await useOnce(server, value()), false);
});

Deno.test("useOnce: a clock that is set back makes nothing good again", async () => {
  const server = serverOver(memoryStore());
  assert.equal(await useOnce(server, value()), true);
  server.env.advance(500);
  assert.equal(await useOnce(server, value()), false);
  server.env.advance(-250);
  assert.equal(await useOnce(server, value()), false);
});

Deno.test("useOnce: a fraction of a second is rounded to the side of remembering", async () => {
  const server = serverOver(memoryStore());
  assert.equal(await useOnce(server, value({ exp: START + 0.5 })), true);
  server.env.advance(60);
  assert.equal(await useOnce(server, value({ exp: START + 0.5 })), false);
  // Whoever validates claims still finds this one good, by half a second.
  assert.equal(await useOnce(server, value({ exp: START + 0.5, value: "late" })), true);
});

Deno.test("useOnce: what would be remembered too long, or has no end, is refused and not stored", async () => {
  const server = serverOver(memoryStore());
  for (const exp of [START + 3661, Infinity, NaN]) {
    await assert.rejects(useOnce(server, value({ exp })), RangeError);
  }
  assert.deepEqual(await server.store.list(["replay"], { limit: 10 }), []);
  assert.equal(await useOnce(server, value({ exp: START + 3660 })), true);
});

Deno.test("useOnce: purposes, parties and values are never taken for one another", async () => {
  const server = serverOver(memoryStore());
  const values = [
    value(),
    value({ purpose: "request_object" }),
    value({ party: "other" }),
    value({ value: "JTI" }),
    value({ party: "client\0jti", value: "" }),
    value({ party: "client", value: "\0jti" }),
    value({ party: "client\0", value: "jti" }),
    value({ party: `client","jti`, value: "" }),
    value({ party: "", value: "clientjti" }),
    ...[",", " ", "\n", "|", ":"].flatMap((between) => [
      value({ party: "a", value: `b${between}c` }),
      value({ party: `a${between}b`, value: "c" }),
    ]),
  ];
  for (const one of values) assert.equal(await useOnce(server, one), true, JSON.stringify(one));
  for (const one of values) assert.equal(await useOnce(server, one), false, JSON.stringify(one));
});
