/** What comes of claims that a client asks for one by one (OpenID Connect Core §5.5). */

import { decodeJwt } from "jose";
import assert from "node:assert/strict";
import { agent, logIn } from "../support/agent.ts";
import { withClient } from "../support/config.ts";
import { testEnv } from "../support/env.ts";
import {
  answerOf,
  authorizeUrl,
  codeFor,
  introspect,
  pageOf,
  passThrough,
  redeem,
  requestToken,
  silently,
  tokensFor,
  tokensOf,
  userinfo,
} from "../support/flow.ts";
import { memoryStore } from "../support/memory_store.ts";
import { listeningServer, type TestServer, testServer } from "../support/server.ts";

const ask = (claims: unknown) => ({ claims: JSON.stringify(claims) });

/** Claims about a person in an ID token, without those of the protocol. */
function about(id_token: string): Record<string, unknown> {
  const { iss: _, aud: _1, exp: _2, iat: _3, auth_time: _4, amr: _5, sid: _6, ...rest } = decodeJwt(
    id_token,
  );
  delete rest["at_hash"];
  delete rest["s_hash"];
  return rest;
}

Deno.test("OpenID Connect Core §5.5: each claim comes where it was asked for, whatever the scopes", async () => {
  await using server = await listeningServer();
  const claims = {
    userinfo: { given_name: null, address: { essential: true }, birthdate: { essential: true } },
    id_token: { email: null, groups: null },
  };
  const tokens = await tokensFor(server, { scope: "openid phone", ...ask(claims) });
  assert.deepEqual(about(tokens.id_token), {
    sub: "sub-alice",
    email: "alice@example.com",
    groups: ["staff"],
  });
  // OpenID Connect Core §5.5.1: what nobody knows is left out, essential or not
  assert.deepEqual((await userinfo(server, tokens.access_token)).body, {
    sub: "sub-alice",
    given_name: "Alice",
    address: { country: "US" },
    phone_number: "+1 555 0100",
  });
  assert.equal(tokens.scope, "openid phone");
});

Deno.test("OpenID Connect Core §5.5: claims last as long as their grant, over refreshs and in references", async () => {
  await using server = await listeningServer({
    config: withClient("spa", { access_token_format: "reference" }),
  });
  const claims = ask({ userinfo: { email: null }, id_token: { name: null } });
  const { refresh_token } = await tokensFor(server, { scope: "openid offline_access", ...claims });
  const refresh = { grant_type: "refresh_token", refresh_token };
  const tokens = tokensOf(await requestToken(server, "spa", refresh));
  assert.equal(about(tokens.id_token)["name"], "Alice Example");
  assert.equal((await userinfo(server, tokens.access_token)).body["email"], "alice@example.com");
});

Deno.test("OpenID Connect Core §5.5: nobody gets by claims what the client may not ask for by scopes", async () => {
  await using server = await listeningServer({
    config: withClient("spa", { scope: "openid email" }),
  });
  const claims = ask({
    userinfo: { email: null, name: null, groups: null },
    id_token: { phone_number: null, iss: null, client_id: { value: "web" } },
  });
  const tokens = await tokensFor(server, claims);
  assert.deepEqual(about(tokens.id_token), { sub: "sub-alice" });
  assert.deepEqual((await userinfo(server, tokens.access_token)).body, {
    sub: "sub-alice",
    email: "alice@example.com",
  });
});

Deno.test("OpenID Connect Core §5.5: what a client may no longer ask for, it has no longer", async () => {
  const env = testEnv();
  const store = memoryStore();
  await using before = await testServer({ env, store });
  const claims = ask({ userinfo: { email: null, name: null }, id_token: { phone_number: null } });
  const scope = "openid offline_access";
  const { access_token, refresh_token } = await tokensFor(before, { scope, ...claims });
  const config = withClient("spa", { scope: "openid profile offline_access" });
  await using after = await testServer({ env, store, config });
  const { body } = await userinfo(after, access_token);
  assert.deepEqual(body, { sub: "sub-alice", name: "Alice Example" });
  const refresh = { grant_type: "refresh_token", refresh_token };
  const { id_token } = tokensOf(await requestToken(after, "spa", refresh));
  assert.deepEqual(about(id_token), { sub: "sub-alice" });
});

Deno.test("OpenID Connect Core §5.5.1: a claim that has another value than the wanted one is left out", async () => {
  await using server = await listeningServer();
  const claims = ask({
    userinfo: {
      name: { value: "Bob" },
      email: { values: ["x@example.com", "alice@example.com"] },
      groups: { value: ["staff"] },
    },
  });
  const { access_token } = await tokensFor(server, claims);
  assert.deepEqual((await userinfo(server, access_token)).body, {
    sub: "sub-alice",
    email: "alice@example.com",
    groups: ["staff"],
  });
});

Deno.test("always_include_user_claims_in_id_token: the ID token has what userinfo answers", async () => {
  await using server = await listeningServer({
    config: withClient("spa", { always_include_user_claims_in_id_token: true }),
  });
  const claims = ask({ userinfo: { given_name: null }, id_token: { phone_number: null } });
  const { id_token } = await tokensFor(server, { scope: "openid email groups", ...claims });
  assert.deepEqual(about(id_token), {
    sub: "sub-alice",
    email: "alice@example.com",
    email_verified: true,
    groups: ["staff"],
    given_name: "Alice",
    phone_number: "+1 555 0100",
  });
});

Deno.test("OpenID Connect Core §5.4, §5.5: response_type=id_token has scopes' and asked claims in the ID token", async () => {
  await using server = await listeningServer({
    config: withClient("spa", {
      grant_types: ["implicit"],
      response_types: ["id_token"],
      scope: "openid profile email phone groups",
    }),
  });
  const request = {
    response_type: "id_token",
    nonce: "n",
    code_challenge: undefined,
    code_challenge_method: undefined,
  };
  const implicit = { ...request, scope: "openid email groups" };
  const browser = agent(server);
  const url = authorizeUrl(server, { ...implicit, ...ask({ id_token: { phone_number: null } }) });
  const { id_token } = await passThrough(browser, url);
  assert.deepEqual(about(id_token ?? ""), {
    sub: "sub-alice",
    nonce: "n",
    email: "alice@example.com",
    email_verified: true,
    groups: ["staff"],
    phone_number: "+1 555 0100",
  });
  const userinfo = authorizeUrl(server, { ...implicit, ...ask({ userinfo: { name: null } }) });
  assert.equal(answerOf(await browser.open(userinfo))["error"], "invalid_request");
});

Deno.test("OpenID Connect Core §3.1.2.2: sub with a value names the only person who may be answered", async () => {
  await using server = await listeningServer();
  const hers = agent(server);
  await passThrough(hers, authorizeUrl(server));
  for (const place of ["id_token", "userinfo"]) {
    const alice = ask({ [place]: { sub: { value: "sub-alice" } } });
    const bob = ask({ [place]: { sub: { value: "sub-bob" } } });
    const either = ask({ [place]: { sub: { values: ["sub-bob", "sub-alice"] } } });
    assert.equal(await silently(server, hers, alice), undefined, place);
    assert.equal(await silently(server, hers, bob), "login_required", place);
    assert.equal(await silently(server, hers, either), undefined, place);
    const page = await hers.open(authorizeUrl(server, bob));
    assert.equal(pageOf(page), "login");
    assert.doesNotMatch(page.html, /id="continue"/);
    assert.equal(answerOf(await logIn(hers, page, "alice"))["error"], "login_required");
  }
  const { code } = answerOf(
    await logIn(
      hers,
      await hers.open(authorizeUrl(server, ask({ id_token: { sub: { value: "sub-bob" } } }))),
      "bob",
    ),
  );
  assert.equal(decodeJwt(tokensOf(await redeem(server, code ?? "")).id_token).sub, "sub-bob");
});

/** The error of a request, which goes to the client. */
async function errorOf(server: TestServer, claims: string): Promise<string | undefined> {
  return answerOf(await agent(server).open(authorizeUrl(server, { claims })))["error"];
}

Deno.test("OpenID Connect Core §5.5: malformed or overlong claims are invalid_request, at the client", async () => {
  await using server = await listeningServer();
  for (const claims of ["{", "[]", `{"userinfo":{"name":1}}`, `{"a":"${"x".repeat(4096)}"}`]) {
    assert.equal(await errorOf(server, claims), "invalid_request");
  }
});

Deno.test("OpenID Connect Core §5.5: people are asked for claims as for the scopes that bring them", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  const web = { client_id: "web" };
  const email = { ...web, ...ask({ id_token: { email: null } }) };
  await passThrough(browser, authorizeUrl(server, web));
  // OpenID Connect Core §3.1.2.6: what is remembered of openid does not cover an email address
  assert.equal(await silently(server, browser, email), "consent_required");
  const page = await browser.open(authorizeUrl(server, email));
  assert.equal(pageOf(page), "consent");
  assert.match(page.html, /See your email address/);
  const denied = answerOf(await browser.submit(page, { action: "deny" }));
  assert.equal(denied["error"], "access_denied");
  const allowed = await browser.submit(await browser.open(authorizeUrl(server, email)), {
    action: "allow",
    remember: "true",
  });
  const tokens = tokensOf(await redeem(server, answerOf(allowed)["code"] ?? "", {}, "web"));
  assert.equal(tokens.scope, "openid");
  assert.equal(about(tokens.id_token)["email"], "alice@example.com");
  const { body } = await introspect(server, "web", tokens.access_token);
  assert.equal(body["scope"], "openid");
  assert.equal(await silently(server, browser, email), undefined);
  assert.equal(await silently(server, browser, { ...web, scope: "openid email" }), undefined);
  assert.equal(
    await silently(server, browser, { ...web, scope: "openid phone" }),
    "consent_required",
  );
  const events = server.env.events.filter(({ message }) => message.startsWith("consent."));
  assert.deepEqual(events.map(({ message, members }) => [message, members["scope"]]), [
    ["consent.granted", "openid"],
    ["consent.denied", "openid email"],
    ["consent.granted", "openid email"],
  ]);
});

Deno.test("OpenID Connect Core §5.5: an answer without remember forgets the scopes behind claims too", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  const email = { client_id: "web", ...ask({ userinfo: { email: null } }) };
  await passThrough(browser, authorizeUrl(server, email));
  assert.equal(await silently(server, browser, email), undefined);
  const again = await browser.open(authorizeUrl(server, { ...email, prompt: "consent" }));
  await browser.submit(again, { action: "allow" });
  assert.equal(await silently(server, browser, email), "consent_required");
});

Deno.test("OpenID Connect Core §5.2: claims come in the languages that are wanted", async () => {
  await using server = await listeningServer({
    config: {
      users: [{
        sub: "sub-alice",
        username: "alice",
        password: { env: "PASSWORD" },
        claims: { name: "Alice", "name#de": "Alice (de)", "name#ja-Kana-JP": "アリス" },
      }],
    },
    variables: { PASSWORD: "alice" },
  });
  const scope = "openid profile";
  const preferred_username = "alice";
  const { access_token } = await tokensFor(server, { scope, claims_locales: "de-AT de xx-_" });
  assert.deepEqual((await userinfo(server, access_token)).body, {
    sub: "sub-alice",
    preferred_username,
    name: "Alice",
    "name#de": "Alice (de)",
  });
  const code = await codeFor(server, ask({ id_token: { "name#ja-kana-jp": null } }));
  assert.deepEqual(about(tokensOf(await redeem(server, code)).id_token), {
    sub: "sub-alice",
    "name#ja-Kana-JP": "アリス",
  });
});

Deno.test("OpenID Connect Core §3.1.2.1: any display is taken, and discovery names what the pages serve", async () => {
  await using server = await listeningServer();
  for (const display of ["page", "popup", "touch", "wap", "hologram"]) {
    const page = await agent(server).open(authorizeUrl(server, { display }));
    assert.equal(pageOf(page), "login", display);
  }
  const metadata = await (await server.fetch("/.well-known/openid-configuration")).json();
  assert.equal(metadata["claims_parameter_supported"], true);
  assert.deepEqual(metadata["display_values_supported"], ["page", "popup", "touch"]);
});
