/** Whether a long list leaves room for those who ask for one record. */

import assert from "node:assert/strict";
import { openCollections } from "../../src/store/collection.ts";
import type { Store } from "../../src/store/store.ts";
import { START, testEnv } from "../support/env.ts";
import { memoryStore } from "../support/memory_store.ts";

Deno.test("find: of a thousand records fifty at once are read, so that nobody waits behind all of them", async () => {
  const env = testEnv();
  const inner = memoryStore();
  let [reading, most] = [0, 0];
  const store: Store = {
    ...inner,
    async get(key) {
      most = Math.max(most, ++reading);
      try {
        await Promise.resolve();
        return await inner.get(key);
      } finally {
        reading--;
      }
    },
  };
  const { consent } = openCollections(store, env);
  const expires_at = START + 100;
  for (let n = 0; n < 1000; n++) {
    await consent.put(`${n}`, { sub: "alice", client_id: `${n}`, allowed: [], expires_at });
  }
  most = 0;
  const { found, next } = await consent.find("sub", "alice");
  const read = found.map(({ record }) => Number(record.client_id)).sort((a, b) => a - b);
  assert.deepEqual(read, Array.from({ length: 1000 }, (_, n) => n));
  assert.ok(next !== undefined);
  assert.deepEqual(await consent.find("sub", "alice", { after: next }), {
    found: [],
    next: undefined,
  });
  assert.equal(most, 50);
});
