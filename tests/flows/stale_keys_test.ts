/** What is answered by an instance that can't know any more which key signs. */

import assert from "node:assert/strict";
import { base64url, utf8 } from "../../src/lib/bytes.ts";
import { answer, introspect } from "../support/flow.ts";
import { memoryStore } from "../support/memory_store.ts";
import { accessToken, rotating, signedAnswer } from "../support/rotation.ts";
import { testServer } from "../support/server.ts";
import { breakableStore } from "../support/wrapped_store.ts";

const TIMES = { propagation: "1h", rotation: "1d", retention: "1d" };
const LIFETIME = 300;

/** A server whose store can be taken away. */
async function breakable() {
  const broken = breakableStore(memoryStore());
  const config = {
    ...rotating({ ...TIMES, propagation: "5m" }, LIFETIME),
    data_protection: { keys: [{ env: "DATA_KEY" }] },
  };
  const variables = { DATA_KEY: "A".repeat(43) };
  return Object.assign(broken, {
    server: await testServer({ store: broken.store, config, variables }),
  });
}

Deno.test("stale keys: an instance without its store signs for as long as propagation, then says 503, and signs again at once", async () => {
  const world = await breakable();
  const { server } = world;
  const { env } = server;
  const ready = async () => {
    const { status, body } = await answer(await server.fetch("/readyz"));
    return { status, checks: body["checks"] };
  };
  const token = await accessToken(server);
  await signedAnswer(server, token);
  assert.deepEqual(await ready(), { status: 200, checks: { store: "ok", keys: "ok" } });
  world.away = true;
  env.advance(300);
  await accessToken(server);
  assert.deepEqual(await ready(), { status: 503, checks: { store: "failed", keys: "ok" } });
  env.advance(1);
  await assert.rejects(accessToken(server), /^Error: 503 .*temporarily_unavailable/);
  assert.deepEqual(await ready(), { status: 503, checks: { store: "failed", keys: "failed" } });
  // Who verifies still can, and is told the same as ever.
  const keySet = () => server.fetch("/.well-known/openid-configuration/jwks");
  const stale = await keySet();
  assert.equal((await stale.json()).keys.length, 2);
  // It may lack a key that signs in a moment.
  assert.equal(stale.headers.get("Cache-Control"), "public, max-age=0");
  const metadata = await (await server.fetch("/.well-known/openid-configuration")).json();
  assert.deepEqual(metadata.id_token_signing_alg_values_supported, ["ES256", "EdDSA"]);
  world.away = false;
  await accessToken(server);
  assert.deepEqual(await ready(), { status: 200, checks: { store: "ok", keys: "ok" } });
  const fresh = await keySet();
  assert.equal(fresh.headers.get("Cache-Control"), "public, max-age=75");
  await fresh.body?.cancel();
  await server[Symbol.asyncDispose]();
});

Deno.test("stale keys: a process that has slept while others rotated signs with their key, and verifies what they have signed", async () => {
  const store = memoryStore();
  const config = rotating(TIMES, LIFETIME);
  await using awake = await testServer({ store, config });
  await using asleep = await testServer({ store, config });
  const [{ env }, own] = [awake, asleep.env];
  for (let hour = 0; hour < 30; hour++) {
    env.advance(3600);
    await awake.server.keys.tend();
  }
  own.advance(30 * 3600);
  const theirs = await accessToken(awake);
  assert.equal((await introspect(asleep, "api", theirs)).body["active"], true);
  own.advance(2 * 3600);
  env.advance(2 * 3600);
  const ours = await accessToken(asleep);
  await awake.server.keys.tend();
  assert.equal((await introspect(awake, "api", ours)).body["active"], true);
  assert.equal(
    asleep.server.keys.signing("EdDSA")?.kid,
    awake.server.keys.signing("EdDSA")?.kid,
  );
});

Deno.test("reload: a new server over the same store has the keys of the old one, and neither makes any", async () => {
  const store = memoryStore();
  await using before = await testServer({ store, config: rotating(TIMES, LIFETIME) });
  await using after = await testServer({
    store,
    env: before.env,
    config: rotating({ ...TIMES, rotation: "2d" }, LIFETIME),
  });
  assert.deepEqual(after.server.keys.jwks, before.server.keys.jwks);
  const created = () => before.env.events.filter(({ message }) => message === "key.created").length;
  assert.equal(created(), 2);
  // Requests that the old one is still answering.
  const late = await accessToken(before);
  assert.equal((await introspect(after, "api", late)).body["active"], true);
  before.env.advance(86_400);
  await after.server.keys.tend();
  assert.equal(created(), 2);
  assert.equal((await introspect(after, "api", await accessToken(before))).body["active"], true);
});

/** A token that nobody has signed, whose header names this key. */
function forged(kid: unknown): string {
  const [header, claims] = [{ alg: "EdDSA", typ: "at+jwt", kid }, { sub: "alice" }]
    .map((part) => base64url(utf8(JSON.stringify(part))));
  return `${header}.${claims}.${base64url(new Uint8Array(64))}`;
}

Deno.test("damaged keys: who asks about a key that can't be learned is told to come again, and nobody else notices", async () => {
  await using server = await testServer({ config: rotating(TIMES, LIFETIME) });
  const { env, server: { keys, records } } = server;
  const token = await accessToken(server);
  await records.key_schedule.delete("managed");
  const asked = await introspect(server, "api", forged("x".repeat(43)));
  assert.deepEqual([asked.status, asked.body["error"]], [503, "temporarily_unavailable"]);
  const [failure] = env.events.filter(({ level }) => level === "error");
  assert.equal(failure!.message, "request.unavailable");
  assert.match(String(failure!.members["reason"]), /^the schedule of the managed keys is gone/);
  assert.equal((await introspect(server, "api", token)).body["active"], true);
  assert.equal((await introspect(server, "api", await accessToken(server))).body["active"], true);
  // Once it can't know any more what signs, it says so at once.
  env.advance(3601);
  await assert.rejects(accessToken(server), /^Error: 503 .*temporarily_unavailable/);
  assert.ok(!keys.fresh);
});

Deno.test("RFC 7662 §2.2: a token with a kid that no key has is inactive, whatever it is", async () => {
  await using server = await testServer({ config: rotating(TIMES, LIFETIME) });
  const kids = [{ toString: 1, valueOf: 1 }, ["x".repeat(43)], 7, null, "__proto__", "\n", "y"];
  for (const kid of [...kids, "z".repeat(43)]) {
    const { status, body } = await introspect(server, "api", forged(kid));
    assert.deepEqual([status, body], [200, { active: false }], JSON.stringify(kid));
  }
  const lines = JSON.stringify(server.env.events);
  for (const said of ["z".repeat(43), "__proto__", "toString"]) assert.ok(!lines.includes(said));
});
