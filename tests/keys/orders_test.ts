/** Whether of orders that come at the same moment each does what was meant, and no more. */

import assert from "node:assert/strict";
import { serialize } from "node:v8";
import { keyPolicy } from "../../src/config/key_policy.ts";
import { MANAGED_PHASES } from "../../src/config/schema.ts";
import { bringKey, LONGEST_KID } from "../../src/keys/bring_key.ts";
import { openRing } from "../../src/keys/data_protection.ts";
import { KeyError } from "../../src/keys/error.ts";
import { tendSchedule } from "../../src/keys/managed.ts";
import { retireKey, rotateKeys, startAnew } from "../../src/keys/orders.ts";
import { MOST_KEYS } from "../../src/keys/plan.ts";
import { readSchedule } from "../../src/keys/schedule.ts";
import { LIMITS } from "../../src/store/store.ts";
import { interruptedStore } from "../support/interrupted_store.ts";
import { keysServer } from "../support/keys_server.ts";
import { memoryStore } from "../support/memory_store.ts";
import { privateJwk } from "../support/signing_keys.ts";

const POLICY = keyPolicy({ managed: { ...MANAGED_PHASES, algorithms: ["ES256", "EdDSA"] } });

/** A server with its first keys, a while ago; whose next commit can be interrupted. */
async function scene() {
  const store = interruptedStore(memoryStore());
  const server = keysServer({ store });
  await tendSchedule(server, POLICY, new Map());
  server.env.advance(60);
  return { server, store };
}

const kidsOf = async (server: Parameters<typeof readSchedule>[0], named: string) =>
  (await readSchedule(server)).filter(({ alg }) => alg === named).map(({ kid }) => kid);

for (const atOnce of [false, true]) {
  Deno.test(`rotateKeys: whoever is too late${atOnce ? " in an emergency" : ""} makes no second key`, async () => {
    const { server, store } = await scene();
    const [first] = await kidsOf(server, "ES256");
    let faster: Awaited<ReturnType<typeof rotateKeys>> = [];
    store.interrupt(async () => {
      faster = await rotateKeys(server, POLICY, ["ES256"], atOnce);
    });
    const [slower] = await rotateKeys(server, POLICY, ["ES256"], atOnce);
    assert.equal(faster[0]?.changed, true);
    assert.deepEqual({ ...slower, changed: true }, faster[0]);
    assert.equal(slower?.changed, false);
    assert.deepEqual(await kidsOf(server, "ES256"), [first, slower?.kid]);
    assert.equal((await server.records.signing_key.list()).found.length, 3);
  });
}

Deno.test("rotateKeys: what one operator announces another one brings forward", async () => {
  const { server, store } = await scene();
  store.interrupt(() => rotateKeys(server, POLICY, ["ES256"], false));
  const [urgent] = await rotateKeys(server, POLICY, ["ES256"], true);
  assert.deepEqual([urgent?.changed, urgent?.signs_from], [true, server.env.now()]);
  assert.equal((await kidsOf(server, "ES256")).length, 2);
});

Deno.test("retireKey: whoever is too late ends nothing", async () => {
  const { server, store } = await scene();
  const [kid = ""] = await kidsOf(server, "ES256");
  store.interrupt(() => retireKey(server, POLICY, kid));
  assert.equal(await retireKey(server, POLICY, kid), undefined);
  const [next, ...others] = await kidsOf(server, "ES256");
  assert.notEqual(next, kid);
  assert.deepEqual(others, []);
});

Deno.test("retireKey: a key that has been rotated meanwhile goes alone", async () => {
  const { server, store } = await scene();
  const [kid = ""] = await kidsOf(server, "ES256");
  let rotated: Awaited<ReturnType<typeof rotateKeys>> = [];
  store.interrupt(async () => {
    rotated = await rotateKeys(server, POLICY, ["ES256"], true);
  });
  const retired = await retireKey(server, POLICY, kid);
  assert.deepEqual([retired?.signed, retired?.replaced_by], [false, undefined]);
  assert.deepEqual(await kidsOf(server, "ES256"), [rotated[0]?.kid]);
});

Deno.test("startAnew: whoever is too late leaves what the other has made", async () => {
  const { server, store } = await scene();
  const before = (await readSchedule(server)).map(({ kid }) => kid);
  let made: string[] = [];
  store.interrupt(async () => {
    assert.equal(await startAnew(server, POLICY), 2);
    made = (await readSchedule(server)).map(({ kid }) => kid);
  });
  assert.equal(await startAnew(server, POLICY), 2);
  const after = (await readSchedule(server)).map(({ kid }) => kid);
  assert.deepEqual(after, made);
  assert.ok(after.every((kid) => !before.includes(kid)));
  const { found } = await server.records.signing_key.list();
  assert.deepEqual(found.map(({ record: { kid } }) => kid).sort(), after.toSorted());
});

Deno.test("startAnew: keys that stand in no schedule go too", async () => {
  const { server } = await scene();
  const { found } = await server.records.signing_key.list();
  await server.records.key_schedule.delete("managed");
  assert.equal(await startAnew({ ...server, ring: undefined }, POLICY), found.length);
  assert.deepEqual((await server.records.signing_key.list()).found, []);
});

Deno.test("bringKey: of two who bring the same key under two names one is too late", async () => {
  const { server, store } = await scene();
  const jwk = await privateJwk("ES256");
  store.interrupt(() => bringKey(server, POLICY, { ...jwk, kid: "one" }, "announced", []));
  await assert.rejects(
    bringKey(server, POLICY, { ...jwk, kid: "other" }, "announced", []),
    (error) => error instanceof KeyError && /key one is the same key already/.test(error.message),
  );
  assert.equal((await kidsOf(server, "ES256")).length, 2);
});

Deno.test("rotateKeys, bringKey: there are never more keys than fit into a record", async () => {
  const { server } = await scene();
  const full = (await readSchedule(server)).flatMap((key) =>
    Array.from({ length: MOST_KEYS / 2 }, (_, index) => ({ ...key, kid: `${key.kid}${index}` }))
  );
  await server.records.key_schedule.put("managed", { keys: full, expires_at: undefined });
  const jwk = await privateJwk("ES256");
  for (
    const order of [
      () => bringKey(server, POLICY, jwk, "verify_only", []),
      () => rotateKeys(server, POLICY, ["ES256"], true),
    ]
  ) {
    await assert.rejects(
      order,
      (error) => error instanceof KeyError && /there are 200 managed keys/.test(error.message),
    );
  }
  assert.equal((await readSchedule(server)).length, MOST_KEYS);
  // An emergency has room: a key goes for each that comes.
  const [kid = ""] = await kidsOf(server, "ES256");
  assert.equal((await retireKey(server, POLICY, kid))?.kid, kid);
});

Deno.test("startAnew: keys under the ids of format 4 go too, so that a server with a new ring starts", async () => {
  const { server } = await scene();
  for (const { record } of (await server.records.signing_key.list()).found) {
    await server.records.signing_key.put(`managed:${record.alg}`, record);
    await server.records.signing_key.delete(record.kid);
  }
  await server.records.key_schedule.delete("managed");
  assert.equal(await startAnew({ ...server, ring: undefined }, POLICY), 2);
  assert.equal((await server.records.signing_key.list()).found.length, 0);
  await openRing(server, undefined);
});

Deno.test("bringKey: as many keys as there may be, with names as long as they may be, fit into a record", async () => {
  const { server } = await scene();
  const jwk = await privateJwk("ES256");
  const kid = "鍵".repeat(LONGEST_KID);
  await assert.rejects(
    bringKey(server, POLICY, { ...jwk, kid: `${kid}x` }, "announced", []),
    /its kid is longer than 100 characters/,
  );
  await bringKey(server, POLICY, { ...jwk, kid }, "verify_only", []);
  const brought = (await readSchedule(server)).find((key) => key.kid === kid)!;
  const keys = Array.from({ length: MOST_KEYS }, () => ({ ...brought, created_at: 1.5 }));
  assert.ok(serialize({ keys, expires_at: undefined }).length < LIMITS.value);
});
