/** What a person is asked before a client gets an answer: login, account or consent again, or nothing. */

import { decodeJwt } from "jose";
import assert from "node:assert/strict";
import { type Agent, agent, attribute, logIn } from "../support/agent.ts";
import { withClient } from "../support/config.ts";
import { START } from "../support/env.ts";
import {
  answerOf,
  authorizeUrl,
  pageOf,
  passThrough,
  redeem,
  requestToken,
  silently,
  tokensOf,
} from "../support/flow.ts";
import { listeningServer, type TestServer } from "../support/server.ts";

const WEB = { client_id: "web" };

async function authTime(server: TestServer, code: string | undefined): Promise<unknown> {
  const { id_token } = tokensOf(await redeem(server, code ?? ""));
  return decodeJwt(id_token)["auth_time"];
}

Deno.test("OpenID Connect Core §3.1.2.1: prompt=none never shows a page", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  assert.equal(await silently(server, browser), "login_required");
  assert.equal(await silently(server, browser, WEB), "login_required");
  await passThrough(browser, authorizeUrl(server));
  assert.equal(await silently(server, browser), undefined);
  assert.equal(await silently(server, browser, WEB), "consent_required");
  await passThrough(browser, authorizeUrl(server, WEB));
  assert.equal(await silently(server, browser, WEB), undefined);
});

Deno.test("OpenID Connect Core §3.1.2.2: with id_token_hint nobody but its person is answered", async () => {
  await using server = await listeningServer();
  const hers = agent(server);
  const answer = await passThrough(hers, authorizeUrl(server));
  const { id_token, access_token } = tokensOf(await redeem(server, answer["code"] ?? ""));
  // An ID token of the past is a hint all the same.
  server.env.advance(1800);
  const hint = { id_token_hint: id_token };
  assert.ok(answerOf(await hers.open(authorizeUrl(server, { ...hint, prompt: "none" })))["code"]);

  const his = agent(server);
  await logIn(his, await his.open(authorizeUrl(server)), "bob");
  const silent = answerOf(await his.open(authorizeUrl(server, { ...hint, prompt: "none" })));
  assert.deepEqual([silent["error"], silent["code"]], ["login_required", undefined]);
  const page = await his.open(authorizeUrl(server, hint));
  assert.equal(pageOf(page), "login");
  assert.match(page.html, /id="username"[^>]*value="alice"/);
  assert.doesNotMatch(page.html, /id="continue"/);
  assert.equal(answerOf(await logIn(his, page, "bob"))["error"], "login_required");
  const again = await his.open(authorizeUrl(server, hint));
  assert.ok(answerOf(await logIn(his, again, "alice"))["code"]);

  for (
    const id_token_hint of ["x", access_token, `${id_token}x`, id_token.replace(/\.[^.]*$/, ".")]
  ) {
    const refused = answerOf(await hers.open(authorizeUrl(server, { id_token_hint })));
    assert.deepEqual([refused["error"], refused["code"]], ["invalid_request", undefined]);
  }
  const other = answerOf(await hers.open(authorizeUrl(server, { ...hint, ...WEB })));
  assert.equal(other["error"], "invalid_request");
});

Deno.test("OpenID Connect Core §3.1.2.1: prompt=none by POST continues with the browser's cookies", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  const send = async () => {
    const { pathname, searchParams } = authorizeUrl(server, { prompt: "none" });
    return answerOf(await browser.open(pathname, { method: "POST", body: searchParams }));
  };
  assert.equal((await send())["error"], "login_required");
  await passThrough(browser, authorizeUrl(server));
  assert.ok((await send())["code"]);
});

Deno.test("OpenID Connect Core §3.1.2.1: prompt=login asks again, and auth_time is that of the new login", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  const first = await passThrough(browser, authorizeUrl(server));
  const session = browser.cookies.get("latchkey-session");
  server.env.advance(30);
  const visit = await browser.open(authorizeUrl(server, { prompt: "login" }));
  assert.equal(pageOf(visit), "login");
  // Whoever is logged in is known, but cannot just go on.
  assert.equal(
    attribute(/<input[^>]*id="username"[^>]*>/.exec(visit.html)?.[0] ?? "", "value"),
    "alice",
  );
  const stubborn = await browser.submit(visit, { action: "continue" });
  assert.equal(pageOf(stubborn), "login");
  const second = answerOf(await logIn(browser, visit, "alice"));
  assert.equal(await authTime(server, first["code"]), START);
  assert.equal(await authTime(server, second["code"]), START + 30);
  assert.notEqual(browser.cookies.get("latchkey-session"), session);
});

Deno.test("OpenID Connect Core §3.1.2.1: a login for one request does not count for another with prompt=login", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server));
  const [one, two] = [
    await browser.open(authorizeUrl(server, { prompt: "login" })),
    await browser.open(authorizeUrl(server, { prompt: "login" })),
  ];
  assert.ok(answerOf(await logIn(browser, one, "alice"))["code"]);
  const interaction = two.url.searchParams.get("interaction");
  const resumed = await browser.open(`/connect/authorize/callback?interaction=${interaction}`);
  assert.equal(pageOf(resumed), "login");
});

Deno.test("OpenID Connect Core §3.1.2.1: max_age asks whoever logged in longer ago", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server));
  server.env.advance(100);
  assert.equal(await silently(server, browser, { max_age: "100" }), undefined);
  assert.equal(await silently(server, browser, { max_age: "99" }), "login_required");
  const visit = await browser.open(authorizeUrl(server, { max_age: "99" }));
  assert.equal(pageOf(visit), "login");
  const { code } = answerOf(await logIn(browser, visit, "alice"));
  assert.equal(await authTime(server, code), START + 100);
  assert.equal(await silently(server, browser, { max_age: "99" }), undefined);
});

Deno.test("OpenID Connect Core §3.1.2.1: max_age=0 always asks, in the very second of the last login too", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server));
  assert.equal(await silently(server, browser, { max_age: "0" }), "login_required");
  const visit = await browser.open(authorizeUrl(server, { max_age: "0" }));
  assert.equal(pageOf(visit), "login");
  assert.ok(answerOf(await logIn(browser, visit, "alice"))["code"]);
});

Deno.test("OpenID Connect Registration §2: default_max_age holds where the request has no max_age", async () => {
  await using server = await listeningServer({
    config: withClient("spa", { default_max_age: 60 }),
  });
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server));
  server.env.advance(61);
  assert.equal(await silently(server, browser), "login_required");
  assert.equal(await silently(server, browser, { max_age: "120" }), undefined);
});

Deno.test("OpenID Connect Core §3.1.2.1: prompt=consent asks again, even of a first-party client", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server, WEB));
  for (const client_id of ["web", "spa"]) {
    const visit = await browser.open(authorizeUrl(server, { client_id, prompt: "consent" }));
    assert.equal(pageOf(visit), "consent", client_id);
    assert.ok(answerOf(await browser.submit(visit, { action: "allow" }))["code"]);
  }
});

Deno.test("OpenID Connect Core §3.1.2.1: prompt=login consent asks both", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server, WEB));
  const login = await browser.open(authorizeUrl(server, { ...WEB, prompt: "login consent" }));
  assert.equal(pageOf(login), "login");
  const consent = await logIn(browser, login, "alice");
  assert.equal(pageOf(consent), "consent");
  assert.ok(answerOf(await browser.submit(consent, { action: "allow" }))["code"]);
});

Deno.test("OpenID Connect Core §3.1.2.1: prompt=select_account lets the person stay or change", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server));
  const request = authorizeUrl(server, { prompt: "select_account" });
  const stay = await browser.submit(await browser.open(request), { action: "continue" });
  assert.equal(decodeJwt((await redeemed(server, answerOf(stay))).id_token).sub, "sub-alice");
  const change = await logIn(browser, await browser.open(request), "bob");
  assert.equal(decodeJwt((await redeemed(server, answerOf(change))).id_token).sub, "sub-bob");
});

async function redeemed(server: TestServer, { code }: Record<string, string>) {
  return tokensOf(await redeem(server, code ?? ""));
}

Deno.test("OpenID Connect Core §2: auth_time is that of the login, after silent answers and refreshs too", async () => {
  await using server = await listeningServer({
    config: withClient("spa", { require_auth_time: true }),
  });
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server));
  server.env.advance(500);
  const scope = "openid offline_access";
  const silent = answerOf(await browser.open(authorizeUrl(server, { prompt: "none", scope })));
  const tokens = await redeemed(server, silent);
  assert.equal(decodeJwt(tokens.id_token)["auth_time"], START);
  assert.equal(decodeJwt(tokens.access_token)["auth_time"], START);
  // A forced login is another grant's: what was granted before keeps its own (OpenID Connect Core §12.2).
  server.env.advance(100);
  const visit = await browser.open(authorizeUrl(server, { prompt: "login" }));
  const { code } = answerOf(await logIn(browser, visit, "alice"));
  assert.equal(await authTime(server, code), START + 600);
  const { refresh_token } = tokens;
  const refresh = { grant_type: "refresh_token", refresh_token };
  const next = tokensOf(await requestToken(server, "spa", refresh));
  assert.equal(decodeJwt(next.id_token)["auth_time"], START);
  assert.equal(await authTime(server, (await silentAnswer(server, browser))["code"]), START + 600);
});

Deno.test("OpenID Connect Core §3.1.2.1: what a request demands is in the store: a resumed one can't be stripped of it", async () => {
  await using server = await listeningServer({
    config: {
      security: { login: { acr_ladder: [{ acr: "new", methods: ["pwd"], max_age: 10 }] } },
    },
  });
  const claims = JSON.stringify({ id_token: { acr: { essential: true, value: "new" } } });
  const other = JSON.stringify({ id_token: { sub: { value: "sub-bob" } } });
  for (
    const demand of [
      { prompt: "login" },
      { max_age: "0" },
      { max_age: "10" },
      { acr_values: "new" },
      { claims },
      { claims: other },
    ]
  ) {
    const browser = agent(server);
    await passThrough(browser, authorizeUrl(server));
    server.env.advance(11);
    const page = await browser.open(authorizeUrl(server, demand));
    assert.equal(pageOf(page), "login", JSON.stringify(demand));
    const interaction = page.url.searchParams.get("interaction");
    const stripped = new URLSearchParams({ interaction: interaction ?? "" });
    for (
      const query of [
        `${stripped}`,
        `${stripped}&prompt=none`,
        `${stripped}&prompt=&max_age=99999&acr_values=&claims=`,
        `${stripped}&${authorizeUrl(server).searchParams}`,
      ]
    ) {
      const resumed = await browser.open(`/connect/authorize/callback?${query}`);
      assert.equal(pageOf(resumed), "login", query);
    }
    // Neither do the forms of the other pages lead past it.
    const consent = await browser.open(`/account/consent?${stripped}`);
    const allowed = await browser.submit(consent, { action: "allow", remember: "true" });
    assert.equal(pageOf(allowed), "login");
    const chosen = await browser.submit(allowed, { action: "continue", prompt: "none" });
    assert.equal(pageOf(chosen), "login");
  }
});

Deno.test("OpenID Connect Core §3.1.2.1: a login that was made for a request serves that one alone, replayed or not", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  const page = await browser.open(authorizeUrl(server, { prompt: "login" }));
  assert.ok(answerOf(await logIn(browser, page, "alice"))["code"]);
  // Answered once, what waited is gone with the login that was made for it.
  const again = await browser.open(`/connect/authorize/callback${page.url.search}`);
  assert.deepEqual([pageOf(again), again.status], ["callback", 400]);
  assert.equal(pageOf(await browser.open(authorizeUrl(server, { prompt: "login" }))), "login");
});

Deno.test("OpenID Connect Prompt Create 1.0 §4.1.1: prompt=create is not supported, and says so", async () => {
  await using server = await listeningServer();
  assert.equal(await silently(server, agent(server), { prompt: "create" }), "invalid_request");
  const metadata = await (await server.fetch("/.well-known/openid-configuration")).json();
  assert.deepEqual(metadata["prompt_values_supported"], [
    "none",
    "login",
    "consent",
    "select_account",
  ]);
});

async function silentAnswer(server: TestServer, browser: Agent) {
  return answerOf(await browser.open(authorizeUrl(server, { prompt: "none" })));
}
