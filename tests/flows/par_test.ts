/** Whether clients can push their requests, and what a browser brings is nothing but their name (RFC 9126). */

import assert from "node:assert/strict";
import { type Agent, agent, logIn, type Visit } from "../support/agent.ts";
import { clientKey } from "../support/client_key.ts";
import { CALLBACK, RESOURCES, SECRETS, withClient } from "../support/config.ts";
import {
  answerOf,
  assertNotCached,
  assertRefused,
  authorizeUrl,
  type Fields,
  pageOf,
  passThrough,
  post,
  redeem,
  REQUEST,
  silently,
  tokensOf,
} from "../support/flow.ts";
import { dump } from "../support/hostile.ts";
import { PAR, push, pushedFor, pushedUrl, requestUriOf } from "../support/pushed.ts";
import { dump as contents } from "../support/secrets.ts";
import { type TestServer, testServer } from "../support/server.ts";

const PREFIX = "urn:ietf:params:oauth:request_uri:";

/** The page that says that a request_uri is good no more; the browser is sent nowhere. */
function assertSpent({ status, html }: Visit, because = ""): void {
  assert.equal(status, 400, because);
  assert.match(html, /<div id="error">/, because);
  assert.match(html, /<code>invalid_request_uri<\/code>/, because);
  assert.match(html, /Go back to the application/, because);
}

/** A browser in which alice is logged in. */
async function loggedIn(server: TestServer): Promise<Agent> {
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server));
  return browser;
}

Deno.test("RFC 9126 §2.2: 201, a request_uri that nobody guesses, its lifetime, and no cache", async () => {
  await using server = await testServer({ config: { tokens: { pushed_request_lifetime: "90s" } } });
  const seen = new Set<string>();
  for (const client_id of ["spa", "web", "post", "web"]) {
    const answer = await push(server, client_id);
    const request_uri = requestUriOf(answer);
    // 256 bits of randomness
    assert.match(request_uri, /^urn:ietf:params:oauth:request_uri:pr_[\w-]{43}$/);
    assert.deepEqual(answer.body, { request_uri, expires_in: 90 });
    assertNotCached(answer.headers);
    seen.add(request_uri);
  }
  assert.equal(seen.size, 4);
});

Deno.test("RFC 9126 §4: the request that was pushed is the one that is answered", async () => {
  await using server = await testServer();
  for (const client_id of ["spa", "web", "post"]) {
    const url = await pushedFor(server, client_id, {
      scope: "openid email invoices.read",
      nonce: "nonce-1",
      resource: RESOURCES.api,
      redirect_uri: "http://127.0.0.1:4711/callback",
    });
    const browser = agent(server);
    let visit = await logIn(browser, await browser.open(url), "alice");
    if (pageOf(visit) === "consent") visit = await browser.submit(visit, { action: "allow" });
    assert.equal(visit.url.origin, "http://127.0.0.1:4711");
    const { code = "", state, iss } = answerOf(visit);
    assert.deepEqual([state, iss], ["state-1", server.issuer]);
    const redirect_uri = "http://127.0.0.1:4711/callback";
    const tokens = tokensOf(await redeem(server, code, { redirect_uri }, client_id));
    assert.equal(tokens.scope, "openid email invoices.read");
  }
});

Deno.test("RFC 9126 §2.1: client_id may be left to the authentication that names the client, and is no other's", async () => {
  await using server = await testServer();
  const url = pushedUrl(
    server,
    requestUriOf(await push(server, "web", { client_id: undefined })),
    { client_id: "web" },
  );
  assert.ok((await passThrough(agent(server), url))["code"]);
  const before = await dump(server.store);
  assertRefused(await push(server, "web", { client_id: "spa" }), "invalid_request");
  assert.deepEqual(await dump(server.store), before);
});

Deno.test("RFC 9126 §2: the client is authenticated as at the token endpoint, and nothing is kept for anybody else", async () => {
  await using server = await testServer();
  const before = await dump(server.store, "throttle");
  const refused: readonly (readonly [Fields, Record<string, string>])[] = [
    [{ client_id: "web" }, {}],
    [{ client_id: "unknown" }, {}],
    [{ client_id: "post", client_secret: "wrong-0123456789abcdef" }, {}],
    [{ client_id: "spa", client_secret: "any-0123456789abcdef" }, {}],
    [{ client_id: undefined }, {}],
    [{ client_id: "web" }, { Authorization: "Basic eDp5" }],
  ];
  for (const [form, headers] of refused) {
    const answer = await post(server, PAR, { ...REQUEST, ...form }, headers);
    const error = headers["Authorization"] === undefined ? "invalid_client" : "invalid_request";
    assertRefused(answer, error, error === "invalid_client" ? 401 : 400);
  }
  assert.deepEqual(await dump(server.store, "throttle"), before);
});

Deno.test("RFC 9126 §2.1: request_uri is no parameter of a push", async () => {
  const { jwk } = await clientKey("ES256");
  const members = { request_uris: ["https://rp.example.com/object"], jwks: { keys: [jwk] } };
  await using server = await testServer({ config: withClient("spa", members) });
  const pushed = requestUriOf(await push(server));
  const before = await dump(server.store);
  for (const request_uri of [pushed, "https://rp.example.com/object", "x"]) {
    assertRefused(await push(server, "spa", { request_uri }), "invalid_request");
    const alone = await post(server, PAR, { client_id: "spa", request_uri });
    assertRefused(alone, "invalid_request");
  }
  assert.deepEqual(await dump(server.store), before);
});

Deno.test("RFC 9126 §2.1: every parameter is judged when it is pushed, by the rules of the authorization endpoint", async () => {
  await using server = await testServer();
  const before = await dump(server.store);
  const wrong: readonly (readonly [string, Fields])[] = [
    ["invalid_request", { redirect_uri: "https://evil.example/" }],
    ["invalid_request", { redirect_uri: undefined }],
    ["invalid_request", { response_type: undefined }],
    ["unsupported_response_type", { response_type: "magic" }],
    ["unauthorized_client", { response_type: "id_token", nonce: "n" }],
    ["invalid_scope", { scope: undefined }],
    ["invalid_scope", { scope: "openid calendar.read" }],
    ["invalid_request", { code_challenge: undefined }],
    ["invalid_request", { code_challenge_method: "plain" }],
    ["invalid_request", { response_mode: "magic" }],
    ["invalid_request", { prompt: "none login" }],
    ["invalid_request", { max_age: "soon" }],
    ["invalid_request", { state: "\u20ac" }],
    ["invalid_request", { id_token_hint: "x" }],
    ["invalid_request", { claims: "{" }],
    ["invalid_target", { resource: "https://unknown.example" }],
    ["registration_not_supported", { registration: "{}" }],
    ["request_not_supported", { request: "x" }],
  ];
  for (const [error, changes] of wrong) {
    const at = JSON.stringify(changes);
    const answer = await push(server, "spa", changes);
    assert.deepEqual([answer.body["error"], answer.status], [error, 400], at);
    assertRefused(answer, error);
    assert.equal(answer.headers.get("Location"), null);
    // The same at the authorization endpoint: told by redirect, or where that isn't proven by a page.
    const visit = await agent(server).open(authorizeUrl(server, changes));
    const told = visit.status === 0
      ? answerOf(visit)["error"]
      : /<code>(\w+)<\/code>/.exec(visit.html)?.[1];
    assert.equal(told, error, at);
  }
  assert.deepEqual(await dump(server.store), before);
});

Deno.test("RFC 9126 §2.1, RFC 6749 §3.1: nothing may be pushed twice; what has no value or is unknown is no parameter", async () => {
  await using server = await testServer();
  const before = await dump(server.store);
  for (const name of ["scope", "state", "client_id", "redirect_uri", "unknown"]) {
    const twice = `${new URLSearchParams({ ...REQUEST, client_id: "spa", unknown: "x" })}`;
    const body = new URLSearchParams(twice);
    body.append(name, body.get(name) ?? "");
    const response = await server.fetch(PAR, { method: "POST", body });
    assert.deepEqual([response.status, (await response.json()).error], [400, "invalid_request"]);
  }
  assert.deepEqual(await dump(server.store), before);
  const empty = {
    request: "",
    request_uri: "",
    client_secret: "",
    client_assertion: "",
    nonce: "",
  };
  const url = await pushedFor(server, "spa", { ...empty, registration: "", unknown: "x" });
  assert.ok((await passThrough(agent(server), url))["code"]);
});

Deno.test("RFC 9126 §2.3, RFC 6749 §5.2: unauthorized_client for whom no browser can come from", async () => {
  await using server = await testServer();
  const before = await dump(server.store);
  assertRefused(await push(server, "machine"), "unauthorized_client");
  assert.deepEqual(await dump(server.store), before);
});

Deno.test("RFC 9126 §2.3: 405 for other methods, 413 for too long a body, 400 for what is no form", async () => {
  await using server = await testServer();
  const before = await dump(server.store);
  for (const method of ["GET", "PUT", "DELETE"]) {
    const response = await server.fetch(`${PAR}?${authorizeUrl(server).searchParams}`, { method });
    assert.deepEqual([response.status, response.headers.get("Allow")], [405, "POST"]);
    await response.body?.cancel();
  }
  assertRefused(await push(server, "spa", { unknown: "x".repeat(70_000) }), "invalid_request", 413);
  const json = await server.fetch(PAR, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(REQUEST),
  });
  assert.equal((await json.json()).error, "invalid_request");
  // Parameters count in the body alone.
  const query = `${PAR}?${authorizeUrl(server).searchParams}`;
  assertRefused(await post(server, query, { client_id: "spa" }), "invalid_request");
  assert.deepEqual(await dump(server.store), before);
});

Deno.test("RFC 9126 §2.2: request_uri is bound to the client that pushed; what is unknown is refused in the same words", async () => {
  await using server = await testServer();
  const browser = await loggedIn(server);
  const request_uri = requestUriOf(await push(server, "post"));
  const before = await dump(server.store);
  const pages = [request_uri, `${request_uri}x`, `${PREFIX}pr_${"A".repeat(43)}`, PREFIX].map(
    async (uri) => {
      const visit = await browser.open(pushedUrl(server, uri));
      assertSpent(visit, uri);
      // But for the reference, and the sealed link for whoever runs the server.
      return visit.html.replaceAll(/[0-9a-f]{32}|request=[\w-]+/g, "");
    },
  );
  assert.equal(new Set(await Promise.all(pages)).size, 1);
  assert.deepEqual(await dump(server.store), before);
  // Which did its owner no harm.
  const url = pushedUrl(server, request_uri, { client_id: "post" });
  assert.ok(answerOf(await browser.open(url))["code"]);
});

Deno.test("RFC 9126 §4: an expired request_uri is refused, to the second", async () => {
  await using server = await testServer();
  const browser = await loggedIn(server);
  const [good, late] = [await pushedFor(server), await pushedFor(server)];
  server.env.advance(59);
  assert.ok(answerOf(await browser.open(good))["code"]);
  server.env.advance(1);
  assertSpent(await browser.open(late));
});

Deno.test("RFC 9101 §7: what can't be used is told to the outer redirect URI where that is registered, and to nobody else", async () => {
  await using server = await testServer();
  const uri = `${PREFIX}unknown`;
  const outer = { redirect_uri: CALLBACK, state: "outer", response_mode: "fragment" };
  const visit = await agent(server).open(pushedUrl(server, uri, outer));
  const { error, state, iss } = answerOf(visit);
  assert.deepEqual([error, state, iss], ["invalid_request_uri", "outer", server.issuer]);
  assert.ok(visit.url.href.startsWith(`${CALLBACK}#`));
  for (const redirect_uri of ["https://evil.example/", `${CALLBACK}/x`]) {
    assertSpent(await agent(server).open(pushedUrl(server, uri, { redirect_uri })));
  }
  // A client with one redirect URI alone: nobody has named it.
  const config = withClient("spa", { redirect_uris: [CALLBACK] });
  await using one = await testServer({ config });
  assertSpent(await agent(one).open(pushedUrl(one, uri)));
});

Deno.test("RFC 9101 §5, RFC 9126 §4: whatever else stands beside client_id and request_uri is ignored", async () => {
  await using server = await testServer();
  const browser = await loggedIn(server);
  const visit = await browser.open(pushedUrl(server, requestUriOf(await push(server)), {
    redirect_uri: "https://evil.example/",
    response_type: "id_token token",
    response_mode: "form_post",
    scope: "unknown",
    state: "outer",
    prompt: "login consent",
    max_age: "0",
    code_challenge: "x",
    claims: "{",
    resource: "https://unknown.example",
    id_token_hint: "x",
    registration: "{}",
  }));
  assert.ok(visit.url.href.startsWith(`${CALLBACK}?`), visit.url.href);
  const { code = "", state } = answerOf(visit);
  assert.equal(state, "state-1");
  assert.equal(tokensOf(await redeem(server, code)).scope, "openid");
  // And what is pushed can't be taken away.
  const strict = await push(server, "spa", { prompt: "login" });
  const asked = await browser.open(pushedUrl(server, requestUriOf(strict), { prompt: "none" }));
  assert.equal(pageOf(asked), "login");
});

Deno.test("RFC 9101 §5: request and request_uri together are refused, and so is either twice", async () => {
  await using server = await testServer();
  const request_uri = requestUriOf(await push(server));
  const before = await dump(server.store);
  const both = pushedUrl(server, request_uri, { request: "x" });
  const twice = pushedUrl(server, request_uri);
  twice.searchParams.append("request_uri", request_uri);
  const other = pushedUrl(server, request_uri);
  other.searchParams.append("client_id", "web");
  // RFC 6749 §3.1: no parameter may be given twice, though this one counts for nothing
  const ignored = pushedUrl(server, request_uri, { state: "one" });
  ignored.searchParams.append("state", "two");
  for (const url of [both, twice, other, ignored]) {
    const { status, html } = await agent(server).open(url);
    assert.equal(status, 400);
    assert.match(html, /<code>invalid_request<\/code>/);
  }
  assert.deepEqual(await dump(server.store), before);
});

Deno.test("OpenID Connect Core §3.1.2.1: a request_uri may come by POST too", async () => {
  await using server = await testServer();
  const browser = await loggedIn(server);
  const { pathname, searchParams } = await pushedFor(server);
  const init = { method: "POST", body: searchParams };
  assert.ok(answerOf(await browser.open(pathname, init))["code"]);
  assertSpent(await browser.open(pathname, init));
});

Deno.test("RFC 9126 §4: it may be opened again until the login is complete, in two tabs too, and then never more", async () => {
  await using server = await testServer();
  const browser = agent(server);
  const url = await pushedFor(server);
  const [one, two] = [await browser.open(url), await browser.open(url)];
  assert.deepEqual([pageOf(one), pageOf(two)], ["login", "login"]);
  assert.notEqual(one.url.href, two.url.href);
  const { code = "" } = answerOf(await logIn(browser, two, "alice"));
  assertSpent(await browser.open(one.url));
  assertSpent(await logIn(browser, one, "alice"));
  assertSpent(await browser.submit(one, { action: "cancel" }));
  assertSpent(await browser.open(url));
  assertSpent(await agent(server).open(url));
  assert.equal((await redeem(server, code)).status, 200);
  assert.deepEqual((await server.server.records.pushed_request.list()).found, []);
});

Deno.test("RFC 9126 §4: an error is an answer too: whoever cancels, denies or is asked for silently has used it up", async () => {
  const config = withClient("web", { client_uri: "https://shop.example.com" });
  await using server = await testServer({ config });
  const cancelling = agent(server);
  const url = await pushedFor(server, "web");
  const login = await cancelling.open(url);
  const cancelled = await cancelling.submit(login, { action: "cancel" });
  assert.equal(answerOf(cancelled)["error"], "access_denied");
  const page = await cancelling.open(url);
  assertSpent(page);
  // The way back leads to where the client says that it is.
  assert.match(page.html, /<a class="button primary" id="back" href="https:\/\/shop.example.com"/);

  const denying = agent(server);
  const asked = await pushedFor(server, "web");
  const consent = await logIn(denying, await denying.open(asked), "alice");
  const denied = await denying.submit(consent, { action: "deny" });
  assert.equal(answerOf(denied)["error"], "access_denied");
  assertSpent(await denying.open(asked));

  for (const [browser, { url }] of [[cancelling, login], [denying, consent]] as const) {
    assert.match((await browser.open(url)).html, /This sign-in is finished/);
  }
  assert.deepEqual((await server.server.records.pushed_request.list()).found, []);

  const silent = await pushedFor(server, "spa", { prompt: "none" });
  assert.equal(answerOf(await agent(server).open(silent))["error"], "login_required");
  assertSpent(await denying.open(silent));
});

Deno.test("RFC 9126 §2.2: a login may take longer than expires_in, but nothing begins after that", async () => {
  await using server = await testServer();
  const browser = agent(server);
  const url = await pushedFor(server);
  const [one, two] = [await browser.open(url), await browser.open(url)];
  server.env.advance(60);
  assertSpent(await browser.open(url));
  server.env.advance(740);
  assertSpent(await browser.open(url));
  assert.ok(answerOf(await logIn(browser, one, "alice"))["code"]);
  assertSpent(await logIn(browser, two, "alice"));
});

Deno.test("RFC 9126 §7.3: the record outlives every interaction that began with it", async () => {
  await using server = await testServer();
  const { interaction, pushed_request } = server.server.records;
  const browser = agent(server);
  const url = await pushedFor(server);
  await browser.open(url);
  server.env.advance(50);
  await browser.open(url);
  const waiting = (await interaction.list()).found.map(({ record }) => record);
  const [pushed] = (await pushed_request.list()).found;
  assert.equal(waiting.length, 2);
  const last = Math.max(...waiting.map(({ absolute_expires_at }) => absolute_expires_at));
  assert.equal(pushed?.record.expires_at, last);
  assert.equal(pushed?.record.usable_until, server.env.now() + 10);
});

Deno.test("RFC 9126 §7.4: client and redirect URI are proven anew when it is used", async () => {
  const changes = [
    { client: { enabled: false }, code: "unauthorized_client" },
    { client: { redirect_uris: ["https://elsewhere.example/"] }, code: "invalid_request_uri" },
  ];
  for (const { client, code } of changes) {
    await using server = await testServer();
    const { env, store } = server;
    const url = await pushedFor(server);
    const browser = await loggedIn(server);
    await using changed = await testServer({ env, store, config: withClient("spa", client) });
    const { status, html } = await browser.open(url);
    assert.equal(status, 0, html);
    const again = agent(changed);
    for (const [name, value] of browser.cookies) again.cookies.set(name, value);
    const refused = await again.open(await pushedFor(server));
    assert.equal(refused.status, 400);
    assert.ok(refused.html.includes(`<code>${code}</code>`), refused.html);
  }
});

Deno.test("RFC 9126 §5, §6: who has to push is refused without; the client hears of it, and metadata says so", async () => {
  const require = { require_pushed_authorization_requests: true };
  const server_wide = { security: require };
  for (const config of [withClient("spa", require), server_wide]) {
    await using server = await testServer({ config });
    const visit = await agent(server).open(authorizeUrl(server));
    const { error, state } = answerOf(visit);
    assert.deepEqual([error, state], ["invalid_request", "state-1"]);
    const evil = authorizeUrl(server, { redirect_uri: "https://evil.example/" });
    assert.equal((await agent(server).open(evil)).status, 400);
    const body = authorizeUrl(server).searchParams;
    const posted = await agent(server).open("/connect/authorize", { method: "POST", body });
    assert.equal(answerOf(posted)["error"], "invalid_request");
    assert.ok((await passThrough(agent(server), await pushedFor(server)))["code"]);

    const web = answerOf(
      await agent(server).open(authorizeUrl(server, { prompt: "none", client_id: "web" })),
    );
    assert.equal(web["error"], config === server_wide ? "invalid_request" : "login_required");
    const metadata = await (await server.fetch("/.well-known/openid-configuration")).json();
    assert.deepEqual(
      [
        metadata.require_pushed_authorization_requests,
        metadata.pushed_authorization_request_endpoint,
      ],
      [config === server_wide, server.issuer + PAR],
    );
  }
});

Deno.test("store: what is pushed is sealed, and nothing that proves the client is kept", async () => {
  await using server = await testServer();
  const secrets = {
    state: "state-that-nobody-reads",
    nonce: "nonce-that-nobody-reads",
    login_hint: "somebody@people.example",
  };
  await push(server, "post", secrets);
  await push(server, "web", secrets);
  const held = await contents(server.store);
  assert.ok(held.includes("post"));
  for (const secret of [...Object.values(secrets), ...Object.values(SECRETS), CALLBACK]) {
    assert.ok(!held.includes(secret), secret);
  }
  const [{ record } = assert.fail()] = (await server.server.records.pushed_request.list()).found;
  const opened = server.server.ring.open("pushed_request", record.sealed_request);
  const members = Object.keys(JSON.parse(new TextDecoder().decode(opened)));
  assert.ok(members.includes("login_hint"));
  assert.ok(!members.some((name) => /secret|assertion/.test(name)));
  // Sealed for one purpose, it opens for no other.
  assert.equal(server.server.ring.open("interaction", record.sealed_request), undefined);
});

Deno.test("RFC 8707 §2: resource may be pushed several times", async () => {
  await using server = await testServer({
    config: withClient("spa", { scope: "openid invoices.read calendar.read" }),
  });
  const body = new URLSearchParams(authorizeUrl(server).searchParams);
  body.set("scope", "openid invoices.read calendar.read");
  for (const resource of Object.values(RESOURCES)) body.append("resource", resource);
  const response = await server.fetch(PAR, { method: "POST", body });
  const url = pushedUrl(server, (await response.json()).request_uri);
  const { code = "" } = await passThrough(agent(server), url);
  const { access_token } = tokensOf(await redeem(server, code));
  const claims = JSON.parse(
    atob(access_token.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/")),
  );
  assert.deepEqual(claims.aud, Object.values(RESOURCES));
});

Deno.test("OpenID Connect Core §3.1.2.6: a silent pushed request writes what another does, and ends its record in the same commit", async () => {
  await using server = await testServer();
  const browser = await loggedIn(server);
  const url = await pushedFor(server, "spa", { prompt: "none" });
  const { store } = server;
  let commits = 0;
  const { commit } = store;
  Object.assign(store, {
    commit: (all: Parameters<typeof commit>[0]) => (commits++, commit.call(store, all)),
  });
  assert.equal(await silently(server, browser), undefined);
  const plain = commits;
  assert.ok(answerOf(await browser.open(url))["code"]);
  assert.equal(commits, 2 * plain);
  assert.equal(plain, 1);
});
