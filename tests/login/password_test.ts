/** Whether a password lets its owner in, and whether those who guess learn nothing, neither from the answer nor from the work. */

import assert from "node:assert/strict";
import { nativeArgon2id } from "../../src/lib/argon2id.ts";
import { Busy, semaphore } from "../../src/lib/semaphore.ts";
import { loginWithPassword } from "../../src/login/password.ts";
import { openCollections } from "../../src/store/collection.ts";
import { createUserDirectory } from "../../src/users/directory.ts";
import { PASSWORDS, type RawConfig, testConfig, withUser } from "../support/config.ts";
import { testEnv } from "../support/env.ts";
import { memoryStore } from "../support/memory_store.ts";

/** How often Argon2id is computed while something is done. */
async function hashesOf(work: () => Promise<unknown>): Promise<number> {
  const { deriveBits } = crypto.subtle;
  let hashes = 0;
  crypto.subtle.deriveBits = (...parameters) => {
    hashes++;
    return deriveBits.apply(crypto.subtle, parameters);
  };
  try {
    await work();
  } finally {
    crypto.subtle.deriveBits = deriveBits;
  }
  return hashes;
}

/** A server, and how often its turn to hash was taken. */
async function serverWith(members: RawConfig = {}, variables: Record<string, string> = {}) {
  const env = testEnv();
  const config = await testConfig(members, variables);
  const inner = semaphore(2, 100);
  const seen = { hashes: 0 };
  return {
    env,
    config,
    records: openCollections(memoryStore(), env),
    users: createUserDirectory(config),
    hashing: <T>(work: () => Promise<T>) => {
      seen.hashes++;
      return inner(work);
    },
    seen,
  };
}

type Server = Awaited<ReturnType<typeof serverWith>>;

const logIn = (server: Server, username: string, password: string, knownBrowser?: string) =>
  loginWithPassword(server, { username, password, address: "192.0.2.1", knownBrowser });

Deno.test("loginWithPassword: the right password lets its owner in, however the name is typed", async () => {
  const server = await serverWith();
  for (const username of ["alice", "ALICE", " Alice ", "ａｌｉｃｅ"]) {
    const result = await logIn(server, username, PASSWORDS.alice);
    assert.equal("user" in result && result.user.sub, "sub-alice");
  }
});

Deno.test("loginWithPassword: unknown, disabled, without a password and wrong are one answer and one hash", async () => {
  const table: readonly [RawConfig, username: string, password: string][] = [
    [{}, "nobody", "x"],
    [{}, "nobody", PASSWORDS.alice],
    [{}, "", ""],
    [{}, "alice", "wrong"],
    [{}, "alice", PASSWORDS.bob],
    [{}, "alice", `${PASSWORDS.alice} `],
    [{}, "alice", "x".repeat(5000)],
    [{}, "__proto__", "x"],
    [withUser("alice", { enabled: false }), "alice", PASSWORDS.alice],
    [withUser("alice", { password: undefined }), "alice", PASSWORDS.alice],
    [withUser("alice", { password: undefined }), "alice", ""],
  ];
  for (const [members, username, password] of table) {
    const server = await serverWith(members);
    assert.deepEqual(await logIn(server, username, password), { problem: "wrong" });
    assert.equal(server.seen.hashes, 1);
  }
});

Deno.test({
  name:
    "loginWithPassword: Argon2id is computed once for whoever it is, so that time tells nothing",
  ignore: !nativeArgon2id(),
  async fn() {
    const table: readonly [RawConfig, username: string, password: string][] = [
      [{}, "alice", PASSWORDS.alice],
      [{}, "alice", "wrong"],
      [{}, "nobody", "wrong"],
      [withUser("alice", { enabled: false }), "alice", PASSWORDS.alice],
      [withUser("alice", { password: undefined }), "alice", PASSWORDS.alice],
      [withUser("alice", { password: { env: "ALICE" } }), "alice", "in the clear"],
    ];
    for (const [members, username, password] of table) {
      const server = await serverWith(members, { ALICE: "in the clear" });
      assert.equal(await hashesOf(() => logIn(server, username, password)), 1);
    }
  },
});

Deno.test("loginWithPassword: a hash is not a password", async () => {
  const config = await testConfig();
  const hash = config.users.find(({ username }) => username === "alice")?.password ?? "";
  assert.match(hash, /^\$argon2id\$/);
  assert.deepEqual(await logIn(await serverWith(), "alice", hash), { problem: "wrong" });
});

Deno.test("loginWithPassword: a password that the environment holds in clear works as any other", async () => {
  const members = withUser("alice", { password: { env: "ALICE" } });
  const server = await serverWith(members, { ALICE: "in the clear" });
  assert.ok("user" in await logIn(server, "alice", "in the clear"));
  assert.deepEqual(await logIn(server, "alice", "In the clear"), { problem: "wrong" });
  assert.deepEqual(await logIn(server, "alice", ""), { problem: "wrong" });
  assert.equal(server.seen.hashes, 3);
});

Deno.test("loginWithPassword: past the limit nothing is hashed, not even the right password", async () => {
  const server = await serverWith();
  for (let guess = 0; guess < 5; guess++) await logIn(server, "alice", "wrong");
  assert.deepEqual(await logIn(server, "alice", PASSWORDS.alice), { problem: "wait", seconds: 1 });
  assert.equal(server.seen.hashes, 5);
  server.env.advance(1);
  assert.ok("user" in await logIn(server, "alice", PASSWORDS.alice));
  for (let guess = 0; guess < 5; guess++) {
    assert.deepEqual(await logIn(server, "alice", "wrong"), { problem: "wrong" });
  }
});

Deno.test("loginWithPassword: another spelling of a name is no new account to guess at", async () => {
  const server = await serverWith();
  for (const username of ["alice", "Alice", "ALICE", " alice", "ａｌｉｃｅ"]) {
    await logIn(server, username, "wrong");
  }
  const next = await logIn(server, "aLiCe", "wrong");
  assert.equal("problem" in next && next.problem, "wait");
});

Deno.test("loginWithPassword: accounts that don't exist are throttled as those that do", async () => {
  const server = await serverWith();
  const answers: Record<string, unknown[]> = { alice: [], nobody: [] };
  for (let guess = 0; guess < 7; guess++) {
    for (const username of ["alice", "nobody"]) {
      answers[username]?.push(await logIn(server, username, "wrong"));
    }
  }
  assert.deepEqual(answers["alice"], answers["nobody"]);
});

Deno.test("loginWithPassword: the owner's browser is let in while strangers guess", async () => {
  const server = await serverWith();
  for (let guess = 0; guess < 8; guess++) await logIn(server, "alice", "wrong");
  assert.ok("user" in await logIn(server, "alice", PASSWORDS.alice, "browser-1"));
  const stranger = await logIn(server, "alice", PASSWORDS.alice);
  assert.equal("problem" in stranger && stranger.problem, "wait");
});

Deno.test("loginWithPassword: of 100 guesses at the same moment five are hashed", async () => {
  const server = await serverWith();
  const results = await Promise.all(
    Array.from({ length: 100 }, (_, index) => logIn(server, "alice", `guess ${index}`)),
  );
  assert.equal(server.seen.hashes, 5);
  assert.equal(
    results.filter((result) => "problem" in result && result.problem === "wrong").length,
    5,
  );
});

Deno.test("loginWithPassword: a login that found the queue full does not count as a try", async () => {
  const server = await serverWith();
  const full = { ...server, hashing: semaphore(1, 0) };
  const busy = Promise.withResolvers<void>();
  const first = full.hashing(() => busy.promise);
  for (let tried = 0; tried < 20; tried++) {
    await assert.rejects(logIn(full, "alice", PASSWORDS.alice), Busy);
  }
  busy.resolve();
  await first;
  assert.ok("user" in await logIn(full, "alice", PASSWORDS.alice));
});

Deno.test("decoyHash: who is not there costs as much as somebody who is, the same at every try", async () => {
  const { users, config } = await serverWith();
  const hashes = config.users.map(({ password }) => password);
  const names = Array.from({ length: 40 }, (_, index) => `nobody${index}`);
  assert.deepEqual(new Set(names.map((name) => users.decoyHash(name))), new Set(hashes));
  for (const name of names) assert.equal(users.decoyHash(name), users.decoyHash(name));
  assert.equal((await serverWith({ users: [] })).users.decoyHash("alice"), undefined);
});
