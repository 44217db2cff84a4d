/** Whether an instance learns what others do to the keys, asks no more than it has to, and never goes by what is too old. */

import assert from "node:assert/strict";
import type { Config } from "../../src/config/schema.ts";
import { KeyError, openKeys } from "../../src/keys/keys.ts";
import { PURPOSE } from "../../src/keys/reseal.ts";
import { signJwt, verifyJwt } from "../../src/keys/signer.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import { openCollections } from "../../src/store/collection.ts";
import { type Store, StoreError } from "../../src/store/store.ts";
import { dyingStore } from "../support/dying_store.ts";
import { testEnv } from "../support/env.ts";
import { faultyStore } from "../support/faulty_store.ts";
import { interruptedStore } from "../support/interrupted_store.ts";
import { keysServer } from "../support/keys_server.ts";
import { memoryStore } from "../support/memory_store.ts";
import { createRing } from "../support/ring.ts";
import { scheduleIn } from "../support/rotation.ts";
import { privateJwk } from "../support/signing_keys.ts";

const DAY = 86_400;
const CONFIG: Config["keys"] = {
  managed: { algorithms: ["ES256", "EdDSA"], propagation: DAY, rotation: 90 * DAY, retention: DAY },
};
const UNKNOWN = (n: number) => `${n}`.padStart(43, "x");

/** A store that counts what it is asked, and can be away. */
function countedStore(store: Store = memoryStore()) {
  const counted = { reads: 0, commits: 0, away: false };
  const reach = <A>(member: "reads" | "commits", operate: () => Promise<A>): Promise<A> => {
    counted[member]++;
    return counted.away ? Promise.reject(new StoreError("gone")) : operate();
  };
  return Object.assign(
    counted,
    {
      get: (key) => reach("reads", () => store.get(key)),
      list: (prefix, options) => reach("reads", () => store.list(prefix, options)),
      commit: (commit) => reach("commits", () => store.commit(commit)),
      close: () => store.close(),
    } satisfies Store,
  );
}

/** Some instances on one store, with one ring and one clock. */
async function instances(count: number, store: Store = memoryStore()) {
  const first = keysServer({ store });
  const { env, ring } = first;
  const servers = [first];
  while (servers.length < count) servers.push(keysServer({ env, store, ring }));
  const keys = [];
  for (const server of servers) keys.push(await openKeys(server, CONFIG));
  return { env, ring, store, servers, keys };
}

const HEADER = { alg: "EdDSA", typ: "JWT" } as const;

/** Lets somebody announce successors, so that they sign from then on. */
async function rotate(env: ReturnType<typeof testEnv>, keys: { tend(): Promise<void> }) {
  env.advance(89 * DAY);
  await keys.tend();
  env.advance(DAY + 200);
}

Deno.test("Keys.learn: a key that another instance has made a moment ago verifies at once", async () => {
  const { env, keys: [one, two] } = await instances(2);
  await rotate(env, one!);
  await one!.refresh();
  const jwt = await signJwt(one!, HEADER, { n: 1 });
  assert.deepEqual(await verifyJwt(two!, jwt, "JWT"), { n: 1 });
});

Deno.test("Keys.learn: a hundred unknown keys at once cost two reads, and what can't be a key of ours none", async () => {
  const store = countedStore();
  const { keys: [keys] } = await instances(1, store);
  store.reads = 0;
  const found = await Promise.all(
    Array.from({ length: 100 }, (_, n) => keys!.learn(UNKNOWN(n))),
  );
  assert.ok(found.every((key) => key === undefined));
  assert.ok(store.reads <= 2, `${store.reads} reads`);
  store.reads = 0;
  for (const kid of ["", "a", "x".repeat(42), "x".repeat(44), "!".repeat(43), "__proto__"]) {
    assert.equal(await keys!.learn(kid), undefined);
  }
  assert.equal(store.reads, 0);
});

Deno.test("Keys: signing, verifying and publishing ask the store nothing, rounds read it once", async () => {
  const store = countedStore();
  const { env, keys: [keys] } = await instances(1, store);
  [store.reads, store.commits] = [0, 0];
  for (let n = 0; n < 50; n++) {
    env.advance(60);
    const jwt = await signJwt(keys!, HEADER, { n });
    assert.deepEqual(await verifyJwt(keys!, jwt, "JWT"), { n });
    assert.equal(keys!.jwks.keys.length, 2);
  }
  assert.deepEqual([store.reads, store.commits], [0, 0]);
  const { jwks, algorithms } = keys!;
  for (let n = 0; n < 5; n++) await keys!.tend();
  assert.deepEqual([store.reads, store.commits], [5, 0]);
  assert.equal(keys!.jwks, jwks);
  assert.equal(keys!.algorithms, algorithms);
});

Deno.test("Keys: with the store away an instance signs for as long as nobody can have followed, and no longer", async () => {
  const store = countedStore();
  const { env, keys: [one, two] } = await instances(2, store);
  store.away = true;
  env.advance(DAY);
  await assert.rejects(one!.tend(), StoreError);
  const jwt = await signJwt(one!, HEADER, { n: 1 });
  assert.ok(one!.fresh);
  env.advance(1);
  assert.ok(!one!.fresh);
  assert.equal(one!.signing("EdDSA"), undefined);
  await assert.rejects(signJwt(one!, HEADER, {}), StoreError);
  // What it knows can still be verified, and stays published.
  assert.deepEqual(await verifyJwt(one!, jwt, "JWT"), { n: 1 });
  assert.equal(one!.jwks.keys.length, 2);
  assert.deepEqual(one!.algorithms, ["ES256", "EdDSA"]);
  store.away = false;
  env.advance(88 * DAY);
  await two!.tend();
  env.advance(DAY + 200);
  const later = await signJwt(one!, HEADER, { n: 2 });
  assert.ok(one!.fresh);
  assert.deepEqual(await verifyJwt(two!, later, "JWT"), { n: 2 });
  assert.notEqual(later.split(".")[0], jwt.split(".")[0]);
});

Deno.test("Keys: keys of one's own need no answer from the store", async () => {
  const store = countedStore();
  const server = keysServer({ store });
  const jwks = JSON.stringify({ keys: [{ ...await privateJwk("EdDSA"), kid: "own" }] });
  const keys = await openKeys(server, { ...CONFIG, jwks });
  store.away = true;
  server.env.advance(2 * DAY);
  assert.equal(keys.signing("EdDSA")?.kid, "own");
  assert.equal(keys.signing("ES256"), undefined);
  assert.ok(!keys.fresh);
  store.away = false;
  // Those of the store are there still, and sign nothing.
  const fixed = await openKeys(server, { jwks });
  store.away = true;
  server.env.advance(2 * DAY);
  assert.equal(fixed.jwks.keys.length, 3);
  assert.ok(fixed.fresh);
});

Deno.test("Keys: what was read earlier never replaces what was read later", async () => {
  const inner = memoryStore();
  let held: PromiseWithResolvers<void> | undefined;
  const store: Store = {
    ...inner,
    async get(key) {
      const entry = await inner.get(key);
      const waits = held;
      held = undefined;
      await waits?.promise;
      return entry;
    },
  };
  const { env, keys: [keys] } = await instances(1, store);
  env.advance(89 * DAY);
  const late = held = Promise.withResolvers<void>();
  const early = keys!.refresh();
  await keys!.tend();
  assert.equal(keys!.jwks.keys.length, 4);
  late.resolve();
  await early;
  assert.equal(keys!.jwks.keys.length, 4);
});

Deno.test("Keys.tend: a key that it has made is known when it ends, also where an older answer came between", async () => {
  const inner = memoryStore();
  const store = interruptedStore(inner);
  const { env, keys: [keys] } = await instances(1, store);
  env.advance(89 * DAY);
  store.interrupt(() => keys!.refresh());
  await keys!.tend();
  assert.equal(keys!.jwks.keys.length, 4);
});

Deno.test("Keys: ten instances that start at once over a bad line agree on one key for each algorithm", async () => {
  const env = testEnv();
  const store = memoryStore();
  const { ring } = keysServer({ env, store });
  const line = faultyStore(env, store, { before: 0.1, after: 0.1 });
  const start = async (): Promise<Awaited<ReturnType<typeof openKeys>>> => {
    try {
      return await openKeys(keysServer({ env, store: line, ring }), CONFIG);
    } catch (error) {
      assert.ok(error instanceof StoreError, String(error));
      return await start();
    }
  };
  const all = await Promise.all(Array.from({ length: 10 }, start));
  const kids = new Set(all.map(({ jwks }) => jwks.keys.map(({ kid }) => kid).join()));
  assert.equal(kids.size, 1);
  assert.equal((await openCollections(store, env).signing_key.list()).found.length, 2);
});

Deno.test("Keys: whoever commits while another one makes a key wins, and the other takes that", async () => {
  const inner = memoryStore();
  const store = interruptedStore(inner);
  const { env, servers, keys: [one] } = await instances(1, store);
  const two = await openKeys(keysServer({ env, store: inner, ring: servers[0]!.ring }), CONFIG);
  for (let turn = 1; turn <= 3; turn++) {
    env.advance(90 * DAY);
    store.interrupt(() => two.tend());
    await one!.tend();
    assert.deepEqual(one!.jwks, two.jwks);
    const begun = new Set((await scheduleIn(inner)).map(({ alg, signs_from }) => alg + signs_from));
    assert.equal(begun.size, (await scheduleIn(inner)).length);
    await one!.refresh();
  }
});

/** A successor for EdDSA that an instance with another ring has made. */
async function strangersKey(server: ReturnType<typeof keysServer>) {
  const { env, store } = server;
  const ring = createRing(env, [env.random(32)]);
  const stranger = keysServer({ env, store: memoryStore(), ring });
  const keys = await openKeys(stranger, { managed: { ...CONFIG.managed!, algorithms: ["EdDSA"] } });
  const [scheduled] = await scheduleIn(stranger.store);
  const record = await stranger.records.signing_key.get(scheduled!.kid);
  const { key_schedule, signing_key } = server.records;
  await signing_key.put(record!.kid, record!);
  await key_schedule.update("managed", (found) =>
    found && {
      ...found,
      keys: [...found.keys, { ...scheduled!, signs_from: env.now() + DAY + 120 }],
    });
  return { keys, kid: scheduled!.kid, store };
}

Deno.test("Keys: a key that can't be opened here hides nothing, is told of once, and is never called unknown", async () => {
  const { env, servers: [server], keys: [one, two] } = await instances(2);
  const stranger = await strangersKey(server!);
  await one!.tend();
  const told = env.events.filter(({ message }) => message === "key.tend_failed");
  assert.equal(told.length, 1);
  assert.equal(told[0]!.level, "error");
  assert.match(
    String(told[0]!.members["problems"]),
    /the managed EdDSA key [\w-]{43}: the data protection ring/,
  );
  for (let n = 0; n < 3; n++) await one!.tend();
  assert.equal(env.events.filter(({ message }) => message === "key.tend_failed").length, 1);
  // The others' changes are learned all the same.
  env.advance(89 * DAY);
  await two!.tend();
  await one!.tend();
  assert.equal(one!.list().filter(({ phase }) => phase === "announced").length, 2);
  const jwt = await signJwt(stranger.keys, HEADER, { n: 1 });
  await assert.rejects(verifyJwt(one!, jwt, "JWT"), KeyError);
  // Nor does it start with it.
  await assert.rejects(openKeys(server!, CONFIG), KeyError);
});

Deno.test("Keys: an algorithm doesn't end with a successor that nobody can open", async () => {
  const { env, servers: [server], keys: [keys] } = await instances(1);
  await strangersKey(server!);
  for (let day = 0; day < 300; day++) {
    env.advance(DAY);
    await keys!.tend();
    assert.ok(keys!.signing("EdDSA"), `day ${day}`);
  }
  const made = env.events.filter(({ message, members }) =>
    message === "key.created" && members["alg"] === "EdDSA"
  );
  assert.ok(made.length <= 6, `${made.length} keys`);
});

Deno.test("Keys: a key whose record is lost stops a start, one that has been ended meanwhile doesn't", async () => {
  const { servers: [server], keys: [keys], store } = await instances(1);
  const kid = keys!.signing("EdDSA")!.kid;
  const record = (await server!.records.signing_key.get(kid))!;
  await server!.records.signing_key.delete(kid);
  await assert.rejects(openKeys(server!, CONFIG), /EdDSA key [\w-]+: its record is gone/);
  assert.equal((await scheduleIn(store)).length, 2);
  await server!.records.signing_key.put(kid, record);
  // Between its reads of the schedule and of the record.
  const inner = store;
  let reads = 0;
  const late: Store = {
    ...inner,
    async get(key) {
      if (++reads === 2) {
        await server!.records.signing_key.delete(kid);
        await server!.records.key_schedule.update(
          "managed",
          (found) => found && { ...found, keys: found.keys.filter((one) => one.kid !== kid) },
        );
      }
      return await inner.get(key);
    },
  };
  const again = await openKeys(keysServer({ ...server!, store: late }), CONFIG);
  assert.notEqual(again.signing("EdDSA")!.kid, kid);
});

Deno.test("Keys: with the ring lost nothing is made, however long ago the next key was due", async () => {
  const { env, servers: [server], store } = await instances(1);
  env.advance(200 * DAY);
  const before = await scheduleIn(store);
  const ring = createRing(env, [env.random(32)]);
  await assert.rejects(openKeys(keysServer({ env, store, ring }), CONFIG), KeyError);
  assert.deepEqual(await scheduleIn(store), before);
  assert.equal((await server!.records.signing_key.list()).found.length, 2);
});

/** A store as format 4 left it: each key under the name of its algorithm, and no schedule. */
async function earlierStore(server: ReturnType<typeof keysServer>, created_at: number) {
  const { store, records: { signing_key, key_schedule } } = server;
  const keys = await openKeys(server, CONFIG);
  for (const { kid, alg } of await scheduleIn(store)) {
    const record = (await signing_key.get(kid))!;
    await signing_key.put(`managed:${alg}`, { ...record, created_at });
    await signing_key.delete(kid);
  }
  await key_schedule.delete("managed");
  return keys;
}

Deno.test("takeOver: the keys of the format before sign on, also where ten instances start at once", async () => {
  const server = keysServer();
  const { env, store, ring } = server;
  const before = await earlierStore(server, env.now() - 10 * DAY);
  const late = faultyStore(env, store);
  const all = await Promise.all(
    Array.from({ length: 10 }, () => openKeys(keysServer({ env, store: late, ring }), CONFIG)),
  );
  for (const keys of all) {
    assert.deepEqual(keys.jwks, before.jwks);
    for (const alg of ["ES256", "EdDSA"] as const) {
      assert.equal(keys.signing(alg)!.kid, before.signing(alg)!.kid);
    }
  }
  assert.equal((await server.records.signing_key.list()).found.length, 2);
  assert.deepEqual(
    (await scheduleIn(store)).map(({ signs_from }) => signs_from),
    [env.now() - 10 * DAY, env.now() - 10 * DAY],
  );
});

Deno.test("takeOver: whoever is late with it takes nothing back that has been done since", async () => {
  const server = keysServer();
  const { env, store, ring } = server;
  await earlierStore(server, env.now() - 700 * DAY);
  const late = interruptedStore(store);
  late.interrupt(() => openKeys(server, CONFIG));
  const keys = await openKeys(keysServer({ env, store: late, ring }), CONFIG);
  assert.equal(keys.jwks.keys.length, 4);
  assert.equal((await server.records.signing_key.list()).found.length, 4);
  assert.equal(env.events.filter(({ message }) => message === "key.created").length, 4);
});

Deno.test("takeOver: whoever is killed at any of its steps leaves it to the next one", async () => {
  for (const side of ["before", "after"] as const) {
    for (let step = 1;; step++) {
      const server = keysServer();
      const { env, store, ring } = server;
      const before = await earlierStore(server, env.now() - 700 * DAY);
      const dying = dyingStore(store, { step, side });
      const killed = await openKeys(keysServer({ env, store: dying, ring }), CONFIG)
        .then(() => false, (error) => error instanceof StoreError);
      const keys = await openKeys(server, CONFIG);
      assert.equal(keys.jwks.keys.length, 4, `${step} ${side}`);
      assert.equal(keys.signing("ES256")!.kid, before.signing("ES256")!.kid);
      assert.equal((await server.records.signing_key.list()).found.length, 4);
      if (!killed) break;
    }
  }
});

Deno.test("takeOver: a key that has signed for years is followed by one that everybody knows in time", async () => {
  const server = keysServer();
  const before = await earlierStore(server, server.env.now() - 700 * DAY);
  const keys = await openKeys(server, CONFIG);
  assert.deepEqual(keys.list().map(({ phase }) => phase).toSorted(), [
    "announced",
    "announced",
    "signing",
    "signing",
  ]);
  assert.equal(keys.signing("ES256")!.kid, before.signing("ES256")!.kid);
});

Deno.test("takeOver: with the ring lost the earlier keys stay what they are", async () => {
  const server = keysServer();
  const { env, store } = server;
  const before = await earlierStore(server, env.now() - 700 * DAY);
  const ring = createRing(env, [env.random(32)]);
  await assert.rejects(openKeys(keysServer({ env, store, ring }), CONFIG), KeyError);
  const keys = await openKeys(server, CONFIG);
  assert.equal(keys.signing("EdDSA")!.kid, before.signing("EdDSA")!.kid);
});

Deno.test("openManagedKeys: what stands under a kid has to be the key of that kid", async () => {
  const { ring, servers: [server], keys: [keys], store } = await instances(1);
  const kid = keys!.signing("EdDSA")!.kid;
  const other = { ...await privateJwk("EdDSA"), kid: "another" };
  const record = (await server!.records.signing_key.get(kid))!;
  const sealed_jwk = ring.seal(PURPOSE, utf8(JSON.stringify(other)));
  await server!.records.signing_key.put(kid, { ...record, sealed_jwk });
  await assert.rejects(openKeys(keysServer({ ...server!, store }), CONFIG), /another kid/);
});
