/** Whether grants are found and ended by what they have in common, however many there are. */

import assert from "node:assert/strict";
import type { Key, Store } from "../../src/store/store.ts";
import { openCollections } from "../../src/store/collection.ts";
import type { Authorization } from "../../src/store/records.ts";
import {
  findGrant,
  type GrantFilter,
  listGrants,
  revokeGrant,
  revokeGrants,
} from "../../src/tokens/stored_grants.ts";
import { clientKey, grantIdOf, newSeed } from "../../src/tokens/handle.ts";
import { START, testEnv } from "../support/env.ts";
import { memoryStore } from "../support/memory_store.ts";
import { someAuthorization } from "../support/some_records.ts";

function serverOf() {
  const env = testEnv();
  const inner = memoryStore();
  const commits: number[] = [];
  const store: Store = {
    ...inner,
    commit(commit) {
      commits.push(commit.writes.length);
      return inner.commit(commit);
    },
  };
  return { env, store, commits, records: openCollections(store, env) };
}

type Server = ReturnType<typeof serverOf>;

async function grant(server: Server, members: Partial<Authorization> = {}): Promise<string> {
  const grant_id = grantIdOf(newSeed(server.env));
  const standing = { sub: "alice", sid: "s1", client_id: "web", expires_at: START + 100 };
  const record = someAuthorization({ ...standing, ...members, grant_id });
  await server.records.authorization.put(grant_id, record);
  return grant_id;
}

async function ids(server: Server, filter: GrantFilter): Promise<string[]> {
  const { grants, next } = await listGrants(server, filter);
  assert.equal(next, undefined);
  return grants.map(({ grant_id }) => grant_id).sort();
}

/** Grants of two people at two clients, in three sessions. */
async function some(server: Server) {
  return {
    one: await grant(server),
    two: await grant(server, { client_id: "app" }),
    three: await grant(server, { sid: "s2" }),
    bob: await grant(server, { sub: "bob", sid: "s3" }),
  };
}

Deno.test("listGrants: by user, client, session and any of them together; all without a filter", async () => {
  const server = serverOf();
  const { one, two, three, bob } = await some(server);
  const expected: [GrantFilter, string[]][] = [
    [{}, [one, two, three, bob]],
    [{ sub: "alice" }, [one, two, three]],
    [{ client_id: "web" }, [one, three, bob]],
    [{ sid: "s1" }, [one, two]],
    [{ sub: "alice", client_id: "web" }, [one, three]],
    [{ sid: "s1", client_id: "web" }, [one]],
    [{ sid: "s1", sub: "bob" }, []],
    [{ sub: "alice", client_id: "web", sid: "s2" }, [three]],
    [{ sub: "alic" }, []],
    [{ sub: undefined, client_id: "app" }, [two]],
  ];
  for (const [filter, found] of expected) {
    assert.deepEqual(await ids(server, filter), found.sort(), JSON.stringify(filter));
  }
});

Deno.test("listGrants, findGrant: a grant that has expired is not there", async () => {
  const server = serverOf();
  const [short, long] = [await grant(server), await grant(server, { expires_at: START + 101 })];
  server.env.advance(100);
  assert.deepEqual(await ids(server, { sub: "alice" }), [long]);
  assert.deepEqual(await ids(server, {}), [long]);
  assert.equal(await findGrant(server, short), undefined);
  assert.equal((await findGrant(server, long))?.grant_id, long);
  assert.equal(await revokeGrants(server, { sub: "alice" }), 1);
});

Deno.test("listGrants: a long list comes page by page, each grant once", async () => {
  const server = serverOf();
  const all: string[] = [];
  for (let n = 0; n < 25; n++) all.push(await grant(server, { client_id: n % 2 ? "web" : "app" }));
  for (const filter of [{}, { sub: "alice" }, { sub: "alice", client_id: "web" }]) {
    const found: string[] = [];
    let after: Key | undefined;
    do {
      const page = await listGrants(server, filter, { limit: 10, after });
      assert.ok(page.grants.length <= 10);
      found.push(...page.grants.map(({ grant_id }) => grant_id));
      after = page.next;
    } while (after !== undefined);
    assert.equal(new Set(found).size, found.length);
    assert.equal(found.length, "client_id" in filter ? 12 : 25);
  }
});

Deno.test("revokeGrant: ends one grant with its index entries, and says what it was", async () => {
  const server = serverOf();
  const { one, two, three, bob } = await some(server);
  assert.equal((await revokeGrant(server, one))?.sub, "alice");
  assert.equal(await revokeGrant(server, one), undefined);
  assert.equal(await findGrant(server, one), undefined);
  assert.deepEqual(await ids(server, {}), [two, three, bob].sort());
  const entries = await server.store.list([], { limit: 100 });
  assert.equal(entries.length, 3 * 4);
});

Deno.test("revokeGrants: ends what matches every member, and nothing else", async () => {
  const expected: [GrantFilter, number][] = [
    [{ sub: "alice" }, 3],
    [{ client_id: "web" }, 3],
    [{ sid: "s1" }, 2],
    [{ sub: "alice", client_id: "web" }, 2],
    [{ sub: "bob", sid: "s1" }, 0],
  ];
  for (const [filter, count] of expected) {
    const server = serverOf();
    await some(server);
    const { length } = await ids(server, filter);
    assert.equal(length, count);
    assert.equal(await revokeGrants(server, filter), count);
    assert.deepEqual(await ids(server, filter), []);
    assert.equal((await ids(server, {})).length, 4 - count);
    assert.equal(await revokeGrants(server, filter), 0);
  }
});

Deno.test("revokeGrants: 1,001 grants end, in commits that every backend takes", async () => {
  const server = serverOf();
  for (let n = 0; n < 1001; n++) await grant(server, { sid: `s${n}` });
  const bob = await grant(server, { sub: "bob" });
  server.commits.length = 0;
  assert.equal(await revokeGrants(server, { sub: "alice" }), 1001);
  assert.deepEqual(server.commits, [800, 800, 800, 800, 800, 4]);
  assert.deepEqual(await ids(server, {}), [bob]);
  assert.equal((await server.store.list([], { limit: 100 })).length, 4);
});

Deno.test("revokeGrants: a filter that is empty would end all, and is refused", async () => {
  const server = serverOf();
  const { one } = await some(server);
  for (const filter of [{}, { sub: undefined }, { sid: undefined, client_id: undefined }]) {
    await assert.rejects(revokeGrants(server, filter), TypeError);
  }
  assert.ok(await findGrant(server, one));
});

Deno.test("revokeGrants: only a client alone takes along what that got for itself", async () => {
  const server = serverOf();
  await revokeGrants(server, { client_id: "web", sub: "alice" });
  await revokeGrants(server, { client_id: "web", sid: "s1" });
  await revokeGrants(server, { sub: "web" });
  const { revoked_client } = server.records;
  assert.equal(await revoked_client.get(clientKey("web")), undefined);
  for (const seconds of [0, 100]) {
    server.env.advance(seconds);
    await revokeGrants(server, { client_id: "web" });
    assert.equal((await revoked_client.get(clientKey("web")))?.revoked_at, START + seconds);
  }
  // As long as a token may live, and not for ever.
  server.env.advance(365 * 86_400 - 1);
  assert.ok(await revoked_client.get(clientKey("web")));
  server.env.advance(1);
  assert.equal(await revoked_client.get(clientKey("web")), undefined);
});
