/** Whether a session ends once and whole, whoever else has to do with it at the same moment. */

import assert from "node:assert/strict";
import { createClientRegistry } from "../../src/clients/registry.ts";
import { endSession } from "../../src/login/end_session.ts";
import { readSession, startSession, takePart } from "../../src/login/session.ts";
import type { Config } from "../../src/config/schema.ts";
import { openCollections } from "../../src/store/collection.ts";
import type { Authorization, Session } from "../../src/store/records.ts";
import { pagesOf } from "../../src/store/paging.ts";
import { type Store, StoreError } from "../../src/store/store.ts";
import { RAW_CONFIG, type RawConfig, testConfig } from "../support/config.ts";
import { START, testEnv } from "../support/env.ts";
import { faultyStore } from "../support/faulty_store.ts";
import { interruptedStore } from "../support/interrupted_store.ts";
import { memoryStore } from "../support/memory_store.ts";
import { someAuthorization, someSession } from "../support/some_records.ts";

const ALICE = { sub: "sub-alice", amr: ["pwd"], device: "" };
const OFFLINE = ["openid", "offline_access"];

/** `web` and `post` want to hear of the end of a session, `spa` doesn't, and lives as long as it. */
const config = await configuration();

function configuration(): Promise<Config> {
  const clients = (RAW_CONFIG["clients"] as RawConfig[]).map((client) => ({
    ...client,
    ...client["client_id"] === "spa"
      ? { coordinate_lifetime_with_user_session: true }
      : "redirect_uris" in client
      ? { backchannel_logout_uri: `https://rp.example.com/${client["client_id"]}` }
      : {},
  }));
  return testConfig({ clients });
}

function serverOver(store: Store, env = testEnv()) {
  const records = openCollections(store, env);
  const handle = records.session.handle();
  return {
    env,
    config,
    store,
    records,
    clients: createClientRegistry(config),
    /** Of the session that `begin` writes. */
    handle,
    begin: (members: Partial<Session> = {}) =>
      records.session.put(handle, someSession({ sub: ALICE.sub, ...members })),
    grant: (grant_id: string, members: Partial<Authorization> = {}) =>
      records.authorization.put(grant_id, someAuthorization({ grant_id, ...members })),
  };
}

type Server = ReturnType<typeof serverOver>;

/** The names of the grants that live. */
async function granted({ records }: Server): Promise<string[]> {
  const { found } = await records.authorization.list();
  return found.map(({ record }) => record.grant_id).sort();
}

/** Whom notices are for. */
async function noticed({ records }: Server): Promise<string[]> {
  const { found } = await records.logout_notice.list();
  return found.map(({ record }) => record.client_id).sort();
}

Deno.test("OpenID Connect Back-Channel Logout §2.7: what was granted in the session ends, save offline_access of clients that aren't coordinated with it", async () => {
  const server = serverOver(memoryStore());
  await server.begin();
  await server.grant("1", { client_id: "web" });
  await server.grant("2", { client_id: "web", scope: OFFLINE });
  await server.grant("3", { client_id: "spa", scope: OFFLINE });
  await server.grant("4", { client_id: "gone", scope: OFFLINE });
  await server.grant("5", { client_id: "web", sid: "other" });
  const ended = await endSession(server, "sid", 0);
  assert.deepEqual(ended, { sid: "sid", sub: ALICE.sub, clients: [], notices: [] });
  assert.deepEqual(await granted(server), ["2", "5"]);
  assert.equal(await readSession(server, server.handle), undefined);
});

const code = {
  kind: "code" as const,
  sha256: new Uint8Array(32),
  redirect_uri: undefined,
  code_challenge: undefined,
  nonce: undefined,
  expires_at: START + 60,
};

Deno.test("endSession: a code that waits ends whatever it is for: what it would bring says that the session lives", async () => {
  const server = serverOver(memoryStore());
  await server.begin();
  await server.grant("1", { client_id: "web", scope: OFFLINE, code });
  await server.grant("2", { client_id: "web", scope: OFFLINE });
  await endSession(server, "sid", 0);
  assert.deepEqual(await granted(server), ["2"]);
});

Deno.test("OpenID Connect Back-Channel Logout §2.5: each client of the session that can hear of its end has one notice", async () => {
  for (const claimed_for of [0, 10]) {
    const server = serverOver(memoryStore());
    await server.begin({ clients: ["web", "spa", "gone", "post"] });
    const ended = await endSession(server, "sid", claimed_for);
    assert.deepEqual(ended?.clients, ["web", "spa", "gone", "post"]);
    assert.deepEqual(ended?.notices.map(({ client_id }) => client_id), ["web", "post"]);
    const { found } = await server.records.logout_notice.list();
    const byJti = (one: { jti: string }, other: { jti: string }) => one.jti < other.jti ? -1 : 1;
    assert.deepEqual(
      found.map(({ record }) => record).sort(byJti),
      [...ended?.notices ?? []].sort(byJti),
    );
    for (const { sid, sub, due_at, jti } of ended?.notices ?? []) {
      assert.deepEqual([sid, sub, due_at], ["sid", ALICE.sub, START + claimed_for]);
      assert.match(jti, /^[\w-]{22}$/);
    }
  }
});

Deno.test("endSession: a name that no session has, and a session that has ended, change nothing", async () => {
  const store = memoryStore();
  const server = serverOver({
    ...store,
    commit: (commit) =>
      commit.checks ? assert.fail("nothing is to be committed") : store.commit(commit),
  });
  await server.begin({ expires_at: START, clients: ["web"] });
  await server.grant("1");
  for (const sid of ["sid", "", "other", server.handle]) {
    assert.equal(await endSession(server, sid, 0), undefined);
  }
  assert.deepEqual([await granted(server), await noticed(server)], [["1"], []]);
});

Deno.test("endSession: of fifty callers at two instances one ends it, and each client has one notice", async () => {
  const env = testEnv();
  const store = faultyStore(env, memoryStore());
  const [one, two] = [serverOver(store, env), serverOver(store, env)];
  for (let round = 0; round < 5; round++) {
    await one.begin({ clients: ["web", "post"] });
    await one.grant("1");
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => endSession(n % 2 ? one : two, "sid", 10)),
    );
    assert.equal(answers.filter((answer) => answer !== undefined).length, 1);
    assert.deepEqual([await granted(one), await noticed(one)], [[], ["post", "web"]]);
    for (const { record } of (await one.records.logout_notice.list()).found) {
      await one.records.logout_notice.delete(record.jti);
    }
  }
});

Deno.test("endSession: all records of logins of the same moment end, and the clients of all hear of it", async () => {
  const server = serverOver(memoryStore());
  for (let n = 0; n < 25; n++) {
    const session = someSession({ clients: [n % 2 ? "web" : "post"] });
    await server.records.session.put(server.records.session.handle(), session);
  }
  const ended = await endSession(server, "sid", 0);
  assert.deepEqual(ended?.clients.toSorted(), ["post", "web"]);
  assert.deepEqual((await server.records.session.list()).found, []);
  assert.deepEqual([...new Set(await noticed(server))], ["post", "web"]);
});

Deno.test("endSession: a login that moves the session on at this moment ends with it", async () => {
  const store = interruptedStore(memoryStore());
  const server = serverOver(store);
  await server.begin({ clients: ["web"] });
  let moved: string | undefined;
  store.interrupt(async () => {
    const { handle, session } = await startSession(server, ALICE, { handle: server.handle });
    assert.equal(session.sid, "sid");
    moved = handle;
  });
  assert.deepEqual((await endSession(server, "sid", 0))?.clients, ["web"]);
  assert.ok(moved !== undefined);
  assert.equal(await readSession(server, moved), undefined);
  assert.deepEqual(await noticed(server), ["web"]);
});

Deno.test("startSession: a session that ends while its person logs in again is not brought back", async () => {
  const store = interruptedStore(memoryStore());
  const server = serverOver(store);
  await server.begin({ clients: ["web"] });
  store.interrupt(() => endSession(server, "sid", 0));
  const { session } = await startSession(server, ALICE, { handle: server.handle, sid: "sid" });
  assert.notEqual(session.sid, "sid");
  assert.deepEqual(session.clients, []);
});

Deno.test("endSession: more grants than one commit can delete end all the same", async () => {
  const server = serverOver(memoryStore());
  await server.begin({ clients: ["web"] });
  for (let n = 0; n < 700; n++) {
    await server.grant(`${n}`, n % 100 ? {} : { scope: OFFLINE, client_id: "web" });
  }
  assert.ok(await endSession(server, "sid", 0));
  assert.deepEqual(await granted(server), ["0", "100", "200", "300", "400", "500", "600"]);
  for (const member of ["sub", "client_id", "sid"]) {
    const entries = await server.store.list([`authorization_by_${member}`], { limit: 1000 });
    assert.equal(entries.length, 7, member);
  }
});

Deno.test("endSession: no code waits on behind a thousand grants that outlive the session", async () => {
  const server = serverOver(memoryStore());
  await server.begin();
  for (let n = 0; n < 1200; n++) {
    const waits = n % 10 === 0 ? { code } : {};
    await server.grant(`${n}`, { client_id: "web", scope: OFFLINE, ...waits });
  }
  assert.ok(await endSession(server, "sid", 0));
  const left: string[] = [];
  for await (const { found } of pagesOf((after) => server.records.authorization.list({ after }))) {
    left.push(...found.map(({ record }) => record.grant_id));
  }
  assert.equal(left.length, 1080);
  assert.ok(left.every((grant_id) => Number(grant_id) % 10 !== 0));
});

Deno.test("endSession: somebody who has used more clients than a commit has writes is logged out, and all of them hear", async () => {
  const server = serverOver(memoryStore());
  const clients = Array.from({ length: 1100 }, (_, n) => `client-${n}`);
  const web = await server.clients.find("web");
  const find = (client_id: string) => Promise.resolve(web && { ...web, client_id });
  await server.begin({ clients });
  await server.grant("1", { client_id: "client-1" });
  const ended = await endSession({ ...server, clients: { find } }, "sid", 0);
  assert.equal(ended?.notices.length, 1100);
  const first = await server.records.logout_notice.list();
  const rest = await server.records.logout_notice.list({ after: first.next });
  assert.equal(new Set([...first.found, ...rest.found].map(({ record }) => record.jti)).size, 1100);
  assert.deepEqual(await granted(server), []);
  assert.equal(await server.records.session.get(server.handle), undefined);
});

Deno.test("takePart: an answer to a client comes before the end of the session and ends with it, or is refused", async () => {
  const outcomes = new Set<string>();
  for (let round = 0; round < 100; round++) {
    const env = testEnv();
    const server = serverOver(faultyStore(env, memoryStore()), env);
    // A client that has been answered before writes nothing into the session: the check alone decides.
    await server.begin({ clients: round % 2 ? ["post"] : [] });
    const answer = async () => {
      const read = await readSession(server, server.handle);
      if (read === undefined) return false;
      const part = takePart(server, read, "post");
      const grant = someAuthorization({ client_id: "post" });
      return await server.store.commit({
        checks: [part.check],
        writes: [...part.writes, ...server.records.authorization.write("1", grant)],
      });
    };
    const [answered, ended] = await Promise.all([answer(), endSession(server, "sid", 0)]);
    assert.ok(ended !== undefined);
    assert.deepEqual(await granted(server), []);
    // Whoever was answered hears of the end.
    if (answered) assert.deepEqual(await noticed(server), ["post"]);
    outcomes.add(String(answered));
  }
  assert.deepEqual([...outcomes].sort(), ["false", "true"]);
});

Deno.test("endSession: a store that fails, or that doesn't say whether it was applied, leaves all or nothing", async () => {
  for (let round = 0; round < 100; round++) {
    const env = testEnv();
    const inner = memoryStore();
    const sound = serverOver(inner, env);
    const handle = sound.records.session.handle();
    await sound.records.session.put(handle, someSession({ clients: ["web"] }));
    await sound.grant("1");
    const server = serverOver(faultyStore(env, inner, { before: 0.1, after: 0.3 }), env);
    try {
      await endSession(server, "sid", 0);
    } catch (error) {
      assert.ok(error instanceof StoreError);
    }
    const alive = await readSession(sound, handle) !== undefined;
    const state = [await granted(sound), await noticed(sound)];
    assert.deepEqual(state, alive ? [["1"], []] : [[], ["web"]]);
    // Whoever tries again ends what is left, and tells nobody twice.
    await endSession(sound, "sid", 0);
    assert.deepEqual([await granted(sound), await noticed(sound)], [[], ["web"]]);
  }
});
