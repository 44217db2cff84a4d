/** Whether somebody whose interaction can't go on learns why, and no stranger anything of it. */

import assert from "node:assert/strict";
import { openInteraction, pause, turnedInto } from "../../src/login/interaction.ts";
import { findLost } from "../../src/login/lost_interaction.ts";
import type { Paused } from "../../src/login/paused.ts";
import { openCollections } from "../../src/store/collection.ts";
import { testEnv } from "../support/env.ts";
import { memoryStore } from "../support/memory_store.ts";
import { createRing } from "../support/ring.ts";
import { someRequest } from "../support/some_records.ts";

const [MINE, FOREIGN] = ["m".repeat(43), "f".repeat(43)];
const WAITING: Paused = { kind: "authorization", request: someRequest() };

function newServer(env = testEnv(), store = memoryStore(), key = 7) {
  const ring = createRing(env, [new Uint8Array(32).fill(key)]);
  return { env, store, records: openCollections(store, env), ring };
}

Deno.test("findLost: whoever began it learns that it took too long, and with whom", async () => {
  const server = newServer();
  const handle = await pause(server, WAITING, MINE);
  server.env.advance(900);
  const client_id = someRequest().client_id;
  assert.deepEqual(await findLost(server, handle, MINE), { loss: "expired", client_id });
  const foreign = { loss: "foreign", client_id: undefined };
  assert.deepEqual(await findLost(server, handle, FOREIGN), foreign);
});

Deno.test("findLost: whoever began it learns that it was answered; others that it isn't theirs", async () => {
  const server = newServer();
  const handle = await pause(server, WAITING, MINE);
  const open = await openInteraction(server, handle, MINE);
  assert.ok(open !== undefined);
  await server.store.commit({
    checks: [open.check],
    writes: turnedInto(server, open, { kind: "answered", client_id: "web" }),
  });
  for (const seconds of [0, 900]) {
    server.env.advance(seconds);
    const answered = { loss: "answered", client_id: "web" };
    assert.deepEqual(await findLost(server, handle, MINE), answered);
    const foreign = { loss: "foreign", client_id: undefined };
    assert.deepEqual(await findLost(server, handle, FOREIGN), foreign);
  }
});

Deno.test("findLost: of what nobody has begun yet, nobody learns the client", async () => {
  const server = newServer();
  const handle = await pause(server, WAITING, undefined);
  server.env.advance(900);
  const expired = { loss: "expired", client_id: undefined };
  assert.deepEqual(await findLost(server, handle, MINE), expired);
});

Deno.test("findLost: no handle, a wrong one, and what no key opens are unknown", async () => {
  const server = newServer();
  const handle = await pause(server, WAITING, MINE);
  const unknown = { loss: "unknown", client_id: undefined };
  for (const wrong of [undefined, "", "ia_", `${handle}x`]) {
    assert.deepEqual(await findLost(server, wrong, MINE), unknown);
  }
  const other = newServer(server.env, server.store, 8);
  assert.deepEqual(await findLost(other, handle, MINE), unknown);
});

Deno.test("findLost: a visit and a logout have no client", async () => {
  const server = newServer();
  const visit = { page: "account", ui_locales: undefined } as const;
  const handle = await pause(server, { kind: "visit", visit }, MINE);
  server.env.advance(900);
  const expired = { loss: "expired", client_id: undefined };
  assert.deepEqual(await findLost(server, handle, MINE), expired);
});
