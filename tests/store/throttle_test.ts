/** Whether counts of tries and rates stay right: at once, at several instances, with other clocks, and with a bad store. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { openCollections } from "../../src/store/collection.ts";
import { openKvStore } from "../../src/store/kv.ts";
import { type Store, StoreError } from "../../src/store/store.ts";
import {
  admitGuess,
  forgiveGuesses,
  guessesOf,
  spend,
  takeBackGuess,
} from "../../src/store/throttle.ts";
import { type TestEnv, testEnv } from "../support/env.ts";
import { faultyStore } from "../support/faulty_store.ts";
import { memoryStore } from "../support/memory_store.ts";
import { temporaryFolder } from "../support/process.ts";

function serverOver(store: Store, env: TestEnv = testEnv()) {
  return { env, store, records: openCollections(store, env) };
}

type Server = ReturnType<typeof serverOver>;

const guess = (server: Server, limit = 5, id = "guess\0id") =>
  admitGuess(server, [{ id, limit, longest_delay: 60 }]);

const written = async ({ store }: Server) => await store.list(["throttle"], { limit: 1000 });

const zeros = (waits: readonly number[]) => waits.filter((wait) => wait === 0).length;

/** Two servers on one file, each with a connection of its own. */
async function onOneFile(test: (servers: readonly [Server, Server]) => Promise<void>) {
  await using folder = await temporaryFolder();
  const env = testEnv();
  const open = async () =>
    serverOver(await openKvStore(env, { url: `${folder.path}/latchkey.kv` }), env);
  const servers = [await open(), await open()] as const;
  try {
    await test(servers);
  } finally {
    for (const { store } of servers) store.close();
  }
}

/** Two servers over one store, each behind a line of its own. */
function behindLines(faults = {}): readonly [Server, Server, truth: Server] {
  const env = testEnv();
  const store = memoryStore();
  const open = () => serverOver(faultyStore(env, store, faults), env);
  return [open(), open(), serverOver(store, env)];
}

/** A hundred calls at the same moment, half of them at each. */
const hundred = <A>(servers: readonly Server[], call: (server: Server) => Promise<A>) =>
  Array.from({ length: 100 }, (_, index) => call(servers[index % 2]!));

Deno.test("admitGuess: of 100 guesses at two servers with one file exactly the limit is admitted", async () => {
  await onOneFile(async (servers) => {
    assert.equal(zeros(await Promise.all(hundred(servers, guess))), 5);
    assert.equal(await guessesOf(servers[0], "guess\0id"), 5);
  });
});

Deno.test("admitGuess: of 100 guesses over slow lines exactly the limit is admitted, in several counts too", async () => {
  const [one, two, truth] = behindLines();
  const limits = [
    { id: "narrow\0a", limit: 5, longest_delay: 60 },
    { id: "wide\0a", limit: 8, longest_delay: 60 },
    { id: "all\0a", limit: Infinity, longest_delay: 60 },
  ];
  const waits = await Promise.all(hundred([one, two], (server) => admitGuess(server, limits)));
  assert.equal(zeros(waits), 5);
  for (const { id } of limits) assert.equal(await guessesOf(truth, id), 5);
});

Deno.test("admitGuess: whoever is refused by a wider count at the same moment is not counted in the narrower", async () => {
  const [one, two, truth] = behindLines();
  let caller = 0;
  const waits = await Promise.all(hundred([one, two], (server) =>
    admitGuess(server, [
      { id: `narrow\0${caller++}`, limit: 3, longest_delay: 60 },
      { id: "wide\0a", limit: 7, longest_delay: 60 },
    ])));
  assert.equal(zeros(waits), 7);
  for (const [caller, wait] of waits.entries()) {
    assert.equal(await guessesOf(truth, `narrow\0${caller}`), wait === 0 ? 1 : 0);
  }
});

Deno.test("admitGuess: a store that fails admits nobody, and more than the limit get in under no fault", async () => {
  for (const faults of [{ before: 0.3 }, { before: 0.1, after: 0.3 }]) {
    const [one, two] = behindLines(faults);
    const outcomes = await Promise.allSettled(hundred([one, two], guess));
    const admitted = outcomes.filter((one) => one.status === "fulfilled" && one.value === 0);
    assert.ok(admitted.length <= 5);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") assert.ok(outcome.reason instanceof StoreError);
    }
  }
  const [away] = behindLines({ before: 1 });
  await assert.rejects(guess(away), StoreError);
  await assert.rejects(spend(away, { id: "rate\0id", burst: 5, per: 10 }), StoreError);
});

Deno.test("admitGuess: a guess that has to wait writes nothing, not even in counts that have room", async () => {
  const server = serverOver(memoryStore());
  const limits = (narrow: string) => [
    { id: `narrow\0${narrow}`, limit: 5, longest_delay: 60 },
    { id: "wide\0a", limit: 1, longest_delay: 60 },
  ];
  assert.equal(await admitGuess(server, limits("first")), 0);
  const before = await written(server);
  for (let other = 0; other < 20; other++) {
    assert.equal(await admitGuess(server, limits(`other${other}`)), 1);
  }
  assert.deepEqual(await written(server), before);
});

Deno.test("admitGuess: a clock that is a little behind shortens no wait, and a wrong one keeps nobody waiting", async () => {
  const server = serverOver(memoryStore());
  for (let tried = 0; tried < 5; tried++) assert.equal(await guess(server), 0);
  server.env.advance(-30);
  assert.equal(await guess(server), 31);
  server.env.advance(30);
  assert.equal(await guess(server), 1);
  server.env.advance(1);
  assert.equal(await guess(server), 0);
  // Somebody has set the clock right, by a day: what it counted before is as good as over.
  server.env.advance(-86_400);
  assert.equal(await guess(server), 0);
  assert.equal(await guessesOf(server, "guess\0id"), 1);
});

Deno.test("admitGuess: two clocks that differ give no more tries than one", async () => {
  const store = memoryStore();
  const [ahead, behind] = [
    serverOver(store, testEnv(1_000_030)),
    serverOver(store, testEnv(1_000_000)),
  ];
  let admitted = 0;
  for (let second = 0; second < 60; second++) {
    for (const server of [ahead, behind, ahead, behind]) {
      if (await guess(server) === 0) admitted++;
    }
    ahead.env.advance(1);
    behind.env.advance(1);
  }
  // Five at once, then after 1, 2, 4, 8, 16 s: more than one clock would count from the first moment of the other.
  assert.ok(admitted <= 5 + 6, `${admitted}`);
});

Deno.test("forgiveGuesses, takeBackGuess: all or one of a count, never below nothing, and only of this count", async () => {
  const server = serverOver(memoryStore());
  for (const id of ["guess\0a", "guess\0b"]) {
    for (let tried = 0; tried < 3; tried++) await guess(server, 5, id);
  }
  await takeBackGuess(server, "guess\0a");
  assert.equal(await guessesOf(server, "guess\0a"), 2);
  await forgiveGuesses(server, "guess\0a");
  await takeBackGuess(server, "guess\0a");
  assert.equal(await guessesOf(server, "guess\0a"), 0);
  assert.equal(await guessesOf(server, "guess\0b"), 3);
});

Deno.test("takeBackGuess: of 100 guesses that are taken back at the same moment none is left", async () => {
  const [one, two, truth] = behindLines();
  await Promise.all(hundred([one, two], (server) => guess(server, Infinity)));
  await Promise.all(hundred([one, two], (server) => takeBackGuess(server, "guess\0id")));
  assert.equal(await guessesOf(truth, "guess\0id"), 0);
});

Deno.test("spend: so many at once, then one for each part of the time that has passed", async () => {
  const server = serverOver(memoryStore());
  const rate = { id: "rate\0id", burst: 3, per: 10 };
  const some = async (count: number) => {
    const waits = [];
    for (let n = 0; n < count; n++) waits.push(await spend(server, rate));
    return waits;
  };
  assert.deepEqual(await some(5), [0, 0, 0, 4, 4]);
  server.env.advance(3);
  assert.deepEqual(await some(1), [1]);
  server.env.advance(1);
  assert.deepEqual(await some(2), [0, 3]);
  server.env.advance(3);
  assert.deepEqual(await some(2), [0, 3]);
  // What comes back while nothing is done is no more than the bucket holds.
  server.env.advance(1000);
  assert.deepEqual(await some(4), [0, 0, 0, 4]);
});

Deno.test("spend: where much comes back in a second, no part of a second is given away when all is forgotten", async () => {
  const server = serverOver(memoryStore());
  const rate = { id: "rate\0id", burst: 100, per: 60 };
  // 31 of them are back after 18.6 s.
  for (let n = 0; n < 31; n++) assert.equal(await spend(server, rate), 0);
  server.env.advance(18);
  let free = 0;
  while (free < 200 && await spend(server, rate) === 0) free++;
  assert.equal(free, 99);
});

Deno.test("spend: whoever waits as long as was said may go on, and never more than the rate allows", async () => {
  const someRate = fc.record({
    burst: fc.integer({ min: 1, max: 50 }),
    per: fc.integer({ min: 1, max: 900 }),
  });
  const pauses = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 120 });
  await fc.assert(
    fc.asyncProperty(someRate, pauses, async ({ burst, per }, pauses) => {
      const server = serverOver(memoryStore());
      const rate = { id: "rate\0id", burst, per };
      let [done, passed] = [0, 0];
      for (const pause of pauses) {
        server.env.advance(pause);
        passed += pause;
        const wait = await spend(server, rate);
        if (wait > 0) {
          assert.ok(wait <= Math.ceil(per / burst));
          server.env.advance(wait);
          passed += wait;
          assert.equal(await spend(server, rate), 0);
        }
        done++;
        assert.ok(done <= burst + passed * burst / per + 1e-6);
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("spend: of 100 at the same moment at two servers with one file exactly the burst may", async () => {
  await onOneFile(async (servers) => {
    const rate = { id: "rate\0id", burst: 7, per: 60 };
    assert.equal(zeros(await Promise.all(hundred(servers, (one) => spend(one, rate)))), 7);
  });
});

Deno.test("spend: over a line that fails never more than the burst may", async () => {
  for (const faults of [{ before: 0.3 }, { before: 0.1, after: 0.3 }]) {
    const [one, two] = behindLines(faults);
    const rate = { id: "rate\0id", burst: 7, per: 60 };
    const outcomes = await Promise.allSettled(hundred([one, two], (server) => spend(server, rate)));
    const done = outcomes.filter((one) => one.status === "fulfilled" && one.value === 0);
    assert.ok(done.length <= 7);
  }
});

Deno.test("admitGuess, spend: a clock that is behind moves no moment back, and waits for no time but its own", async () => {
  const store = memoryStore();
  const [ahead, behind] = [
    serverOver(store, testEnv(1_000_030)),
    serverOver(store, testEnv(1_000_000)),
  ];
  assert.equal(await guess(ahead, 2), 0);
  assert.equal(await guess(behind, 2), 0);
  assert.equal(await guess(ahead, 2), 1);
  const rate = { id: "rate\0id", burst: 10, per: 10 };
  for (const server of [ahead, behind, ahead, behind]) assert.equal(await spend(server, rate), 0);
});

Deno.test("spend: two clocks that differ let the time between them pass once", async () => {
  const store = memoryStore();
  const [ahead, behind] = [
    serverOver(store, testEnv(1_000_010)),
    serverOver(store, testEnv(1_000_000)),
  ];
  const rate = { id: "rate\0id", burst: 10, per: 10 };
  let done = 0;
  for (let turn = 0; turn < 50; turn++) {
    for (const server of [behind, ahead]) {
      if (await spend(server, rate) === 0) done++;
    }
  }
  assert.ok(done <= 20, `${done}`);
});

Deno.test("spend: what may not be done writes nothing, and what is over leaves nothing that counts", async () => {
  const server = serverOver(memoryStore());
  const rate = { id: "rate\0id", burst: 2, per: 10 };
  for (const wait of [0, 0]) assert.equal(await spend(server, rate), wait);
  const before = await written(server);
  for (let refused = 0; refused < 20; refused++) assert.equal(await spend(server, rate), 5);
  assert.deepEqual(await written(server), before);
  server.env.advance(10);
  assert.equal(await server.records.throttle.get("rate\0id"), undefined);
});
