/** Whether records of another version never reach those who can't read them. */

import assert from "node:assert/strict";
import { adoptFormat } from "../../src/store/format.ts";
import { StoreError } from "../../src/store/store.ts";
import { agent } from "../support/agent.ts";
import { authorizeUrl, passThrough } from "../support/flow.ts";
import { memoryStore } from "../support/memory_store.ts";
import { testServer } from "../support/server.ts";

Deno.test("adoptFormat: what an earlier version wrote is put away, keys and ring stay, and it serves", async () => {
  const store = memoryStore();
  const old = ["authorization", "code", "refresh_token", "consent", "session", "interaction"];
  const writes = old.flatMap((kind) =>
    Array.from({ length: 600 }, (_, n) => ({ key: [kind, `${n}`], value: { scope: ["openid"] } }))
  );
  for (let at = 0; at < writes.length; at += 1000) {
    await store.commit({ writes: writes.slice(at, at + 1000) });
  }
  await store.commit({ writes: [{ key: ["throttle", "x"], value: {} }] });
  await using server = await testServer({ store });
  const kinds = new Set((await store.list([], { limit: 5000 })).map(({ key: [kind] }) => kind));
  for (const kind of old) assert.ok(!kinds.has(kind), kind);
  assert.ok(kinds.has("throttle") && kinds.has("ring"));
  const url = authorizeUrl(server, { client_id: "web" });
  assert.ok((await passThrough(agent(server), url))["code"]);
});

Deno.test("adoptFormat: a store of today is left as it is, and one of tomorrow refused", async () => {
  const store = memoryStore();
  await adoptFormat(store);
  await store.commit({ writes: [{ key: ["session", "x"], value: {} }] });
  await adoptFormat(store);
  assert.notEqual(await store.get(["session", "x"]), undefined);
  await store.commit({ writes: [{ key: ["format"], value: 999 }] });
  await assert.rejects(adoptFormat(store), StoreError);
});

Deno.test("adoptFormat: what format 4 wrote is kept, its signing keys too", async () => {
  const store = memoryStore();
  const old = ["authorization", "consent", "session", "interaction", "signing_key"];
  await store.commit({
    writes: [
      { key: ["format"], value: 4 },
      ...old.map((kind) => ({ key: [kind, "x"], value: {} })),
    ],
  });
  await adoptFormat(store);
  for (const kind of old) assert.notEqual(await store.get([kind, "x"]), undefined, kind);
  assert.equal((await store.get(["format"]))?.value, 5);
});

Deno.test("adoptFormat: what format 3 wrote is put away", async () => {
  const store = memoryStore();
  await store.commit({
    writes: [{ key: ["format"], value: 3 }, { key: ["session", "x"], value: {} }],
  });
  await adoptFormat(store);
  assert.equal(await store.get(["session", "x"]), undefined);
});

Deno.test("adoptFormat: who is late deletes nothing that the others have written since", async () => {
  const store = memoryStore();
  await store.commit({ writes: [{ key: ["session", "old"], value: {} }] });
  let meanwhile: (() => Promise<void>) | undefined = async () => {
    await adoptFormat(store);
    await store.commit({ writes: [{ key: ["session", "new"], value: {} }] });
  };
  await adoptFormat({
    ...store,
    async commit(commit) {
      const act = meanwhile;
      meanwhile = undefined;
      await act?.();
      return await store.commit(commit);
    },
  });
  assert.equal(await store.get(["session", "old"]), undefined);
  assert.notEqual(await store.get(["session", "new"]), undefined);
});
