/** Whether nobody can try out the user codes of devices, and nobody who types in one code is kept waiting for long. */

import assert from "node:assert/strict";
import { admitUserCode, forgiveUserCode } from "../../src/login/user_code_guesses.ts";
import { openCollections } from "../../src/store/collection.ts";
import type { Store } from "../../src/store/store.ts";
import { testConfig } from "../support/config.ts";
import { testEnv } from "../support/env.ts";
import { faultyStore } from "../support/faulty_store.ts";
import { memoryStore } from "../support/memory_store.ts";

const CONFIG = await testConfig();

function serverOver(store: Store, env = testEnv(), config = CONFIG) {
  return { env, config, records: openCollections(store, env) };
}

const HERE = { address: "93.184.215.14" };

Deno.test("RFC 8628 §5.1: an address has at most 20 tries in the ten minutes of a code", async () => {
  const server = serverOver(memoryStore());
  let tries = 0;
  for (let second = 0; second < 600; second++) {
    while (await admitUserCode(server, HERE) === 0) tries++;
    server.env.advance(1);
  }
  assert.equal(tries, 19);
  assert.ok(tries / 20 ** 8 < 2 ** -30);
});

Deno.test("RFC 8628 §5.1: in a day an address has about one try a minute, however it spends them", async () => {
  // Tries at once as long as there are any, then none until the count is forgotten; and always as soon as possible.
  for (const patience of [0, 1, 8, 32, 60]) {
    const server = serverOver(memoryStore());
    let [tries, passed] = [0, 0];
    while (passed < 86_400) {
      const wait = await admitUserCode(server, HERE);
      if (wait === 0) tries++;
      const pause = wait > patience ? 900 : wait;
      server.env.advance(pause);
      passed += pause;
    }
    assert.ok(tries <= 24 * 60 + 20, `${tries} with ${patience}`);
  }
});

Deno.test("security.limits.user_code_tries and login.longest_delay decide how many tries are free, and the longest wait", async () => {
  const config = await testConfig({
    security: { limits: { user_code_tries: 2 }, login: { longest_delay: "4s" } },
  });
  const server = serverOver(memoryStore(), testEnv(), config);
  for (let tried = 0; tried < 2; tried++) assert.equal(await admitUserCode(server, HERE), 0);
  for (const delay of [1, 2, 4, 4, 4]) {
    assert.equal(await admitUserCode(server, HERE), delay);
    server.env.advance(delay);
    assert.equal(await admitUserCode(server, HERE), 0);
  }
});

Deno.test("forgiveUserCode: right codes never lead to a wait", async () => {
  const server = serverOver(memoryStore());
  for (let tried = 0; tried < 100; tried++) {
    assert.equal(await admitUserCode(server, HERE), 0);
    await forgiveUserCode(server, HERE);
  }
});

Deno.test("forgiveUserCode: right codes of one's own make no room for guesses", async () => {
  const server = serverOver(memoryStore());
  let guesses = 0;
  for (let second = 0; second < 600; second++) {
    while (guesses < 99 && await admitUserCode(server, HERE) === 0) {
      guesses++;
      if (await admitUserCode(server, HERE) === 0) await forgiveUserCode(server, HERE);
    }
    server.env.advance(1);
  }
  assert.ok(guesses <= 20, `${guesses}`);
});

Deno.test("admitUserCode: others are not kept waiting, an IPv6 site has five times the tries of one network", async () => {
  const server = serverOver(memoryStore());
  const from = (address: string) => admitUserCode(server, { address });
  for (let tried = 0; tried < 9; tried++) await from("93.184.215.14");
  assert.equal(await from("93.184.215.15"), 0);
  for (let tried = 0; tried < 5; tried++) assert.equal(await from("2606:4700:1:1::/64"), 0);
  assert.equal(await from("2606:4700:1:1::/64"), 1);
  for (let net = 2; net < 22; net++) assert.equal(await from(`2606:4700:1:${net}::/64`), 0);
  assert.equal(await from("2606:4700:1:ff::/64"), 1);
  assert.equal(await from("2606:4700:2:ff::/64"), 0);
});

Deno.test("admitUserCode: of 100 tries at the same moment at two instances no more than the limit are admitted", async () => {
  const env = testEnv();
  const store = memoryStore();
  const instances = [0, 1].map(() => serverOver(faultyStore(env, store), env));
  const waits = await Promise.all(
    Array.from({ length: 100 }, (_, n) => admitUserCode(instances[n % 2]!, HERE)),
  );
  assert.equal(waits.filter((wait) => wait === 0).length, 5);
});

Deno.test("admitUserCode: whoever has logged in before has a count of their own, one for all their browsers and addresses", async () => {
  const server = serverOver(memoryStore());
  const alice = { ...HERE, account: "alice" };
  while (await admitUserCode(server, HERE) === 0);
  for (let tried = 0; tried < 5; tried++) assert.equal(await admitUserCode(server, alice), 0);
  assert.equal(await admitUserCode(server, { ...alice, address: "93.184.215.15" }), 1);
  assert.equal(await admitUserCode(server, { ...HERE, account: "bob" }), 0);
});
