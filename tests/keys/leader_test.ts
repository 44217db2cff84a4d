/** Whether a rotation comes to its end once and no more, whoever dies in it, and however many want to make it. */

import assert from "node:assert/strict";
import type { Config } from "../../src/config/schema.ts";
import { openKeys } from "../../src/keys/keys.ts";
import { openManagedKeys, tendSchedule } from "../../src/keys/managed.ts";
import { soonest } from "../../src/keys/plan.ts";
import { openCollections } from "../../src/store/collection.ts";
import { openKvStore } from "../../src/store/kv.ts";
import { type Store, StoreError } from "../../src/store/store.ts";
import { type Death, dyingStore } from "../support/dying_store.ts";
import { testEnv } from "../support/env.ts";
import { type KeysServer, keysServer } from "../support/keys_server.ts";
import { POLICY, RING_KEY } from "../support/keys_process.ts";
import { memoryStore } from "../support/memory_store.ts";
import { temporaryFolder } from "../support/process.ts";
import { createRing } from "../support/ring.ts";
import { scheduleIn } from "../support/rotation.ts";
import { wrappedStore } from "../support/wrapped_store.ts";

const DAY = 86_400;
const CONFIG: Config["keys"] = {
  managed: { algorithms: ["ES256", "EdDSA"], propagation: DAY, rotation: 90 * DAY, retention: DAY },
};

/** What happens in the life of a key: how long after the start, and how many keys there are then of each algorithm. */
const EVENTS = [
  { what: "the first start", at: [0], keys: 1 },
  { what: "the announcement of a successor", at: [0, 89 * DAY], keys: 2 },
  { what: "the drop of a key that has retired", at: [0, 89 * DAY, 5 * DAY], keys: 1 },
] as const;

/** Everything up to the last of some moments, by one who lives. */
async function prepare(server: KeysServer, moments: readonly number[]): Promise<void> {
  for (const [index, moment] of moments.entries()) {
    server.env.advance(moment);
    if (index < moments.length - 1) await tend(server);
  }
}

/** What an instance does that starts at this moment. */
async function tend(server: KeysServer): Promise<void> {
  const keys = await openKeys(server, CONFIG);
  await keys.tend();
}

/** Whether each algorithm has so many keys, each of which is there and can be opened. */
async function assertWhole(server: KeysServer, count: number, what: string): Promise<void> {
  const schedule = await scheduleIn(server.store);
  for (const named of ["ES256", "EdDSA"]) {
    assert.equal(schedule.filter(({ alg }) => alg === named).length, count, `${what}: ${named}`);
  }
  const { found } = await server.records.signing_key.list();
  assert.deepEqual(
    found.map(({ record }) => record.kid).toSorted(),
    schedule.map(({ kid }) => kid).toSorted(),
    what,
  );
  const { algorithms } = await openKeys(server, CONFIG);
  assert.deepEqual(algorithms, ["ES256", "EdDSA"], what);
}

for (const { what, at, keys } of EVENTS) {
  Deno.test(`tend: whoever is killed at any step of ${what}, another one ends it, once`, async () => {
    const counted = dyingStore(memoryStore(), { step: Infinity, side: "after" });
    {
      const { env, ring } = keysServer();
      await prepare(keysServer({ env, ring, store: counted }), at);
      const before = counted.steps;
      await tend(keysServer({ env, ring, store: counted }));
      assert.ok(counted.steps - before >= 3);
    }
    const steps = counted.steps;
    for (let step = 1; step <= steps; step++) {
      for (const side of ["before", "after"] as const) {
        await die({ step, side }, at, keys, `${what}, ${side} step ${step} of ${steps}`);
      }
    }
  });
}

async function die(death: Death, at: readonly number[], keys: number, what: string): Promise<void> {
  const server = keysServer();
  await prepare(server, at);
  const { env, ring, store } = server;
  const killed = keysServer({ env, ring, store: dyingStore(store, death) });
  await tend(killed).catch((error) => assert.ok(error instanceof StoreError, String(error)));
  await tend(server);
  await assertWhole(server, keys, what);
}

/** A store whose answers come some turns of the event loop late. */
function lateStore(store: Store, chance: () => number): Store {
  return wrappedStore(store, async (operate) => {
    for (let turns = Math.floor(chance() * 4); turns > 0; turns--) await Promise.resolve();
    const answer = await operate();
    for (let turns = Math.floor(chance() * 4); turns > 0; turns--) await Promise.resolve();
    return answer;
  });
}

Deno.test("tend: in three hundred rotations that two instances want to make at once no key comes twice", async () => {
  const store = memoryStore();
  let state = 1;
  const chance = () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
  const { env, ring } = keysServer({ store });
  const rivals = [0, 1].map(() => keysServer({ env, ring, store: lateStore(store, chance) }));
  const policy = { ...POLICY, retention: 300 };
  await Promise.all(rivals.map((server) => tendSchedule(server, policy, new Map())));
  for (let turn = 0; turn < 300; turn++) {
    const last = (await scheduleIn(store)).at(-1)!.signs_from;
    env.advance(last + policy.rotation - soonest(policy, env.now()));
    await Promise.all(rivals.map((server) => tendSchedule(server, policy, new Map())));
  }
  const made = env.events.filter(({ message }) => message === "key.created")
    .map(({ members }) => Number(members["signs_from"]));
  assert.equal(made.length, 301);
  assert.ok(made.every((begin, index) => index === 0 || begin === made[index - 1]! + 3600));
  const schedule = await scheduleIn(store);
  const { found } = await openCollections(store, env).signing_key.list();
  assert.equal(found.length, schedule.length);
});

Deno.test("tend: of processes that rotate the keys of one file, any may be killed at any moment", async () => {
  await using folder = await temporaryFolder();
  const url = `${folder.path}/latchkey.kv`;
  const processes = [rotating(url), rotating(url)];
  const lines = processes.map(({ lines }) => lines);
  for (let n = 0; n < 20; n++) for (const one of lines) assert.ok(!(await one.next()).done);
  processes[0]!.process.kill("SIGKILL");
  for (let n = 0; n < 20; n++) assert.ok(!(await lines[1]!.next()).done);
  processes[1]!.process.kill("SIGKILL");
  for (const { process, lines } of processes) {
    await Array.fromAsync(lines);
    assert.equal((await process.status).signal, "SIGKILL");
  }
  const env = testEnv();
  const store = await openKvStore(env, { url });
  try {
    const records = openCollections(store, env);
    const schedule = await scheduleIn(store);
    const { found } = await records.signing_key.list();
    assert.deepEqual(
      found.map(({ record }) => record.kid).toSorted(),
      schedule.map(({ kid }) => kid).toSorted(),
    );
    const begins = schedule.map(({ signs_from }) => signs_from);
    assert.ok(begins.every((begin, index) => index === 0 || begin === begins[index - 1]! + 3600));
    const ring = createRing(env, [RING_KEY]);
    const { held, unopened } = await openManagedKeys(
      { env, store, records, ring },
      schedule,
      POLICY,
      () => undefined,
    );
    assert.deepEqual([held.length, unopened.size], [schedule.length, 0]);
    assert.ok(schedule.length < 40, `${schedule.length} keys`);
  } finally {
    store.close();
  }
});

function rotating(url: string) {
  const script = new URL("../support/keys_process.ts", import.meta.url).pathname;
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--quiet", "--no-check", "--config", config, script, url],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  return { process, lines: linesOf(process.stdout) };
}

async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}
