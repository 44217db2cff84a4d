/** Whether a store's URL finds its backend. */

import assert from "node:assert/strict";
import { openStore } from "../../src/store/open.ts";
import { StoreError } from "../../src/store/store.ts";
import { testEnv } from "../support/env.ts";

Deno.test("openStore: a path and :memory: are Deno KV", async () => {
  const folder = await Deno.makeTempDir();
  for (const url of [":memory:", `${folder}/test.kv`]) {
    const store = await openStore(testEnv(), { url });
    assert.equal(await store.commit({ writes: [{ key: ["a"], value: 1 }] }), true);
    store.close();
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("openStore: a URL of a kind that nobody knows is a StoreError, not a path, and is not quoted", async () => {
  for (const url of ["postgres://u:secret@db/x", "Redis://u:secret@db", "constructor://secret"]) {
    const error = await openStore(testEnv(), { url }).then(() => undefined, (error) => error);
    assert.ok(error instanceof StoreError);
    assert.match(error.message, /^the store can't be opened: what is [a-z]+:\/\/\?$/);
  }
});
