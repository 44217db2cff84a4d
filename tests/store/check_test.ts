/** Whether the check of the indexes finds what is wrong, and nothing else, while others write. */

import assert from "node:assert/strict";
import { checkIndexes } from "../../src/store/check.ts";
import { type Collections, openCollections } from "../../src/store/collection.ts";
import { indexEntries, indexPrefix, recordKey } from "../../src/store/keys.ts";
import { openKvStore } from "../../src/store/kv.ts";
import type { Authorization } from "../../src/store/records.ts";
import type { Key, Store } from "../../src/store/store.ts";
import { START, type TestEnv, testEnv } from "../support/env.ts";
import { faultyStore } from "../support/faulty_store.ts";
import { refresh, tokensFor } from "../support/flow.ts";
import { testServer } from "../support/server.ts";
import { someAuthorization, someSession } from "../support/some_records.ts";

const END = START + 1000;

interface Opened {
  readonly env: TestEnv;
  readonly store: Store;
  readonly records: Collections;
}

async function withStore(use: (opened: Opened) => Promise<void>): Promise<void> {
  const env = testEnv();
  const store = await openKvStore(env, { url: ":memory:" });
  try {
    await use({ env, store, records: openCollections(store, env) });
  } finally {
    store.close();
  }
}

/** The problems of all kinds. */
async function problemsOf({ store, env }: Pick<Opened, "store" | "env">): Promise<string[]> {
  return (await checkIndexes(store, env)).flatMap(({ problems }) => problems);
}

/** Where the entries of a record stand: by sub, client_id, sid. */
function entriesOf(id: string, record: Authorization): Key[] {
  return indexEntries("authorization", recordKey("authorization", id), record);
}

/** What a problem calls an entry. */
function nameOf([index, ...hashes]: Key): string {
  const short = hashes.map((hash) => (hash as Uint8Array).toHex().slice(0, 8));
  return `${index} ${short.join("/")}`;
}

Deno.test("checkIndexes: after real flows every record has its entries, and every entry its record", async () => {
  await using server = await testServer();
  for (const client_id of ["web", "spa", "web"]) {
    const tokens = await tokensFor(server, { client_id, scope: "openid offline_access" });
    await refresh(server, tokens.refresh_token, {}, client_id);
  }
  const { refresh_token } = await tokensFor(server, { scope: "openid offline_access" });
  for (let n = 0; n < 2; n++) await refresh(server, refresh_token);
  assert.deepEqual(await checkIndexes(server.store, server.env), [
    { kind: "authorization", records: 3, entries: 9, problems: [] },
    { kind: "session", records: 4, entries: 8, problems: [] },
    { kind: "consent", records: 1, entries: 2, problems: [] },
  ]);
});

Deno.test("checkIndexes: an entry that is missing, leads nowhere, leads astray or ends at another time is named", async () => {
  await withStore(async ({ store, env, records }) => {
    const ids = Array.from({ length: 600 }, (_, n) => `${n}`);
    for (const id of ids) await records.authorization.put(id, someGrant(id));
    assert.deepEqual(await problemsOf({ store, env }), []);

    const [gone] = entriesOf("7", someGrant("7"));
    const [, early] = entriesOf("8", someGrant("8"));
    const [, , late] = entriesOf("9", someGrant("9"));
    const [, hash10] = recordKey("authorization", "10");
    const astray = [...indexPrefix("authorization", "sub", "somebody else"), hash10!];
    await store.commit({
      writes: [
        { key: gone!, value: undefined },
        { key: early!, value: { expires_at: END - 1 } },
        { key: late!, value: { expires_at: undefined } },
        { key: astray, value: { expires_at: END } },
        { key: recordKey("authorization", "11"), value: undefined },
      ],
    });
    const [, , lost] = entriesOf("11", someGrant("11"));
    const problems = await problemsOf({ store, env });
    const expected = [
      `${nameOf(gone!)}: is missing (az_7)`,
      `${nameOf(early!)}: ends before its record (az_8)`,
      `${nameOf(late!)}: outlives its record (az_9)`,
      `${nameOf(astray)}: leads to a record of another value (az_10)`,
      ...entriesOf("11", someGrant("11")).map((key) => `${nameOf(key)}: leads to no record`),
    ];
    assert.deepEqual(problems.toSorted(), expected.toSorted());
    assert.match(nameOf(lost!), /^authorization_by_sid [0-9a-f]{8}\/[0-9a-f]{8}$/);
    assert.ok(problems.every((text) => !/sub-|sid-|client-/.test(text)), "no value in clear");
    const [report] = await checkIndexes(store, env);
    assert.deepEqual([report?.records, report?.entries], [599, 1800]);
  });
});

Deno.test("checkIndexes: an entry that has ended, or is already collected, before its record is one too few", async () => {
  await withStore(async ({ store, env, records }) => {
    await records.authorization.put("1", someGrant("1"));
    const [first] = entriesOf("1", someGrant("1"));
    await store.commit({ writes: [{ key: first!, value: { expires_at: START } }] });
    assert.deepEqual(await problemsOf({ store, env }), [
      `${nameOf(first!)}: ends before its record (az_1)`,
    ]);
    await store.commit({ writes: [{ key: first!, value: undefined }] });
    assert.deepEqual(await problemsOf({ store, env }), [`${nameOf(first!)}: is missing (az_1)`]);
  });
});

Deno.test("checkIndexes: what has expired does not matter, on either side", async () => {
  await withStore(async ({ store, env, records }) => {
    await records.authorization.put("1", someGrant("1"));
    await records.authorization.put("2", someGrant("2"));
    await records.session.put("3", someSession({ expires_at: END + 1 }));
    const [first] = entriesOf("1", someGrant("1"));
    await store.commit({
      writes: [
        { key: first!, value: undefined },
        { key: recordKey("authorization", "2"), value: undefined },
      ],
    });
    assert.equal((await problemsOf({ store, env })).length, 4);
    env.advance(1000);
    const [authorization, session] = await checkIndexes(store, env);
    assert.deepEqual(authorization, {
      kind: "authorization",
      records: 0,
      entries: 0,
      problems: [],
    });
    assert.equal(session?.records, 1);
  });
});

Deno.test("checkIndexes: values that make no sense are problems, not failures", async () => {
  await withStore(async ({ store, env }) => {
    const hash = new Uint8Array(32);
    await store.commit({
      writes: [null, 1, "text", [], { expires_at: "soon" }].flatMap((value, n) => [
        { key: ["authorization", hash.with(0, n)], value },
        { key: ["session_by_sid", hash, hash.with(0, n)], value },
        { key: ["consent_by_sub", String(n)], value },
      ]),
    });
    const reports = await checkIndexes(store, env);
    assert.deepEqual(reports.map(({ problems }) => problems.length), [15, 5, 5]);
    assert.equal(reports[1]?.problems[0], "session_by_sid 00000000/00000000: leads to no record");
  });
});

Deno.test("checkIndexes: no more than 100 problems of a kind are told, and none is held back silently", async () => {
  await withStore(async ({ store, env }) => {
    const key = (n: number): Key => ["session_by_sid", new Uint8Array(32), new Uint8Array([n])];
    await store.commit({
      writes: Array.from({ length: 130 }, (_, n) => ({ key: key(n), value: {} })),
    });
    const [, report] = await checkIndexes(store, env);
    assert.equal(report?.problems.length, 101);
    assert.equal(report?.problems.at(-1), "and 30 more");
  });
});

Deno.test("checkIndexes: it reads page by page", async () => {
  await withStore(async ({ store, env, records }) => {
    for (let n = 0; n < 600; n++) await records.authorization.put(`${n}`, someGrant(`${n}`));
    const pages: string[] = [];
    await checkIndexes({
      get: store.get,
      list(prefix, options) {
        assert.ok(options.limit <= 250);
        pages.push(String(prefix[0]));
        return store.list(prefix, options);
      },
    }, env);
    for (const name of ["authorization", "authorization_by_sub", "authorization_by_sid"]) {
      assert.equal(pages.filter((page) => page === name).length, 3);
    }
  });
});

Deno.test("checkIndexes: finds nothing wrong while records come, change, are prolonged and go", async () => {
  await withStore(async ({ store: kv, env, records: { authorization } }) => {
    // Answers come late, so that writes get between two reads.
    const store = faultyStore(env, kv);
    let [on, writes] = [true, 0];
    const writer = async (name: string) => {
      for (let n = 0; on; n = (n + 1) % 40) {
        const id = `${name}${n}`;
        const grant = someGrant(id);
        await authorization.put(id, grant);
        await authorization.update(id, (old) => old && { ...old, expires_at: END + 1 + n });
        if (n % 3 !== 0) await authorization.take(id);
        writes += 3;
        // The store answers without ever leaving the turn: others want to run too.
        await new Promise((resolve) => setTimeout(resolve));
      }
    };
    const writers = ["a", "b", "c"].map(writer);
    try {
      for (let round = 0; round < 10; round++) {
        const reports = await checkIndexes(store, env);
        assert.deepEqual(reports.flatMap(({ problems }) => problems), []);
      }
    } finally {
      on = false;
      await Promise.all(writers);
    }
    assert.ok(writes > 300, `${writes}`);
    assert.deepEqual(await problemsOf({ store: kv, env }), []);
  });
});

function someGrant(id: string): Authorization {
  return someAuthorization({
    grant_id: `az_${id}`,
    client_id: `client-${id}`,
    sub: `sub-${id}`,
    sid: `sid-${id}`,
    expires_at: END,
  });
}
