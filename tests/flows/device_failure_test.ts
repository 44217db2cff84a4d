/** Whether devices hear that they are to come again while the store fails, and nothing is granted, spent or said twice. */

import assert from "node:assert/strict";
import { openKvStore } from "../../src/store/kv.ts";
import { type Store, StoreError } from "../../src/store/store.ts";
import { agent, formOf } from "../support/agent.ts";
import {
  allowedCodes,
  answerDevice,
  askForCodes,
  type DeviceCodes,
  pollOnce,
  toQuestion,
  withDevice,
} from "../support/device.ts";
import { type TestEnv, testEnv } from "../support/env.ts";
import { faultyStore } from "../support/faulty_store.ts";
import { type Answer, post, tokensOf, userinfo } from "../support/flow.ts";
import { memoryStore } from "../support/memory_store.ts";
import { type TestServer, testServer } from "../support/server.ts";
import { breakableStore } from "../support/wrapped_store.ts";

function assertUnavailable({ status, headers }: Pick<Answer, "status" | "headers">): void {
  assert.equal(status, 503);
  assert.match(headers.get("Retry-After") ?? "", /^\d+$/);
  assert.equal(headers.get("Cache-Control"), "no-store");
}

Deno.test("store away: a device can neither ask nor poll, nor its person answer, and afterwards all is as it was", async () => {
  const breakable = breakableStore(memoryStore());
  await using server = await testServer({ store: breakable.store, config: withDevice() });
  const [waiting, allowed] = [await askForCodes(server), await allowedCodes(server)];
  const browser = agent(server);
  const question = await toQuestion(browser, waiting);
  breakable.away = true;
  const form = { client_id: "tv", scope: "openid" };
  assertUnavailable(await post(server, "/connect/deviceauthorization", form));
  for (const codes of [waiting, allowed]) assertUnavailable(await pollOnce(server, codes));
  assert.equal((await browser.submit(question, { action: "allow" })).status, 503);
  breakable.away = false;
  assert.equal((await pollOnce(server, waiting)).body["error"], "authorization_pending");
  assert.equal((await pollOnce(server, allowed)).status, 200);
  const { action, fields } = formOf(question, "allow");
  fields.set("action", "allow");
  await browser.open(action, { method: "POST", body: fields });
  assert.equal((await pollOnce(server, waiting)).status, 200);
});

Deno.test("store failing now and then, applied or not: a code brings tokens once at most, and only after a yes", async () => {
  const env = testEnv();
  const kv = await openKvStore(env, { url: ":memory:" });
  try {
    await using server = await testServer({ env, store: kv, config: withDevice() });
    const bad = await behindBadLine(env, faultyStore(env, kv, { before: 0.1, after: 0.1 }));
    let [won, failed] = [0, 0];
    const poll = async (codes: DeviceCodes, allowed: boolean) => {
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => pollOnce(bad, codes)),
      );
      for (const answer of answers.filter(({ status }) => status === 503)) {
        assertUnavailable(answer);
        failed++;
      }
      const good = answers.filter(({ status }) => status === 200).map(tokensOf);
      assert.ok(good.length <= (allowed ? 1 : 0));
      for (const { access_token } of good) {
        assert.equal((await userinfo(server, access_token)).status, 200);
        won++;
      }
      return good.length;
    };
    for (let n = 0; n < 25; n++) {
      const codes = await askForCodes(server);
      await poll(codes, false);
      const refused = n % 5 === 0;
      await answerDevice(server, codes, { action: refused ? "deny" : "allow" });
      const total = await poll(codes, !refused) + await poll(codes, !refused);
      assert.ok(total <= 1);
      const last = await pollOnce(server, codes);
      if (refused) assert.equal(last.body["error"], "access_denied");
      // Where the answer was lost, the device begins anew: a code is never good twice.
      else assert.ok(total + (last.status === 200 ? 1 : 0) <= 1);
    }
    assert.ok(won > 5 && failed > 5, `${won} won, ${failed} failed`);
  } finally {
    kv.close();
  }
});

/** A server that gets to the store over a bad line, once it has started. */
async function behindBadLine(env: TestEnv, store: Store): Promise<TestServer> {
  for (;;) {
    try {
      return await testServer({ env, store, config: withDevice() });
    } catch (error) {
      assert.ok(error instanceof StoreError);
    }
  }
}
