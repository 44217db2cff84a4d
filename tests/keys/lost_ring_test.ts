/** Whether a server whose ring is lost says so and stops, with nothing written. */

import assert from "node:assert/strict";
import { base64url } from "../../src/lib/bytes.ts";
import { openRing } from "../../src/keys/data_protection.ts";
import { tendRing } from "../../src/keys/tend_ring.ts";
import { KeyError } from "../../src/keys/keys.ts";
import type { Store } from "../../src/store/store.ts";
import { createServer } from "../../src/server.ts";
import { testConfig } from "../support/config.ts";
import { type TestEnv, testEnv } from "../support/env.ts";
import { keysServer } from "../support/keys_server.ts";
import { memoryStore } from "../support/memory_store.ts";

const [RIGHT, WRONG] = [1, 2].map((fill) => base64url(new Uint8Array(32).fill(fill)));

async function start(
  store: Store,
  env: TestEnv,
  ring?: string,
  algorithms: readonly string[] = ["EdDSA", "ES256"],
) {
  const data_protection = ring === undefined
    ? {}
    : { data_protection: { keys: [{ env: "RING" }] } };
  const config = await testConfig({
    keys: { managed: { algorithms } },
    tokens: { access_token_signed_response_alg: "EdDSA" },
    clients: [],
    ...data_protection,
  }, { RING: ring ?? "" });
  return await createServer(env, config, store);
}

async function contentOf(store: Store): Promise<string> {
  const entries = await store.list([], { limit: 1000 });
  return JSON.stringify(entries.map(({ key, version }) => [key, version]));
}

async function refused(store: Store, env: TestEnv, reason: RegExp, ring?: string): Promise<void> {
  const before = await contentOf(store);
  await assert.rejects(start(store, env, ring), (error) => {
    assert.ok(error instanceof KeyError, String(error));
    assert.equal(error.problems.length, 1);
    assert.match(error.message, reason);
    assert.match(error.message, /latchkey keys retire --all/);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  });
  assert.equal(await contentOf(store), before, "something was written");
}

Deno.test("openRing: managed keys without the stored ring that sealed them stop the start, and none is made", async () => {
  const [store, env] = [memoryStore(), testEnv()];
  await start(store, env);
  await keysServer({ store }).records.ring.delete("data_protection");
  await refused(
    store,
    env,
    /^the data protection ring is lost: the store holds 2 managed signing keys sealed by the ring's key [0-9a-f]{8}, but no ring/,
  );
  // Also where everything would be due.
  env.advance(10 * 365 * 86_400);
  await refused(store, env, /is lost/);
});

Deno.test("openRing: configured keys that don't open the managed keys stop the start, and no key is quoted", async () => {
  const [store, env] = [memoryStore(), testEnv()];
  await start(store, env, RIGHT);
  await refused(
    store,
    env,
    /does not open 2 managed signing keys .*\(data_protection\.keys\[0\]\)/,
    WRONG,
  );
  await refused(store, env, /is lost/);
  env.advance(10 * 365 * 86_400);
  await refused(store, env, /does not open/, WRONG);
  await start(store, env, RIGHT);
});

Deno.test("openRing: another stored ring than that which sealed stops the start", async () => {
  const [store, env] = [memoryStore(), testEnv()];
  await start(store, env);
  const { records } = keysServer({ store });
  const other = keysServer();
  await openRing(other, undefined);
  await records.ring.put("data_protection", (await other.records.ring.get("data_protection"))!);
  await refused(store, env, /does not open .* it has [0-9a-f]{8} \(store\)/);
});

Deno.test("openRing: instances that start at once with the first one never take its keys for lost", async () => {
  for (let round = 0; round < 20; round++) {
    const store = memoryStore();
    const servers = await Promise.all(
      Array.from({ length: 5 }, async (_, n) => {
        for (let turn = 0; turn < n * round; turn++) await Promise.resolve();
        return await start(store, testEnv(), undefined, ["EdDSA"]);
      }),
    );
    assert.equal(new Set(servers.map(({ keys }) => JSON.stringify(keys.jwks))).size, 1);
  }
});

Deno.test("openRing: without managed keys a ring that is gone is made anew, for nothing is lost but logins", async () => {
  const here = keysServer();
  await openRing(here, undefined);
  await here.records.ring.delete("data_protection");
  await openRing(here, undefined);
  assert.notEqual(await here.records.ring.get("data_protection"), undefined);
});

Deno.test("openRing: a ring in the store counts for nothing beside configured keys, whoever has put it there", async () => {
  const [store, env] = [memoryStore(), testEnv()];
  const server = await start(store, env, RIGHT);
  // Whoever writes to the store puts a ring there whose keys they know.
  const foreign = keysServer();
  const ring = await openRing(foreign, undefined);
  const sealed = ring.seal("session", new Uint8Array([1]));
  const stored = (await foreign.records.ring.get("data_protection"))!;
  await keysServer({ store }).records.ring.put("data_protection", stored);
  const before = await server.records.signing_key.list();
  for (const one of [server, await start(store, env, RIGHT)]) {
    for (let round = 0; round < 50; round++) {
      env.advance(30);
      await tendRing(one);
      await one.ring.freshen([sealed]);
    }
    assert.deepEqual(one.ring.list().map(({ place }) => place), ["data_protection.keys[0]"]);
    assert.equal(one.ring.open("session", sealed), undefined);
  }
  assert.deepEqual(await server.records.signing_key.list(), before);
  const told = env.events.filter(({ message }) =>
    message === "data_protection.stored_ring_ignored"
  );
  assert.equal(told.length, 1);
});

Deno.test("openRing: configured keys beside managed ones that the ring in the store has sealed stop the start, and say how they take over", async () => {
  const [store, env] = [memoryStore(), testEnv()];
  await start(store, env);
  const before = await contentOf(store);
  await assert.rejects(start(store, env, RIGHT), {
    name: "KeyError",
    message: /set data_protection\.accept_stored to true until/,
  });
  assert.equal(await contentOf(store), before);
  // Where neither opens them, it would be bad advice.
  await keysServer({ store }).records.ring.delete("data_protection");
  await refused(store, env, /does not open 2 managed signing keys/, RIGHT);
});
