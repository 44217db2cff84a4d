/** Whether OpenID Connect RP-Initiated Logout 1.0 is kept: who is logged out, who is asked, and where nobody is ever sent. */

import assert from "node:assert/strict";
import * as openid from "openid-client";
import { base64url, utf8 } from "../../src/lib/bytes.ts";
import { signJwt } from "../../src/keys/signer.ts";
import { type Agent, agent, formOf, type Visit } from "../support/agent.ts";
import { assertRefused, authorizeUrl, passThrough, redeem } from "../support/flow.ts";
import { dump } from "../support/hostile.ts";
import { endSessionUrl, GOODBYE, idTokenFor, isLoggedIn, logoutConfig } from "../support/logout.ts";
import { fetchWhole, listeningServer, type TestServer, testServer } from "../support/server.ts";

const START = () => testServer({ config: logoutConfig() });

/** The browser was sent to the client, with these parameters. */
function assertLeft({ status, url }: Visit, state?: string): void {
  assert.equal(status, 0, `still at the server: ${url}`);
  assert.equal(url.href, state === undefined ? GOODBYE : `${GOODBYE}?state=${state}`);
}

const asks = ({ html }: Visit) => html.includes('id="confirm-logout"');
const saysLoggedOut = ({ html }: Visit) => html.includes('id="logged-out"');

function assertErrorPage({ status, html }: Visit): void {
  assert.equal(status, 400);
  assert.match(html, /<div id="error">/);
}

/** How requests arrive. */
const WAYS = {
  GET: (browser: Agent, url: URL) => browser.open(url),
  POST: (browser: Agent, url: URL) =>
    browser.open(url.origin + url.pathname, { method: "POST", body: url.searchParams }),
};

for (const [way, send] of Object.entries(WAYS)) {
  Deno.test(`OpenID Connect RP-Initiated Logout §2, §3: a hint of this session ends it unasked and leads back with state (${way})`, async () => {
    await using server = await START();
    const browser = agent(server);
    const { id_token, sid, sub } = await idTokenFor(server, browser);
    const url = endSessionUrl(server, {
      id_token_hint: id_token,
      post_logout_redirect_uri: GOODBYE,
      state: "a b",
    });
    assertLeft(await send(browser, url), "a+b");
    assert.equal(await isLoggedIn(server, browser), false);
    const { found } = await server.server.records.session.find("sid", sid);
    assert.equal(found.length, 0);
    const [event] = server.env.events.filter(({ message }) => message === "session.ended");
    const { trace_id, ...members } = event!.members;
    assert.ok(trace_id);
    assert.deepEqual(members, { sub, sid, reason: "logout", client_id: "spa", clients: ["spa"] });
    // The same request once more: there is nobody, and the hint still leads back.
    assertLeft(await send(browser, url), "a+b");
  });

  Deno.test(`OpenID Connect RP-Initiated Logout §2, §6: without a hint somebody is asked, and nothing ends before (${way})`, async () => {
    await using server = await START();
    const browser = agent(server);
    await idTokenFor(server, browser);
    const url = endSessionUrl(server, { client_id: "spa", post_logout_redirect_uri: GOODBYE });
    const visit = await send(browser, url);
    assert.ok(asks(visit));
    assert.match(visit.html, /Alice Example/);
    assert.ok(await isLoggedIn(server, browser));
    assertLeft(await browser.submit(visit, { action: "logout" }));
    assert.equal(await isLoggedIn(server, browser), false);
  });

  Deno.test(`OpenID Connect RP-Initiated Logout §2: whoever asks for nothing is asked, and finds the page of the end (${way})`, async () => {
    await using server = await START();
    const browser = agent(server);
    await idTokenFor(server, browser);
    const visit = await send(
      browser,
      endSessionUrl(server, { ui_locales: "de", logout_hint: "x" }),
    );
    assert.match(visit.html, /Möchten Sie sich abmelden/);
    const end = await browser.submit(visit, { action: "logout" });
    assert.ok(saysLoggedOut(end));
    assert.match(end.html, /<html lang="de">/);
    assert.doesNotMatch(end.html, /id="submit"/);
    assert.equal(await isLoggedIn(server, browser), false);
    // Reloading does no harm.
    assert.ok(saysLoggedOut(await browser.open(end.url)));
  });
}

Deno.test("OpenID Connect RP-Initiated Logout §2: a POST of another site, which brings no cookie, goes on by a GET that does", async () => {
  await using server = await START();
  const browser = agent(server);
  const { id_token } = await idTokenFor(server, browser);
  const body = endSessionUrl(server, {
    id_token_hint: id_token,
    post_logout_redirect_uri: GOODBYE,
  }).searchParams;
  const response = await server.fetch("/connect/endsession", { method: "POST", body });
  await response.body?.cancel();
  assert.equal(response.status, 303);
  assert.deepEqual(response.headers.getSetCookie(), []);
  const location = response.headers.get("Location") ?? "";
  assert.match(location, /\/account\/logout\?interaction=ia_[\w-]+$/);
  assert.ok(await isLoggedIn(server, browser));
  assertLeft(await browser.open(location));
  assert.equal(await isLoggedIn(server, browser), false);
});

Deno.test("OpenID Connect RP-Initiated Logout §2: an expired ID token is a hint", async () => {
  await using server = await START();
  const browser = agent(server);
  const { id_token } = await idTokenFor(server, browser);
  server.env.advance(1800);
  const url = endSessionUrl(server, { id_token_hint: id_token, post_logout_redirect_uri: GOODBYE });
  assertLeft(await browser.open(url));
});

Deno.test("OpenID Connect RP-Initiated Logout §2: the cookies of the session go with it", async () => {
  await using server = await START();
  const browser = agent(server);
  const { id_token } = await idTokenFor(server, browser);
  assert.ok(browser.cookies.has("latchkey-session"));
  await browser.open(endSessionUrl(server, { id_token_hint: id_token }));
  assert.ok(!browser.cookies.has("latchkey-session"));
});

Deno.test("OpenID Connect RP-Initiated Logout §2: the hint of another session, and of another person, is no proof", async () => {
  await using server = await START();
  const [browser, other, bob] = [agent(server), agent(server), agent(server)];
  await idTokenFor(server, browser);
  const elsewhere = await idTokenFor(server, other);
  const code = await passThrough(bob, authorizeUrl(server, { client_id: "spa" }), "bob");
  assert.ok(code["code"]);
  for (const id_token_hint of [elsewhere.id_token]) {
    for (const who of [browser, bob]) {
      const visit = await who.open(endSessionUrl(server, { id_token_hint }));
      assert.ok(asks(visit));
      assert.ok(await isLoggedIn(server, who));
    }
  }
  assert.ok(await isLoggedIn(server, other));
});

Deno.test("OpenID Connect RP-Initiated Logout §2: a hint without sid proves by the person, whom a pairwise client knows by another name", async () => {
  const config = {
    ...logoutConfig({
      web: { subject_type: "pairwise", redirect_uris: ["https://rp.example.com/callback"] },
    }),
    tokens: { pairwise_salt: { env: "SALT" } },
  };
  await using server = await testServer({
    config,
    variables: { SALT: "0123456789abcdef0123456789abcdef" },
  });
  const { keys, env } = server.server;
  const issued = await idTokenFor(server, agent(server), "web");
  assert.notEqual(issued.sub, "sub-alice");
  const hintOf = (sub: string) => {
    const now = env.now();
    const claims = { iss: server.issuer, aud: "web", sub, iat: now, exp: now + 300 };
    return signJwt(keys, { alg: "RS256", typ: "JWT" }, claims);
  };
  for (const [sub, proven] of [["sub-alice", false], ["x", false], [issued.sub, true]] as const) {
    const browser = agent(server);
    await idTokenFor(server, browser);
    await browser.open(endSessionUrl(server, { id_token_hint: await hintOf(sub) }));
    assert.equal(await isLoggedIn(server, browser), !proven, sub);
  }
});

Deno.test("OpenID Connect RP-Initiated Logout §2: a hint without sid has done its work with one logout, and ends no later session", async () => {
  const frontchannel_logout_uri = "https://rp.example.com/gone";
  await using server = await testServer({
    config: logoutConfig({ spa: { frontchannel_logout_uri } }),
  });
  const browser = agent(server);
  await idTokenFor(server, browser);
  const end = await browser.open(`/connect/endsession?${await hinted(server, {})}`);
  assert.ok(saysLoggedOut(end));
  await idTokenFor(server, browser);
  assert.ok(asks(await browser.open(end.url)));
  assert.ok(await isLoggedIn(server, browser));
});

Deno.test("OpenID Connect RP-Initiated Logout §3: nobody is led to a client, or to a place, that was taken away while they were asked", async () => {
  for (const spa of [{ enabled: false }, { post_logout_redirect_uris: [] }]) {
    await using server = await START();
    const browser = agent(server);
    await idTokenFor(server, browser);
    const url = endSessionUrl(server, { client_id: "spa", post_logout_redirect_uri: GOODBYE });
    const question = await browser.open(url);
    const { env, store } = server;
    await using changed = await testServer({ env, store, config: logoutConfig({ spa }) });
    const later = agent(changed);
    for (const [name, value] of browser.cookies) later.cookies.set(name, value);
    const end = await later.submit(question, { action: "logout" });
    assert.ok(saysLoggedOut(end), end.url.href);
    assert.ok(!end.html.includes(GOODBYE));
  }
});

/** The query of a request whose hint we have signed: an ID token of `spa`, with these claims instead. */
async function hinted(
  server: TestServer,
  changes: Readonly<Record<string, unknown>>,
  typ = "JWT",
): Promise<string> {
  const claims = { iss: server.issuer, aud: "spa", sub: "sub-alice", exp: 9_999_999_999 };
  const { keys } = server.server;
  const header = { alg: "RS256", typ } as const;
  return query(server, { id_token_hint: await signJwt(keys, header, { ...claims, ...changes }) });
}

/** Requests that are wrong, each of which leaves everything as it was and sends nobody anywhere. */
const WRONG: Readonly<
  Record<string, (server: TestServer, id_token: string) => Promise<string> | string>
> = {
  "a modified hint": (server, id_token) => {
    const [header, payload, signature] = id_token.split(".");
    const claims = JSON.parse(atob(payload!.replaceAll("-", "+").replaceAll("_", "/")));
    const changed = base64url(utf8(JSON.stringify({ ...claims, sid: "x" })));
    return query(server, { id_token_hint: `${header}.${changed}.${signature}` });
  },
  "a hint without signature (alg none)": (server, id_token) => {
    const header = base64url(utf8(JSON.stringify({ alg: "none", typ: "JWT" })));
    return query(server, { id_token_hint: `${header}.${id_token.split(".")[1]}.` });
  },
  "a hint that is no JWT": (server) => query(server, { id_token_hint: "hello" }),
  "a hint of another kind": (server) => hinted(server, {}, "at+jwt"),
  "a hint of another issuer": (server) => hinted(server, { iss: "https://evil.example" }),
  "a hint for several": (server) => hinted(server, { aud: ["spa", "web"], azp: "spa" }),
  "a hint that has no end, as signed userinfo": (server) => hinted(server, { exp: undefined }),
  "a hint of a client that is gone": (server) => hinted(server, { aud: "gone" }),
  "a hint of another client than client_id": (server, id_token_hint) =>
    query(server, { id_token_hint, client_id: "web" }),
  "an unknown client_id": (server) => query(server, { client_id: "nobody" }),
  "a URI without any client": (server) => query(server, {}),
  "a URI with a query added": (server, id_token_hint) =>
    query(server, { id_token_hint, post_logout_redirect_uri: `${GOODBYE}?next=x` }),
  "a URI with a path added": (server, id_token_hint) =>
    query(server, { id_token_hint, post_logout_redirect_uri: `${GOODBYE}/` }),
  "a URI of an attacker": (server, id_token_hint) =>
    query(server, { id_token_hint, post_logout_redirect_uri: "https://evil.example/" }),
  "a redirect URI of the client": (server, id_token_hint) =>
    query(server, { id_token_hint, post_logout_redirect_uri: "https://rp.example.com/callback" }),
  "a script as URI": (server, id_token_hint) =>
    query(server, { id_token_hint, post_logout_redirect_uri: "javascript:alert(1)" }),
  "a repeated URI": (server, id_token_hint) =>
    `${query(server, { id_token_hint })}&post_logout_redirect_uri=${encodeURIComponent(GOODBYE)}`,
  "a repeated hint": (server, id_token_hint) =>
    `${query(server, { id_token_hint })}&id_token_hint=${id_token_hint}`,
  "a state with control characters": (server, id_token_hint) =>
    query(server, { id_token_hint, state: "a\r\nb" }),
  "a logout_hint without end": (server, id_token_hint) =>
    query(server, { id_token_hint, logout_hint: "a".repeat(513) }),
};

function query(server: TestServer, fields: Record<string, string>): string {
  return endSessionUrl(server, { post_logout_redirect_uri: GOODBYE, ...fields }).search;
}

for (const [what, make] of Object.entries(WRONG)) {
  Deno.test(`OpenID Connect RP-Initiated Logout §2, §4: ${what} is a page that says so, and changes nothing`, async () => {
    await using server = await START();
    const browser = agent(server);
    const { id_token } = await idTokenFor(server, browser);
    const search = await make(server, id_token);
    const before = await dump(server.store);
    assertErrorPage(await browser.open(`/connect/endsession${search}`));
    const body = new URLSearchParams(search);
    assertErrorPage(await browser.open("/connect/endsession", { method: "POST", body }));
    assert.deepEqual(await dump(server.store), before);
    assert.ok(await isLoggedIn(server, browser));
    // Nor is whoever is not logged in sent anywhere.
    assertErrorPage(await agent(server).open(`/connect/endsession${search}`));
  });
}

Deno.test("OpenID Connect RP-Initiated Logout §3: nobody logged in is redirected for a client_id alone, but finds a link", async () => {
  await using server = await START();
  const fields = { client_id: "web", post_logout_redirect_uri: GOODBYE, state: "s" };
  for (const send of Object.values(WAYS)) {
    const visit = await send(agent(server), endSessionUrl(server, fields));
    assert.equal(visit.status, 200);
    assert.ok(saysLoggedOut(visit));
    assert.match(
      visit.html,
      /<a class="button primary" id="submit" href="https:\/\/rp\.example\.com\/goodbye\?state=s">Continue to Web Shop<\/a>/,
    );
    assert.doesNotMatch(visit.html, /<script|http-equiv/);
  }
});

Deno.test("OpenID Connect RP-Initiated Logout §2: whoever stays signed in does, and the question is over", async () => {
  await using server = await START();
  const browser = agent(server);
  await idTokenFor(server, browser);
  const visit = await browser.open(endSessionUrl(server, { client_id: "web" }));
  assert.match(visit.html, /Web Shop asks us to sign you out/);
  const home = await browser.submit(visit, { action: "cancel" });
  assert.equal(home.url.pathname, "/");
  assert.ok(await isLoggedIn(server, browser));
});

Deno.test("OpenID Connect RP-Initiated Logout §6: the confirmation can't be forged, by no token and by no other site", async () => {
  await using server = await START();
  const [browser, mallory] = [agent(server), agent(server)];
  await idTokenFor(server, browser);
  await idTokenFor(server, mallory);
  const visit = await browser.open(endSessionUrl(server));
  const { fields } = formOf(visit);
  const forged = formOf(await mallory.open(endSessionUrl(server))).fields;
  const send = (form: URLSearchParams, headers: Record<string, string> = {}) => {
    const body = new URLSearchParams([...form, ["action", "logout"]]);
    return browser.open("/account/logout", { method: "POST", body, headers });
  };
  const without = new URLSearchParams({ interaction: fields.get("interaction")! });
  assertErrorPage(await send(without));
  const mixed = new URLSearchParams({
    interaction: fields.get("interaction")!,
    csrf_token: forged.get("csrf_token")!,
  });
  assertErrorPage(await send(mixed));
  assertErrorPage(await send(fields, { "Sec-Fetch-Site": "cross-site" }));
  // Another browser's interaction is none: a question of one's own is asked instead.
  assert.ok(asks(await send(forged)));
  assertErrorPage(await browser.submit(visit, { action: "anything" }));
  assert.ok(await isLoggedIn(server, browser));
  assert.ok(await isLoggedIn(server, mallory));
});

Deno.test("OpenID Connect RP-Initiated Logout §2: a question to one person is not answered by the next", async () => {
  await using server = await START();
  const browser = agent(server);
  await idTokenFor(server, browser);
  const visit = await browser.open(endSessionUrl(server));
  browser.cookies.delete("latchkey-session");
  await passThrough(browser, authorizeUrl(server), "bob");
  assertErrorPage(await browser.submit(visit, { action: "logout" }));
  assert.ok(await isLoggedIn(server, browser));
});

Deno.test("OpenID Connect RP-Initiated Logout §2: pressed twice, or in two tabs, it is one logout and leads to the same place", async () => {
  await using server = await START();
  const browser = agent(server);
  await idTokenFor(server, browser);
  const url = endSessionUrl(server, { client_id: "spa", post_logout_redirect_uri: GOODBYE });
  const [one, two] = [await browser.open(url), await browser.open(url)];
  assertLeft(await browser.submit(one, { action: "logout" }));
  assertLeft(await browser.submit(one, { action: "logout" }));
  // There is nobody left to log out: the way back is offered.
  assert.ok(saysLoggedOut(await browser.submit(two, { action: "logout" })));
  const ended = server.env.events.filter(({ message }) => message === "session.ended");
  assert.equal(ended.length, 1);
});

Deno.test("OpenID Connect RP-Initiated Logout §2: a page of an ended logout logs nobody out who has logged in since", async () => {
  await using server = await START();
  const browser = agent(server);
  await idTokenFor(server, browser);
  const visit = await browser.open(endSessionUrl(server));
  const end = await browser.submit(visit, { action: "logout" });
  await idTokenFor(server, browser);
  assert.ok(asks(await browser.open(end.url)));
  assert.ok(await isLoggedIn(server, browser));
});

Deno.test("/account/logout: somebody comes by himself, is asked and is signed out", async () => {
  await using server = await START();
  const browser = agent(server);
  assert.ok(saysLoggedOut(await browser.open("/account/logout")));
  await idTokenFor(server, browser);
  const visit = await browser.open("/account/logout?ui_locales=de");
  assert.ok(asks(visit));
  assert.ok(saysLoggedOut(await browser.submit(visit, { action: "logout" })));
  assert.equal(await isLoggedIn(server, browser), false);
});

Deno.test("OpenID Connect RP-Initiated Logout §2: of two tabs that confirm at the same moment one ends the session, and both get where they go", async () => {
  await using server = await testServer({ config: logoutConfig(), late: true });
  const browser = agent(server);
  await idTokenFor(server, browser);
  const url = endSessionUrl(server, { client_id: "spa", post_logout_redirect_uri: GOODBYE });
  const tabs = [await browser.open(url), await browser.open(url)];
  const ends = await Promise.all(tabs.map((tab) => browser.submit(tab, { action: "logout" })));
  for (const end of ends) assert.ok(end.url.href === GOODBYE || saysLoggedOut(end), end.url.href);
  const ended = server.env.events.filter(({ message }) => message === "session.ended");
  assert.equal(ended.length, 1);
  assert.equal(await isLoggedIn(server, browser), false);
});

Deno.test("OpenID Connect Back-Channel Logout §2.7: what is granted at the moment of a logout ends with the session, or never was", async () => {
  await using server = await testServer({ config: logoutConfig(), late: true });
  for (let round = 0; round < 10; round++) {
    const browser = agent(server);
    const { id_token } = await idTokenFor(server, browser);
    const cookies = new Map(browser.cookies);
    const other = agent(server);
    for (const [name, value] of cookies) other.cookies.set(name, value);
    const [visit] = await Promise.all([
      other.open(authorizeUrl(server, { prompt: "none" })),
      browser.open(endSessionUrl(server, { id_token_hint: id_token })),
    ]);
    const code = visit.url.searchParams.get("code");
    if (code !== null) assertRefused(await redeem(server, code));
    else assert.equal(visit.url.searchParams.get("error"), "login_required");
  }
});

Deno.test("openid-client: buildEndSessionUrl logs out and comes back", async () => {
  await using server = await listeningServer({ config: logoutConfig() });
  const config = await openid.discovery(new URL(server.issuer), "spa", undefined, openid.None(), {
    execute: [openid.allowInsecureRequests],
    [openid.customFetch]: fetchWhole,
  });
  const browser = agent(server);
  const { id_token } = await idTokenFor(server, browser);
  const url = openid.buildEndSessionUrl(config, {
    id_token_hint: id_token,
    post_logout_redirect_uri: GOODBYE,
    state: "bye",
  });
  assertLeft(await browser.open(url), "bye");
  assert.equal(await isLoggedIn(server, browser), false);
});
