/** Whether a client gets the login that it asks for: step-up, what can't be had, and what tokens say of it. */

import { decodeJwt } from "jose";
import assert from "node:assert/strict";
import { type Agent, agent, logIn } from "../support/agent.ts";
import { withClient } from "../support/config.ts";
import { START } from "../support/env.ts";
import {
  answerOf,
  authorizeUrl,
  type Fields,
  introspect,
  pageOf,
  passThrough,
  redeem,
  requestToken,
  silently,
  tokensOf,
  userinfo,
} from "../support/flow.ts";
import { listeningServer, type TestServer } from "../support/server.ts";

/** Every login reaches silver, and for ten minutes gold. */
const LADDER = [
  { acr: "silver", methods: ["pwd"] },
  { acr: "gold", methods: ["pwd"], max_age: "10m" },
];

function ladderServer(config = {}): Promise<TestServer> {
  return listeningServer({
    config: { security: { login: { acr_ladder: LADDER } }, ...config },
  });
}

const claimed = (acr: object) => ({ claims: JSON.stringify({ id_token: { acr } }) });

/** What the ID token of an answer says of the login. */
async function loginOf(server: TestServer, { code }: Record<string, string>) {
  assert.ok(code !== undefined);
  const { acr, auth_time } = decodeJwt(tokensOf(await redeem(server, code)).id_token);
  return [acr, auth_time];
}

/** A browser whose login is so many seconds old. */
async function loggedIn(server: TestServer, age: number): Promise<Agent> {
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server));
  server.env.advance(age);
  return browser;
}

Deno.test("RFC 9470 §5: a login that is not enough is made again, and the tokens say what that reached", async () => {
  await using server = await ladderServer();
  const browser = await loggedIn(server, 601);
  for (const wish of [{ acr_values: "gold" }, claimed({ essential: true, value: "gold" })]) {
    assert.equal(await silently(server, browser, wish), "login_required");
    const page = await browser.open(authorizeUrl(server, wish));
    assert.equal(pageOf(page), "login");
    assert.match(page.html, /Confirm that it’s you/);
    assert.doesNotMatch(page.html, /id="continue"/);
    // Nobody just goes on, nor resumes what waits.
    assert.equal(pageOf(await browser.submit(page, { action: "continue" })), "login");
    const resume = `/connect/authorize/callback${page.url.search}`;
    assert.equal(pageOf(await browser.open(resume)), "login");
    const now = server.env.now();
    const answer = answerOf(await logIn(browser, page, "alice"));
    assert.deepEqual(await loginOf(server, answer), ["gold", now]);
    assert.equal(await silently(server, browser, wish), undefined);
    server.env.advance(601);
  }
});

Deno.test("OpenID Connect Core §2: acr is what the login reached, whether it was asked for or not", async () => {
  await using server = await ladderServer();
  const browser = await loggedIn(server, 0);
  const seen = async (changes: Fields) =>
    await loginOf(server, answerOf(await browser.open(authorizeUrl(server, changes))));
  assert.deepEqual(await seen({}), ["gold", START]);
  assert.deepEqual(await seen({ acr_values: "silver" }), ["silver", START]);
  server.env.advance(601);
  assert.deepEqual(await seen({}), ["silver", START]);
  assert.deepEqual(await seen({ acr_values: "silver gold" }), ["silver", START]);
  assert.deepEqual(await seen({ acr_values: "gold silver" }), ["silver", START]);
});

Deno.test("OpenID Connect Core §3.1.2.1: a voluntary acr that no login reaches is left out of account", async () => {
  await using server = await ladderServer();
  const browser = await loggedIn(server, 601);
  for (const wish of [{ acr_values: "platinum" }, claimed({ value: "platinum" })]) {
    const answer = answerOf(await browser.open(authorizeUrl(server, wish)));
    assert.deepEqual(await loginOf(server, answer), ["silver", START]);
  }
});

Deno.test("OpenID Connect Core Unmet Authentication Requirements §1: an essential acr that no login reaches", async () => {
  await using server = await ladderServer();
  const browser = await loggedIn(server, 0);
  const wish = claimed({ essential: true, values: ["platinum", "diamond"] });
  for (const visitor of [browser, agent(server)]) {
    for (const prompt of [undefined, "none", "login"]) {
      const { error, code, state } = answerOf(
        await visitor.open(authorizeUrl(server, { ...wish, prompt })),
      );
      assert.deepEqual(
        [error, code, state],
        ["unmet_authentication_requirements", undefined, "state-1"],
      );
    }
  }
  // One of them is enough.
  const either = claimed({ essential: true, values: ["platinum", "gold"] });
  assert.equal(await silently(server, browser, either), undefined);
});

Deno.test("OpenID Connect Core §5.5.1.1: without a ladder there is no acr, and an essential one is unmet", async () => {
  await using server = await listeningServer();
  const answer = await passThrough(agent(server), authorizeUrl(server, { acr_values: "gold" }));
  assert.deepEqual(await loginOf(server, answer), [undefined, START]);
  const essential = authorizeUrl(server, claimed({ essential: true, value: "gold" }));
  assert.equal(
    answerOf(await agent(server).open(essential))["error"],
    "unmet_authentication_requirements",
  );
});

Deno.test("OpenID Connect Registration §2: default_acr_values hold where the request says nothing", async () => {
  await using server = await ladderServer(withClient("spa", { default_acr_values: ["gold"] }));
  const browser = await loggedIn(server, 601);
  assert.equal(await silently(server, browser), "login_required");
  assert.equal(await silently(server, browser, { acr_values: "silver" }), undefined);
  assert.equal(await silently(server, browser, claimed({ value: "silver" })), undefined);
  assert.equal(await silently(server, browser, claimed({ essential: true })), undefined);
});

Deno.test("RFC 9470 §6: access tokens and introspection say acr and auth_time, after a refresh those of the login", async () => {
  for (const access_token_format of ["jwt", "reference"]) {
    await using server = await ladderServer(withClient("web", { access_token_format }));
    const scope = "openid offline_access invoices.read";
    const url = authorizeUrl(server, { client_id: "web", scope, acr_values: "gold" });
    const { code } = await passThrough(agent(server), url);
    const tokens = tokensOf(await redeem(server, code ?? "", {}, "web"));
    const check = async ({ access_token, id_token }: typeof tokens) => {
      for (const asker of ["api", "web"] as const) {
        const { body } = await introspect(server, asker, access_token);
        assert.deepEqual([body["acr"], body["auth_time"], body["amr"]], ["gold", START, ["pwd"]]);
      }
      assert.deepEqual(decodeJwt(id_token)["acr"], "gold");
      assert.ok(!("acr" in (await userinfo(server, access_token)).body));
    };
    await check(tokens);
    server.env.advance(3600);
    const { refresh_token } = tokens;
    const refresh = { grant_type: "refresh_token", refresh_token };
    await check(tokensOf(await requestToken(server, "web", refresh)));
  }
});

Deno.test("RFC 9470 §5: a step-up by somebody else is theirs, and one for another request does not count", async () => {
  await using server = await ladderServer({
    security: { login: { acr_ladder: [{ acr: "now", methods: ["pwd"], max_age: 1 }] } },
  });
  const wish = authorizeUrl(server, { acr_values: "now" });
  const browser = await loggedIn(server, 2);
  const [one, two] = [await browser.open(wish), await browser.open(wish)];
  assert.ok(answerOf(await logIn(browser, one, "alice"))["code"]);
  server.env.advance(2);
  const resume = `/connect/authorize/callback${two.url.search}`;
  assert.equal(pageOf(await browser.open(resume)), "login");
  const { code } = answerOf(await logIn(browser, two, "bob"));
  assert.equal(decodeJwt(tokensOf(await redeem(server, code ?? "")).id_token).sub, "sub-bob");
});

Deno.test("RFC 9470 §5: a login for this request stays good for as long as a page takes, and is asked for again after that", async () => {
  await using server = await ladderServer({
    security: { login: { acr_ladder: [{ acr: "now", methods: ["pwd"], max_age: 1 }] } },
  });
  const browser = agent(server);
  const wish = authorizeUrl(server, {
    client_id: "web",
    ...claimed({ essential: true, value: "now" }),
  });
  for (const [wait, next] of [[60, "client"], [61, "login"]] as const) {
    const login = await browser.open(wish);
    const consent = await logIn(browser, login, "alice");
    assert.equal(pageOf(consent), "consent");
    server.env.advance(wait);
    const after = await browser.submit(consent, { action: "allow" });
    assert.equal(pageOf(after), next, String(wait));
    if (next === "login") assert.equal(pageOf(await logIn(browser, after, "alice")), "client");
  }
});

Deno.test("OpenID Connect Discovery §3: acr_values_supported is the ladder, absent without one, and so is the claim acr", async () => {
  const offered = async (server: TestServer) => {
    const metadata = await (await server.fetch("/.well-known/openid-configuration")).json();
    const { acr_values_supported, claims_supported } = metadata;
    assert.equal(claims_supported.includes("acr"), acr_values_supported !== undefined);
    return acr_values_supported;
  };
  await using server = await ladderServer();
  await using plain = await listeningServer();
  assert.deepEqual(await offered(server), ["silver", "gold"]);
  assert.equal(await offered(plain), undefined);
});

Deno.test("acr_values: what is overlong or has control characters is invalid_request", async () => {
  await using server = await ladderServer();
  for (const acr_values of ["a".repeat(1025), "a\u0001b"]) {
    const { error } = answerOf(await agent(server).open(authorizeUrl(server, { acr_values })));
    assert.equal(error, "invalid_request");
  }
});
