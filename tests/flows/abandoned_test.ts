/** Whether authorization requests that nobody goes on with leave the store as it was. */

import assert from "node:assert/strict";
import { serialize } from "node:v8";
import { openKvStore } from "../../src/store/kv.ts";
import { agent } from "../support/agent.ts";
import { collectOnce, entriesOf } from "../support/collect.ts";
import { testEnv } from "../support/env.ts";
import { authorizeUrl } from "../support/flow.ts";
import { memoryStore } from "../support/memory_store.ts";
import { temporaryFolder } from "../support/process.ts";
import { type TestServer, testServer } from "../support/server.ts";

/** One address may not have more than `security.limits.waiting_requests` of them wait; all the world may. */
const CONFIG = { trusted_proxies: ["127.0.0.1"] };

/** More than one address may have wait, and several pages of the collector. */
const ABANDONED = 1200;

/** Begins so many sign-ins that nobody goes on with, by GET and by POST, each in a browser and at an address of its own. */
async function abandon(server: TestServer, count: number): Promise<void> {
  const url = authorizeUrl(server);
  let left = count;
  const worker = async () => {
    for (let n = left--; n > 0; n = left--) {
      const headers = { "X-Forwarded-For": `192.0.${n >> 8}.${n & 255}` };
      const posted = { method: "POST", body: url.searchParams, headers };
      const response =
        await (n % 2 === 0 ? server.fetch(url.pathname, posted) : server.fetch(url, { headers }));
      assert.equal(response.status, 303);
      await response.body?.cancel();
    }
  };
  await Promise.all(Array.from({ length: 50 }, worker));
}

Deno.test("store: 1,200 sign-ins that nobody goes on with are a record each, and gone when collected", async () => {
  await using server = await testServer({ store: memoryStore(), config: CONFIG });
  const before = await entriesOf(server);
  await abandon(server, ABANDONED);
  const full = await entriesOf(server);
  const waiting = full.filter(({ key: [kind] }) => kind === "interaction");
  assert.equal(waiting.length, ABANDONED);
  const size = serialize(waiting[0]?.value).length;
  assert.ok(size < 800, `${size} bytes`);
  // Whoever takes steps keeps theirs, and nobody else.
  const browser = agent(server);
  const login = await browser.open(authorizeUrl(server));
  for (let quarter = 0; quarter < 3; quarter++) {
    server.env.advance(899);
    assert.equal((await browser.open(login.url)).status, 200);
  }
  await collectOnce(server);
  const kept = (await entriesOf(server)).filter(({ key: [kind] }) => kind === "interaction");
  assert.equal(kept.length, 1);
  server.env.advance(3600);
  await collectOnce(server);
  assert.deepEqual(await entriesOf(server), before);
});

Deno.test("store: in a file too, abandoned sign-ins are given back", async () => {
  await using folder = await temporaryFolder();
  const env = testEnv();
  const store = await openKvStore(env, { url: `${folder.path}/latchkey.kv` });
  try {
    await using server = await testServer({ env, store, config: CONFIG });
    const before = await entriesOf(server);
    await abandon(server, 300);
    assert.ok((await entriesOf(server)).length >= before.length + 300);
    env.advance(2 * 3600);
    await collectOnce(server);
    assert.deepEqual(await entriesOf(server), before);
  } finally {
    store.close();
  }
});
