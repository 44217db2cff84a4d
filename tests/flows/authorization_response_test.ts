/** How the answers of the authorization endpoint travel: state, query, fragment, form, and the headers of redirects and pages. */

import assert from "node:assert/strict";
import { agent, attribute, formOf, logIn } from "../support/agent.ts";
import { CALLBACK, withClient, withUser } from "../support/config.ts";
import { answerOf, authorizeUrl, passThrough } from "../support/flow.ts";
import { listeningServer } from "../support/server.ts";

Deno.test("OAuth 2.0 Multiple Response Types §2.1: errors travel by the response_mode that was asked for", async () => {
  await using server = await listeningServer();
  const changes = { prompt: "none", response_mode: "fragment" };
  const fragment = await agent(server).open(authorizeUrl(server, changes));
  assert.equal(fragment.url.search, "");
  assert.equal(answerOf(fragment)["error"], "login_required");
  const posted = await agent(server).open(
    authorizeUrl(server, { prompt: "none", response_mode: "form_post" }),
  );
  const { action, fields } = formOf(posted);
  assert.equal(action.href, CALLBACK);
  const { error_description: _text, session_state, ...rest } = Object.fromEntries(fields);
  assert.ok(session_state);
  assert.deepEqual(rest, { error: "login_required", state: "state-1", iss: server.issuer });
  const unknown = await agent(server).open(authorizeUrl(server, { response_mode: "pigeon" }));
  assert.equal(answerOf(unknown)["error"], "invalid_request");
});

Deno.test("OAuth 2.0 Form Post Response Mode §2: the form escapes what the client sent", async () => {
  await using server = await listeningServer();
  const state = `"><script>alert('&amp;')</script>`;
  const visit = await agent(server).open(
    authorizeUrl(server, { prompt: "none", response_mode: "form_post", state }),
  );
  assert.equal(formOf(visit).fields.get("state"), state);
  assert.equal(visit.html.match(/<script/g)?.length, 1);
  const nonce = attribute(/<script[^>]*>/.exec(visit.html)?.[0] ?? "", "nonce");
  const policy = visit.headers.get("Content-Security-Policy") ?? "";
  assert.ok(nonce.length >= 22 && policy.includes(`script-src 'nonce-${nonce}'`));
});

Deno.test("RFC 6749 §4.1.2: state comes back as it was, and is absent where there was none", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  const state = `a b+c&d=e%20"'<>#?/\\${"x".repeat(1000)}`;
  assert.equal((await passThrough(browser, authorizeUrl(server, { state })))["state"], state);
  const without = await passThrough(browser, authorizeUrl(server, { state: undefined }));
  assert.deepEqual(Object.keys(without).sort(), ["code", "iss", "session_state"]);
});

Deno.test("RFC 6749 §3.1.2: the query of a redirect URI is kept", async () => {
  const redirect_uris = ["https://rp.example.com/callback?tenant=1"];
  await using server = await listeningServer({ config: withClient("spa", { redirect_uris }) });
  const url = authorizeUrl(server, { redirect_uri: redirect_uris[0], prompt: "none" });
  const answer = answerOf(await agent(server).open(url));
  assert.equal(answer["tenant"], "1");
  assert.equal(answer["error"], "login_required");
});

Deno.test("RFC 9700 §4.12: redirects are 303 and, like pages, neither cached nor a referrer", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  const toLogin = await browser.send(authorizeUrl(server));
  const login = await browser.send(toLogin.headers.get("Location") ?? "");
  const visit = {
    url: new URL(login.url),
    status: 200,
    headers: login.headers,
    html: await login.text(),
  };
  const { action, fields } = formOf(visit, "login");
  fields.set("username", "alice");
  fields.set("password", "alice");
  const body = new URLSearchParams([...fields, ["action", "login"]]);
  const loggedIn = await browser.send(action, { method: "POST", body });
  const toClient = await browser.send(loggedIn.headers.get("Location") ?? "");
  const error = await browser.send(authorizeUrl(server, { prompt: "dance" }));
  for (const redirect of [toLogin, loggedIn, toClient, error]) {
    assert.equal(redirect.status, 303);
    assert.equal(await redirect.text(), "");
  }
  assert.ok(toClient.headers.get("Location")?.startsWith(`${CALLBACK}?code=ac_`));
  for (const { headers } of [toLogin, login, loggedIn, toClient, error]) {
    assert.equal(headers.get("Cache-Control"), "no-store");
    assert.equal(headers.get("Referrer-Policy"), "no-referrer");
  }
});

Deno.test("RFC 9700 §4.16: no page can be framed, and none runs a script that is not ours", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  const login = await browser.open(authorizeUrl(server, { client_id: "web" }));
  const visits = {
    login,
    consent: await logIn(browser, login, "alice"),
    error: await browser.open(authorizeUrl(server, { client_id: "nobody" })),
    form_post: await browser.open(
      authorizeUrl(server, { response_mode: "form_post", prompt: "none", client_id: "web" }),
    ),
  };
  for (const [name, { headers }] of Object.entries(visits)) {
    const policy = new Map(
      headers.get("Content-Security-Policy")?.split("; ").map((directive) => {
        const [kind = "", ...sources] = directive.split(" ");
        return [kind, sources.join(" ")];
      }),
    );
    assert.equal(policy.get("default-src"), "'none'", name);
    assert.equal(policy.get("frame-ancestors"), "'none'", name);
    assert.equal(policy.get("base-uri"), "'none'", name);
    assert.match(policy.get("form-action") ?? "", /^'self'/, name);
    const script = policy.get("script-src");
    assert.equal(script !== undefined, name === "form_post", name);
    assert.doesNotMatch([...policy.values()].join(" "), /unsafe|\*/, name);
    assert.equal(headers.get("X-Frame-Options"), "DENY", name);
    assert.equal(headers.get("X-Content-Type-Options"), "nosniff", name);
    assert.equal(headers.get("Referrer-Policy"), "no-referrer", name);
    assert.equal(headers.get("Cache-Control"), "no-store", name);
  }
});

Deno.test("RFC 6749 §4.1.2.1: a user outside of the client's allowed_groups is access_denied", async () => {
  await using server = await listeningServer({
    config: withClient("spa", { allowed_groups: ["staff"] }),
  });
  const { error, state, iss } = await passThrough(agent(server), authorizeUrl(server), "bob");
  assert.deepEqual([error, state, iss], ["access_denied", "state-1", server.issuer]);
  assert.ok((await passThrough(agent(server), authorizeUrl(server), "alice"))["code"]);
});

Deno.test("RFC 6749 §4.1.2.1: somebody outside of the client's allowed_groups may make way for somebody within", async () => {
  await using server = await listeningServer({
    config: withClient("spa", { allowed_groups: ["staff"] }),
  });
  for (const prompt of ["login", "select_account"]) {
    const browser = agent(server);
    await passThrough(browser, authorizeUrl(server, { client_id: "post" }), "bob");
    const silent = await browser.open(authorizeUrl(server, { prompt: "none" }));
    assert.equal(answerOf(silent)["error"], "access_denied");
    const page = await browser.open(authorizeUrl(server, { prompt }));
    assert.ok(answerOf(await logIn(browser, page, "alice"))["code"]);
  }
});

Deno.test("RFC 6749 §4.1.2.1: a user who is disabled is logged out, and cannot log in", async () => {
  await using server = await listeningServer();
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server));
  await using changed = await listeningServer({
    store: server.store,
    env: server.env,
    config: withUser("alice", { enabled: false }),
  });
  const later = agent(changed);
  browser.cookies.forEach((value, name) => later.cookies.set(name, value));
  const silent = await later.open(authorizeUrl(changed, { prompt: "none" }));
  assert.equal(answerOf(silent)["error"], "login_required");
  const login = await later.open(authorizeUrl(changed));
  assert.equal((await logIn(later, login, "alice")).status, 400);
});
