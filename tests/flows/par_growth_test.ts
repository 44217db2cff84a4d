/** Whether pushed requests, answered or abandoned, leave the store as it was. */

import assert from "node:assert/strict";
import { serialize } from "node:v8";
import { agent } from "../support/agent.ts";
import { collectOnce, entriesOf } from "../support/collect.ts";
import { authorizeUrl, passThrough } from "../support/flow.ts";
import { memoryStore } from "../support/memory_store.ts";
import { push, pushedFor, pushedUrl, requestUriOf } from "../support/pushed.ts";
import { testServer } from "../support/server.ts";

const ABANDONED = 1000;

Deno.test("store: 1,000 pushes that nobody follows are a record each, of the size of the request, and gone when collected", async () => {
  const config = { security: { limits: { pushed_requests: ABANDONED } } };
  await using server = await testServer({ store: memoryStore(), config });
  const before = await entriesOf(server);
  let left = ABANDONED;
  const worker = async () => {
    while (left-- > 0) assert.equal((await push(server, "web")).status, 201);
  };
  await Promise.all(Array.from({ length: 50 }, worker));
  // And some with which somebody began, so that they are kept for longer.
  const browser = agent(server);
  for (let n = 0; n < 20; n++) {
    const uri = requestUriOf(await push(server, "spa"));
    assert.equal((await browser.open(pushedUrl(server, uri))).status, 200);
  }
  const full = await entriesOf(server);
  const kinds = Map.groupBy(full, ({ key: [kind] }) => String(kind));
  assert.equal(kinds.get("pushed_request")?.length, ABANDONED + 20);
  assert.equal(kinds.get("throttle")?.length, 2);
  assert.equal(full.length, before.length + ABANDONED + 20 + 20 + 2);
  const [pushed] = kinds.get("pushed_request") ?? [];
  const size = serialize(pushed?.value).length;
  assert.ok(size < 800, `${size} bytes`);
  server.env.advance(2 * 3600);
  await collectOnce(server);
  assert.deepEqual(await entriesOf(server), before);
});

Deno.test("store: a pushed request that is answered leaves no more than any other", async () => {
  await using server = await testServer({ store: memoryStore() });
  const browser = agent(server);
  const added = async (act: () => Promise<unknown>) => {
    const before = (await entriesOf(server)).length;
    await act();
    return (await entriesOf(server)).length - before;
  };
  await passThrough(browser, authorizeUrl(server));
  for (const changes of [{}, { prompt: "login" }]) {
    const plain = await added(() => passThrough(browser, authorizeUrl(server, changes)));
    const url = await pushedFor(server, "spa", changes);
    // Its own record is gone with the answer.
    assert.equal(await added(() => passThrough(browser, url)), plain - 1);
  }
});
