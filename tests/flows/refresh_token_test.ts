/** How refresh tokens rotate, end, and give their family away when they are used twice. */

import { decodeJwt } from "jose";
import assert from "node:assert/strict";
import { withdrawConsents } from "../../src/login/consent.ts";
import type { Authorization } from "../../src/store/records.ts";
import { findGrant, revokeGrants } from "../../src/tokens/stored_grants.ts";
import { SCOPE, withClient, withUser } from "../support/config.ts";
import { START } from "../support/env.ts";
import { assertRefused, refresh, tokensFor, tokensOf, userinfo } from "../support/flow.ts";
import { listeningServer, type TestServer } from "../support/server.ts";

const DAY = 86_400;
const OFFLINE = { scope: "openid email offline_access", nonce: "nonce-1" };

async function isAlive(server: TestServer, access_token: string): Promise<boolean> {
  const { status } = await userinfo(server, access_token);
  assert.ok(status === 200 || status === 401);
  return status === 200;
}

/** The family of a JWT access token. */
async function grantOf({ server }: TestServer, access_token: string): Promise<Authorization> {
  const grant = await findGrant(server, decodeJwt(access_token).jti!.split(".")[0]!);
  assert.ok(grant !== undefined);
  return grant;
}

Deno.test("OpenID Connect Core §12.2: the ID token of a refresh keeps iss, sub, aud, sid and auth_time, and has no nonce", async () => {
  await using server = await listeningServer();
  const first = await tokensFor(server, OFFLINE);
  server.env.advance(1000);
  const second = tokensOf(await refresh(server, first.refresh_token));
  const { at_hash: _1, nonce, exp: _2, iat: _3, ...before } = decodeJwt(first.id_token);
  const { at_hash: _4, exp: _5, iat, ...after } = decodeJwt(second.id_token);
  assert.deepEqual(after, before);
  assert.equal(nonce, "nonce-1");
  assert.equal(iat, START + 1000);
});

Deno.test("RFC 9700 §4.14.2: an old refresh token used again ends the family, access tokens too", async () => {
  await using server = await listeningServer();
  const first = await tokensFor(server, OFFLINE);
  const second = tokensOf(await refresh(server, first.refresh_token));
  const third = tokensOf(await refresh(server, second.refresh_token));
  assert.notEqual(first.refresh_token, second.refresh_token);
  assert.ok(await isAlive(server, third.access_token));
  assertRefused(await refresh(server, first.refresh_token));
  for (const { access_token, refresh_token } of [first, second, third]) {
    assert.equal(await isAlive(server, access_token), false);
    assertRefused(await refresh(server, refresh_token));
  }
});

Deno.test("RFC 9700 §4.14.2: of 100 parallel uses of one refresh token at most one succeeds", async () => {
  await using server = await listeningServer({ late: true });
  const { refresh_token } = await tokensFor(server, OFFLINE);
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => refresh(server, refresh_token)),
  );
  const successes = answers.filter(({ status }) => status === 200);
  assert.equal(successes.length, 1);
  answers.filter(({ status }) => status !== 200).forEach((answer) => assertRefused(answer));
  const next = tokensOf(successes[0]!);
  assert.equal(await isAlive(server, next.access_token), false);
  assertRefused(await refresh(server, next.refresh_token));
});

Deno.test("RFC 6749 §10.4: a refresh token is its client's alone, and another's try does not harm it", async () => {
  await using server = await listeningServer();
  const { refresh_token } = await tokensFor(server, OFFLINE);
  assertRefused(await refresh(server, refresh_token, {}, "post"));
  assert.equal((await refresh(server, refresh_token)).status, 200);
});

Deno.test("RFC 6749 §6: a refresh may narrow the scope for one access token, never widen it", async () => {
  await using server = await listeningServer();
  const first = await tokensFor(server, { scope: "openid email offline_access" });
  const narrow = tokensOf(await refresh(server, first.refresh_token, { scope: "openid" }));
  assert.equal(narrow.scope, "openid");
  assert.equal(decodeJwt(narrow.access_token)["scope"], "openid");
  const { body } = await userinfo(server, narrow.access_token);
  assert.deepEqual(body, { sub: "sub-alice" });
  const wide = await refresh(server, narrow.refresh_token, { scope: "openid email profile" });
  assert.deepEqual([wide.status, wide.body["error"]], [400, "invalid_scope"]);
  // A refused request has not spent the token; and the whole scope is there again.
  const again = tokensOf(await refresh(server, narrow.refresh_token));
  assert.equal(again.scope, "openid email offline_access");
});

Deno.test("RFC 6749 §6: without openid in a narrowed scope there is no ID token", async () => {
  await using server = await listeningServer();
  const first = await tokensFor(server, { scope: "openid invoices.read offline_access" });
  const next = tokensOf(await refresh(server, first.refresh_token, { scope: "invoices.read" }));
  assert.equal(next.id_token, "");
  assert.equal((await userinfo(server, next.access_token)).status, 403);
});

Deno.test("refresh_token_usage reuse: the same token works again and again", async () => {
  await using server = await listeningServer({
    config: withClient("post", { refresh_token_usage: "reuse" }),
  });
  const first = await tokensFor(server, { ...OFFLINE, client_id: "post" });
  for (let time = 0; time < 3; time++) {
    const next = tokensOf(await refresh(server, first.refresh_token, {}, "post"));
    assert.equal(next.refresh_token, first.refresh_token);
    assert.ok(await isAlive(server, next.access_token));
  }
});

for (const refresh_token_usage of ["one_time", "reuse"]) {
  const chain = async (refresh_token_expiration: string) => {
    const server = await listeningServer({
      config: withClient("post", {
        refresh_token_usage,
        refresh_token_expiration,
        refresh_token_lifetime: "10d",
        refresh_token_absolute_lifetime: "25d",
      }),
    });
    let { refresh_token } = await tokensFor(server, { ...OFFLINE, client_id: "post" });
    const use = async () => {
      const answer = await refresh(server, refresh_token, {}, "post");
      if (answer.status === 200) ({ refresh_token } = tokensOf(answer));
      return answer;
    };
    return { server, use };
  };

  Deno.test(`refresh_token_expiration sliding, ${refresh_token_usage}: use prolongs it, up to the absolute end`, async () => {
    const { server, use } = await chain("sliding");
    await using _ = server;
    for (const days of [9, 9, 6]) {
      server.env.advance(days * DAY);
      assert.equal((await use()).status, 200);
    }
    server.env.advance(DAY - 1);
    assert.equal((await use()).status, 200);
    server.env.advance(1);
    assertRefused(await use());
  });

  Deno.test(`refresh_token_expiration sliding, ${refresh_token_usage}: unused it ends after refresh_token_lifetime`, async () => {
    const { server, use } = await chain("sliding");
    await using _ = server;
    server.env.advance(10 * DAY);
    assertRefused(await use());
  });

  Deno.test(`refresh_token_expiration absolute, ${refresh_token_usage}: it ends after the absolute lifetime, used or not`, async () => {
    const { server, use } = await chain("absolute");
    await using _ = server;
    server.env.advance(25 * DAY - 1);
    assert.equal((await use()).status, 200);
    server.env.advance(1);
    assertRefused(await use());
  });
}

Deno.test("refresh_token_absolute_lifetime: the last access token of the chain lives its full life", async () => {
  const lifetimes = { refresh_token_lifetime: "10d", refresh_token_absolute_lifetime: "10d" };
  await using server = await listeningServer({ config: withClient("spa", lifetimes) });
  const { refresh_token } = await tokensFor(server, OFFLINE);
  server.env.advance(10 * DAY - 1);
  const { access_token } = tokensOf(await refresh(server, refresh_token));
  server.env.advance(3599);
  assert.ok(await isAlive(server, access_token));
  server.env.advance(1);
  assert.equal(await isAlive(server, access_token), false);
});

const changes = {
  "the user is disabled": [withUser("alice", { enabled: false }), "invalid_grant", 400],
  "the user has left the client's groups": [
    withClient("spa", { allowed_groups: ["admins"] }),
    "invalid_grant",
    400,
  ],
  "the client may no longer have offline_access": [
    withClient("spa", { scope: "openid email" }),
    "invalid_grant",
    400,
  ],
  "the client may no longer refresh": [
    withClient("spa", { grant_types: ["authorization_code"], scope: "openid email" }),
    "unauthorized_client",
    400,
  ],
  "the client is disabled": [withClient("spa", { enabled: false }), "invalid_client", 401],
} as const;
for (const [change, [config, error, status]] of Object.entries(changes)) {
  Deno.test(`RFC 6749 §6: once ${change} a refresh is ${error}`, async () => {
    await using server = await listeningServer();
    const { refresh_token } = await tokensFor(server, OFFLINE);
    const { store, env } = server;
    await using changed = await listeningServer({ store, env, config });
    const refused = await refresh(changed, refresh_token);
    assert.deepEqual([refused.body["error"], refused.status], [error, status]);
  });
}

Deno.test("RFC 6749 §6: a scope that the client has lost is gone from the next access token", async () => {
  await using server = await listeningServer();
  const { refresh_token } = await tokensFor(server, OFFLINE);
  const { store, env } = server;
  const config = withClient("spa", { scope: SCOPE.replace(" email", "") });
  await using changed = await listeningServer({ store, env, config });
  assert.equal(tokensOf(await refresh(changed, refresh_token)).scope, "openid offline_access");
});

for (const [refresh_token_usage, last] of [["one_time", 5], ["reuse", 1]] as const) {
  Deno.test(`refresh_token_usage ${refresh_token_usage}: one record is all that is kept of a chain, and it counts to ${last}`, async () => {
    await using server = await listeningServer({
      config: withClient("post", { refresh_token_usage }),
    });
    let tokens = await tokensFor(server, { ...OFFLINE, client_id: "post" });
    const before = await grantOf(server, tokens.access_token);
    assert.equal(before.refresh_token?.generation, 1);
    for (let n = 0; n < 4; n++) {
      server.env.advance(DAY);
      tokens = tokensOf(await refresh(server, tokens.refresh_token, {}, "post"));
    }
    const { found } = await server.server.records.authorization.list();
    assert.deepEqual(found.map(({ record }) => record.grant_id), [before.grant_id]);
    const { used_at, refresh_token, expires_at } = found[0]!.record;
    assert.deepEqual([used_at, refresh_token?.generation], [START + 4 * DAY, last]);
    assert.equal(refresh_token?.absolute_expires_at, START + 30 * DAY);
    // The last use, the idle lifetime, and an access token that was got at its very end.
    assert.equal(expires_at, START + (4 + 15) * DAY + 3600);
  });
}

Deno.test("RFC 6749 §6: a person who is disabled and enabled again goes on where they were", async () => {
  await using server = await listeningServer();
  const { refresh_token, access_token } = await tokensFor(server, OFFLINE);
  const { store, env } = server;
  const config = withUser("alice", { enabled: false });
  await using disabled = await listeningServer({ store, env, config });
  assertRefused(await refresh(disabled, refresh_token));
  assert.equal((await refresh(server, refresh_token)).status, 200);
  assert.ok(await isAlive(server, access_token));
});

Deno.test("RFC 6749 §10.4: withdrawn consent ends what was granted, for this person and client alone", async () => {
  await using server = await listeningServer();
  const mine = await tokensFor(server, OFFLINE);
  const elsewhere = await tokensFor(server, { ...OFFLINE, client_id: "web" });
  const filter = { sub: "sub-alice", client_id: "spa" };
  await withdrawConsents(server.server, filter);
  assert.equal(await revokeGrants(server.server, filter), 1);
  assert.equal(await isAlive(server, mine.access_token), false);
  assertRefused(await refresh(server, mine.refresh_token));
  assert.ok(await isAlive(server, elsewhere.access_token));
  assert.equal((await refresh(server, elsewhere.refresh_token, {}, "web")).status, 200);
  assert.equal((await tokensFor(server, OFFLINE)).scope, OFFLINE.scope);
});

for (const refresh_token_usage of ["one_time", "reuse"]) {
  Deno.test(`access_token_lifetime: a longer one holds from the next token on, also the last one of a chain, ${refresh_token_usage}`, async () => {
    const members = {
      refresh_token_usage,
      refresh_token_grace: refresh_token_usage === "reuse" ? 0 : 20,
      refresh_token_absolute_lifetime: "1d",
    };
    await using server = await listeningServer({ config: withClient("post", members) });
    const { env, store } = server;
    const first = await tokensFor(server, { ...OFFLINE, client_id: "post" });
    env.advance(DAY - 15);
    tokensOf(await refresh(server, first.refresh_token, {}, "post"));
    env.advance(10);
    const config = withClient("post", { ...members, access_token_lifetime: "8h" });
    await using changed = await listeningServer({ env, store, config });
    // The same token as before, a moment later: the chain itself does not change.
    const { access_token } = tokensOf(await refresh(changed, first.refresh_token, {}, "post"));
    env.advance(8 * 3600 - 1);
    assert.ok(await isAlive(changed, access_token));
    env.advance(1);
    assert.equal(await isAlive(changed, access_token), false);
  });
}
