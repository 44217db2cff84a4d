/** Whether the server makes its own keys once, however many instances start, and never in silence again. */

import assert from "node:assert/strict";
import { fromUtf8, utf8 } from "../../src/lib/bytes.ts";
import { openRing } from "../../src/keys/data_protection.ts";
import { KeyError, openKeys } from "../../src/keys/keys.ts";
import { MANAGED_PHASES } from "../../src/config/schema.ts";
import { type Collections, openCollections } from "../../src/store/collection.ts";
import { openKvStore } from "../../src/store/kv.ts";
import type { Store } from "../../src/store/store.ts";
import { testEnv } from "../support/env.ts";
import { memoryStore } from "../support/memory_store.ts";
import { createRing } from "../support/ring.ts";

const env = testEnv();
/** RSA takes long to make, so most tests do without. */
const FAST = {
  managed: { ...MANAGED_PHASES, algorithms: ["ES256" as const, "EdDSA" as const] },
};

async function start(store: Store, config: Parameters<typeof openKeys>[1] = FAST) {
  const records = openCollections(store, env);
  const ring = await openRing({ env, records }, undefined);
  return { keys: await openKeys({ env, store, records, ring }, config), store, records, ring };
}

const kids = ({ keys }: Awaited<ReturnType<typeof start>>) => keys.jwks.keys.map(({ kid }) => kid);

Deno.test("openKeys: without configuration it manages RS256, ES256 and EdDSA", async () => {
  const { keys, records } = await start(memoryStore(), {});
  assert.deepEqual(keys.algorithms, ["RS256", "ES256", "EdDSA"]);
  assert.equal((keys.signing("RS256")!.publicKey.algorithm as RsaKeyAlgorithm).modulusLength, 2048);
  assert.deepEqual(keys.jwks.keys.map(({ alg }) => alg), ["RS256", "ES256", "EdDSA"]);
  const { found: stored } = await records.signing_key.list();
  for (const { record: { kid, alg, created_at } } of stored) {
    assert.equal(keys.find(kid)?.alg, alg);
    assert.equal(created_at, env.now());
  }
});

Deno.test("openKeys: managed keys are the same after a restart", async () => {
  const store = memoryStore();
  assert.deepEqual(kids(await start(store)), kids(await start(store)));
});

Deno.test("openKeys: ten instances that start at once agree on one key for each algorithm", async () => {
  const store = memoryStore();
  const servers = await Promise.all(Array.from({ length: 10 }, () => start(store)));
  assert.equal(new Set(servers.flatMap(kids)).size, 2);
  assert.equal((await servers[0]!.records.signing_key.list()).found.length, 2);
});

Deno.test("openKeys: two instances that start at once on one file agree", async () => {
  const directory = await Deno.makeTempDir();
  const url = `${directory}/latchkey.kv`;
  const stores = await Promise.all([openKvStore(env, { url }), openKvStore(env, { url })]);
  try {
    const [one, two] = await Promise.all(stores.map((store) => start(store)));
    assert.deepEqual(kids(one!), kids(two!));
  } finally {
    for (const store of stores) store.close();
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("openKeys: with the ring lost the start fails and no key is replaced", async () => {
  const { store, records } = await start(memoryStore());
  const before = (await records.signing_key.list()).found;
  const ring = createRing(env, [env.random(32)]);
  await assert.rejects(openKeys({ env, store, records, ring }, FAST), (error) => {
    assert.ok(error instanceof KeyError);
    assert.equal(error.problems.length, 2);
    assert.match(error.problems[0]!, /^the managed ES256 key [\w-]+: the data protection ring/);
    return true;
  });
  assert.deepEqual((await records.signing_key.list()).found, before);
});

Deno.test("openKeys: the stored record shows no private member", async () => {
  const { records, ring } = await start(memoryStore());
  for (const { record: { sealed_jwk } } of (await records.signing_key.list()).found) {
    const { d } = JSON.parse(fromUtf8((ring.open("signing_key", sealed_jwk))!));
    assert.ok(typeof d === "string");
    assert.ok(!new TextDecoder("latin1").decode(sealed_jwk).includes(d));
  }
});

Deno.test("openKeys: a managed key under the name of another algorithm is refused", async () => {
  const { store, records, ring } = await start(memoryStore());
  await swap(records);
  await assert.rejects(
    openKeys({ env, store, records, ring }, FAST),
    /holds a key for (EdDSA|ES256)/,
  );
});

async function swap({ signing_key }: Collections): Promise<void> {
  const [one, two] = (await signing_key.list()).found.map(({ record }) => record);
  await signing_key.put(one!.kid, { ...one!, sealed_jwk: two!.sealed_jwk });
  await signing_key.put(two!.kid, { ...two!, sealed_jwk: one!.sealed_jwk });
}

Deno.test("openKeys: a sealed record that is no key stops the start", async () => {
  const { store, records, ring } = await start(memoryStore());
  const record = (await records.signing_key.list()).found[0]!.record;
  const sealed_jwk = ring.seal("signing_key", utf8('{"kty":"EC"}'));
  await records.signing_key.put(record.kid, { ...record, sealed_jwk });
  await assert.rejects(openKeys({ env, store, records, ring }, FAST), KeyError);
});
