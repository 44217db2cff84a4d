/** Whether secrets can't be guessed, nobody who knows one is kept waiting by strangers, and nobody pays who is known. */

import assert from "node:assert/strict";
import { createProvenCallers } from "../../src/clients/proven_callers.ts";
import { isRightSecret, type SecretGuess } from "../../src/clients/secret_guesses.ts";
import { sha256Hex } from "../../src/lib/bytes.ts";
import { TooManyRequests } from "../../src/oauth/error.ts";
import { openCollections } from "../../src/store/collection.ts";
import { type Store, StoreError } from "../../src/store/store.ts";
import { someSecretLimits } from "../support/client.ts";
import { testEnv } from "../support/env.ts";
import { faultyStore } from "../support/faulty_store.ts";
import { memoryStore } from "../support/memory_store.ts";

const SECRET = "s3cr3t-of-the-client";

/** A server, and how many secrets it has compared with. */
function serverOver(store: Store = memoryStore(), env = testEnv()) {
  const server = {
    env,
    store,
    records: openCollections(store, env),
    ...someSecretLimits(5),
    compared: 0,
    /** A list of secrets that notes whenever somebody goes through it. */
    secrets: [{
      get sha256() {
        server.compared++;
        return sha256Hex(SECRET);
      },
      expires_at: undefined,
    }],
  };
  return server;
}

type Server = ReturnType<typeof serverOver>;

const OWNER = { kind: "client", name: "web" } as const;

/** `true` and `false` as they come, or the seconds to wait. */
async function present(
  server: Server,
  secret: string,
  members: Partial<SecretGuess> = {},
): Promise<boolean | number> {
  const guess = { owner: OWNER, address: "93.184.215.14", secret, detail: { client_id: "web" } };
  try {
    return await isRightSecret(server, { ...guess, ...members }, server.secrets);
  } catch (error) {
    if (!(error instanceof TooManyRequests)) throw error;
    assert.equal(error.event, "client.authentication.failed");
    assert.deepEqual(error.detail, { client_id: "web", reason: "throttled" });
    return error.retry_after;
  }
}

/** Twice the server, each instance with a line and a memory of its own. */
function instances(faults = {}): readonly [Server, Server] {
  const env = testEnv();
  const store = memoryStore();
  const open = () => serverOver(faultyStore(env, store, faults), env);
  return [open(), open()];
}

const hundred = (servers: readonly Server[], secret: (n: number) => string) =>
  Array.from({ length: 100 }, (_, n) => present(servers[n % 2]!, secret(n)));

Deno.test("isRightSecret: of 100 guesses at the same moment at two instances the limit is compared, and no more", async () => {
  const servers = instances();
  const answers = await Promise.all(hundred(servers, (n) => `guess ${n}`));
  assert.equal(servers[0].compared + servers[1].compared, 5);
  assert.equal(answers.filter((answer) => answer === false).length, 5);
});

Deno.test("isRightSecret: past the limit the right secret waits too, so that nobody learns which it is", async () => {
  const server = serverOver();
  for (let guess = 0; guess < 5; guess++) assert.equal(await present(server, "wrong"), false);
  for (const secret of ["wrong", SECRET]) assert.equal(await present(server, secret), 1);
  assert.equal(server.compared, 5);
  server.env.advance(1);
  assert.equal(await present(server, SECRET), true);
});

Deno.test("isRightSecret: further guesses wait twice as long each, at most as long as the longest delay", async () => {
  const server = serverOver();
  for (let guess = 0; guess < 5; guess++) await present(server, "wrong");
  for (const delay of [1, 2, 4, 8, 16, 32, 60, 60]) {
    assert.equal(await present(server, "wrong"), delay);
    server.env.advance(delay);
    assert.equal(await present(server, "wrong"), false);
  }
});

Deno.test("isRightSecret: one who was right is compared without the store from then on", async () => {
  const server = serverOver();
  assert.equal(await present(server, SECRET), true);
  server.store.close();
  for (let request = 0; request < 100; request++) assert.equal(await present(server, SECRET), true);
  await assert.rejects(present(server, SECRET, { address: "93.184.215.15" }), StoreError);
});

Deno.test("isRightSecret: whoever shares an address with a proven client has no more guesses than the limit, too", async () => {
  const server = serverOver();
  assert.equal(await present(server, SECRET), true);
  server.compared = 0;
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, n) => present(server, `guess ${n}`)),
  );
  // The first is counted as well, so that they are still no more than the limit.
  assert.equal(server.compared, 5);
  assert.equal(answers.filter((answer) => answer === false).length, 5);
});

Deno.test("isRightSecret: whoever shares an address with a client has no more guesses than the limit each time that it is right", async () => {
  for (const at_once of [1, 4, 5, 50]) {
    for (const first of [true, false]) {
      const server = serverOver();
      let [guesses, right] = [0, 0];
      const come = async () => {
        if (await present(server, SECRET) === true) right++;
      };
      await come();
      for (let second = 0; second < 600; second++) {
        if (!first) await come();
        for (let n = 0; n < at_once; n++) {
          if (await present(server, `${second} ${n}`) === false) guesses++;
        }
        if (first) await come();
        server.env.advance(1);
      }
      assert.ok(guesses <= 5 * right + 19, `${guesses} of ${at_once}, ${right} right`);
      // Whoever is always faster keeps it waiting, and then has as few as anybody.
      if (right < 600) assert.ok(guesses <= 24, `${guesses} of ${at_once}, ${right} right`);
    }
  }
});

Deno.test("isRightSecret: of 100 guesses at two instances that both know the client each compares one more at most", async () => {
  const servers = instances();
  for (const server of servers) {
    assert.equal(await present(server, SECRET), true);
    server.compared = 0;
  }
  await Promise.all(hundred(servers, (n) => `guess ${n}`));
  assert.ok(servers[0].compared + servers[1].compared <= 5 + 2);
});

Deno.test("isRightSecret: a right secret forgives the wrong ones before it", async () => {
  const server = serverOver();
  for (let round = 0; round < 5; round++) {
    for (let guess = 0; guess < 4; guess++) assert.equal(await present(server, "wrong"), false);
    assert.equal(await present(server, SECRET), true);
  }
});

Deno.test("isRightSecret: a client that starts with 100 requests at once at two instances is not kept waiting", async () => {
  const servers = instances();
  const answers = await Promise.all(hundred(servers, () => SECRET));
  assert.ok(answers.every((answer) => answer === true));
  assert.equal(servers[0].compared + servers[1].compared, 2);
  assert.deepEqual(
    await servers[0].records.throttle.get("client_secret\x0093.184.215.14\0web"),
    undefined,
  );
});

Deno.test("isRightSecret: one wrong secret that is presented 100 times at once is one guess", async () => {
  const server = serverOver();
  const answers = await Promise.all(Array.from({ length: 100 }, () => present(server, "wrong")));
  assert.ok(answers.every((answer) => answer === false));
  assert.equal(server.compared, 1);
  for (let guess = 1; guess < 5; guess++) assert.equal(await present(server, "wrong"), false);
  assert.equal(await present(server, "wrong"), 1);
});

Deno.test("isRightSecret: guesses from elsewhere, at others and at APIs of the same name keep nobody waiting", async () => {
  const server = serverOver();
  for (let guess = 0; guess < 9; guess++) await present(server, "wrong");
  assert.equal(await present(server, SECRET), 1);
  assert.equal(await present(server, SECRET, { address: "93.184.215.15" }), true);
  assert.equal(await present(server, SECRET, { owner: { kind: "client", name: "other" } }), true);
  assert.equal(await present(server, SECRET, { owner: { kind: "resource", name: "web" } }), true);
});

Deno.test("isRightSecret: names that nobody has are one count, and leave one record, for each address", async () => {
  const server = serverOver();
  for (let guess = 0; guess < 50; guess++) {
    assert.equal(await present(server, "wrong", { owner: undefined }), guess < 5 ? false : 1);
  }
  assert.equal((await server.store.list(["throttle"], { limit: 10 })).length, 1);
  assert.equal(await present(server, SECRET), true);
});

Deno.test("isRightSecret: a store that fails compares nothing, save for those who are known", async () => {
  for (const secret of [SECRET, "wrong"]) {
    const [server] = instances({ before: 1 });
    await assert.rejects(present(server, secret), StoreError);
    assert.equal(server.compared, 0);
  }
  const servers = instances({ before: 0.2, after: 0.2 });
  await Promise.allSettled(hundred(servers, (n) => `guess ${n}`));
  assert.ok(servers[0].compared + servers[1].compared <= 5);
});

Deno.test("isRightSecret: a wrong secret of somebody known ends that even while the store is away", async () => {
  const server = serverOver();
  assert.equal(await present(server, SECRET), true);
  server.store.close();
  await assert.rejects(present(server, "wrong"), StoreError);
  await assert.rejects(present(server, SECRET), StoreError);
});

Deno.test("createProvenCallers: where it is full, who has proven itself least recently is forgotten", () => {
  const proven = createProvenCallers(3);
  for (const caller of ["a", "b", "c", "a", "d"]) proven.add(caller);
  assert.deepEqual(["a", "b", "c", "d"].map(proven.has), [true, false, true, true]);
  proven.delete("a");
  proven.add("e");
  assert.deepEqual(["a", "c", "d", "e"].map(proven.has), [false, true, true, true]);
});
