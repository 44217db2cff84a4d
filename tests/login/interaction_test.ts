/** Whether a waiting request is its browser's alone. */

import assert from "node:assert/strict";
import { formToken } from "../../src/login/form_token.ts";
import {
  noteProgress,
  openInteraction,
  pause,
  turnedInto,
  turnInto,
} from "../../src/login/interaction.ts";
import type { Paused } from "../../src/login/paused.ts";
import { openCollections } from "../../src/store/collection.ts";
import type { Store } from "../../src/store/store.ts";
import { testEnv } from "../support/env.ts";
import { faultyStore } from "../support/faulty_store.ts";
import { memoryStore } from "../support/memory_store.ts";
import { createRing } from "../support/ring.ts";
import { someRequest } from "../support/some_records.ts";

const [MINE, FOREIGN] = ["m".repeat(43), "f".repeat(43)];
const REQUEST = someRequest({
  state: "state-s3cr3t",
  nonce: "nonce-s3cr3t",
  code_challenge: "c".repeat(43),
  max_age: 0,
  login_hint: "Jürgen",
});

const WAITING: Paused = { kind: "authorization", request: REQUEST };

const KEY = new Uint8Array(32).fill(7);

function serverOver(store: Store, env = testEnv(), key = KEY) {
  return { env, store, records: openCollections(store, env), ring: createRing(env, [key]) };
}

Deno.test("pause, openInteraction: the request comes back as it was, to its browser", async () => {
  const server = await serverOver(memoryStore());
  const handle = await pause(server, WAITING, MINE);
  assert.match(handle, /^ia_[\w-]{43}$/);
  const open = await openInteraction(server, handle, MINE);
  assert.equal(open?.handle, handle);
  assert.deepEqual(open?.paused, JSON.parse(JSON.stringify(WAITING)));
  for (const step of ["authenticated", "selected", "consented"] as const) {
    assert.equal(open?.interaction[step], undefined);
  }
});

Deno.test("pause, openInteraction: a visit to a page of ours comes back too", async () => {
  const server = await serverOver(memoryStore());
  for (const ui_locales of ["de en", undefined]) {
    const visit = { page: "account", ui_locales } as const;
    const handle = await pause(server, { kind: "visit", visit }, MINE);
    const open = await openInteraction(server, handle, MINE);
    assert.ok(open?.paused.kind === "visit");
    assert.equal(open.paused.visit.page, "account");
    assert.equal(open.paused.visit.ui_locales, ui_locales);
    assert.equal(await openInteraction(server, handle, FOREIGN), undefined);
  }
});

Deno.test("openInteraction: pages and kinds that only another version knows are not opened", async () => {
  const server = await serverOver(memoryStore());
  const visit = (page: string) => ({ kind: "visit", visit: { page } });
  for (
    const unknown of [
      visit("device"),
      visit("/account"),
      visit("https://evil.example"),
      visit("__proto__"),
      visit("constructor"),
      { kind: "upstream" },
      REQUEST,
    ]
  ) {
    const handle = await pause(server, unknown as unknown as Paused, MINE);
    assert.equal(await openInteraction(server, handle, MINE), undefined);
  }
});

Deno.test("openInteraction: another browser, no handle and a wrong one find nothing", async () => {
  const server = await serverOver(memoryStore());
  const handle = await pause(server, WAITING, MINE);
  for (const browser of [FOREIGN, "", MINE.slice(1)]) {
    assert.equal(await openInteraction(server, handle, browser), undefined);
  }
  for (const wrong of [undefined, "", "ia_", `${handle}x`, handle.slice(3)]) {
    assert.equal(await openInteraction(server, wrong, MINE), undefined);
  }
  assert.ok(await openInteraction(server, handle, MINE));
});

Deno.test("openInteraction: a request waits for a quarter of an hour from the last step on", async () => {
  const server = await serverOver(memoryStore());
  for (const step of [openInteraction, undefined]) {
    const handle = await pause(server, WAITING, MINE);
    server.env.advance(899);
    if (step === undefined) assert.ok(await noteProgress(server, handle, { selected: "S1" }));
    else assert.ok(await step(server, handle, MINE));
    server.env.advance(899);
    assert.ok(await server.records.interaction.get(handle));
    server.env.advance(1);
    assert.equal(await openInteraction(server, handle, MINE), undefined);
    assert.equal(await noteProgress(server, handle, { selected: "S1" }), false);
    assert.equal(await openInteraction(server, handle, MINE), undefined);
  }
});

Deno.test("openInteraction: however often somebody comes back, after an hour it is over", async () => {
  const server = await serverOver(memoryStore());
  const handle = await pause(server, WAITING, MINE);
  const begun = server.env.now();
  while (await openInteraction(server, handle, MINE)) {
    await noteProgress(server, handle, { selected: "S1" });
    await turnInto(server, handle, WAITING);
    server.env.advance(100);
  }
  assert.equal(server.env.now() - begun, 3600);
});

Deno.test("openInteraction: steps are noted once a minute, and a check is that of what stands there", async () => {
  const server = await serverOver(memoryStore());
  const handle = await pause(server, WAITING, MINE);
  const versions = new Set<string | null>();
  for (let second = 0; second < 180; second += 10) {
    const open = await openInteraction(server, handle, MINE);
    assert.ok(open !== undefined);
    versions.add(open.check.version);
    assert.ok(await server.store.commit({ checks: [open.check], writes: [] }));
    server.env.advance(10);
  }
  assert.equal(versions.size, 3);
});

Deno.test("openInteraction: another browser keeps nothing alive, and a clock that goes back ends nothing early", async () => {
  const server = await serverOver(memoryStore());
  const handle = await pause(server, WAITING, MINE);
  const ends = async () => (await server.records.interaction.get(handle))?.expires_at;
  const first = await ends();
  server.env.advance(600);
  assert.equal(await openInteraction(server, handle, FOREIGN), undefined);
  assert.equal(await ends(), first);
  server.env.advance(-700);
  await noteProgress(server, handle, { selected: "S1" });
  assert.equal(await ends(), first);
});

Deno.test("turnedInto: of a request that was answered its client alone is left, for its browser", async () => {
  const server = await serverOver(memoryStore());
  const handle = await pause(server, WAITING, MINE);
  const open = await openInteraction(server, handle, MINE);
  assert.ok(open !== undefined);
  const answer = () =>
    server.store.commit({
      checks: [open.check],
      writes: turnedInto(server, open, { kind: "answered", client_id: "web" }),
    });
  assert.deepEqual((await Promise.all([answer(), answer()])).filter(Boolean), [true]);
  const left = await openInteraction(server, handle, MINE);
  assert.deepEqual(left?.paused, { kind: "answered", client_id: "web" });
  assert.equal(await openInteraction(server, handle, FOREIGN), undefined);
});

Deno.test("openInteraction: the first browser that comes claims what none has claimed", async () => {
  const server = await serverOver(memoryStore());
  const handle = await pause(server, WAITING, undefined);
  const open = await openInteraction(server, handle, MINE);
  assert.equal(open?.paused.kind, "authorization");
  assert.equal(await openInteraction(server, handle, FOREIGN), undefined);
  assert.ok(await openInteraction(server, handle, MINE));
});

Deno.test("openInteraction: of browsers that race for a request one wins, at two instances too", async () => {
  const env = testEnv();
  const store = memoryStore();
  const instances = await Promise.all([0, 1].map(() => serverOver(faultyStore(env, store), env)));
  for (let round = 0; round < 10; round++) {
    const handle = await pause(instances[0]!, WAITING, undefined);
    const browsers = Array.from({ length: 10 }, (_, index) => String(index).repeat(43));
    const opened = await Promise.all(
      browsers.map((browser, index) => openInteraction(instances[index % 2]!, handle, browser)),
    );
    const winners = browsers.filter((_, index) => opened[index] !== undefined);
    assert.equal(winners.length, 1);
    assert.ok(await openInteraction(instances[1]!, handle, winners[0]!));
  }
});

Deno.test("openInteraction: what was tampered with, or sealed with other keys, is not opened", async () => {
  const store = memoryStore();
  const server = await serverOver(store);
  const handle = await pause(server, WAITING, MINE);
  const record = await server.records.interaction.get(handle);
  assert.ok(record !== undefined);
  for (const at of [0, 1, 5, 17, record.sealed_request.length - 1]) {
    const sealed_request = record.sealed_request.slice();
    sealed_request[at]! ^= 1;
    await server.records.interaction.put(handle, { ...record, sealed_request });
    assert.equal(await openInteraction(server, handle, MINE), undefined);
  }
  for (const sealed_request of [new Uint8Array(), record.sealed_request.slice(0, -1)]) {
    await server.records.interaction.put(handle, { ...record, sealed_request });
    assert.equal(await openInteraction(server, handle, MINE), undefined);
  }
  await server.records.interaction.put(handle, record);
  assert.ok(await openInteraction(server, handle, MINE));
  const other = await serverOver(store, server.env, new Uint8Array(32).fill(8));
  assert.equal(await openInteraction(other, handle, MINE), undefined);
});

Deno.test("pause: the database holds neither the request, nor the handle, nor the browser", async () => {
  const store = memoryStore();
  const server = await serverOver(store);
  const handle = await pause(server, WAITING, MINE);
  const [entry, ...others] = await store.list(["interaction"], { limit: 10 });
  assert.ok(entry !== undefined && others.length === 0);
  const { sealed_request } = entry.value as { sealed_request: Uint8Array };
  const text = new TextDecoder().decode(sealed_request) + JSON.stringify([entry.key, entry.value]);
  for (const secret of ["s3cr3t", handle, MINE, "rp.example.com"]) {
    assert.ok(!text.includes(secret));
  }
});

Deno.test("noteProgress: adds to what was done before, and ends every older check", async () => {
  const server = await serverOver(memoryStore());
  const handle = await pause(server, WAITING, MINE);
  const before = await openInteraction(server, handle, MINE);
  assert.ok(before !== undefined);
  await noteProgress(server, handle, { authenticated: "S1", selected: "S1" });
  await noteProgress(server, handle, { consented: "alice" });
  const after = await openInteraction(server, handle, MINE);
  assert.ok(after !== undefined);
  const { authenticated, selected, consented } = after.interaction;
  assert.deepEqual({ authenticated, selected, consented }, {
    authenticated: "S1",
    selected: "S1",
    consented: "alice",
  });
  const end = (check: typeof after.check) =>
    server.store.commit({
      checks: [check],
      writes: server.records.interaction.erase({ record: after.interaction, check }),
    });
  assert.equal(await end(before.check), false);
  const ends = await Promise.all([end(after.check), end(after.check)]);
  assert.deepEqual(ends.filter(Boolean), [true]);
  assert.equal(await openInteraction(server, handle, MINE), undefined);
});

Deno.test("formToken: differs for every interaction, browser and subject, and shows none of them", () => {
  const tokens = [
    formToken("ia_1", MINE),
    formToken("ia_2", MINE),
    formToken("ia_1", FOREIGN),
    formToken("ia_1", MINE, "S1"),
    formToken("ia_1", MINE, "S2"),
    formToken("ia_1\0", MINE.slice(1)),
  ];
  assert.equal(new Set(tokens).size, tokens.length);
  for (const token of tokens) assert.match(token, /^[\w-]{43}$/);
  assert.equal(formToken("ia_1", MINE), tokens[0]);
});
