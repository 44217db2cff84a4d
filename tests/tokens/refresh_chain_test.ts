/** Whether a chain of refresh tokens goes on one by one, and ends when it has to. */

import assert from "node:assert/strict";
import { sha256 } from "../../src/lib/bytes.ts";
import type { Client } from "../../src/oauth/client.ts";
import { newSeed, readHandle } from "../../src/tokens/handle.ts";
import {
  firstRefreshToken,
  forgiven,
  isCurrent,
  type NewRefreshToken,
  prolonged,
  successor,
} from "../../src/tokens/refresh_chain.ts";
import { someClient } from "../support/client.ts";
import { START, testEnv } from "../support/env.ts";
import { createRing } from "../support/ring.ts";

const SCOPE = ["openid", "offline_access"];

function serverOf() {
  const env = testEnv();
  return { env, ring: createRing(env, [env.random(32)]) };
}

type Server = Awaited<ReturnType<typeof serverOf>>;

function first(server: Server, client: Client): NewRefreshToken {
  const made = firstRefreshToken(server, client, newSeed(server.env), SCOPE);
  assert.ok(made !== undefined);
  return made;
}

function presented(token: string) {
  const handle = readHandle("refresh_token", token);
  assert.ok(handle !== undefined);
  return handle;
}

const LIFETIMES = { refresh_token_lifetime: 100, refresh_token_absolute_lifetime: 250 };

Deno.test("OpenID Connect Core §11: there is a refresh token where offline_access was granted, and the client may refresh", () => {
  const server = serverOf();
  const seed = newSeed(server.env);
  assert.equal(firstRefreshToken(server, someClient(), seed, ["openid"]), undefined);
  const once = someClient({ grant_types: ["authorization_code"] });
  assert.equal(firstRefreshToken(server, once, seed, SCOPE), undefined);
  const { token, chain } = first(server, someClient(LIFETIMES));
  assert.deepEqual(chain, {
    sha256: sha256(token),
    generation: 1,
    absolute_expires_at: START + 250,
    expires_at: START + 100,
    previous: undefined,
  });
});

for (const [refresh_token_expiration, ends] of [["sliding", 190], ["absolute", 250]] as const) {
  Deno.test(`successor: the next generation of the same grant, ${refresh_token_expiration}; the absolute end stays that of the first`, () => {
    const server = serverOf();
    const client = someClient({ ...LIFETIMES, refresh_token_expiration });
    const { token, chain } = first(server, client);
    assert.equal(chain.expires_at, START + (ends === 250 ? 250 : 100));
    server.env.advance(90);
    const { seed, grant_id } = presented(token);
    const next = successor(server, client, seed, chain);
    assert.deepEqual(next.chain, {
      sha256: sha256(next.token),
      generation: 2,
      absolute_expires_at: START + 250,
      expires_at: START + ends,
      previous: undefined,
    });
    assert.equal(presented(next.token).grant_id, grant_id);
    assert.notEqual(next.token, token);
    server.env.advance(90);
    const last = successor(server, client, seed, next.chain);
    assert.deepEqual([last.chain.generation, last.chain.expires_at], [3, START + 250]);
  });
}

Deno.test("forgiven: the one before gets the good token, within its grace and the chain's life; nobody else does", async () => {
  const server = serverOf();
  const client = someClient({ ...LIFETIMES, refresh_token_grace: 20 });
  const one = first(server, client);
  const { seed } = presented(one.token);
  assert.equal(await forgiven(server, one.chain, presented(one.token)), undefined);
  server.env.advance(50);
  const two = successor(server, client, seed, one.chain);
  assert.equal(await forgiven(server, two.chain, presented(one.token)), two.token);
  server.env.advance(19);
  assert.equal(await forgiven(server, two.chain, presented(one.token)), two.token);
  assert.equal(await forgiven(server, two.chain, presented(two.token)), undefined);
  assert.equal(
    await forgiven(server, { ...two.chain, expires_at: server.env.now() }, presented(one.token)),
    undefined,
  );
  const three = successor(server, client, seed, two.chain);
  assert.equal(await forgiven(server, three.chain, presented(one.token)), undefined);
  assert.equal(await forgiven(server, three.chain, presented(two.token)), three.token);
  server.env.advance(1);
  assert.equal(await forgiven(server, two.chain, presented(one.token)), undefined);
});

Deno.test("forgiven: the successor is kept sealed, and a ring without its key does not open it", async () => {
  const server = serverOf();
  const client = someClient({ refresh_token_grace: 20 });
  const one = first(server, client);
  const { token, chain } = successor(server, client, presented(one.token).seed, one.chain);
  const kept = new TextDecoder().decode(chain.previous?.sealed_successor);
  assert.ok(!kept.includes(token) && !kept.includes(token.slice(40)));
  const stranger = { ...server, ring: (serverOf()).ring };
  assert.equal(await forgiven(stranger, chain, presented(one.token)), undefined);
});

Deno.test("isCurrent: the good token until its end, no other one ever", () => {
  const server = serverOf();
  const client = someClient(LIFETIMES);
  const one = first(server, client);
  const two = successor(server, client, presented(one.token).seed, one.chain);
  const now = () => server.env.now();
  assert.equal(isCurrent(two.chain, presented(two.token), now()), true);
  assert.equal(isCurrent(two.chain, presented(one.token), now()), false);
  server.env.advance(99);
  assert.equal(isCurrent(two.chain, presented(two.token), now()), true);
  server.env.advance(1);
  assert.equal(isCurrent(two.chain, presented(two.token), now()), false);
});

Deno.test("prolonged: a use is noted once a minute, more often where the token ends sooner", () => {
  const server = serverOf();
  for (const [refresh_token_lifetime, every] of [[100, 10], [600, 60], [1_296_000, 60]] as const) {
    const client = someClient({ refresh_token_lifetime, refresh_token_usage: "reuse" });
    const { chain } = first(server, client);
    const used_at = server.env.now();
    server.env.advance(every - 1);
    assert.equal(prolonged(server, client, chain, used_at), undefined);
    server.env.advance(1);
    assert.deepEqual(prolonged(server, client, chain, used_at), {
      ...chain,
      expires_at: server.env.now() + refresh_token_lifetime,
    });
  }
});
