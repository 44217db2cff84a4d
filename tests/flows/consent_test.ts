/** What a person is asked to allow, how long the answer is remembered, and what a refusal says. */

import assert from "node:assert/strict";
import { endApplication } from "../../src/login/applications.ts";
import { agent, logIn } from "../support/agent.ts";
import { CALLBACK, withClient } from "../support/config.ts";
import { testEnv } from "../support/env.ts";
import { answerOf, authorizeUrl, pageOf, passThrough, silently } from "../support/flow.ts";
import { interruptedStore } from "../support/interrupted_store.ts";
import { memoryStore } from "../support/memory_store.ts";
import { listeningServer } from "../support/server.ts";

const WEB = { client_id: "web" };

Deno.test("OpenID Connect Core §3.1.2.4: a remembered consent covers its scopes and asks for more ones", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  const ask = (scope: string) => authorizeUrl(server, { ...WEB, scope });
  await passThrough(browser, ask("openid email"));
  assert.equal(pageOf(await browser.open(ask("openid email"))), "client");
  assert.equal(pageOf(await browser.open(ask("openid"))), "client");
  const more = await browser.open(ask("openid email profile"));
  assert.equal(pageOf(more), "consent");
  await browser.submit(more, { action: "allow", remember: "true" });
  assert.equal(pageOf(await browser.open(ask("openid profile"))), "client");
  // Somebody else is asked anew, and so is the same person by another client.
  const other = agent(server);
  const bob = await logIn(other, await other.open(ask("openid")), "bob");
  assert.equal(pageOf(bob), "consent");
});

Deno.test("OpenID Connect Core §3.1.2.4: a consent that was not to be remembered is asked for each time", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  for (let time = 0; time < 2; time++) {
    let visit = await browser.open(authorizeUrl(server, WEB));
    if (pageOf(visit) === "login") visit = await logIn(browser, visit, "alice");
    assert.equal(pageOf(visit), "consent");
    assert.ok(answerOf(await browser.submit(visit, { action: "allow" }))["code"]);
  }
});

Deno.test("prompt=consent: an answer that is not to be remembered ends the memory of an earlier one", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server, { ...WEB, scope: "openid email" }));
  const again = { ...WEB, scope: "openid", prompt: "consent" };
  await browser.submit(await browser.open(authorizeUrl(server, again)), { action: "allow" });
  assert.equal(await silently(server, browser, WEB), "consent_required");
  assert.equal(await silently(server, browser, { ...WEB, scope: "email" }), undefined);
});

Deno.test("a consent that is withdrawn while it is relied on is asked for anew", async () => {
  const env = testEnv();
  const store = interruptedStore(memoryStore());
  await using server = await listeningServer({ env, store });
  const browser = agent(server);
  const url = authorizeUrl(server, WEB);
  await passThrough(browser, url);
  const { records } = server.server;
  const withdraw = () => endApplication(server.server, { sub: "sub-alice", client_id: "web" });
  store.interrupt(withdraw);
  assert.equal(pageOf(await browser.open(url)), "consent");
  assert.deepEqual((await records.authorization.list()).found, []);
  await passThrough(browser, url);
  store.interrupt(withdraw);
  assert.equal(await silently(server, browser, WEB), "consent_required");
  assert.deepEqual((await records.authorization.list()).found, []);
});

Deno.test("allow_remember_consent: where it is false the box is missing, and ticking it all the same does nothing", async () => {
  await using server = await listeningServer({
    config: withClient("web", { allow_remember_consent: false }),
  });
  const browser = agent(server);
  const login = await browser.open(authorizeUrl(server, WEB));
  const visit = await logIn(browser, login, "alice");
  assert.doesNotMatch(visit.html, /name="remember"/);
  await browser.submit(visit, { action: "allow", remember: "true" });
  assert.equal(pageOf(await browser.open(authorizeUrl(server, WEB))), "consent");
});

Deno.test("RFC 8252 §8.6: an app whose redirect URI anybody could claim has no box, and ticking it all the same does nothing", async () => {
  await using server = await listeningServer({
    config: withClient("spa", { require_consent: true }),
  });
  const browser = agent(server);
  const ask = (redirect_uri: string) => authorizeUrl(server, { redirect_uri });
  const loopback = "http://127.0.0.1:5000/callback";
  const visit = await logIn(browser, await browser.open(ask(loopback)), "alice");
  assert.equal(pageOf(visit), "consent");
  assert.doesNotMatch(visit.html, /name="remember"/);
  await browser.submit(visit, { action: "allow", remember: "true" });
  const page = await browser.open(ask(CALLBACK));
  assert.equal(pageOf(page), "consent");
  assert.match(page.html, /name="remember"/);
});

Deno.test("consent_lifetime: a consent is forgotten after it", async () => {
  await using server = await listeningServer({
    config: withClient("web", { consent_lifetime: "10m" }),
  });
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server, WEB));
  server.env.advance(599);
  assert.equal(await silently(server, browser, WEB), undefined);
  server.env.advance(1);
  assert.equal(await silently(server, browser, WEB), "consent_required");
});

Deno.test("RFC 6749 §4.1.2.1: denying and cancelling are access_denied with state and iss, and end the interaction", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  const login = await browser.open(authorizeUrl(server, WEB));
  const cancelled = answerOf(await browser.submit(login, { action: "cancel" }));
  const again = await browser.open(authorizeUrl(server, WEB));
  const consent = await logIn(browser, again, "alice");
  const denied = answerOf(await browser.submit(consent, { action: "deny" }));
  for (const { error, state, iss, code } of [cancelled, denied]) {
    assert.deepEqual([error, state, iss, code], [
      "access_denied",
      "state-1",
      server.issuer,
      undefined,
    ]);
  }
  for (const visit of [login, consent]) {
    assert.equal((await browser.open(visit.url)).status, 400);
  }
  // Nothing was remembered.
  assert.equal(await silently(server, browser, WEB), "consent_required");
});
