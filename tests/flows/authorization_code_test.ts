/** Whether a code is worth tokens once, for whom it was issued, and what happens when it is presented wrongly. */

import assert from "node:assert/strict";
import { withClient } from "../support/config.ts";
import { testEnv } from "../support/env.ts";
import { interruptedStore } from "../support/interrupted_store.ts";
import { memoryStore } from "../support/memory_store.ts";
import { agent } from "../support/agent.ts";
import {
  type Answer,
  assertRefused,
  authorizeUrl,
  codeFor,
  type Fields,
  passThrough,
  redeem,
  refresh,
  requestToken,
  tokensOf,
  userinfo,
} from "../support/flow.ts";
import { listeningServer, testServer } from "../support/server.ts";

const OFFLINE = { scope: "openid offline_access" };

Deno.test("RFC 6749 §4.1.2: of 500 parallel redemptions of one code exactly one succeeds", async () => {
  await using server = await listeningServer({ late: true });
  const code = await codeFor(server, OFFLINE);
  const answers = await Promise.all(Array.from({ length: 500 }, () => redeem(server, code)));
  const [successes, refusals] = [
    answers.filter(({ status }) => status === 200),
    answers.filter(({ status }) => status !== 200),
  ];
  assert.equal(successes.length, 1);
  refusals.forEach((answer) => assertRefused(answer));
  // The code was used more than once, so what the winner got is dead.
  const { access_token, refresh_token } = tokensOf(successes[0]!);
  assert.equal((await userinfo(server, access_token)).status, 401);
  assertRefused(await refresh(server, refresh_token));
});

Deno.test("RFC 6749 §4.1.2: a spent code is refused and kills the tokens that it had issued", async () => {
  await using server = await listeningServer();
  const code = await codeFor(server, OFFLINE);
  const first = tokensOf(await redeem(server, code));
  const second = tokensOf(await refresh(server, first.refresh_token));
  for (const { access_token } of [first, second]) {
    assert.equal((await userinfo(server, access_token)).status, 200);
  }
  assertRefused(await redeem(server, code));
  for (const { access_token } of [first, second]) {
    const { status, body } = await userinfo(server, access_token);
    assert.deepEqual([status, body["error"]], [401, "invalid_token"]);
  }
  assertRefused(await refresh(server, second.refresh_token));
});

Deno.test("RFC 6749 §4.1.2: a code replayed long after its end still kills its refresh token", async () => {
  await using server = await listeningServer();
  const code = await codeFor(server, OFFLINE);
  const { refresh_token } = tokensOf(await redeem(server, code));
  server.env.advance(10 * 86_400);
  assertRefused(await redeem(server, code));
  assertRefused(await refresh(server, refresh_token));
});

Deno.test("RFC 6749 §4.1.2: a code expires after authorization_code_lifetime", async () => {
  await using server = await listeningServer({
    config: withClient("spa", { authorization_code_lifetime: "30s" }),
  });
  const [early, late] = [await codeFor(server), await codeFor(server)];
  server.env.advance(29);
  assert.equal((await redeem(server, early)).status, 200);
  server.env.advance(1);
  assertRefused(await redeem(server, late));
});

const wrong: readonly (readonly [string, Fields, string])[] = [
  ["RFC 6749 §5.2: a code of another client", {}, "post"],
  ["RFC 6749 §4.1.3: another redirect_uri", { redirect_uri: "http://127.0.0.1/callback" }, "spa"],
  ["RFC 6749 §4.1.3: no redirect_uri where the request named one", {
    redirect_uri: undefined,
  }, "spa"],
  ["RFC 7636 §4.6: another code_verifier", { code_verifier: "w".repeat(43) }, "spa"],
  ["RFC 7636 §4.6: no code_verifier", { code_verifier: undefined }, "spa"],
  ["RFC 7636 §4.1: a code_verifier that is too short", { code_verifier: "v".repeat(42) }, "spa"],
];
for (const [rule, changes, client_id] of wrong) {
  Deno.test(`${rule} is refused, and the code is burnt`, async () => {
    await using server = await listeningServer();
    const code = await codeFor(server);
    assertRefused(await redeem(server, code, changes, client_id));
    assertRefused(await redeem(server, code));
  });
}

Deno.test("RFC 6749 §2.3: a client_id that is not the client that authenticates is refused, and the code is not burnt", async () => {
  await using server = await listeningServer();
  const code = await codeFor(server, { client_id: "web" });
  const { status, body } = await redeem(server, code, { client_id: "spa" }, "web");
  assert.deepEqual([status, body["error"]], [400, "invalid_request"]);
  assert.equal((await redeem(server, code, {}, "web")).status, 200);
});

Deno.test("RFC 6749 §5.2: a wrong secret does not burn the code", async () => {
  await using server = await listeningServer();
  const code = await codeFor(server, { client_id: "post" });
  const { status } = await redeem(server, code, { client_secret: "wrong" }, "post");
  assert.equal(status, 401);
  assert.equal((await redeem(server, code, {}, "post")).status, 200);
});

Deno.test("RFC 6749 §4.1.3: an unknown code is refused", async () => {
  await using server = await listeningServer();
  assertRefused(await redeem(server, `ac_${"A".repeat(43)}`));
  // A handle of another kind is no code.
  const { refresh_token } = tokensOf(await redeem(server, await codeFor(server, OFFLINE)));
  assertRefused(await redeem(server, refresh_token));
  assertRefused(await refresh(server, await codeFor(server, OFFLINE)));
});

Deno.test("RFC 9700 §4.8.2: a code_verifier for a code without a challenge is refused", async () => {
  await using server = await listeningServer({
    config: withClient("web", { require_pkce: false }),
  });
  const changes = { client_id: "web", code_challenge: undefined, code_challenge_method: undefined };
  assertRefused(await redeem(server, await codeFor(server, changes), {}, "web"));
  const code = await codeFor(server, changes);
  assert.equal((await redeem(server, code, { code_verifier: undefined }, "web")).status, 200);
});

Deno.test("RFC 6749 §3.1.2.3: redirect_uri may be left out where one alone is registered and openid is not asked for", async () => {
  const redirect_uris = ["https://rp.example.com/callback"];
  await using server = await listeningServer({ config: withClient("spa", { redirect_uris }) });
  const changes = { redirect_uri: undefined, scope: "invoices.read" };
  const answer = await redeem(server, await codeFor(server, changes), { redirect_uri: undefined });
  assert.equal(answer.status, 200);
  assert.equal(answer.body["id_token"], undefined);
});

Deno.test("RFC 8252 §7.3: the port of a loopback redirect URI may vary, and is part of the code", async () => {
  await using server = await listeningServer();
  const redirect_uri = "http://127.0.0.1:49152/callback";
  const url = authorizeUrl(server, { redirect_uri });
  const visit = await agent(server).open(url);
  assert.equal(visit.status, 200);
  const code = await codeFor(server, { redirect_uri });
  assertRefused(
    await redeem(server, code, { redirect_uri: "http://127.0.0.1:49153/callback" }),
  );
  const other = await codeFor(server, { redirect_uri });
  assert.equal((await redeem(server, other, { redirect_uri })).status, 200);
});

Deno.test("RFC 6749 §4.1.2: two codes of one browser are two families", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  const codes = [await codeFor(server, OFFLINE, browser), await codeFor(server, OFFLINE, browser)];
  const first = tokensOf(await redeem(server, codes[0]!));
  const second = tokensOf(await redeem(server, codes[1]!));
  assertRefused(await redeem(server, codes[0]!));
  assert.equal((await userinfo(server, first.access_token)).status, 401);
  assert.equal((await userinfo(server, second.access_token)).status, 200);
  assert.equal((await refresh(server, second.refresh_token)).status, 200);
});

Deno.test("RFC 6749 §4.1.2: the code is bound to what was granted, whatever the token request says", async () => {
  await using server = await listeningServer();
  const code = await codeFor(server, { scope: "openid email" });
  const { scope } = tokensOf(await redeem(server, code, { scope: "openid email profile" }));
  assert.equal(scope, "openid email");
});

Deno.test("OpenID Connect Core §11: without offline_access there is no refresh token", async () => {
  await using server = await listeningServer();
  assert.equal(tokensOf(await redeem(server, await codeFor(server))).refresh_token, "");
});

Deno.test("RFC 6749 §5.2: the code of a client that was disabled meanwhile is worth nothing", async () => {
  await using server = await listeningServer();
  const answer = await passThrough(agent(server), authorizeUrl(server));
  await using changed = await listeningServer({
    store: server.store,
    env: server.env,
    config: withClient("spa", { enabled: false }),
  });
  const { status, body } = await requestToken(changed, "spa", {
    grant_type: "authorization_code",
    code: answer["code"],
  });
  assert.deepEqual([status, body["error"]], [401, "invalid_client"]);
});

Deno.test("RFC 6749 §4.1.2: a wrong presentation that comes a moment too late is a replay", async () => {
  const env = testEnv();
  const store = interruptedStore(memoryStore());
  await using server = await listeningServer({ env, store });
  const code = await codeFor(server, OFFLINE);
  let good: Answer | undefined;
  store.interrupt(async () => {
    good = await redeem(server, code);
  });
  assertRefused(await redeem(server, code, { code_verifier: "w".repeat(43) }));
  assert.equal(good?.status, 200);
  const { access_token, refresh_token } = tokensOf(good!);
  assert.equal((await userinfo(server, access_token)).status, 401);
  assertRefused(await refresh(server, refresh_token));
});

Deno.test("RFC 6749 §3.3: a code does not bring a scope that its client has lost meanwhile", async () => {
  const store = memoryStore();
  await using before = await testServer({ store });
  const code = await codeFor(before, { scope: "openid email invoices.read" });
  const config = withClient("spa", { scope: "openid profile" });
  await using after = await testServer({ store, config, env: before.env });
  assert.equal(tokensOf(await redeem(after, code)).scope, "openid");
});
