/** Whether devices, answered or abandoned, leave the store as it was. */

import assert from "node:assert/strict";
import { serialize } from "node:v8";
import { checkIndexes } from "../../src/store/check.ts";
import { beginDevice } from "../../src/tokens/device_authorization.ts";
import { collectOnce, entriesOf } from "../support/collect.ts";
import { agent } from "../support/agent.ts";
import { answerDevice, askForCodes, pollOnce, typeIn, withDevice } from "../support/device.ts";
import { authorizeUrl, passThrough } from "../support/flow.ts";
import { memoryStore } from "../support/memory_store.ts";
import { type TestServer, testServer } from "../support/server.ts";

const ABANDONED = 1000;

function deviceServer(): Promise<TestServer> {
  const security = { limits: { waiting_requests: 2 * ABANDONED, user_code_tries: ABANDONED } };
  return testServer({ store: memoryStore(), config: { ...withDevice(), security } });
}

/** What a store has more of than before, by kind. */
async function grown(server: TestServer, act: () => Promise<unknown>) {
  const count = async () => Map.groupBy(await entriesOf(server), ({ key: [kind] }) => String(kind));
  const before = await count();
  await act();
  const after = await count();
  const kinds = [...new Set([...before.keys(), ...after.keys()])].map((kind) =>
    [kind, (after.get(kind)?.length ?? 0) - (before.get(kind)?.length ?? 0)] as const
  );
  return Object.fromEntries(kinds.filter(([kind, more]) => more !== 0 && kind !== "throttle"));
}

Deno.test("store: 1,000 devices that nobody answers are two small records each, polled or not, and gone when collected", async () => {
  await using server = await deviceServer();
  const before = await entriesOf(server);
  const size = async () =>
    (await entriesOf(server)).reduce(
      (sum, { key, value }) =>
        sum + serialize(value).length + key.reduce((bytes, part) => bytes + part.length + 2, 0),
      0,
    );
  const small = await size();
  const tv = await server.server.clients.find("tv");
  assert.ok(tv !== undefined);
  const asked = { scope: ["openid", "profile"], resource: [] };
  let left = ABANDONED;
  const worker = async () => {
    while (left > 0) {
      left--;
      // Most of them without HTTP around the store.
      if (left % 10 !== 0) {
        await beginDevice(server.server, tv, asked, "127.0.0.1");
        continue;
      }
      const codes = await askForCodes(server);
      await pollOnce(server, codes);
      if (left % 100 === 0) {
        assert.equal((await typeIn(agent(server), codes.user_code)).status, 200);
      }
    }
  };
  await Promise.all(Array.from({ length: 50 }, worker));
  const kinds = Map.groupBy(await entriesOf(server), ({ key: [kind] }) => String(kind));
  assert.equal(kinds.get("device_authorization")?.length, ABANDONED);
  assert.equal(kinds.get("user_code")?.length, ABANDONED);
  const each = (await size() - small) / ABANDONED;
  assert.ok(each < 460, `${each} bytes`);
  server.env.advance(2 * 3600);
  await collectOnce(server);
  assert.deepEqual(await entriesOf(server), before);
});

Deno.test("store: a device that is answered leaves a grant, or nothing, and the record that says so", async () => {
  await using server = await deviceServer();
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server));
  const before = await entriesOf(server);
  const asked = { device_authorization: 1, user_code: 1 };
  const grant = {
    authorization: 1,
    authorization_by_sub: 1,
    authorization_by_client_id: 1,
    authorization_by_sid: 1,
  };
  const answered = { user_code: -1, interaction: 1 };
  for (const [action, added] of [["allow", grant], ["deny", {}]] as const) {
    let codes = await askForCodes(server);
    assert.deepEqual(await grown(server, async () => codes = await askForCodes(server)), asked);
    assert.deepEqual(
      await grown(server, () => answerDevice(server, codes, { action, browser })),
      { ...answered, ...added },
    );
    assert.deepEqual(await grown(server, () => pollOnce(server, codes)), {});
    assert.deepEqual(await grown(server, () => pollOnce(server, codes)), {});
  }
  const indexes = await checkIndexes(server.store, server.env);
  assert.deepEqual(indexes.flatMap(({ problems }) => problems), []);
  server.env.advance(3 * 3600);
  await collectOnce(server);
  const kinds = (entries: typeof before) => new Set(entries.map(({ key: [kind] }) => kind));
  for (const kind of ["device_authorization", "user_code", "interaction"]) {
    assert.ok(!kinds(await entriesOf(server)).has(kind), kind);
  }
  server.env.advance(31 * 86_400);
  await collectOnce(server);
  const rest = kinds(await entriesOf(server));
  for (const kind of rest) assert.ok(kinds(before).has(kind), String(kind));
});
