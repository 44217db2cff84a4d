/** Whether guessing gets slow, at once and everywhere, and its victims hardly notice. */

import assert from "node:assert/strict";
import {
  admitAttempt,
  type Attempt,
  forgiveAttempt,
  takeBackAttempt,
} from "../../src/login/throttle.ts";
import { openCollections } from "../../src/store/collection.ts";
import type { Store } from "../../src/store/store.ts";
import { testConfig } from "../support/config.ts";
import { testEnv } from "../support/env.ts";
import { faultyStore } from "../support/faulty_store.ts";
import { memoryStore } from "../support/memory_store.ts";

const CONFIG = await testConfig({
  security: {
    login: { tries_per_account: 3, tries_per_address: 6, longest_delay: "30s" },
  },
});

function serverOver(store: Store, env = testEnv(), config = CONFIG) {
  return { env, config, records: openCollections(store, env) };
}

const attempt = (members: Partial<Attempt> = {}): Attempt => ({
  account: "alice",
  address: "192.0.2.1",
  knownBrowser: undefined,
  ...members,
});

Deno.test("admitAttempt: so many tries are free, then each waits twice as long, up to a bound", async () => {
  const server = serverOver(memoryStore());
  for (let tried = 0; tried < 3; tried++) assert.equal(await admitAttempt(server, attempt()), 0);
  for (const delay of [1, 2, 4, 8, 16, 30, 30, 30]) {
    assert.equal(await admitAttempt(server, attempt()), delay);
    server.env.advance(delay - 1);
    assert.equal(await admitAttempt(server, attempt()), 1);
    server.env.advance(1);
    assert.equal(await admitAttempt(server, attempt()), 0);
  }
});

Deno.test("admitAttempt: tries that were refused do not prolong the wait", async () => {
  const server = serverOver(memoryStore());
  for (let tried = 0; tried < 6; tried++) {
    await admitAttempt(server, attempt());
    server.env.advance(tried < 3 ? 0 : 2 ** (tried - 3));
  }
  for (let refused = 0; refused < 50; refused++) await admitAttempt(server, attempt());
  const wait = await admitAttempt(server, attempt());
  assert.ok(wait <= 8);
  server.env.advance(wait);
  assert.equal(await admitAttempt(server, attempt()), 0);
});

Deno.test("admitAttempt: a count is forgotten after a quarter of an hour without a try", async () => {
  const server = serverOver(memoryStore());
  for (let tried = 0; tried < 3; tried++) await admitAttempt(server, attempt());
  server.env.advance(899);
  assert.equal(await admitAttempt(server, attempt()), 0);
  assert.equal(await admitAttempt(server, attempt()), 2);
  server.env.advance(900);
  for (let tried = 0; tried < 3; tried++) assert.equal(await admitAttempt(server, attempt()), 0);
  assert.equal(await admitAttempt(server, attempt()), 1);
});

Deno.test("admitAttempt: a delay longer than that is not forgotten before its end", async () => {
  const config = await testConfig({
    security: { login: { tries_per_account: 1, tries_per_address: 99, longest_delay: "2h" } },
  });
  const server = serverOver(memoryStore(), testEnv(), config);
  for (let tried = 0; tried < 14; tried++) {
    const wait = await admitAttempt(server, attempt());
    server.env.advance(wait);
    if (wait > 0) assert.equal(await admitAttempt(server, attempt()), 0);
  }
  assert.equal(await admitAttempt(server, attempt()), 7200);
  server.env.advance(7199);
  assert.equal(await admitAttempt(server, attempt()), 1);
});

Deno.test("admitAttempt: one address may try only so many accounts", async () => {
  const server = serverOver(memoryStore());
  const tries = [];
  for (let account = 0; account < 8; account++) {
    tries.push(await admitAttempt(server, attempt({ account: `user${account}` })));
  }
  assert.deepEqual(tries, [0, 0, 0, 0, 0, 0, 1, 1]);
});

Deno.test("admitAttempt: under attack from everywhere each address has one try at once, the owner's among them", async () => {
  const server = serverOver(memoryStore());
  const from = (address: string) => admitAttempt(server, attempt({ address }));
  for (let address = 0; address < 60; address++) {
    assert.equal(await from(`198.51.100.${address}`), 0);
  }
  // Strangers go on, each from an address of their own; that costs the owner nothing.
  for (let address = 0; address < 60; address++) {
    assert.equal(await from(`203.0.113.${address}`), 0);
    assert.equal(await from(`203.0.113.${address}`), 1);
  }
  assert.equal(await from("192.0.2.77"), 0);
  assert.equal(await from("192.0.2.77"), 1);
  server.env.advance(1);
  assert.equal(await from("192.0.2.77"), 0);
  assert.equal(await from("192.0.2.77"), 2);
});

Deno.test("admitAttempt: an IPv6 site does not get the tries of all its networks", async () => {
  const server = serverOver(memoryStore());
  const { tries_per_address } = server.config.security.login;
  const from = (account: number, site = "1") =>
    admitAttempt(server, {
      account: `a${account}`,
      address: `2001:db8:${site}:${account.toString(16)}::/64`,
      knownBrowser: undefined,
    });
  for (let account = 0; account < tries_per_address * 5; account++) {
    assert.equal(await from(account), 0);
  }
  assert.equal(await from(0xfff0), 1);
  assert.equal(await from(0xfff0, "2"), 0);
});

Deno.test("admitAttempt: a try that has to wait writes nothing", async () => {
  const store = memoryStore();
  const server = serverOver(store);
  const { tries_per_address } = server.config.security.login;
  const from = (account: string) =>
    admitAttempt(server, attempt({ account, address: "192.0.2.1" }));
  for (let account = 0; account < tries_per_address; account++) {
    assert.equal(await from(`a${account}`), 0);
  }
  const before = await store.list(["throttle"], { limit: 1000 });
  for (let account = 0; account < 50; account++) assert.equal(await from(`b${account}`), 1);
  assert.deepEqual(await store.list(["throttle"], { limit: 1000 }), before);
});

Deno.test("takeBackAttempt: a try that could not be made does not count", async () => {
  const server = serverOver(memoryStore());
  for (let tried = 0; tried < 50; tried++) {
    assert.equal(await admitAttempt(server, attempt()), 0);
    await takeBackAttempt(server, attempt());
  }
});

Deno.test("takeBackAttempt: whoever makes up names while nothing can be tried leaves nothing behind", async () => {
  const store = memoryStore();
  const server = serverOver(store);
  await Promise.all(Array.from({ length: 100 }, async (_, n) => {
    const made = attempt({ account: `made-up-${n}`, address: `198.51.100.${n}` });
    assert.equal(await admitAttempt(server, made), 0);
    await takeBackAttempt(server, made);
  }));
  assert.deepEqual(await store.list(["throttle"], { limit: 1000 }), []);
});

Deno.test("admitAttempt: a stranger's guesses do not delay the owner at another address", async () => {
  const server = serverOver(memoryStore());
  for (let guess = 0; guess < 50; guess++) {
    server.env.advance(30);
    await admitAttempt(server, attempt({ address: "203.0.113.9" }));
  }
  assert.ok(await admitAttempt(server, attempt({ address: "203.0.113.9" })) > 0);
  assert.equal(await admitAttempt(server, attempt()), 0);
});

Deno.test("admitAttempt: a browser that its owner has used is let through whatever strangers do, with a count of its own", async () => {
  const server = serverOver(memoryStore());
  for (let address = 0; address < 200; address++) {
    await admitAttempt(server, attempt({ address: `198.51.100.${address}` }));
  }
  for (let guess = 0; guess < 10; guess++) await admitAttempt(server, attempt());
  const owner = attempt({ knownBrowser: "browser-1" });
  for (let tried = 0; tried < 3; tried++) assert.equal(await admitAttempt(server, owner), 0);
  assert.equal(await admitAttempt(server, owner), 1);
  assert.equal(await admitAttempt(server, attempt({ knownBrowser: "browser-2" })), 0);
  assert.equal(await admitAttempt(server, { ...owner, account: "bob" }), 0);
});

Deno.test("admitAttempt: accounts and addresses can't be mistaken for each other", async () => {
  const server = serverOver(memoryStore());
  for (let tried = 0; tried < 4; tried++) {
    await admitAttempt(server, attempt({ account: "a", address: "b" }));
  }
  assert.equal(await admitAttempt(server, attempt({ account: "b", address: "a" })), 0);
  assert.equal(await admitAttempt(server, attempt({ account: "ab", address: "" })), 0);
});

Deno.test("admitAttempt: of 100 tries at the same moment at two instances no more than the limit are admitted", async () => {
  const env = testEnv();
  const store = memoryStore();
  const instances = [0, 1].map(() => serverOver(faultyStore(env, store), env));
  const waits = await Promise.all(
    Array.from({ length: 100 }, (_, index) => admitAttempt(instances[index % 2]!, attempt())),
  );
  assert.equal(waits.filter((wait) => wait === 0).length, 3);
});

Deno.test("admitAttempt: of 100 tries of as many accounts at the same moment an address gets no more than its limit", async () => {
  const env = testEnv();
  const store = memoryStore();
  const instances = [0, 1].map(() => serverOver(faultyStore(env, store), env));
  const waits = await Promise.all(
    Array.from(
      { length: 100 },
      (_, index) => admitAttempt(instances[index % 2]!, attempt({ account: `user${index}` })),
    ),
  );
  assert.equal(waits.filter((wait) => wait === 0).length, 6);
});

Deno.test("forgiveAttempt: who got in has all tries again, and the address keeps what it tried elsewhere", async () => {
  const server = serverOver(memoryStore());
  for (let tried = 0; tried < 3; tried++) {
    await admitAttempt(server, attempt({ account: "bob" }));
  }
  for (let tried = 0; tried < 2; tried++) await admitAttempt(server, attempt());
  await forgiveAttempt(server, attempt());
  // Four of six are left on the address: three for bob, one of alice's that was wrong.
  assert.equal(await admitAttempt(server, attempt()), 0);
  assert.equal(await admitAttempt(server, attempt()), 0);
  assert.equal(await admitAttempt(server, attempt({ account: "carol" })), 1);
});

Deno.test("forgiveAttempt: logging in as often as one likes never leads to a wait", async () => {
  const server = serverOver(memoryStore());
  for (let login = 0; login < 200; login++) {
    for (const knownBrowser of [undefined, "browser"]) {
      assert.equal(await admitAttempt(server, attempt({ knownBrowser })), 0);
      await forgiveAttempt(server, attempt({ knownBrowser }));
    }
  }
});

Deno.test("forgiveAttempt: one's own logins do not make room for guesses at others", async () => {
  const server = serverOver(memoryStore());
  let admitted = 0;
  for (let guess = 0; guess < 50; guess++) {
    if (await admitAttempt(server, attempt({ account: `victim${guess}` })) === 0) admitted++;
    const own = attempt({ account: "attacker" });
    if (await admitAttempt(server, own) === 0) await forgiveAttempt(server, own);
  }
  assert.equal(admitted, 6);
});
