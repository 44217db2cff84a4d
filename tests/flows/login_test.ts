/** How people log in: what the page knows of them, how long it holds, and how guessing is slowed down. */

import assert from "node:assert/strict";
import { agent, attribute, logIn } from "../support/agent.ts";
import { testEnv } from "../support/env.ts";
import { answerOf, authorizeUrl, passThrough, silently } from "../support/flow.ts";
import { listeningServer } from "../support/server.ts";

Deno.test("OpenID Connect Core §3.1.2.1: login_hint stands in the field, escaped", async () => {
  await using server = await listeningServer();
  const login_hint = `bob"><img src=x>`;
  const visit = await agent(server).open(authorizeUrl(server, { login_hint }));
  const field = /<input[^>]*id="username"[^>]*>/.exec(visit.html)?.[0] ?? "";
  assert.equal(attribute(field, "value"), login_hint);
  assert.doesNotMatch(visit.html, /<img src=x>/);
});

Deno.test("sessions: a login ends after idle_lifetime without use, and after absolute_lifetime anyway", async () => {
  const sessions = { idle_lifetime: "10m", absolute_lifetime: "30m" };
  await using server = await listeningServer({ env: testEnv(), config: { sessions } });
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server));
  for (let minutes = 9; minutes < 30; minutes += 9) {
    server.env.advance(540);
    assert.equal(await silently(server, browser), undefined, `${minutes}`);
  }
  server.env.advance(180);
  assert.equal(await silently(server, browser), "login_required");
  await passThrough(browser, authorizeUrl(server));
  server.env.advance(600);
  assert.equal(await silently(server, browser), "login_required");
});

Deno.test("security.login: wrong passwords are slowed down with 429 and Retry-After, and the right one is let in after it", async () => {
  await using server = await listeningServer({
    config: { security: { login: { tries_per_account: 3 } } },
  });
  const browser = agent(server);
  const login = await browser.open(authorizeUrl(server));
  for (let tries = 0; tries < 3; tries++) {
    const { status, html } = await logIn(browser, login, "alice", "wrong");
    assert.equal(status, 400);
    assert.doesNotMatch(html, /wrong"/);
  }
  const slowed = await logIn(browser, login, "alice");
  assert.equal(slowed.status, 429);
  const seconds = Number(slowed.headers.get("Retry-After"));
  assert.ok(seconds >= 1);
  server.env.advance(seconds);
  assert.ok(answerOf(await logIn(browser, login, "alice"))["code"]);
});

Deno.test("login: an unknown user and a wrong password look the same", async () => {
  await using server = await listeningServer();
  const pages = await Promise.all(
    [["alice", "wrong"], ["nobody", "wrong"]].map(async ([who = "", password]) => {
      const browser = agent(server);
      const login = await browser.open(authorizeUrl(server));
      const { status, html } = await logIn(browser, login, who, password);
      return { status, html: html.replaceAll(who, "WHO").replaceAll(/value="[^"]{30,}"/g, "") };
    }),
  );
  assert.equal(pages[0]?.status, 400);
  assert.deepEqual(pages[0], pages[1]);
});
