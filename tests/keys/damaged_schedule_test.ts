/** Whether nobody goes by a schedule that is damaged, and nobody makes keys in the place of those that it has lost. */

import assert from "node:assert/strict";
import { KeyError, openKeys } from "../../src/keys/keys.ts";
import { startAnew } from "../../src/keys/orders.ts";
import { signJwt, verifyJwt } from "../../src/keys/signer.ts";
import type { KeySchedule, ScheduledKey } from "../../src/store/records.ts";
import { keysServer } from "../support/keys_server.ts";

const DAY = 86_400;
const POLICY = {
  algorithms: ["ES256" as const, "EdDSA" as const],
  propagation: DAY,
  rotation: 90 * DAY,
  retention: DAY,
};
const CONFIG = { managed: { ...POLICY, algorithms: [...POLICY.algorithms] } };
const HEADER = { alg: "EdDSA", typ: "JWT" } as const;

/** What somebody has made of a schedule; `undefined`: nothing is left of it. */
const DAMAGES: Record<string, (keys: readonly ScheduledKey[]) => unknown> = {
  "no record": () => undefined,
  "no list": () => ({ expires_at: undefined }),
  "a text": () => ({ keys: "none", expires_at: undefined }),
  "no object": (keys) => ({ keys: [...keys, null], expires_at: undefined }),
  ...Object.fromEntries(
    ([
      ["kid", undefined],
      ["alg", 7],
      ["created_at", "now"],
      ["signs_from", NaN],
      ["signs_from", Infinity],
      ["retires_at", NaN],
      ["retires_at", null],
    ] as const).map(([member, value]) => [
      `${member}: ${value}`,
      (keys: readonly ScheduledKey[]) => ({
        keys: keys.map((key) => ({ ...key, [member]: value })),
        expires_at: undefined,
      }),
    ]),
  ),
};

/** A running instance, behind whose back its schedule is damaged. */
async function damaged(damage: (keys: readonly ScheduledKey[]) => unknown) {
  const server = keysServer();
  const { key_schedule } = server.records;
  const keys = await openKeys(server, CONFIG);
  const whole = (await key_schedule.get("managed"))!;
  const broken = damage(whole.keys);
  if (broken === undefined) await key_schedule.delete("managed");
  else await key_schedule.put("managed", broken as KeySchedule);
  return { server, keys, whole };
}

const told = (error: unknown) =>
  error instanceof KeyError && error.problems.length === 1 &&
  /^the schedule of the managed keys is (damaged|gone from the store); .*retire --all/.test(
    error.message,
  );

for (const [name, damage] of Object.entries(DAMAGES)) {
  Deno.test(`a damaged schedule: with ${name} an instance goes on with what it knows, and none starts`, async () => {
    const { server, keys, whole } = await damaged(damage);
    const { jwks } = keys;
    const jwt = await signJwt(keys, HEADER, { n: 1 });
    server.env.advance(60);
    for (const act of [keys.tend, keys.refresh, () => keys.learn("x".repeat(43))]) {
      await assert.rejects(act, told);
    }
    assert.equal(keys.jwks, jwks);
    assert.deepEqual(await verifyJwt(keys, jwt, "JWT"), { n: 1 });
    assert.deepEqual(await verifyJwt(keys, await signJwt(keys, HEADER, { n: 2 }), "JWT"), { n: 2 });
    for (const start of [1, 2]) await assert.rejects(openKeys(server, CONFIG), told, `${start}`);
    assert.equal((await server.records.signing_key.list()).found.length, 2);
    await server.records.key_schedule.put("managed", whole);
    await keys.tend();
    assert.equal(keys.jwks, jwks);
    assert.equal((await openKeys(server, CONFIG)).jwks.keys.length, 2);
  });

  Deno.test(`startAnew: with ${name} all keys end, and others sign`, async () => {
    const { server, keys } = await damaged(damage);
    await startAnew(server, POLICY);
    const anew = await openKeys(server, CONFIG);
    assert.notEqual(anew.signing("EdDSA")!.kid, keys.signing("EdDSA")!.kid);
    assert.equal((await server.records.signing_key.list()).found.length, 2);
    await keys.tend();
    assert.deepEqual(keys.jwks, anew.jwks);
  });
}
