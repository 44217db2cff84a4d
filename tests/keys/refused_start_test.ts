/** Whether a configuration that is refused, at the start or at SIGHUP, leaves the store's keys as they were. */

import assert from "node:assert/strict";
import { base64url } from "../../src/lib/bytes.ts";
import { createServer } from "../../src/server.ts";
import { openKeys } from "../../src/keys/keys.ts";
import { readSchedule } from "../../src/keys/schedule.ts";
import { testConfig } from "../support/config.ts";
import { testEnv } from "../support/env.ts";
import { keysServer } from "../support/keys_server.ts";
import { memoryStore } from "../support/memory_store.ts";

const CONFIG = await testConfig();

/** A configuration with these keys of a ring. */
const withRing = (...seeds: number[]) => ({
  ...CONFIG,
  data_protection: {
    keys: seeds.map((seed) => base64url(new Uint8Array(32).fill(seed))),
    accept_stored: false,
  },
});

Deno.test("openKeys: what is refused has made no key, whether a source is broken or an algorithm has none", async () => {
  const server = keysServer();
  const managed = {
    algorithms: ["ES256" as const],
    propagation: 300,
    rotation: 900,
    retention: 900,
  };
  const required = [{ path: ["tokens"], algorithm: "PS256" as const }];
  for (
    const open of [
      () => openKeys(server, { managed, jwks: "hunter2" }),
      () => openKeys(server, { managed }, required),
    ]
  ) {
    await assert.rejects(open);
    assert.deepEqual(await readSchedule(server), []);
  }
  await openKeys(server, { managed });
  const before = await readSchedule(server);
  server.env.advance(900);
  // It would be time for a successor, and for an end of what signs.
  const more = { ...managed, algorithms: ["ES256" as const, "ES384" as const] };
  await assert.rejects(openKeys(server, { managed: more }, required), { name: "MissingKey" });
  assert.deepEqual(await readSchedule(server), before);
});

Deno.test("createServer: a configuration whose keys are refused has sealed nothing anew", async () => {
  const [env, store] = [testEnv(), memoryStore()];
  const { records } = await createServer(env, withRing(1), store);
  const sealed = async () =>
    (await records.signing_key.list()).found.map(({ record }) => record.sealed_jwk);
  const before = await sealed();
  assert.ok(before.length > 0);
  const next = withRing(2, 1);
  const broken = { ...next, keys: { ...next.keys, jwks: "hunter2" } };
  await assert.rejects(createServer(env, broken, store), { name: "KeyError" });
  assert.deepEqual(await sealed(), before);
  await createServer(env, next, store);
  assert.notDeepEqual(await sealed(), before);
});
