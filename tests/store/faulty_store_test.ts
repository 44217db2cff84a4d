/** Whether the promises of collections hold over a store that is late, and one that fails. */

import assert from "node:assert/strict";
import { openCollections } from "../../src/store/collection.ts";
import { type Store, StoreError } from "../../src/store/store.ts";
import { testEnv } from "../support/env.ts";
import { type Faults, faultyStore } from "../support/faulty_store.ts";
import { memoryStore } from "../support/memory_store.ts";
import { storeConformance } from "../support/store_conformance.ts";

storeConformance("a slow line", () => Promise.resolve(faultyStore(testEnv(), memoryStore())));

const record = (tries: number) => ({ tries, last_at: 0, expires_at: undefined });

for (
  const [line, faults] of [
    ["fails before commits are applied", { before: 0.2 }],
    ["fails without saying whether commits were applied", { before: 0.1, after: 0.2 }],
  ] as const
) {
  Deno.test(`collection over a store that ${line}: a record is never taken twice`, async () => {
    await rounds(faults, async (instances, truth) => {
      await truth.put("id", record(1));
      const takes = await settle(instances, ({ throttle }) => throttle.take("id"));
      const winners = takes.filter((taken) => taken !== undefined).length;
      assert.ok(winners <= 1);
      // A record that nobody has got may be lost after a failure, but where nothing failed it has a winner.
      if (winners === 1) assert.equal(await truth.get("id"), undefined);
      if (!("after" in faults)) assert.equal(winners === 1, await truth.get("id") === undefined);
    });
  });

  Deno.test(`collection over a store that ${line}: putNew is never true twice, nor wrongly`, async () => {
    await rounds(faults, async (instances, truth) => {
      let tries = 0;
      const puts = await settle(instances, async ({ throttle }) => {
        const mine = ++tries;
        return await throttle.putNew("id", record(mine)) ? mine : undefined;
      });
      const winners = puts.filter((put) => put !== undefined);
      assert.ok(winners.length <= 1);
      const stands = (await truth.get("id"))?.tries;
      if (winners.length === 1) assert.equal(stands, winners[0]);
      if (!("after" in faults)) assert.equal(stands, winners[0]);
    });
  });

  Deno.test(`collection over a store that ${line}: no acknowledged update is lost`, async () => {
    await rounds(faults, async (instances, truth) => {
      const updates = await settle(
        instances,
        ({ throttle }) => throttle.update("id", (old) => record((old?.tries ?? 0) + 1)),
      );
      const acknowledged = updates.filter((update) => update !== undefined);
      const answers = acknowledged.map((update) => update.tries);
      assert.equal(new Set(answers).size, answers.length);
      const stands = (await truth.get("id"))?.tries ?? 0;
      assert.ok(stands >= answers.length && stands <= updates.length);
      if (!("after" in faults)) assert.equal(stands, answers.length);
    });
  });
}

Deno.test("collection over a store that is away: all who wait fail soon, and the next is served again", async () => {
  const store = memoryStore();
  let away = true;
  let asked = 0;
  const door: Store = {
    ...store,
    async get(key) {
      asked++;
      await Promise.resolve();
      if (away) throw new StoreError("away");
      return await store.get(key);
    },
  };
  const { throttle } = openCollections(door, testEnv());
  const increment = () => throttle.update("id", (old) => record((old?.tries ?? 0) + 1));
  const outcomes = await Promise.allSettled(Array.from({ length: 100 }, increment));
  assert.ok(outcomes.every((outcome) => outcome.status === "rejected"));
  assert.equal(asked, 2);
  away = false;
  assert.equal((await increment())?.tries, 1);
});

type Instance = ReturnType<typeof openCollections>;

/** Twenty times: three instances over a fresh store with faults, and the truth without them. */
async function rounds(
  faults: Faults,
  check: (instances: Instance[], truth: Instance["throttle"]) => Promise<void>,
): Promise<void> {
  const env = testEnv();
  await Promise.all(Array.from({ length: 20 }, async () => {
    const store = memoryStore();
    const open = () => openCollections(faultyStore(env, store, faults), env);
    await check([open(), open(), open()], openCollections(store, env).throttle);
  }));
}

/** Sixty calls spread over instances and a little time; a failure is `undefined`, and must be a StoreError. */
function settle<A>(
  instances: Instance[],
  call: (instance: Instance) => Promise<A>,
): Promise<(A | undefined)[]> {
  return Promise.all(Array.from({ length: 60 }, async (_, n) => {
    for (let turns = 0; turns < n % 7; turns++) await Promise.resolve();
    try {
      return await call(instances[n % 3]!);
    } catch (error) {
      assert.ok(error instanceof StoreError);
      return undefined;
    }
  }));
}
