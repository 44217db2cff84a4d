/** Whether a refresh token that was rotated a moment ago is forgiven, once and for all with the same successor. */

import { decodeJwt } from "jose";
import assert from "node:assert/strict";
import { base64url } from "../../src/lib/bytes.ts";
import type { Authorization } from "../../src/store/records.ts";
import { findGrant, revokeGrants } from "../../src/tokens/stored_grants.ts";
import { type RawConfig, withClient } from "../support/config.ts";
import { type TestEnv, testEnv } from "../support/env.ts";
import {
  type Answer,
  assertRefused,
  refresh,
  type Tokens,
  tokensFor,
  tokensOf,
  userinfo,
} from "../support/flow.ts";
import { memoryStore } from "../support/memory_store.ts";
import { type TestServer, testServer } from "../support/server.ts";
import { twoServers } from "../support/two_servers.ts";

const OFFLINE = { scope: "openid email offline_access" };
const GRACE = { refresh_token_grace: "20s" };

function graceful(members: RawConfig = {}): Promise<TestServer> {
  return testServer({ config: withClient("spa", { ...GRACE, ...members }), late: true });
}

async function isAlive(server: TestServer, { access_token }: Tokens): Promise<boolean> {
  return (await userinfo(server, access_token)).status === 200;
}

/** The family of a JWT access token. */
async function grantOf({ server }: TestServer, { access_token }: Tokens): Promise<Authorization> {
  const grant = await findGrant(server, decodeJwt(access_token).jti!.split(".")[0]!);
  assert.ok(grant !== undefined);
  return grant;
}

Deno.test("refresh_token_grace: whoever comes again within it gets the very same successor, and an access token of their own", async () => {
  await using server = await graceful();
  const first = await tokensFor(server, OFFLINE);
  const second = tokensOf(await refresh(server, first.refresh_token));
  for (const seconds of [0, 10, 9]) {
    server.env.advance(seconds);
    const again = tokensOf(await refresh(server, first.refresh_token));
    assert.equal(again.refresh_token, second.refresh_token);
    assert.notEqual(again.access_token, second.access_token);
    assert.ok(await isAlive(server, again));
  }
  assert.equal((await grantOf(server, first)).refresh_token?.generation, 2);
  const third = tokensOf(await refresh(server, second.refresh_token));
  assert.notEqual(third.refresh_token, second.refresh_token);
  assert.equal((await grantOf(server, first)).refresh_token?.generation, 3);
});

Deno.test("refresh_token_grace: 100 parallel uses at two servers all succeed, with one successor", async () => {
  await using kv = await testServer();
  const { env, store } = kv;
  const open = () => testServer({ env, store, late: true, config: withClient("spa", GRACE) });
  const servers = [await open(), await open()] as const;
  const first = await tokensFor(servers[0], OFFLINE);
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, n) => refresh(servers[n % 2]!, first.refresh_token)),
  );
  const all = answers.map(tokensOf);
  assert.equal(new Set(all.map(({ refresh_token }) => refresh_token)).size, 1);
  assert.equal(new Set(all.map(({ access_token }) => access_token)).size, 100);
  assert.equal((await grantOf(servers[0], first)).refresh_token?.generation, 2);
  for (const tokens of all.slice(0, 5)) assert.ok(await isAlive(servers[1], tokens));
  assert.equal((await refresh(servers[1], all[0]!.refresh_token)).status, 200);
});

Deno.test("refresh_token_grace: another instance forgives too", async () => {
  await using servers = await twoServers({ config: withClient("spa", GRACE) });
  const { one, two } = servers;
  const first = await tokensFor(one, OFFLINE);
  const second = tokensOf(await refresh(one, first.refresh_token));
  const again = tokensOf(await refresh(two, first.refresh_token));
  assert.equal(again.refresh_token, second.refresh_token);
  assert.ok(await isAlive(one, again));
});

/** What makes a second use of a rotated token a theft. */
const thefts: Readonly<
  Record<string, (server: TestServer, second: Tokens) => Promise<unknown> | void>
> = {
  "its grace is over": ({ env }) => env.advance(20),
  "its successor was used": (server, { refresh_token }) => refresh(server, refresh_token),
};
for (const [reason, happens] of Object.entries(thefts)) {
  Deno.test(`RFC 9700 §4.14.2: a rotated token is forgiven no more once ${reason}, and its family ends`, async () => {
    await using server = await graceful();
    const first = await tokensFor(server, OFFLINE);
    const second = tokensOf(await refresh(server, first.refresh_token));
    await happens(server, second);
    assertRefused(await refresh(server, first.refresh_token));
    assertRefused(await refresh(server, second.refresh_token));
    for (const tokens of [first, second]) assert.equal(await isAlive(server, tokens), false);
  });
}

Deno.test("RFC 9700 §4.14.2: a token that was rotated twice is never forgiven, and takes all its descendants along", async () => {
  await using server = await graceful();
  const chain = [await tokensFor(server, OFFLINE)];
  for (let n = 0; n < 4; n++) {
    chain.push(tokensOf(await refresh(server, chain.at(-1)!.refresh_token)));
  }
  assert.equal((await grantOf(server, chain[0]!)).refresh_token?.generation, 5);
  assertRefused(await refresh(server, chain[1]!.refresh_token));
  for (const tokens of chain) {
    assert.equal(await isAlive(server, tokens), false);
    assertRefused(await refresh(server, tokens.refresh_token));
  }
});

Deno.test("refresh_token_grace: an answer narrows its scope as any other one", async () => {
  await using server = await graceful();
  const first = await tokensFor(server, OFFLINE);
  const second = tokensOf(await refresh(server, first.refresh_token));
  const narrow = tokensOf(await refresh(server, first.refresh_token, { scope: "openid" }));
  assert.deepEqual([narrow.scope, narrow.refresh_token], ["openid", second.refresh_token]);
  assert.equal(decodeJwt(narrow.access_token)["scope"], "openid");
  assertRefused(
    await refresh(server, first.refresh_token, { scope: "openid phone" }),
    "invalid_scope",
  );
  const whole = tokensOf(await refresh(server, first.refresh_token));
  assert.equal(whole.scope, OFFLINE.scope);
});

Deno.test("refresh_token_grace: it does not outlive the chain", async () => {
  await using server = await graceful({ refresh_token_absolute_lifetime: "100s" });
  const first = await tokensFor(server, OFFLINE);
  server.env.advance(90);
  tokensOf(await refresh(server, first.refresh_token));
  server.env.advance(9);
  tokensOf(await refresh(server, first.refresh_token));
  server.env.advance(1);
  assertRefused(await refresh(server, first.refresh_token));
});

Deno.test("refresh_token_grace: another client's try is refused and harms nobody, a revoked family is not forgiven", async () => {
  await using server = await graceful();
  const first = await tokensFor(server, OFFLINE);
  const second = tokensOf(await refresh(server, first.refresh_token));
  assertRefused(await refresh(server, first.refresh_token, {}, "post"));
  assert.equal(
    tokensOf(await refresh(server, first.refresh_token)).refresh_token,
    second.refresh_token,
  );
  assert.equal(await revokeGrants(server.server, { sub: "sub-alice", client_id: "spa" }), 1);
  assertRefused(await refresh(server, first.refresh_token));
});

Deno.test("refresh_token_grace: the ring may be rotated in between, as long as it keeps the old key", async () => {
  const folder = await Deno.makeTempDir();
  const env = testEnv();
  const store = memoryStore();
  const key = async (name: string) => {
    const file = `${folder}/${name}`;
    await Deno.writeTextFile(file, base64url(env.random(32)));
    return { file };
  };
  const [old, fresh] = [await key("old"), await key("fresh")];
  const withRing = (...keys: unknown[]) =>
    testServer({ env, store, config: { data_protection: { keys }, ...withClient("spa", GRACE) } });
  try {
    const before = await withRing(old);
    const first = await tokensFor(before, OFFLINE);
    const second = tokensOf(await refresh(before, first.refresh_token));
    const after = await withRing(fresh, old);
    const again = tokensOf(await refresh(after, first.refresh_token));
    assert.equal(again.refresh_token, second.refresh_token);
    const third = tokensOf(await refresh(after, again.refresh_token));
    const retried = tokensOf(await refresh(await withRing(fresh), again.refresh_token));
    assert.equal(retried.refresh_token, third.refresh_token);
  } finally {
    store.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("refresh_token_grace: without one there is nothing to give out twice", async () => {
  await using server = await testServer();
  const first = await tokensFor(server, OFFLINE);
  tokensOf(await refresh(server, first.refresh_token));
  assert.equal((await grantOf(server, first)).refresh_token?.previous, undefined);
  assertRefused(await refresh(server, first.refresh_token));
});

Deno.test("refresh_token_grace: a grace that is longer now does not reach back, a shorter one neither", async () => {
  const env: TestEnv = testEnv();
  const store = memoryStore();
  const withGrace = (refresh_token_grace: string) =>
    testServer({ env, store, config: withClient("spa", { refresh_token_grace }) });
  const [short, long] = [await withGrace("20s"), await withGrace("100s")];
  const answers: Answer[] = [];
  for (const [rotating, asked] of [[short, long], [long, short]] as const) {
    const first = await tokensFor(rotating, OFFLINE);
    tokensOf(await refresh(rotating, first.refresh_token));
    env.advance(50);
    answers.push(await refresh(asked, first.refresh_token));
  }
  assert.deepEqual(answers.map(({ status }) => status), [400, 200]);
  store.close();
});
