/** Whether a paused request belongs to one browser, and nobody else can go on with it or answer for its person. */

import assert from "node:assert/strict";
import { decodeJwt } from "jose";
import { messagesOf } from "../../src/pages/language.ts";
import type { Explanation } from "../../src/pages/error.tsx";
import { type Agent, agent, formOf, logIn, type Visit } from "../support/agent.ts";
import { withClient } from "../support/config.ts";
import { answerOf, authorizeUrl, pageOf, passThrough, redeem, tokensOf } from "../support/flow.ts";
import { listeningServer, testServer } from "../support/server.ts";

const WEB = { client_id: "web" };

function assertLost({ status, html }: Visit): void {
  assert.equal(status, 400);
  assert.match(html, /<div id="error">/);
}

Deno.test("interaction: two tabs are two interactions, and each ends with the state of its own", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  const one = await browser.open(authorizeUrl(server, { state: "one" }));
  const two = await browser.open(authorizeUrl(server, { state: "two" }));
  assert.notEqual(one.url.href, two.url.href);
  assert.equal(answerOf(await logIn(browser, two, "alice"))["state"], "two");
  assert.equal(answerOf(await logIn(browser, one, "alice"))["state"], "one");
});

/** Checks which page it is, and whether it leads back to the client. */
function assertPage(visit: Visit, explanation: Explanation, back: boolean): void {
  assertLost(visit);
  const { title } = messagesOf("en").error.explanation[explanation];
  assert.ok(visit.html.includes(`<h1>${title}</h1>`), visit.html);
  assert.equal(visit.html.includes("Web Shop"), back);
  assert.equal(visit.html.includes(`id="back" href="${SHOP.client_uri}"`), back);
  const policy = visit.headers.get("Content-Security-Policy") ?? "";
  assert.equal(policy.includes("img-src 'self' https://logos.example;"), back);
}

const SHOP = {
  client_name: "Web Shop",
  client_uri: "https://rp.example.com/shop",
  logo_uri: "https://logos.example/shop.svg",
};

/** Each way to come with an interaction. */
async function comeWith(browser: Agent, login: Visit): Promise<Visit[]> {
  const query = login.url.search;
  return [
    await browser.open(`/account/login${query}`),
    await browser.open(`/account/consent${query}`),
    await browser.open(`/connect/authorize/callback${query}`),
    await logIn(browser, login, "alice"),
    await browser.submit(login, { action: "continue" }),
    await browser.submit(login, { action: "cancel" }),
  ];
}

Deno.test("interaction: once answered it is over, and going back shows a page that says so and leads to the client", async () => {
  await using server = await listeningServer({ config: withClient("spa", SHOP) });
  for (const action of ["login", "cancel"]) {
    const [browser, stranger] = [agent(server), agent(server)];
    const login = await browser.open(authorizeUrl(server));
    const answer = answerOf(
      await browser.submit(login, { username: "alice", password: "alice", action }),
    );
    assert.equal(answer["error"] ?? "code", action === "login" ? "code" : "access_denied");
    const grants = (await server.server.records.authorization.list()).found.length;
    for (const visit of await comeWith(browser, login)) {
      assertPage(visit, "interaction_answered", true);
    }
    for (const visit of await comeWith(stranger, login)) {
      assertPage(visit, "interaction_foreign", false);
    }
    assert.equal((await server.server.records.authorization.list()).found.length, grants);
  }
});

Deno.test("interaction: one that took too long leads its own browser back to the client", async () => {
  await using server = await listeningServer({ config: withClient("spa", SHOP) });
  const [browser, stranger] = [agent(server), agent(server)];
  const login = await browser.open(authorizeUrl(server));
  server.env.advance(900);
  for (const visit of await comeWith(browser, login)) {
    assertPage(visit, "interaction_expired", true);
  }
  for (const visit of await comeWith(stranger, login)) {
    assertPage(visit, "interaction_foreign", false);
  }
});

Deno.test("interaction: a client that was switched off since is not led to", async () => {
  await using server = await testServer({ config: withClient("spa", SHOP) });
  const browser = agent(server);
  const login = await browser.open(authorizeUrl(server));
  const { env, store } = server;
  const config = withClient("spa", { ...SHOP, enabled: false });
  await using changed = await testServer({ env, store, config });
  const later = agent(changed);
  for (const [name, value] of browser.cookies) later.cookies.set(name, value);
  for (const visit of await comeWith(later, login)) assertPage(visit, "client", false);
  env.advance(900);
  for (const visit of await comeWith(later, login)) {
    assertPage(visit, "interaction_expired", false);
  }
});

Deno.test("interaction: an unknown or missing one is a page, whatever endpoint is asked", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  for (const path of ["/account/login", "/account/consent", "/connect/authorize/callback"]) {
    for (
      const query of [
        "",
        "?interaction=",
        "?interaction=unknown",
        `?interaction=ia_${"A".repeat(43)}`,
      ]
    ) {
      assertLost(await browser.open(path + query));
    }
  }
});

Deno.test("interaction: it is forgotten a quarter of an hour after the last step, and an hour after the first", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  const login = await browser.open(authorizeUrl(server));
  for (let quarter = 1; quarter <= 4; quarter++) {
    server.env.advance(899);
    assert.equal((await browser.open(login.url)).status, 200);
  }
  server.env.advance(3600 - 4 * 899 - 1);
  assert.equal((await browser.open(login.url)).status, 200);
  server.env.advance(1);
  assertLost(await browser.open(login.url));
});

Deno.test("interaction: a client or redirect URI that was taken away while somebody logs in gets nothing", async () => {
  const elsewhere = ["https://elsewhere.example/callback"];
  for (const spa of [{ enabled: false }, { redirect_uris: elsewhere }]) {
    await using server = await testServer();
    const browser = agent(server);
    const login = await browser.open(authorizeUrl(server));
    const { env, store } = server;
    await using changed = await testServer({ env, store, config: withClient("spa", spa) });
    const later = agent(changed);
    for (const [name, value] of browser.cookies) later.cookies.set(name, value);
    assertLost(await logIn(later, login, "alice"));
    assertLost(await later.open(login.url));
    assert.deepEqual((await server.server.records.authorization.list()).found, []);
  }
});

Deno.test("RFC 9700 §4.7: an interaction opened in another browser is refused, and changes nothing", async () => {
  await using server = await listeningServer();
  const [owner, thief] = [agent(server), agent(server)];
  const login = await owner.open(authorizeUrl(server, WEB));
  // The thief has a browser cookie of its own, and is logged in.
  await passThrough(thief, authorizeUrl(server), "bob");
  assertLost(await thief.open(login.url));
  const resume = `/connect/authorize/callback?interaction=${
    login.url.searchParams.get("interaction")
  }`;
  assertLost(await thief.open(resume));
  assertLost(await thief.submit(login, { action: "login", username: "bob", password: "bob" }));
  assertLost(await thief.submit(login, { action: "continue" }));
  assertLost(await thief.submit(login, { action: "cancel" }));
  const consent = await logIn(owner, login, "alice");
  assert.equal(pageOf(consent), "consent");
  assertLost(await thief.open(consent.url));
  assertLost(await thief.submit(consent, { action: "allow", remember: "true" }));
  assertLost(await thief.submit(consent, { action: "deny" }));
  const { code } = answerOf(await owner.submit(consent, { action: "allow" }));
  const { id_token } = tokensOf(await redeem(server, code ?? "", {}, "web"));
  assert.equal(decodeJwt(id_token).sub, "sub-alice");
});

Deno.test("interaction: a form without its token, or with that of another page, is refused", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  const [login, other] = [
    await browser.open(authorizeUrl(server, WEB)),
    await browser.open(authorizeUrl(server, WEB)),
  ];
  const send = (visit: Visit, csrf_token: string | null, fields: Record<string, string>) => {
    const form = formOf(visit);
    const body = new URLSearchParams([...form.fields, ...Object.entries(fields)]);
    if (csrf_token === null) body.delete("csrf_token");
    else body.set("csrf_token", csrf_token);
    return browser.open(form.action, { method: "POST", body });
  };
  const foreign = formOf(other).fields.get("csrf_token") ?? "";
  const alice = { action: "login", username: "alice", password: "alice" };
  for (const token of [null, "", "x".repeat(43), foreign]) {
    assertLost(await send(login, token, alice));
  }
  assert.equal(browser.cookies.has("latchkey-session"), false);
  const consent = await logIn(browser, login, "alice");
  const ofLogin = formOf(login).fields.get("csrf_token") ?? "";
  for (const token of [null, "", foreign, ofLogin]) {
    assertLost(await send(consent, token, { action: "allow" }));
  }
  assert.ok(answerOf(await browser.submit(consent, { action: "allow" }))["code"]);
});

Deno.test("consent: the answer counts for the person to whom the page was shown, no other", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  const consent = await logIn(browser, await browser.open(authorizeUrl(server, WEB)), "alice");
  // In another tab bob takes alice's place.
  const login = await browser.open(authorizeUrl(server, { prompt: "login" }));
  assert.ok(answerOf(await logIn(browser, login, "bob"))["code"]);
  assertLost(await browser.submit(consent, { action: "allow", remember: "true" }));
  const silent = await browser.open(authorizeUrl(server, { ...WEB, prompt: "none" }));
  assert.equal(answerOf(silent)["error"], "consent_required");
});

Deno.test("Fetch Metadata: a form that another site sends is refused, ours is not", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  const login = await browser.open(authorizeUrl(server));
  const { action, fields } = formOf(login);
  const body = new URLSearchParams([
    ...fields,
    ["action", "login"],
    ["username", "alice"],
    ["password", "alice"],
  ]);
  const send = (headers: Record<string, string>) =>
    browser.open(action, { method: "POST", body, headers });
  assertLost(await send({ "Sec-Fetch-Site": "cross-site" }));
  assertLost(await send({ "Sec-Fetch-Site": "same-site" }));
  assertLost(await send({ Origin: "https://evil.example" }));
  assert.equal(browser.cookies.has("latchkey-session"), false);
  assert.ok(answerOf(await send({ "Sec-Fetch-Site": "same-origin", Origin: "null" }))["code"]);
});

Deno.test("OpenID Connect Core §3.1.2.1: a POST of another site, to which browsers give no cookies, continues by 303", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server));
  const { pathname, searchParams } = authorizeUrl(server, { state: "posted" });
  const headers = { "Origin": "https://rp.example.com", "Sec-Fetch-Site": "cross-site" };
  const posted = await server.fetch(pathname, { method: "POST", body: searchParams, headers });
  assert.equal(await posted.text(), "");
  assert.equal(posted.status, 303);
  const location = posted.headers.get("Location") ?? "";
  assert.ok(location.startsWith(`${server.issuer}/connect/authorize/callback?interaction=ia_`));
  // The GET that follows brings the session: the person is not asked again.
  const { code, state } = answerOf(await browser.open(location));
  assert.equal(state, "posted");
  assert.equal((await redeem(server, code ?? "")).status, 200);
  // And it belonged to that browser from then on.
  assertLost(await agent(server).open(location));
});

Deno.test("interaction: a posted request is claimed by the first browser that comes with it", async () => {
  await using server = await listeningServer({ late: true });
  const { pathname, searchParams } = authorizeUrl(server);
  const posted = await server.fetch(pathname, { method: "POST", body: searchParams });
  await posted.body?.cancel();
  const location = posted.headers.get("Location") ?? "";
  const browsers = Array.from({ length: 5 }, () => agent(server));
  const visits = await Promise.all(browsers.map((browser) => browser.open(location)));
  assert.equal(
    visits.filter((visit) => pageOf(visit) === "login" && visit.status === 200).length,
    1,
  );
  assert.equal(visits.filter(({ status }) => status === 400).length, 4);
});

Deno.test("interaction: of many answers to one consent one gives a code", async () => {
  await using server = await listeningServer({ late: true });
  const browser = agent(server);
  const consent = await logIn(browser, await browser.open(authorizeUrl(server, WEB)), "alice");
  const visits = await Promise.all(
    Array.from({ length: 10 }, () => browser.submit(consent, { action: "allow" })),
  );
  const answered = visits.filter((visit) => pageOf(visit) === "client");
  assert.equal(answered.length, 1);
  for (const visit of visits) if (visit !== answered[0]) assertLost(visit);
});

Deno.test("RFC 6265bis §4.1.3: cookies are HttpOnly, SameSite=Lax and for the whole host; over https also Secure with the __Host- prefix", async () => {
  for (const issuer of ["http://127.0.0.1:9000", "https://id.example.com"]) {
    await using server = await testServer({ config: { issuer } });
    const secure = issuer.startsWith("https:");
    const seen: string[] = [];
    const browser = agent({
      issuer,
      async fetch(input, init) {
        const response = await server.fetch(input, init);
        seen.push(...response.headers.getSetCookie());
        return response;
      },
    });
    await passThrough(browser, authorizeUrl(server));
    // That of the check session iframe is for script.
    const ours = seen.filter((cookie) => !cookie.includes("latchkey-browser_state="));
    assert.equal(ours.length, 3);
    for (const cookie of ours) {
      const [pair = "", ...attributes] = cookie.split("; ");
      assert.equal(pair.startsWith("__Host-latchkey-"), secure);
      assert.deepEqual(
        attributes.filter((one) => !one.startsWith("Max-Age=")).toSorted(),
        ["HttpOnly", "Path=/", "SameSite=Lax", ...secure ? ["Secure"] : []],
      );
    }
  }
});
