/** Whether keys are tended often enough, whatever fails, and what fails is said. */

import assert from "node:assert/strict";
import type { SeenServer } from "../../src/keys/changes.ts";
import { tendForever, type TendingServer } from "../../src/keys/tend.ts";
import { StoreError } from "../../src/store/store.ts";
import { testEnv } from "../support/env.ts";
import { testServer } from "../support/server.ts";

/** What came of some rounds. */
interface Rounds {
  readonly env: ReturnType<typeof testEnv>;
  /** Milliseconds. */
  readonly sleeps: readonly number[];
  /** The servers at which changes were looked for. */
  readonly looked: readonly SeenServer[];
  /** The counters, once for each time that they counted. */
  readonly counted: readonly string[];
}

/** Some rounds of a server that is looked up anew for each, its random numbers being `chance`. */
async function rounds(
  count: number,
  current: () => TendingServer,
  chance = 0,
): Promise<Rounds> {
  const stop = new AbortController();
  const env = testEnv();
  const sleeps: number[] = [];
  const looked: SeenServer[] = [];
  const counted: string[] = [];
  const slow = {
    ...env,
    metrics: { ...env.metrics, count: (name: string) => void counted.push(name) },
    random: () => new Uint8Array([chance]),
    sleep(milliseconds: number) {
      sleeps.push(milliseconds);
      if (sleeps.length === count) stop.abort();
      return Promise.resolve();
    },
  };
  await tendForever(
    () => ({ ...current(), env: slow }),
    (server) => void looked.push(server),
    stop.signal,
  );
  return { env, sleeps, looked, counted };
}

Deno.test("tendForever: every instance learns within 30 seconds of what another has done", async () => {
  await using server = await testServer();
  for (const chance of [0, 128, 255]) {
    const { sleeps } = await rounds(3, () => server.server, chance);
    assert.equal(sleeps.length, 3);
    // One round takes a second at most.
    for (const slept of sleeps) assert.ok(slept > 10_000 && slept <= 29_000, `${slept}`);
  }
});

Deno.test("tendForever: a round that fails is told and counted, changes are looked for nevertheless, and the next one comes", async () => {
  await using server = await testServer();
  let tended = 0;
  const failing = (keys: boolean, ring: boolean): TendingServer => ({
    ...server.server,
    keys: {
      list: () => [],
      tend() {
        tended++;
        return keys ? Promise.reject(new StoreError("keys gone")) : Promise.resolve();
      },
    },
    records: ring
      ? {
        ...server.server.records,
        ring: {
          ...server.server.records.ring,
          read: () => Promise.reject(new StoreError("ring gone")),
        },
      }
      : server.server.records,
  });
  for (
    const [keys, ring, reason] of [[true, false, /keys gone/], [false, true, /ring gone/]] as const
  ) {
    tended = 0;
    const { env, looked, counted } = await rounds(2, () => failing(keys, ring));
    const failures = env.events.filter(({ message }) => message === "key.tend_failed");
    assert.equal(failures.length, 2);
    for (const { level, members } of failures) {
      assert.equal(level, "warn");
      assert.match(String(members["reason"]), reason);
    }
    assert.equal(tended, 2, "the keys are tended even where the ring is not");
    assert.equal(looked.length, 2);
    assert.deepEqual(counted, ["key_tend_failures_total", "key_tend_failures_total"]);
  }
});

Deno.test("tendForever: what has become of the keys is looked for at the server that runs by then", async () => {
  await using server = await testServer();
  let running: TendingServer = server.server;
  const next: TendingServer = { ...server.server };
  const before: TendingServer = {
    ...server.server,
    keys: {
      list: () => [],
      tend() {
        running = next;
        return Promise.resolve();
      },
    },
  };
  running = before;
  const { looked } = await rounds(1, () => running);
  assert.equal(looked[0]!.keys, next.keys);
});
