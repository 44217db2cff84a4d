/** Whether the backend that others may begin with keeps the promises of a store. */

import assert from "node:assert/strict";
import { START, testEnv } from "../support/env.ts";
import { openSqliteStore } from "../support/sqlite_store.ts";
import { durableConformance } from "../support/store_conformance.ts";

durableConformance("SQLite", (folder) => openSqliteStore(testEnv(), `${folder}/test.db`));

Deno.test("sqliteStore: what has expired is cleared away by the commits that follow, in small steps", async () => {
  const env = testEnv();
  const store = await openSqliteStore(env, ":memory:");
  const writes = Array.from({ length: 20 }, (_, n) => ({
    key: ["ends", `${n}`],
    value: n,
    expires_at: START + 1,
  }));
  await store.commit({ writes: [...writes, { key: ["stays"], value: 1 }] });
  const count = async () => (await store.list([], { limit: 100 })).length;
  env.advance(60);
  await store.commit({ writes: [] });
  assert.ok(await count() > 10);
  for (let n = 0; n < 10; n++) await store.commit({ writes: [] });
  assert.equal(await count(), 1);
  store.close();
});
