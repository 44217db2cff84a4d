/** Whether whatever is sealed opens as long as it lives, at every instance, in whatever order things happen. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { base64url, utf8 } from "../../src/lib/bytes.ts";
import { openRing } from "../../src/keys/data_protection.ts";
import type { DataProtection } from "../../src/keys/held_ring.ts";
import { openSealed } from "../../src/keys/open_sealed.ts";
import { PURPOSE, sealedKeys } from "../../src/keys/reseal.ts";
import { longestLife } from "../../src/keys/sealed_life.ts";
import { rotateStoredRing } from "../../src/keys/stored_ring.ts";
import { tendRing } from "../../src/keys/tend_ring.ts";
import { type Collections, openCollections } from "../../src/store/collection.ts";
import type { Store } from "../../src/store/store.ts";
import { testConfig } from "../support/config.ts";
import { START, type TestEnv, testEnv } from "../support/env.ts";
import { memoryStore } from "../support/memory_store.ts";

const DAY = 86_400;
const CONFIG = await testConfig();
/** Configurations with a longest life each: 180 days, 200, 400. */
const CONFIGS = [1, 200 * DAY, 400 * DAY].map((absolute_lifetime) => ({
  ...CONFIG,
  sessions: { ...CONFIG.sessions, absolute_lifetime },
}));
const RING_KEY = base64url(new Uint8Array(32).fill(9));
/** How far the clocks of the instances are off. */
const SKEWS = [-30, 0, 30];

interface Instance {
  readonly env: TestEnv;
  readonly records: Collections;
  readonly store: Store;
  config: typeof CONFIG;
  ring: DataProtection;
  tended_at: number;
}

interface Item {
  readonly sealed: Uint8Array;
  readonly ends_at: number;
}

interface World {
  readonly store: Store;
  readonly clock: TestEnv;
  readonly instances: Instance[];
  readonly items: Item[];
}

async function newWorld(): Promise<World> {
  const store = memoryStore();
  const instances: Instance[] = [];
  for (const skew of SKEWS) {
    instances.push(await started(store, testEnv(START + skew), CONFIG, false));
  }
  return { store, clock: testEnv(), instances, items: [] };
}

async function started(
  store: Store,
  env: TestEnv,
  config: typeof CONFIG,
  configured: boolean,
): Promise<Instance> {
  const records = openCollections(store, env);
  const data_protection = configured ? { keys: [RING_KEY], accept_stored: true } : undefined;
  const ring = await openRing({ env, records }, data_protection);
  const next = { ...config, ...data_protection && { data_protection } };
  return { env, records, store, config: next, ring, tended_at: -1e9 };
}

function advance({ instances, clock }: World, seconds: number): void {
  for (const { env } of [...instances, { env: clock }]) env.advance(seconds);
}

/** The same, with all the rounds that instances have meanwhile; an hour at most. */
async function live(world: World, seconds: number): Promise<void> {
  for (let left = Math.min(seconds, 3600); left > 0; left -= 30) {
    advance(world, Math.min(left, 30));
    for (const each of world.instances) await tend(world, each);
  }
}

/** Whether some instances have keys of the configuration and others don't. */
function isMixed({ instances }: World): boolean {
  const having = instances.filter(({ config }) => config.data_protection !== undefined);
  return having.length > 0 && having.length < instances.length;
}

async function tend({ clock }: World, instance: Instance): Promise<void> {
  await tendRing(instance);
  instance.tended_at = clock.now();
}

/** Before anything happens at an instance: no round was longer ago than 30 seconds. */
async function ready(world: World, index: number): Promise<Instance> {
  const instance = world.instances[index]!;
  if (world.clock.now() - instance.tended_at > 30) await tend(world, instance);
  return instance;
}

async function seal(world: World, index: number, share: number): Promise<void> {
  const { ring, config } = await ready(world, index);
  const life = Math.ceil(longestLife(config) * share);
  world.items.push({ sealed: ring.seal("p", utf8("x")), ends_at: world.clock.now() + life });
}

async function putKey(world: World, index: number): Promise<void> {
  const { ring, env, records } = await ready(world, index);
  const kid = base64url(env.random(8));
  const sealed_jwk = ring.seal("signing_key", utf8(kid));
  const created_at = env.now();
  const expires_at = undefined;
  await records.signing_key.put(kid, { kid, alg: "ES256", created_at, sealed_jwk, expires_at });
}

/** A server starts anew, with this configuration. */
async function restart(
  { instances, store }: World,
  index: number,
  config: typeof CONFIG,
  configured: boolean,
): Promise<void> {
  instances[index] = await started(store, instances[index]!.env, config, configured);
}

/** Everything that lives opens everywhere, and one key seals. */
async function check({ instances, items, clock }: World): Promise<void> {
  const alive = items.filter(({ ends_at }) => clock.now() < ends_at);
  for (const instance of instances) {
    // As every request does, also where an instance had no rounds for long.
    await instance.ring.freshen();
    for (const { sealed } of alive) assert.ok(instance.ring.open("p", sealed) !== undefined);
    for (const { record } of await sealedKeys(instance)) {
      assert.ok(await openSealed(instance.ring, PURPOSE, record.sealed_jwk) !== undefined);
    }
    const phases = instance.ring.list().map(({ phase }) => phase);
    assert.equal(phases.filter((phase) => phase === "sealing").length, 1);
  }
}

type Act = (world: World) => Promise<void> | void;

const index = fc.nat({ max: SKEWS.length - 1 });
const acts: fc.Arbitrary<[string, Act]> = fc.oneof(
  fc.oneof(
    fc.integer({ min: 1, max: 90 }),
    fc.integer({ min: 60, max: 7200 }),
    fc.integer({ min: DAY, max: 120 * DAY }),
  )
    .map((seconds): [string, Act] => [
      `advance ${seconds}`,
      (world) => isMixed(world) ? live(world, seconds) : advance(world, seconds),
    ]),
  index.map((n): [string, Act] => [`tend ${n}`, (world) => tend(world, world.instances[n]!)]),
  fc.tuple(index, fc.double({ min: 0.01, max: 1, noNaN: true })).map((
    [n, share],
  ): [string, Act] => [
    `seal ${n} ${share}`,
    (world) => seal(world, n, share),
  ]),
  index.map((n): [string, Act] => [`put ${n}`, (world) => putKey(world, n)]),
  fc.tuple(index, fc.nat({ max: CONFIGS.length - 1 })).map(([n, which]): [string, Act] => [
    `restart ${n} ${which}`,
    (world) =>
      restart(world, n, CONFIGS[which]!, world.instances[n]!.config.data_protection !== undefined),
  ]),
  index.map((n): [string, Act] => [`rotate ${n}`, async (world) => {
    const instance = await ready(world, n);
    await rotateStoredRing(instance, longestLife(instance.config), false);
  }]),
  index.map((n): [string, Act] => [`rotate now ${n}`, async (world) => {
    const instance = await ready(world, n);
    await rotateStoredRing(instance, longestLife(instance.config), true);
    // What it may cost until the others have learned of it is its price.
    for (const each of world.instances) await tend(world, each);
  }]),
);
const configure: fc.Arbitrary<[string, Act]> = index.map((n) => [
  `configure ${n}`,
  (world) => restart(world, n, world.instances[n]!.config, true),
]);

async function lives(steps: readonly [string, Act][]): Promise<void> {
  const world = await newWorld();
  for (const [, act] of steps) {
    await act(world);
    await check(world);
  }
}

Deno.test("data protection: whatever lives opens at every instance, however keys rotate, clocks differ and servers start anew", async () => {
  await fc.assert(fc.asyncProperty(fc.array(acts, { maxLength: 60 }), lives), { numRuns: 150 });
});

Deno.test("data protection: nothing is lost on the way from the stored ring to configured keys, one instance after another", async () => {
  const step = fc.oneof({ weight: 6, arbitrary: acts }, { weight: 1, arbitrary: configure });
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60 }), lives), { numRuns: 100 });
});
