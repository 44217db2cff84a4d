/** What people see of the applications that have access to them, and how they end it. */

import assert from "node:assert/strict";
import { type Agent, agent, attribute, formOf, logIn, type Visit } from "../support/agent.ts";
import { RAW_CONFIG, type RawConfig, withClient, withUser } from "../support/config.ts";
import {
  answerOf,
  assertRefused,
  authorizeUrl,
  codeFor,
  pageOf,
  passThrough,
  redeem,
  refresh,
  silently,
  tokensOf,
  userinfo,
} from "../support/flow.ts";
import { dump } from "../support/hostile.ts";
import { memoryStore } from "../support/memory_store.ts";
import { listeningServer, type TestServer, testServer } from "../support/server.ts";

const WEB = { client_id: "web" };

function here(): Promise<TestServer> {
  return testServer({ store: memoryStore() });
}

/** The page, in a browser in which somebody logs in if need be. */
async function accountOf(browser: Agent, username = "alice"): Promise<Visit> {
  const visit = await browser.open("/account");
  return pageOf(visit) === "login" ? await logIn(browser, visit, username) : visit;
}

/** A browser in which somebody has let `web` in, and `spa`. */
async function busyBrowser(server: TestServer, username = "alice"): Promise<Agent> {
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server, WEB), username);
  await passThrough(browser, authorizeUrl(server), username);
  return browser;
}

/** The clients that a page has forms for, in order. */
function clientsOn({ html, status }: Visit): string[] {
  assert.equal(status, 200, html);
  const inputs = html.matchAll(/<input[^>]*name="client_id"[^>]*>/g);
  return [...inputs].map(([input]) => attribute(input, "value"));
}

function tokenOf(page: Visit): string {
  return formOf(page).fields.get("csrf_token") ?? "";
}

/** The page's form as somebody sends it who presses the button of `web`; `undefined` leaves out a field. */
function send(
  browser: Agent,
  page: Visit,
  fields: Readonly<Record<string, string | undefined>>,
  headers: Record<string, string> = {},
): Promise<Visit> {
  const { action, fields: hidden } = formOf(page);
  const merged = { ...Object.fromEntries(hidden), action: "revoke", client_id: "web", ...fields };
  const given = Object.entries(merged).filter((pair): pair is [string, string] =>
    pair[1] !== undefined
  );
  return browser.open(action, { method: "POST", body: new URLSearchParams(given), headers });
}

function assertErrorPage({ status, html }: Visit): void {
  assert.equal(status, 400);
  assert.match(html, /<div id="error">/);
}

/** A browser as it comes to another server with the same address. */
function sameBrowser(server: TestServer, { cookies }: Agent): Agent {
  const later = agent(server);
  for (const [name, value] of cookies) later.cookies.set(name, value);
  return later;
}

function interactions({ store }: TestServer) {
  return store.list(["interaction"], { limit: 100 });
}

Deno.test("account: whoever is not logged in logs in first and comes back, and nothing stays behind", async () => {
  for (const path of ["", "/tenant"]) {
    await using server = await listeningServer({ path });
    const browser = agent(server);
    const first = await browser.send(`${server.issuer}/account`);
    assert.equal(await first.text(), "");
    assert.equal(first.status, 303);
    assert.equal(first.headers.get("Cache-Control"), "no-store");
    const login = await browser.open(first.headers.get("Location") ?? "");
    assert.equal(login.url.pathname, `${path}/account/login`);
    assert.match(login.headers.get("Content-Security-Policy") ?? "", /; form-action 'self';/);
    assert.equal((await interactions(server)).length, 1);
    const wrong = await logIn(browser, login, "alice", "wrong");
    assert.deepEqual([wrong.status, pageOf(wrong)], [400, "login"]);
    const page = await logIn(browser, wrong, "alice");
    assert.deepEqual([page.status, page.url.href], [200, `${server.issuer}/account`]);
    assert.match(page.html, /Alice Example/);
    assert.equal((await interactions(server)).length, 0);
    assertErrorPage(await browser.open(login.url));
    const again = await browser.send(`${server.issuer}/account`);
    assert.equal(again.status, 200);
    assert.equal(again.headers.get("Cache-Control"), "no-store");
    assert.match(
      again.headers.get("Content-Security-Policy") ?? "",
      /^default-src 'none'.*form-action 'self'; frame-ancestors 'none'/,
    );
    await again.body?.cancel();
    assert.equal((await interactions(server)).length, 0);
    assert.deepEqual(
      server.env.events.filter(({ message }) => message.startsWith("login.")).map((
        { message, members },
      ) => [message, members["page"], members["client_id"]]),
      [["login.failed", "account", undefined], ["login.succeeded", "account", undefined]],
    );
  }
});

Deno.test("account: whoever has logged in in another tab meanwhile just goes on", async () => {
  await using server = await here();
  const browser = agent(server);
  const waiting = await browser.open("/account");
  await passThrough(browser, authorizeUrl(server));
  const offered = await browser.open(waiting.url);
  const page = await browser.submit(offered, { action: "continue" });
  assert.deepEqual(clientsOn(page), ["spa"]);
});

Deno.test("OpenID Connect Core §3.1.2.1: ui_locales holds for the login, the page and its form", async () => {
  await using server = await here();
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server));
  browser.cookies.delete("latchkey-session");
  const login = await browser.open("/account?ui_locales=de");
  assert.match(login.html, /<html lang="de"/);
  const page = await logIn(browser, login, "alice");
  assert.match(page.html, /<html lang="de"/);
  const removed = await send(browser, page, { client_id: "spa" });
  assert.match(removed.html, /<html lang="de"/);
  assert.deepEqual(clientsOn(removed), []);
});

Deno.test("account: a cancelled visit leads to the home page, and is over", async () => {
  for (const path of ["", "/tenant"]) {
    await using server = await listeningServer({ path });
    const browser = agent(server);
    const login = await browser.open(`${server.issuer}/account`);
    const home = await browser.submit(login, { action: "cancel" });
    assert.deepEqual([home.status, home.url.pathname], [200, path || "/"]);
    assert.equal((await interactions(server)).length, 0);
    assertErrorPage(await browser.open(login.url));
    assertErrorPage(await logIn(browser, login, "alice"));
    assert.equal(browser.cookies.has("latchkey-session"), false);
  }
});

Deno.test("interaction: a visit is forgotten after a quarter of an hour", async () => {
  await using server = await here();
  const browser = agent(server);
  const login = await browser.open("/account");
  server.env.advance(899);
  assert.equal((await browser.open(login.url)).status, 200);
  server.env.advance(900);
  assertErrorPage(await browser.open(login.url));
  assertErrorPage(await logIn(browser, login, "alice"));
  assert.equal(browser.cookies.has("latchkey-session"), false);
});

Deno.test("RFC 9700 §4.7: a visit opened in another browser is refused", async () => {
  await using server = await here();
  const [owner, thief] = [agent(server), await busyBrowser(server, "bob")];
  const sent = await owner.send("/account");
  await sent.body?.cancel();
  // Not even whoever comes first.
  const address = sent.headers.get("Location") ?? "";
  assertErrorPage(await thief.open(address));
  const login = await owner.open(address);
  const handle = login.url.searchParams.get("interaction");
  assertErrorPage(await thief.open(`/connect/authorize/callback?interaction=${handle}`));
  assertErrorPage(await logIn(thief, login, "bob"));
  assertErrorPage(await thief.submit(login, { action: "cancel" }));
  assert.equal((await logIn(owner, login, "alice")).url.pathname, "/account");
});

Deno.test("interaction: a visit has no consent page, and resuming it without a login asks for that", async () => {
  await using server = await here();
  const browser = agent(server);
  const login = await browser.open("/account");
  const handle = login.url.searchParams.get("interaction") ?? "";
  const resume = `/connect/authorize/callback?interaction=${handle}`;
  assert.equal((await browser.open(resume)).url.href, login.url.href);
  assertErrorPage(await browser.open(`/account/consent?interaction=${handle}`));
  const body = new URLSearchParams(formOf(login).fields);
  body.set("action", "allow");
  assertErrorPage(await browser.open("/account/consent", { method: "POST", body }));
  await passThrough(browser, authorizeUrl(server));
  assertErrorPage(await browser.open(`/account/consent?interaction=${handle}`));
  assertErrorPage(await browser.open("/account/consent", { method: "POST", body }));
  assert.equal((await browser.open(resume)).url.pathname, "/account");
});

Deno.test("account: everybody sees their own applications, the latest used first", async () => {
  await using server = await here();
  const hers = agent(server);
  await passThrough(hers, authorizeUrl(server, WEB));
  server.env.advance(1);
  await passThrough(hers, authorizeUrl(server));
  const his = agent(server);
  await passThrough(his, authorizeUrl(server, { client_id: "post" }), "bob");
  const page = await accountOf(hers);
  assert.deepEqual(clientsOn(page), ["spa", "web"]);
  assert.match(page.html, /Web Shop/);
  assert.doesNotMatch(page.html, /Bob/);
  assert.deepEqual(clientsOn(await accountOf(his)), ["post"]);
});

Deno.test("grant.revoked: codes, refresh and access tokens end at once, and the person is asked again", async () => {
  await using server = await here();
  const browser = agent(server);
  const offline = { ...WEB, scope: "openid offline_access" };
  const code = await codeFor(server, offline, browser);
  const { access_token, refresh_token } = tokensOf(await redeem(server, code, {}, "web"));
  // In another browser: it is the person who ends it, wherever they have granted it.
  const elsewhere = agent(server);
  const other = tokensOf(
    await redeem(server, await codeFor(server, WEB, elsewhere), {}, "web"),
  );
  const unredeemed = await codeFor(server, WEB, browser);
  const spa = tokensOf(await redeem(server, await codeFor(server, {}, browser)));
  const his = agent(server);
  await passThrough(his, authorizeUrl(server, WEB), "bob");
  assert.equal(await silently(server, browser, WEB), undefined);

  const page = await accountOf(browser);
  const removed = await send(browser, page, {});
  assert.equal(removed.url.pathname, "/account");
  assert.deepEqual(clientsOn(removed), ["spa"]);
  assert.match(removed.html, /Web Shop/);
  assert.match(removed.html, /next time you are asked again/);
  for (const token of [access_token, other.access_token]) {
    assert.equal((await userinfo(server, token)).status, 401);
  }
  assertRefused(await refresh(server, refresh_token, {}, "web"));
  assertRefused(await redeem(server, unredeemed, {}, "web"));
  for (const one of [browser, elsewhere]) {
    assert.equal(await silently(server, one, WEB), "consent_required");
    assert.equal(pageOf(await one.open(authorizeUrl(server, WEB))), "consent");
  }
  // Other clients, and other people, keep what they have.
  assert.equal((await userinfo(server, spa.access_token)).status, 200);
  assert.equal(await silently(server, browser), undefined);
  assert.equal(await silently(server, his, WEB), undefined);
  assert.deepEqual(
    server.env.events.filter(({ message }) => message === "grant.revoked").map(({ members }) => {
      const { trace_id, ...told } = members;
      assert.ok(trace_id);
      return told;
    }),
    [{ client_id: "web", sub: "sub-alice", reason: "user", grants: 4 }],
  );
  // `spa` is of the house, and nobody is asked: the page does not promise it.
  assert.match((await send(browser, removed, { client_id: "spa" })).html, /so you aren’t asked/);
});

Deno.test("OpenID Connect Core §3.1.2.4: once removed, a client gets what is allowed anew, and no more without asking", async () => {
  await using server = await here();
  const browser = agent(server);
  const wide = { ...WEB, scope: "openid email profile" };
  await passThrough(browser, authorizeUrl(server, wide));
  await send(browser, await accountOf(browser), {});
  await passThrough(browser, authorizeUrl(server, WEB));
  assert.equal(await silently(server, browser, WEB), undefined);
  assert.equal(await silently(server, browser, wide), "consent_required");
});

Deno.test("account: a form without its token, or with that of another page, person or browser, changes nothing", async () => {
  await using server = await here();
  const browser = await busyBrowser(server);
  const [second, his] = [await busyBrowser(server), await busyBrowser(server, "bob")];
  const page = await accountOf(browser);
  const login = tokenOf(await browser.open(authorizeUrl(server, { prompt: "login" })));
  const [ofSecond, ofHis] = [tokenOf(await accountOf(second)), tokenOf(await accountOf(his))];
  const before = await dump(server.store);
  for (
    const csrf_token of [undefined, "", "x".repeat(43), `${tokenOf(page)}x`, login, ofSecond, ofHis]
  ) {
    assertErrorPage(await send(browser, page, { csrf_token }));
  }
  assert.deepEqual(await dump(server.store), before);
  assert.deepEqual(clientsOn(await send(browser, page, {})), ["spa"]);
  assert.deepEqual(clientsOn(await accountOf(his)).toSorted(), ["spa", "web"]);
});

Deno.test("Fetch Metadata: a removal that another site sends is refused, ours is not", async () => {
  await using server = await here();
  const browser = await busyBrowser(server);
  const page = await accountOf(browser);
  const before = await dump(server.store);
  for (
    const headers of [
      { "Sec-Fetch-Site": "cross-site" },
      { "Sec-Fetch-Site": "same-site" },
      { Origin: "https://evil.example" },
    ]
  ) {
    assertErrorPage(await send(browser, page, {}, headers));
    assertErrorPage(await send(agent(server), page, {}, headers));
  }
  assert.deepEqual(await dump(server.store), before);
  const ours = { "Sec-Fetch-Site": "same-origin", Origin: "null" };
  assert.deepEqual(clientsOn(await send(browser, page, {}, ours)), ["spa"]);
});

Deno.test("account: a page counts for the person to whom it was shown, no other", async () => {
  await using server = await here();
  const browser = await busyBrowser(server);
  const page = await accountOf(browser);
  // The same person logs in again, in another tab.
  await logIn(browser, await browser.open(authorizeUrl(server, { prompt: "login" })), "alice");
  assert.deepEqual(clientsOn(await send(browser, page, { client_id: "spa" })), ["web"]);
  // Somebody else takes her place.
  const login = await browser.open(authorizeUrl(server, { ...WEB, prompt: "login" }));
  await browser.submit(await logIn(browser, login, "bob"), { action: "allow", remember: "true" });
  const before = await dump(server.store);
  assertErrorPage(await send(browser, page, {}));
  assert.deepEqual(await dump(server.store), before);
  // Nobody is logged in any more.
  browser.cookies.delete("latchkey-session");
  const asked = await send(browser, page, {});
  assert.equal(pageOf(asked), "login");
  assert.deepEqual(clientsOn(await logIn(browser, asked, "alice")), ["web"]);
  assert.equal(server.env.events.filter(({ message }) => message === "grant.revoked").length, 1);
});

Deno.test("account: a client without access, a missing one and another action end nothing", async () => {
  await using server = await here();
  const browser = await busyBrowser(server);
  const page = await accountOf(browser);
  const before = await dump(server.store);
  for (
    const client_id of ["post", "unknown", "WEB", "web ", `web\0`, "<script>alert(1)</script>"]
  ) {
    const shown = await send(browser, page, { client_id });
    assert.deepEqual([shown.status, shown.html], [200, page.html], client_id);
  }
  for (const client_id of [undefined, ""]) {
    assertErrorPage(await send(browser, page, { client_id }));
  }
  for (const action of [undefined, "", "allow", "REVOKE", "toString"]) {
    assertErrorPage(await send(browser, page, { action }));
  }
  assert.deepEqual(await dump(server.store), before);
  // Of two clicks on one button the second finds nothing left.
  assert.deepEqual(clientsOn(await send(browser, page, {})), ["spa"]);
  assert.deepEqual(clientsOn(await send(browser, page, {})), ["spa"]);
  assert.equal(server.env.events.filter(({ message }) => message === "grant.revoked").length, 1);
});

Deno.test("account: nobody else's link makes the page say that something was removed", async () => {
  await using server = await here();
  const browser = await busyBrowser(server);
  const plain = await accountOf(browser);
  for (
    const text of ["web", "post", "unknown", "<b>Bank</b>", "Bank was hacked, call 555", "%00"]
  ) {
    for (const proof of ["", "x".repeat(43), tokenOf(plain)]) {
      const query = new URLSearchParams({ removed: text, proof });
      const visit = await browser.open(`/account?${query}`);
      assert.deepEqual([visit.status, visit.html], [200, plain.html], String(query));
    }
  }
  assertErrorPage(await browser.open("/account?removed=web&removed=post"));
  const removed = await send(browser, plain, {});
  assert.equal(removed.url.searchParams.get("removed"), "web");
  const silent = await browser.open("/account");
  assert.notEqual(removed.html, silent.html);
  // What was proven for one client says nothing of another, nor in another browser or to another person.
  const forged = new URL(removed.url);
  forged.searchParams.set("removed", "post");
  assert.equal((await browser.open(forged)).html, silent.html);
  for (const other of [await busyBrowser(server), await busyBrowser(server, "bob")]) {
    await send(other, await accountOf(other), {});
    const theirs = await other.open("/account");
    assert.equal((await other.open(removed.url)).html, theirs.html);
  }
  await logIn(browser, await browser.open(authorizeUrl(server, { prompt: "login" })), "bob");
  const his = await browser.open("/account");
  assert.equal((await browser.open(removed.url)).html, his.html);
  // Nor does it say so of a client that is back.
  await logIn(browser, await browser.open(authorizeUrl(server, { prompt: "login" })), "alice");
  const again = await send(browser, await accountOf(browser), { client_id: "spa" });
  assert.notEqual(again.html, (await browser.open("/account")).html);
  await passThrough(browser, authorizeUrl(server));
  const back = await browser.open("/account");
  assert.equal((await browser.open(again.url)).html, back.html);
});

Deno.test("account: a client that the configuration no longer knows is shown by its id, and ends too", async () => {
  const store = memoryStore();
  await using server = await testServer({ store });
  const browser = await busyBrowser(server);
  const clients = (RAW_CONFIG["clients"] as RawConfig[])
    .filter((client) => client["client_id"] !== "web");
  await using smaller = await testServer({ store, config: { clients } });
  const later = sameBrowser(smaller, browser);
  const page = await accountOf(later);
  assert.deepEqual(clientsOn(page).toSorted(), ["spa", "web"]);
  assert.doesNotMatch(page.html, /Web Shop/);
  const removed = await send(later, page, {});
  assert.deepEqual(clientsOn(removed), ["spa"]);
  assert.match(removed.html, /\bweb\b/);
  assert.equal(pageOf(await browser.open(authorizeUrl(server, WEB))), "consent");
});

Deno.test("account: logos of the applications may be loaded, from their own hosts alone", async () => {
  const logo_uri = "https://cdn.example.com/logo.png";
  await using server = await testServer({
    store: memoryStore(),
    config: withClient("web", { logo_uri }),
  });
  const browser = await busyBrowser(server);
  const { headers } = await accountOf(browser);
  assert.match(
    headers.get("Content-Security-Policy") ?? "",
    /; img-src 'self' https:\/\/cdn\.example\.com; /,
  );
});

Deno.test("account: the session of somebody who was switched off is no login", async () => {
  const store = memoryStore();
  await using server = await testServer({ store });
  const browser = await busyBrowser(server);
  const page = await accountOf(browser);
  await using without = await testServer({ store, config: withUser("alice", { enabled: false }) });
  const later = sameBrowser(without, browser);
  assert.equal(pageOf(await later.open("/account")), "login");
  assert.equal(pageOf(await send(later, page, {})), "login");
  assert.deepEqual(clientsOn(await browser.open("/account")).toSorted(), ["spa", "web"]);
});

Deno.test("RFC 9110 §15.5.6: /account takes GET and POST, and names them", async () => {
  await using server = await here();
  for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS"]) {
    const response = await server.fetch("/account", { method });
    await response.body?.cancel();
    assert.deepEqual(
      [response.status, response.headers.get("Allow")],
      [405, "GET, HEAD, POST"],
      method,
    );
  }
});

Deno.test("account: a visit to it is no answer to a client, whatever that asks for", async () => {
  await using server = await here();
  const browser = agent(server);
  const login = await browser.open(
    "/account?client_id=web&redirect_uri=https://evil.example&page=x",
  );
  const page = await logIn(browser, login, "alice");
  assert.equal(page.url.href, `${server.issuer}/account`);
  const waiting = await browser.open(authorizeUrl(server, { prompt: "login" }));
  assert.ok(answerOf(await logIn(browser, waiting, "alice"))["code"]);
});
