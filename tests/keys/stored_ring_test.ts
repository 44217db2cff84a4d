/** Whether the stored ring rotates, at once or by and by, and drops no key too early, on every instance. */

import assert from "node:assert/strict";
import { base64url, fromUtf8, utf8 } from "../../src/lib/bytes.ts";
import { openRing } from "../../src/keys/data_protection.ts";
import type { DataProtection } from "../../src/keys/held_ring.ts";
import { ANNOUNCED, ROTATION } from "../../src/keys/ring_plan.ts";
import { resealKeys } from "../../src/keys/reseal.ts";
import { longestLife } from "../../src/keys/sealed_life.ts";
import { MOST_RING_KEYS, rotateStoredRing } from "../../src/keys/stored_ring.ts";
import { type RingTendingServer, tendRing } from "../../src/keys/tend_ring.ts";
import type { StoredRing } from "../../src/store/records.ts";
import type { Store } from "../../src/store/store.ts";
import { type KeysServer, keysServer } from "../support/keys_server.ts";
import { testConfig } from "../support/config.ts";
import { type TestEnv, testEnv } from "../support/env.ts";
import { interruptedStore } from "../support/interrupted_store.ts";
import { memoryStore } from "../support/memory_store.ts";

const CONFIG = await testConfig();
const LIFE = longestLife(CONFIG);

type Instance = RingTendingServer & KeysServer & { readonly ring: DataProtection };

/** An instance over a store; with keys of its own configuration. */
async function instance(
  { store = memoryStore(), env = testEnv(), configured, acceptStored = true, config = CONFIG }: {
    readonly store?: Store;
    readonly env?: TestEnv;
    readonly configured?: readonly Uint8Array[];
    readonly acceptStored?: boolean;
    readonly config?: typeof CONFIG;
  } = {},
): Promise<Instance> {
  const slice = keysServer({ store, env });
  const data_protection = configured &&
    { keys: configured.map(base64url), accept_stored: acceptStored };
  const ring = await openRing(slice, data_protection);
  return { ...slice, ring, config: { ...config, ...data_protection && { data_protection } } };
}

const stored = async ({ records }: Instance) =>
  (await records.ring.get("data_protection")) as StoredRing;
const phases = ({ ring }: Instance) => ring.list().map(({ phase }) => phase).join();
const names = ({ env }: Instance) =>
  env.events.map(({ message }) => message).filter((name) => name.startsWith("data_protection."));
const opens = ({ ring }: Instance, sealed: Uint8Array) => ring.open("p", sealed) !== undefined;

/** Puts a managed key that is sealed by the ring as it is now. */
async function sealKey({ ring, records, env }: Instance, kid: string): Promise<void> {
  await records.signing_key.put(kid, {
    kid,
    alg: "ES256",
    created_at: env.now(),
    sealed_jwk: ring.seal("signing_key", utf8(`{"kid":"${kid}"}`)),
    expires_at: undefined,
  });
}

Deno.test("tendRing: a new key is announced ten minutes before it seals, and every 90 days there is one", async () => {
  const one = await instance();
  const two = await instance({ store: one.store, env: testEnv() });
  const first = one.ring.seal("p", utf8("x"));
  await tendRing(one);
  assert.equal(phases(one), "sealing");
  one.env.advance(ROTATION - ANNOUNCED - 1);
  await tendRing(one);
  assert.equal(phases(one), "sealing");
  one.env.advance(1);
  await tendRing(one);
  assert.equal(phases(one), "sealing,announced");
  assert.equal(one.ring.isNewest(one.ring.seal("p", utf8("x"))), one.ring.isNewest(first));
  // Another instance, whose clock is behind, hears of it in a round of its own.
  two.env.advance(ROTATION - ANNOUNCED - 30);
  await tendRing(two);
  one.env.advance(ANNOUNCED);
  const second = one.ring.seal("p", utf8("x"));
  assert.equal(one.ring.isNewest(first), false);
  assert.ok(opens(two, second) && opens(one, first));
  assert.equal(phases(one), "opening,sealing");
  await tendRing(one);
  assert.deepEqual(names(one), ["data_protection.announced", "data_protection.rotated"]);
  assert.deepEqual(names(two), ["data_protection.announced"]);
});

Deno.test("tendRing: of ten instances that find a rotation due one makes the key, whoever is interrupted", async () => {
  const store = interruptedStore(memoryStore());
  const env = testEnv();
  const all = await Promise.all(Array.from({ length: 10 }, () => instance({ store, env })));
  await tendRing(all[0]!);
  env.advance(ROTATION);
  store.interrupt(() => tendRing(all[9]!));
  await Promise.all(all.map(tendRing));
  const { keys } = await stored(all[0]!);
  assert.equal(keys.length, 2);
  assert.equal(new Set(all.map((one) => JSON.stringify(one.ring.list()))).size, 1);
});

Deno.test("tendRing: a key goes once the longest life of what it has sealed is over, and not before", async () => {
  const one = await instance();
  await tendRing(one);
  const first = one.ring.seal("p", utf8("x"));
  await rotateStoredRing(one, LIFE, false);
  one.env.advance(ANNOUNCED + LIFE + 599);
  await tendRing(one);
  assert.ok(opens(one, first));
  one.env.advance(1);
  await tendRing(one);
  assert.equal(opens(one, first), false);
  assert.ok(names(one).includes("data_protection.dropped"));
});

Deno.test("tendRing: a lifetime that was longer while a key sealed is remembered, and one that came later is not needed", async () => {
  const lasting = (absolute_lifetime: number) => ({
    ...CONFIG,
    sessions: { ...CONFIG.sessions, absolute_lifetime },
  });
  const longer = lasting(10 * LIFE);
  const long = await instance({ config: lasting(3 * LIFE) });
  await tendRing(long);
  long.env.advance(1);
  const short = await instance({ store: long.store, env: long.env });
  await tendRing(short);
  const [first] = (await stored(short)).keys;
  assert.equal(first?.longest_life, 3 * LIFE);
  await rotateStoredRing(short, LIFE, true);
  // The first key seals no more, however long what the next one seals may live.
  long.env.advance(600);
  await tendRing(await instance({ store: long.store, env: long.env, config: longer }));
  for (const [advance, there] of [[3 * LIFE - 1, true], [1, false]] as const) {
    long.env.advance(advance);
    await tendRing(short);
    const { keys } = await stored(short);
    assert.equal(keys.some(({ created_at }) => created_at === first?.created_at), there);
  }
});

Deno.test("tendRing: a lifetime that is learned within ten minutes of a key's end is remembered for it, for it may have sealed so long", async () => {
  const short = await instance();
  await tendRing(short);
  await rotateStoredRing(short, LIFE, true);
  short.env.advance(599);
  const absolute_lifetime = 3 * LIFE;
  const config = { ...CONFIG, sessions: { ...CONFIG.sessions, absolute_lifetime } };
  await tendRing(await instance({ store: short.store, env: short.env, config }));
  const lives = (await stored(short)).keys.map(({ longest_life }) => longest_life);
  assert.deepEqual(lives, [3 * LIFE, 3 * LIFE]);
});

Deno.test("rotateStoredRing: a ring that is as large as it may be is told, and goes on", async () => {
  const one = await instance();
  await tendRing(one);
  const full = await stored(one);
  const [key] = full.keys;
  assert.ok(key);
  const keys = Array.from({ length: MOST_RING_KEYS - 1 }, (_, index) => ({
    ...key,
    key: one.env.random(32),
    seals_from: key.seals_from - 1000 + index,
  }));
  await one.records.ring.put("data_protection", { ...full, keys: [...keys, key] });
  for (const atOnce of [true, false]) {
    await assert.rejects(rotateStoredRing(one, LIFE, atOnce), {
      name: "KeyError",
      message: "the ring has 400 keys already; each goes once all that it has sealed has ended",
    });
  }
  one.env.advance(ROTATION);
  await tendRing(one);
  assert.equal((await stored(one)).keys.length, MOST_RING_KEYS + 1);
  one.env.advance(LIFE);
  await tendRing(one);
  assert.ok(await rotateStoredRing(one, LIFE, true));
});

Deno.test("tendRing: a key by which a managed key is sealed stays however old it is, and the managed key is sealed anew", async () => {
  const one = await instance();
  await tendRing(one);
  await sealKey(one, "a");
  await rotateStoredRing(one, LIFE, true);
  one.env.advance(LIFE + 600);
  // The commit that would drop the key comes before the managed key is sealed anew.
  await tendRing(one);
  assert.equal(names(one).includes("data_protection.dropped"), false);
  const { sealed_jwk } = (await one.records.signing_key.get("a"))!;
  assert.ok(one.ring.isNewest(sealed_jwk));
  assert.equal(fromUtf8(one.ring.open("signing_key", sealed_jwk)!), '{"kid":"a"}');
  await tendRing(one);
  assert.deepEqual(names(one).filter((name) => !name.endsWith("announced")), [
    "data_protection.rotated",
    "data_protection.resealed",
    "data_protection.dropped",
  ]);
});

Deno.test("tendRing: two instances that seal managed keys anew at once, one stopped in between, lose none", async () => {
  const store = interruptedStore(memoryStore());
  const env = testEnv();
  const [one, two] = [await instance({ store, env }), await instance({ store, env })];
  await tendRing(one);
  for (const kid of "abcdefgh") await sealKey(one, kid);
  await rotateStoredRing(one, LIFE, true);
  await one.ring.refresh();
  store.interrupt(async () => {
    await tendRing(two);
    throw new Error("stopped");
  });
  await assert.rejects(tendRing(one), /stopped/);
  await Promise.all([tendRing(one), tendRing(two)]);
  for (const kid of "abcdefgh") {
    const { sealed_jwk } = (await one.records.signing_key.get(kid))!;
    assert.ok(two.ring.isNewest(sealed_jwk), kid);
    assert.equal(fromUtf8(two.ring.open("signing_key", sealed_jwk)!), `{"kid":"${kid}"}`);
  }
});

Deno.test("tendRing: a ring of the earlier shape goes on, and rotates 90 days from then", async () => {
  const store = memoryStore();
  const key = new Uint8Array(32).fill(7);
  const before = keysServer({ store });
  const earlier = { keys: [key], expires_at: undefined } as unknown as StoredRing;
  await before.records.ring.put("data_protection", earlier);
  const one = await instance({ store });
  const sealed = one.ring.seal("p", utf8("x"));
  await tendRing(one);
  const again = await instance({ store });
  assert.ok(opens(again, sealed) && again.ring.isNewest(sealed));
  const [only] = (await stored(one)).keys;
  assert.deepEqual(only, {
    key,
    created_at: one.env.now(),
    seals_from: one.env.now(),
    longest_life: LIFE,
  });
});

Deno.test("tendRing: configured keys take over from the stored ring ten minutes later, which is deleted in the end", async () => {
  const before = await instance();
  await tendRing(before);
  const { store, env } = before;
  await sealKey(before, "a");
  const old = before.ring.seal("p", utf8("x"));
  const configured = [new Uint8Array(32).fill(1)];
  const one = await instance({ store, env, configured });
  await tendRing(one);
  assert.equal(phases(one), "announced,sealing");
  // Whoever hasn't been told of it yet opens all that is sealed meanwhile.
  assert.ok(opens(before, one.ring.seal("p", utf8("x"))));
  env.advance(ANNOUNCED);
  assert.equal(phases(one), "sealing,opening");
  const fresh = one.ring.seal("p", utf8("x"));
  assert.ok(opens(one, old) && opens(one, fresh) && !opens(before, fresh));
  await tendRing(one);
  assert.ok(one.ring.isNewest((await one.records.signing_key.get("a"))!.sealed_jwk));
  env.advance(LIFE + 600);
  await tendRing(one);
  assert.equal(await stored(one), undefined);
  assert.equal(phases(one), "sealing");
  // Without the configuration the server doesn't start any more, and makes no ring of its own.
  await assert.rejects(openRing(keysServer({ store, env }), undefined), /ring is lost/);
  assert.equal(await stored(one), undefined);
});

Deno.test("tendRing: as long as one instance has no configured key, all seal with what it opens", async () => {
  const without = await instance();
  const { store, env } = without;
  await tendRing(without);
  const configured = [new Uint8Array(32).fill(1)];
  const having = await instance({ store, env, configured });
  for (let round = 0; round < 160; round++) {
    await tendRing(having);
    env.advance(12);
    await tendRing(without);
    env.advance(12);
    assert.ok(opens(without, having.ring.seal("p", utf8("x"))));
    assert.ok(opens(having, without.ring.seal("p", utf8("x"))));
  }
  // Whoever runs it hears, once an hour, that some instance has no configured key.
  assert.equal(names(having).filter((name) => name.endsWith("held_back")).length, 1);
  await tendRing(having);
  env.advance(ANNOUNCED);
  assert.equal(opens(without, having.ring.seal("p", utf8("x"))), false);
  // One that comes back from behind a broken line brings all back to what it knows.
  await tendRing(without);
  await tendRing(having);
  assert.ok(opens(without, having.ring.seal("p", utf8("x"))));
});

Deno.test("freshen: an instance that was cut off learns before it opens anything", async () => {
  const [one, cut] = await Promise.all([instance(), instance()]);
  const far = await instance({ store: one.store, env: cut.env });
  await tendRing(one);
  await tendRing(far);
  await rotateStoredRing(one, LIFE, false);
  for (const { env } of [one, far]) env.advance(ANNOUNCED);
  await tendRing(one);
  const sealed = one.ring.seal("p", utf8("x"));
  assert.equal(opens(far, sealed), false);
  await far.ring.freshen();
  assert.ok(opens(far, sealed));
});

Deno.test("freshen: an instance whose clock was set back asks too, for it doesn't know how long ago it did", async () => {
  const one = await instance();
  const other = await instance({ store: one.store, env: testEnv() });
  await rotateStoredRing(one, LIFE, true);
  await tendRing(one);
  const sealed = one.ring.seal("p", utf8("x"));
  assert.equal(opens(other, sealed), false);
  other.env.advance(-1);
  await other.ring.freshen();
  assert.ok(opens(other, sealed));
});

Deno.test("freshen: asks the store for a key that is not known here, and for none that is", async () => {
  const one = await instance();
  const { ring } = one.records;
  const { get } = ring;
  let asked = 0;
  Object.assign(ring, {
    get(id: string) {
      asked++;
      return get(id);
    },
  });
  const [known, other] = [one, await instance()].map(({ ring }) => ring.seal("p", utf8("x")));
  assert.ok(known && other);
  one.env.advance(1);
  await one.ring.freshen([known, new Uint8Array(40)]);
  assert.equal(asked, 0);
  await one.ring.freshen([known, other]);
  assert.equal(asked, 1);
});

Deno.test("tendRing: what an instance that had not heard of it has sealed by the key before is sealed anew within an hour", async () => {
  const late = await instance();
  const one = await instance({ store: late.store, env: late.env });
  await rotateStoredRing(one, LIFE, true);
  for (let round = 0; round < 3; round++) await tendRing(one);
  await sealKey(late, "a");
  const newest = async () => {
    const read = await one.records.signing_key.get("a");
    return read !== undefined && one.ring.isNewest(read.sealed_jwk);
  };
  assert.equal(await newest(), false);
  one.env.advance(3600);
  await tendRing(one);
  assert.ok(await newest());
});

Deno.test("tendRing: two that seal the same keys anew at the same moment tell of each once", async () => {
  const one = await instance();
  const two = await instance({ store: one.store, env: one.env });
  for (const kid of ["a", "b", "c"]) await sealKey(one, kid);
  await rotateStoredRing(one, LIFE, true);
  for (const { ring } of [one, two]) await ring.refresh();
  const told = await Promise.all([one, two].map(resealKeys));
  assert.deepEqual(told.flat().toSorted(), ["a", "b", "c"]);
});

Deno.test("tendRing: a ring that is gone from the store is neither replaced nor forgotten", async () => {
  const one = await instance();
  await tendRing(one);
  const sealed = one.ring.seal("p", utf8("x"));
  await one.records.ring.delete("data_protection");
  await assert.rejects(tendRing(one), /is gone from the store/);
  await one.ring.refresh();
  assert.ok(opens(one, sealed));
  assert.equal(await stored(one), undefined);
});
