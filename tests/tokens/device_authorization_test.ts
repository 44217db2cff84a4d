/** Whether no two devices that wait have one user code, and one answer of a person counts (RFC 8628 §3.2, §3.3). */

import assert from "node:assert/strict";
import { sha256 } from "../../src/lib/bytes.ts";
import type { Client } from "../../src/oauth/client.ts";
import { openCollections } from "../../src/store/collection.ts";
import { StoreError } from "../../src/store/store.ts";
import {
  approveDevice,
  beginDevice,
  denyDevice,
  findDevice,
} from "../../src/tokens/device_authorization.ts";
import { grantIdOf, readHandle } from "../../src/tokens/handle.ts";
import { START, testEnv } from "../support/env.ts";
import { memoryStore } from "../support/memory_store.ts";

const CLIENT = {
  client_id: "tv",
  device_code_lifetime: 600,
  device_polling_interval: 5,
} as Client;

const LOGIN = {
  sub: "sub-alice",
  sid: "sid-1",
  auth_time: START,
  amr: ["pwd"],
  acr: undefined,
} as const;

const REQUEST = { scope: ["openid"], resource: [] };
const NOTHING = { checks: [], writes: [] };

/** A server on which devices draw the letters of their user codes as the test says. */
function serverWith(letters?: () => number) {
  const env = testEnv();
  const store = memoryStore();
  const records = openCollections(store, env);
  return {
    env,
    store,
    records,
    async begin() {
      let drawn = 0;
      // The secret half of the device code has 32 bytes too, and is drawn first.
      const random = (bytes: number) =>
        bytes === 32 && drawn++ > 0 && letters !== undefined
          ? new Uint8Array(bytes).fill(letters())
          : env.random(bytes);
      const server = { env: { ...env, random }, store, records };
      return await beginDevice(server, CLIENT, REQUEST, "192.0.2.1");
    },
  };
}

Deno.test("RFC 8628 §3.2: a code that another device waits with is drawn again", async () => {
  const drawn = [0, 0, 0, 1, 1, 2];
  const server = serverWith(() => drawn.shift() ?? assert.fail());
  const codes = [];
  for (let n = 0; n < 3; n++) codes.push((await server.begin()).user_code);
  assert.deepEqual(codes, ["BBBBBBBB", "CCCCCCCC", "DDDDDDDD"]);
  for (const code of codes) assert.ok(await findDevice(server, code));
});

Deno.test("RFC 8628 §3.2: of devices that draw the same codes at the same moment each gets one of its own", async () => {
  let drawn = 0;
  // Each value comes five times in a row.
  const server = serverWith(() => Math.floor(drawn++ / 5) % 20);
  const all = await Promise.all(Array.from({ length: 4 }, () => server.begin()));
  assert.equal(new Set(all.map(({ user_code }) => user_code)).size, 4);
  const grants = await Promise.all(
    all.map(async ({ device_code, user_code }) => {
      const found = await findDevice(server, user_code);
      assert.equal(found?.grant_id, readHandle("device_code", device_code)?.grant_id);
      return found?.grant_id;
    }),
  );
  assert.equal(new Set(grants).size, 4);
});

Deno.test("RFC 8628 §3.2: randomness that repeats itself for ever is a failure, not a loop, and shares no code", async () => {
  const server = serverWith(() => 7);
  const { user_code } = await server.begin();
  const before = await findDevice(server, user_code);
  await assert.rejects(server.begin(), StoreError);
  assert.deepEqual(await findDevice(server, user_code), before);
  const broken = serverWith(() => 255);
  await assert.rejects(broken.begin(), StoreError);
});

Deno.test("RFC 8628 §3.2: a code that has ended is nobody's, and not given out again before it is forgotten", async () => {
  const drawn = [0, 0, 1];
  const server = serverWith(() => drawn.shift() ?? assert.fail());
  const { user_code } = await server.begin();
  server.env.advance(599);
  assert.ok(await findDevice(server, user_code));
  server.env.advance(1);
  assert.equal(await findDevice(server, user_code), undefined);
  assert.equal((await server.begin()).user_code, "CCCCCCCC");
});

Deno.test("RFC 8628 §3.3: of a yes and a no at the same moment one counts, however the device polls meanwhile", async () => {
  for (const [first, second] of [[approve, deny], [deny, approve], [approve, approve]] as const) {
    const server = serverWith();
    const { user_code, device_code } = await server.begin();
    const waiting = await findDevice(server, user_code);
    assert.ok(waiting !== undefined);
    // The device has polled since its person has looked.
    await server.records.device_authorization.update(
      waiting.grant_id,
      (device) => device && { ...device, polled_at: START },
    );
    const answers = await Promise.all([first(server, waiting), second(server, waiting)]);
    assert.deepEqual(answers.toSorted(), [false, true]);
    assert.equal(await findDevice(server, user_code), undefined);
    const { grant_id = "" } = readHandle("device_code", device_code) ?? {};
    const device = await server.records.device_authorization.get(grant_id);
    const grant = await server.records.authorization.get(grant_id);
    assert.equal(device?.state, grant === undefined ? "denied" : "approved");
    assert.deepEqual(grant?.code?.sha256, grant && sha256(device_code));
  }
});

Deno.test("RFC 8628 §3.3: an answer whose session or page ends at that moment is none", async () => {
  const server = serverWith();
  const { user_code, device_code } = await server.begin();
  const waiting = await findDevice(server, user_code);
  assert.ok(waiting !== undefined);
  const key = ["session", "gone"];
  const checks = [{ key, version: "1" }];
  assert.equal(await approveDevice(server, waiting, LOGIN, { checks, writes: [] }), false);
  assert.equal(await denyDevice(server, waiting, { checks, writes: [] }), false);
  assert.deepEqual(await findDevice(server, user_code), waiting);
  const { seed } = readHandle("device_code", device_code) ?? assert.fail();
  assert.equal(await server.records.authorization.get(grantIdOf(seed)), undefined);
});

type Server = ReturnType<typeof serverWith>;
type Waiting = NonNullable<Awaited<ReturnType<typeof findDevice>>>;

function approve(server: Server, waiting: Waiting): Promise<boolean> {
  return approveDevice(server, waiting, LOGIN, NOTHING);
}

function deny(server: Server, waiting: Waiting): Promise<boolean> {
  return denyDevice(server, waiting, NOTHING);
}
