/** Whether a session is found as long as it lives, and noted as seen no more often than needed. */

import assert from "node:assert/strict";
import { startSession } from "../../src/login/session.ts";
import { openCollections } from "../../src/store/collection.ts";
import type { Store } from "../../src/store/store.ts";
import { isSessionGood } from "../../src/tokens/session_lifetime.ts";
import { testConfig } from "../support/config.ts";
import { START, testEnv } from "../support/env.ts";
import { memoryStore } from "../support/memory_store.ts";

const ALICE = { sub: "sub-alice", amr: ["pwd"], device: "" };
const COORDINATED = { coordinate_lifetime_with_user_session: true };

async function serverWith(change: (inner: Store) => Partial<Store> = () => ({})) {
  const env = testEnv();
  const inner = memoryStore();
  const store: Store = { ...inner, ...change(inner) };
  return { env, store, config: await testConfig(), records: openCollections(store, env) };
}

Deno.test("isSessionGood: without coordination nobody asks for a session", async () => {
  const asked: string[] = [];
  const server = await serverWith((inner) => ({
    list(prefix, options) {
      asked.push("list");
      return inner.list(prefix, options);
    },
  }));
  const free = { coordinate_lifetime_with_user_session: false };
  assert.equal(await isSessionGood(server, free, "no such sid"), true);
  assert.deepEqual(asked, []);
  assert.equal(await isSessionGood(server, COORDINATED, "no such sid"), false);
});

Deno.test("isSessionGood: a use is noted once a minute, and moves the idle end, never the absolute one", async () => {
  let commits = 0;
  const server = await serverWith((inner) => ({
    commit(commit) {
      commits++;
      return inner.commit(commit);
    },
  }));
  const { handle, session } = await startSession(server, ALICE);
  commits = 0;
  for (let second = 0; second < 300; second++) {
    server.env.advance(1);
    assert.equal(await isSessionGood(server, COORDINATED, session.sid), true);
  }
  assert.equal(commits, 5);
  assert.deepEqual(await server.records.session.get(handle), {
    ...session,
    seen_at: START + 300,
    expires_at: START + 300 + 3600,
  });
  server.env.advance(3600);
  assert.equal(await isSessionGood(server, COORDINATED, session.sid), false);
});

Deno.test("isSessionGood: of several sessions of one sid a living one is found, wherever a dead one stands", async () => {
  const server = await serverWith();
  // Whose hash comes first is left to chance: one of so many has the dead one in front.
  for (let n = 0; n < 20; n++) {
    const before = await startSession(server, ALICE);
    // Two logins of one moment: both keep the sid, and one of the two cookies is lost.
    const [lost, kept] = await Promise.all([
      startSession(server, ALICE, { handle: before.handle }),
      startSession(server, ALICE, { handle: before.handle }),
    ]);
    assert.equal(lost.session.sid, kept.session.sid);
    const { sid } = kept.session;
    await server.records.session.put(lost.handle, {
      ...lost.session,
      expires_at: server.env.now(),
    });
    assert.equal(await isSessionGood(server, COORDINATED, sid), true);
    await server.records.session.delete(kept.handle);
    assert.equal(await isSessionGood(server, COORDINATED, sid), false);
  }
});

Deno.test("isSessionGood: a login that replaces the session at this moment does not hide it", async () => {
  let interrupt: (() => Promise<unknown>) | undefined;
  const server = await serverWith((inner) => ({
    async list(prefix, options) {
      const entries = await inner.list(prefix, options);
      const happens = interrupt;
      interrupt = undefined;
      await happens?.();
      return entries;
    },
  }));
  const first = await startSession(server, ALICE);
  interrupt = () => startSession(server, ALICE, { handle: first.handle });
  assert.equal(await isSessionGood(server, COORDINATED, first.session.sid), true);
});

Deno.test("isSessionGood: a use does not bring back a session that ends at this moment", async () => {
  const server = await serverWith();
  const { handle, session } = await startSession(server, ALICE);
  server.env.advance(100);
  await Promise.all([
    isSessionGood(server, COORDINATED, session.sid),
    server.records.session.delete(handle),
  ]);
  assert.equal(await server.records.session.get(handle), undefined);
  assert.equal(await isSessionGood(server, COORDINATED, session.sid), false);
});
