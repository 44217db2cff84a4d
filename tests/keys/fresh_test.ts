/** Whether an instance counts what it knows of managed keys as no younger than it is, whatever clocks and lines do. */

import assert from "node:assert/strict";
import { openKeys } from "../../src/keys/keys.ts";
import { signJwt } from "../../src/keys/signer.ts";
import type { Store } from "../../src/store/store.ts";
import { keysServer } from "../support/keys_server.ts";
import { memoryStore } from "../support/memory_store.ts";

const DAY = 86_400;
const CONFIG = {
  managed: {
    algorithms: ["EdDSA" as const],
    propagation: DAY,
    rotation: 90 * DAY,
    retention: DAY,
  },
};
const HEADER = { alg: "EdDSA", typ: "JWT" } as const;

Deno.test("Keys.fresh: once the clock was set back nobody knows how old something is, until the store is asked", async () => {
  const { env, ...server } = keysServer();
  const keys = await openKeys({ env, ...server }, CONFIG);
  env.advance(-DAY);
  assert.ok(keys.fresh);
  assert.equal(keys.age, DAY);
  env.advance(-1);
  assert.ok(!keys.fresh);
  assert.equal(keys.signing("EdDSA"), undefined);
  assert.ok(await signJwt(keys, HEADER, {}));
  assert.ok(keys.fresh);
  assert.equal(keys.age, 0);
});

Deno.test("Keys.fresh: an answer is as old as its question", async () => {
  const inner = memoryStore();
  let takes = 0;
  const store: Store = {
    ...inner,
    async get(key) {
      const entry = await inner.get(key);
      env.advance(takes);
      return entry;
    },
  };
  const server = keysServer({ store });
  const { env } = server;
  const keys = await openKeys(server, CONFIG);
  takes = DAY + 1;
  await keys.refresh();
  assert.equal(keys.age, DAY + 1);
  assert.ok(!keys.fresh);
});

Deno.test("openKeys: a key that has retired need not open any more", async () => {
  const server = keysServer();
  const keys = await openKeys(server, CONFIG);
  const [before] = keys.jwks.keys;
  for (let hour = 0; keys.find(before!.kid!) !== undefined; hour++) {
    assert.ok(hour < 100 * 24);
    server.env.advance(3600);
    await keys.tend();
  }
  const { keys: schedule } = (await server.records.key_schedule.get("managed"))!;
  assert.ok(schedule.some(({ kid }) => kid === before!.kid), "it is left alone for a day");
  await server.records.signing_key.delete(before!.kid!);
  await openKeys(server, CONFIG);
  await keys.tend();
  assert.deepEqual(server.env.events.filter(({ level }) => level === "error"), []);
});

Deno.test("Keys: whoever's clock is set back signs again with the key that signed then", async () => {
  const { env, ...server } = keysServer();
  const keys = await openKeys({ env, ...server }, CONFIG);
  const before = keys.signing("EdDSA")!.kid;
  env.advance(89 * DAY);
  await keys.tend();
  env.advance(DAY + 200);
  await keys.tend();
  assert.notEqual(keys.signing("EdDSA")!.kid, before);
  env.advance(-300);
  assert.equal(keys.signing("EdDSA")!.kid, before);
});
