/** Whether sessions end when they should, and a login makes every older handle worthless. */

import assert from "node:assert/strict";
import { readSession, startSession } from "../../src/login/session.ts";
import { openCollections } from "../../src/store/collection.ts";
import type { Store } from "../../src/store/store.ts";
import { testConfig } from "../support/config.ts";
import { START, testEnv } from "../support/env.ts";
import { memoryStore } from "../support/memory_store.ts";

const ALICE = { sub: "sub-alice", amr: ["pwd"], device: "" };
const BOB = { sub: "sub-bob", amr: ["pwd"], device: "" };

/** A server, and how many commits its store has seen. */
async function serverWith(sessions: Record<string, unknown> = {}) {
  const env = testEnv();
  const inner = memoryStore();
  const seen = { commits: 0 };
  const store: Store = {
    ...inner,
    commit(commit) {
      seen.commits++;
      return inner.commit(commit);
    },
  };
  return {
    env,
    config: await testConfig({ sessions }),
    records: openCollections(store, env),
    store,
    seen,
  };
}

Deno.test("startSession: a session knows who, how and when, and when it ends", async () => {
  const server = await serverWith();
  const { handle, session } = await startSession(server, ALICE);
  assert.match(handle, /^se_[\w-]{43}$/);
  assert.match(session.sid, /^[\w-]{22}$/);
  assert.deepEqual(session, {
    ...ALICE,
    sid: session.sid,
    auth_time: START,
    created_at: START,
    seen_at: START,
    clients: [],
    absolute_expires_at: START + 36_000,
    expires_at: START + 3600,
  });
  assert.deepEqual((await readSession(server, handle))?.record, session);
});

Deno.test("readSession: no cookie, another's, and the sid itself are no session", async () => {
  const server = await serverWith();
  const { handle, session } = await startSession(server, ALICE);
  for (
    const guess of [undefined, "", "se_", session.sid, `${handle}x`, handle.slice(3), ALICE.sub]
  ) {
    assert.equal(await readSession(server, guess), undefined);
  }
});

Deno.test("readSession: an unused session ends", async () => {
  const server = await serverWith();
  const { handle } = await startSession(server, ALICE);
  server.env.advance(3599);
  assert.ok(await readSession(server, handle));
  server.env.advance(3599);
  assert.ok(await readSession(server, handle));
  server.env.advance(3600);
  assert.equal(await readSession(server, handle), undefined);
});

Deno.test("readSession: a busy session ends too, when its absolute end is there", async () => {
  const server = await serverWith({ idle_lifetime: "1h", absolute_lifetime: "3h" });
  const { handle } = await startSession(server, ALICE);
  for (let minutes = 0; minutes < 179; minutes++) {
    server.env.advance(60);
    assert.equal((await readSession(server, handle))?.record.auth_time, START);
  }
  server.env.advance(59);
  assert.ok(await readSession(server, handle));
  server.env.advance(1);
  assert.equal(await readSession(server, handle), undefined);
});

Deno.test("readSession: a session that is read all the time is written once a minute", async () => {
  const server = await serverWith();
  const { handle } = await startSession(server, ALICE);
  server.seen.commits = 0;
  for (let second = 0; second < 600; second++) {
    await readSession(server, handle);
    server.env.advance(1);
  }
  assert.equal(server.seen.commits, 9);
});

Deno.test("readSession: a session that idles out within a minute is kept alive by use as well", async () => {
  const server = await serverWith({ idle_lifetime: "30s" });
  const { handle } = await startSession(server, ALICE);
  for (let second = 0; second < 300; second += 5) {
    assert.ok(await readSession(server, handle), String(second));
    server.env.advance(5);
  }
  server.env.advance(30);
  assert.equal(await readSession(server, handle), undefined);
});

Deno.test("readSession: being read does not bring back a session that ended meanwhile", async () => {
  const server = await serverWith();
  const { handle } = await startSession(server, ALICE);
  server.env.advance(120);
  const [read] = await Promise.all([
    readSession(server, handle),
    server.records.session.delete(handle),
  ]);
  assert.ok(read === undefined || read.record.sub === ALICE.sub);
  assert.equal(await readSession(server, handle), undefined);
});

Deno.test("startSession: the same person keeps the sid; handle, auth_time and amr are new, and the old handle is dead", async () => {
  const server = await serverWith();
  const first = await startSession(server, ALICE);
  server.env.advance(100);
  const second = await startSession(server, { ...ALICE, amr: ["pwd", "otp"] }, {
    handle: first.handle,
  });
  assert.notEqual(second.handle, first.handle);
  assert.equal(second.session.sid, first.session.sid);
  assert.equal(second.session.created_at, START);
  assert.equal(second.session.auth_time, START + 100);
  assert.equal(second.session.absolute_expires_at, START + 100 + 36_000);
  assert.deepEqual(second.session.amr, ["pwd", "otp"]);
  assert.equal(await readSession(server, first.handle), undefined);
  assert.deepEqual((await readSession(server, second.handle))?.record, second.session);
});

Deno.test("startSession: another person gets another sid, and nothing of who was there before", async () => {
  const server = await serverWith();
  const first = await startSession(server, ALICE);
  server.env.advance(100);
  const second = await startSession(server, BOB, { handle: first.handle });
  assert.deepEqual(second.left, first.session);
  assert.notEqual(second.session.sid, first.session.sid);
  assert.equal(second.session.created_at, START + 100);
  assert.equal((await readSession(server, second.handle))?.record.sub, BOB.sub);
});

Deno.test("startSession: two logins share neither handle nor sid", async () => {
  const server = await serverWith();
  const [one, two] = await Promise.all([
    startSession(server, ALICE),
    startSession(server, ALICE),
  ]);
  assert.notEqual(one.handle, two.handle);
  assert.notEqual(one.session.sid, two.session.sid);
});
