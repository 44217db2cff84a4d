/** Whether OpenID Connect Session Management 1.0 is kept: what answers say of the session, and what the iframe compares it with. */

import assert from "node:assert/strict";
import { sha256 } from "../../src/lib/bytes.ts";
import { sessionState } from "../../src/oauth/session_state.ts";
import { type Agent, agent, attribute, logIn } from "../support/agent.ts";
import { withClient } from "../support/config.ts";
import { answerOf, authorizeUrl, type Fields, passThrough } from "../support/flow.ts";
import { endSessionUrl, idTokenFor } from "../support/logout.ts";
import { testServer } from "../support/server.ts";

const COOKIE = "latchkey-browser_state";

/** Whether a session_state is right for what the browser has now: what the iframe does. */
function isUnchanged(session_state: string | undefined, client_id: string, state = ""): boolean {
  const [, salt = ""] = session_state?.split(".") ?? [];
  return session_state === sessionState(client_id, "https://rp.example.com/", state, salt);
}

for (const response_mode of ["query", "fragment", "form_post"]) {
  Deno.test(`OpenID Connect Session Management §2: session_state comes with every successful answer (${response_mode})`, async () => {
    await using server = await testServer();
    const browser = agent(server);
    const url = authorizeUrl(server, { response_mode });
    const visit = await logIn(browser, await browser.open(url), "alice");
    const session_state = response_mode === "form_post"
      ? attribute(/<input[^>]*name="session_state"[^>]*>/.exec(visit.html)?.[0] ?? "", "value")
      : answerOf(visit)["session_state"];
    assert.ok(isUnchanged(session_state, "spa", browser.cookies.get(COOKIE)));
    assert.ok(!isUnchanged(session_state, "spa"));
  });
}

Deno.test("OpenID Connect Session Management §2: errors of an understood request have it, of whoever is logged in or nobody", async () => {
  await using server = await testServer();
  const browser = agent(server);
  const silently = async (changes: Fields = {}) =>
    answerOf(await browser.open(authorizeUrl(server, { prompt: "none", ...changes })));
  const nobody = await silently();
  assert.equal(nobody["error"], "login_required");
  assert.ok(isUnchanged(nobody["session_state"], "spa", browser.cookies.get(COOKIE)));
  assert.ok(!isUnchanged(nobody["session_state"], "spa"));
  await passThrough(browser, authorizeUrl(server));
  const consent = await silently({ client_id: "web" });
  assert.equal(consent["error"], "consent_required");
  assert.ok(isUnchanged(consent["session_state"], "web", browser.cookies.get(COOKIE)));
  assert.equal((await silently({ scope: "unknown" }))["session_state"], undefined);
});

Deno.test("OpenID Connect Session Management §2: an OAuth request without openid gets none", async () => {
  await using server = await testServer();
  const answer = await passThrough(agent(server), authorizeUrl(server, { scope: "invoices.read" }));
  assert.ok(answer["code"]);
  assert.equal(answer["session_state"], undefined);
});

Deno.test("OpenID Connect Session Management §3.2: the browser state stays when the same person logs in again, and changes with the next, and with a logout", async () => {
  await using server = await testServer();
  const browser = agent(server);
  const first = await passThrough(browser, authorizeUrl(server));
  const before = browser.cookies.get(COOKIE);
  const again = await passThrough(browser, authorizeUrl(server, { prompt: "login" }));
  assert.equal(browser.cookies.get(COOKIE), before);
  assert.notEqual(first["session_state"], again["session_state"], "the salt is another");
  await passThrough(browser, authorizeUrl(server, { prompt: "login" }), "bob");
  assert.notEqual(browser.cookies.get(COOKIE), before);
  assert.ok(!isUnchanged(first["session_state"], "spa", browser.cookies.get(COOKIE)));
  const visit = await browser.open(endSessionUrl(server));
  await browser.submit(visit, { action: "logout" });
  assert.equal(browser.cookies.get(COOKIE), undefined);
});

Deno.test("OpenID Connect Session Management §3.2: the cookie lives as long as the session would unused, and goes where that has ended", async () => {
  await using server = await testServer({ config: { sessions: { idle_lifetime: "20m" } } });
  const browser = agent(server);
  await idTokenFor(server, browser);
  server.env.advance(600);
  const response = await browser.send(authorizeUrl(server, { prompt: "none" }));
  const cookie = response.headers.getSetCookie().find((one) => one.startsWith(COOKIE));
  assert.match(cookie ?? "", /; Max-Age=1200; Path=\/; SameSite=Lax$/);
  server.env.advance(1200);
  const answer = answerOf(await browser.open(authorizeUrl(server, { prompt: "none" })));
  assert.equal(answer["error"], "login_required");
  assert.match(browser.cookies.get(COOKIE) ?? "", /^nobody\./);
});

Deno.test("OpenID Connect Session Management §5: what stands for nobody is a secret of the browser, and stays until somebody logs in", async () => {
  await using server = await testServer();
  const silently = async (browser: Agent) =>
    answerOf(await browser.open(authorizeUrl(server, { prompt: "none" })))["session_state"];
  const [browser, other] = [agent(server), agent(server)];
  const first = await silently(browser);
  const state = browser.cookies.get(COOKIE);
  assert.match(state ?? "", /^nobody\.[\w-]{22}$/);
  await silently(browser);
  assert.equal(browser.cookies.get(COOKIE), state);
  await silently(other);
  assert.notEqual(other.cookies.get(COOKIE), state);
  await passThrough(browser, authorizeUrl(server));
  assert.ok(!isUnchanged(first, "spa", browser.cookies.get(COOKIE)));
  const visit = await browser.open(endSessionUrl(server));
  await browser.submit(visit, { action: "logout" });
  assert.ok(!isUnchanged(first, "spa", browser.cookies.get(COOKIE)));
});

Deno.test("OpenID Connect Session Management §5: what another site's page embeds comes without the session, so it says nothing of it and changes nothing", async () => {
  await using server = await testServer();
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server));
  // SameSite=None goes everywhere, Lax does not.
  const Cookie = `${COOKIE}=${browser.cookies.get(COOKIE)}`;
  const urls = [authorizeUrl(server, { prompt: "none" }), endSessionUrl(server)];
  for (const [index, url] of urls.entries()) {
    const get = async (site: string, dest: string) => {
      const headers = { Cookie, "Sec-Fetch-Site": site, "Sec-Fetch-Dest": dest };
      const response = await server.fetch(url, { headers });
      await response.body?.cancel();
      const changed = response.headers.getSetCookie().some((one) => one.startsWith(COOKIE));
      const location = response.headers.get("Location");
      const told = location !== null && new URL(location).searchParams.has("session_state");
      return { changed, told };
    };
    for (const dest of ["iframe", "image", "script", "empty"]) {
      assert.deepEqual(await get("cross-site", dest), { changed: false, told: false }, dest);
    }
    // Where the browser would have sent the session there is none.
    const ours = { changed: true, told: index === 0 };
    for (const site of ["same-origin", "same-site", "none"]) {
      assert.deepEqual(await get(site, "iframe"), ours);
    }
    assert.deepEqual(await get("cross-site", "document"), ours);
  }
  // With a session there is nothing to be mistaken about.
  const headers = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe" };
  const answer = answerOf(await browser.open(urls[0]!, { headers }));
  assert.ok(isUnchanged(answer["session_state"], "spa", browser.cookies.get(COOKIE)));
});

Deno.test("OpenID Connect Session Management §3.2: on https the cookie is for script in an iframe of another site, and names no session", async () => {
  const issuer = "https://id.example.com";
  await using server = await testServer({ config: { issuer } });
  const browser = agent(server);
  const login = await browser.open(authorizeUrl(server));
  const body = new URLSearchParams({
    interaction: login.url.searchParams.get("interaction")!,
    csrf_token: attribute(/<input[^>]*name="csrf_token"[^>]*>/.exec(login.html)![0], "value"),
    username: "alice",
    password: "alice",
    action: "login",
  });
  const response = await browser.send(`${issuer}/account/login`, { method: "POST", body });
  const cookies = response.headers.getSetCookie();
  const cookie = cookies.find((one) => one.startsWith(`__Host-${COOKIE}=`)) ?? "";
  assert.match(cookie, /; Max-Age=3600; Path=\/; Secure; SameSite=None$/);
  const session = cookies.find((one) => one.startsWith("__Host-latchkey-session=")) ?? "";
  assert.match(session, /; HttpOnly; Secure; SameSite=Lax$/);
  const { found } = await server.server.records.session.list();
  assert.ok(!cookie.includes(found[0]!.record.sid));
});

Deno.test("OpenID Connect Session Management §3.3: the iframe is announced, may be framed and kept, and runs its own script alone", async () => {
  await using server = await testServer();
  const metadata = await (await server.fetch("/.well-known/openid-configuration")).json();
  assert.equal(metadata.check_session_iframe, `${server.issuer}/connect/checksession`);
  const response = await server.fetch(metadata.check_session_iframe);
  const html = await response.text();
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("Content-Type"), "text/html; charset=utf-8");
  assert.equal(response.headers.get("Cache-Control"), "public, max-age=3600");
  assert.equal(response.headers.has("X-Frame-Options"), false);
  assert.deepEqual(response.headers.getSetCookie(), []);
  const policy = response.headers.get("Content-Security-Policy") ?? "";
  const [, script = ""] = /<script>([^]*?)<\/script>/.exec(html) ?? [];
  const hash = sha256(script).toBase64();
  assert.equal(policy, `default-src 'none'; script-src 'sha256-${hash}'; base-uri 'none'`);
  // Every other page may not.
  const home = await server.fetch("/");
  await home.body?.cancel();
  assert.match(home.headers.get("Content-Security-Policy") ?? "", /frame-ancestors 'none'/);
  assert.equal(home.headers.get("X-Frame-Options"), "DENY");
  const post = await server.fetch(metadata.check_session_iframe, { method: "POST" });
  await post.body?.cancel();
  assert.equal(post.status, 405);
});

Deno.test("OpenID Connect Session Management §2: two issuers on one host keep their browser states apart", async () => {
  await using server = await testServer({ config: { issuer: "http://127.0.0.1:9000/tenant" } });
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server));
  const name = `${COOKIE}-${sha256("/tenant").toHex().slice(0, 8)}`;
  assert.ok(browser.cookies.has(name));
  const html = await (await server.fetch("/tenant/connect/checksession")).text();
  assert.ok(html.includes(`=== "${name}"`));
});

Deno.test("OpenID Connect Session Management §2: an app's redirect URI has no origin, so its answers have no session_state", async () => {
  const redirect_uri = "com.example.app:/callback";
  const config = withClient("spa", { redirect_uris: [redirect_uri] });
  await using server = await testServer({ config });
  const answer = await passThrough(agent(server), authorizeUrl(server, { redirect_uri }));
  assert.ok(answer["code"]);
  assert.equal(answer["session_state"], undefined);
});
