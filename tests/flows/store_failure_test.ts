/** What everybody is told while the database is away: to come back, and never that something worked. */

import assert from "node:assert/strict";
import { openKvStore } from "../../src/store/kv.ts";
import { StoreError } from "../../src/store/store.ts";
import { agent, formOf, logIn } from "../support/agent.ts";
import { testEnv } from "../support/env.ts";
import { faultyStore } from "../support/faulty_store.ts";
import {
  authorizeUrl,
  codeFor,
  introspect,
  passThrough,
  post,
  redeem,
  refresh,
  requestToken,
  tokensFor,
  tokensOf,
  userinfo,
} from "../support/flow.ts";
import { endSessionUrl, idTokenFor, isLoggedIn } from "../support/logout.ts";
import { push, pushedFor } from "../support/pushed.ts";
import { robotForm, withRobot } from "../support/robot.ts";
import { listeningServer, type TestServer, testServer } from "../support/server.ts";
import { breakableStore } from "../support/wrapped_store.ts";

const OFFLINE = { scope: "openid offline_access" };

/** A server whose store can be taken away and given back. */
interface Breakable extends AsyncDisposable {
  readonly server: TestServer;
  away: boolean;
}

async function breakable(): Promise<Breakable> {
  const env = testEnv();
  const inner = await openKvStore(env, { url: ":memory:" });
  const broken = breakableStore(inner);
  const server = await listeningServer({ env, store: broken.store, config: await withRobot() });
  return Object.assign(broken, {
    server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      inner.close();
    },
  });
}

function assertUnavailable(
  { status, headers }: { readonly status: number; readonly headers: Headers },
  what: string,
): void {
  assert.equal(status, 503, what);
  assert.match(headers.get("Retry-After") ?? "", /^\d+$/, what);
  assert.equal(headers.get("Location"), null, what);
  assert.equal(headers.get("Cache-Control"), "no-store", what);
}

Deno.test("store away: the API endpoints answer 503, and afterwards all is as it was", async () => {
  await using world = await breakable();
  const { server } = world;
  const code = await codeFor(server, OFFLINE);
  const tokens = await tokensFor(server, OFFLINE);
  const invoices = await tokensFor(server, { client_id: "web", scope: "invoices.read" });
  const robot = await robotForm(server, "1");
  const calls = {
    code: () => redeem(server, code),
    refresh: () => refresh(server, tokens.refresh_token),
    assertion: () => post(server, "/connect/token", robot),
    userinfo: () => userinfo(server, tokens.access_token),
    "introspection by an API": () => introspect(server, "api", invoices.access_token),
    "introspection by a client": () => introspect(server, "web", invoices.access_token),
    revocation: () =>
      post(server, "/connect/revocation", { client_id: "spa", token: tokens.access_token }),
  };
  world.away = true;
  for (const [name, call] of Object.entries(calls)) {
    const refused = await call();
    assertUnavailable(refused, name);
    assert.equal(refused.body["error"], "temporarily_unavailable", name);
    assert.equal(refused.body["access_token"], undefined, name);
    assert.equal(refused.body["active"], undefined, name);
  }
  world.away = false;
  for (const [name, call] of Object.entries(calls)) assert.equal((await call()).status, 200, name);
});

Deno.test("store away: nothing is pushed, and what was pushed is good afterwards", async () => {
  await using world = await breakable();
  const { server } = world;
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server));
  const url = await pushedFor(server);
  world.away = true;
  const refused = await push(server);
  assertUnavailable(refused, "push");
  assert.equal(refused.body["request_uri"], undefined);
  for (const who of [browser, agent(server)]) {
    const response = await who.send(url);
    assert.match(await response.text(), /temporarily_unavailable/);
    assertUnavailable(response, "authorize");
  }
  world.away = false;
  assert.ok((await passThrough(browser, url))["code"]);
});

Deno.test("store away: what needs no record works on, for clients that have proven themselves before", async () => {
  await using world = await breakable();
  const { server } = world;
  const grant_type = "client_credentials";
  await requestToken(server, "machine", { grant_type });
  await requestToken(server, "web", { grant_type });
  world.away = true;
  assertUnavailable(await requestToken(server, "post", { grant_type }), "nobody can count guesses");
  assert.equal((await requestToken(server, "machine", { grant_type })).status, 200);
  const wrong = await requestToken(server, "web", { grant_type: "password" });
  assert.equal(wrong.status, 400);
});

Deno.test("store away: the pages answer 503 with a page, and afterwards the login goes on", async () => {
  await using world = await breakable();
  const { server } = world;
  const browser = agent(server);
  const request = authorizeUrl(server, { client_id: "web" });
  const login = await browser.open(request);
  const consent = await logIn(browser, await browser.open(request), "alice");
  const form = (visit: typeof login, fields: Record<string, string>) => {
    const { action, fields: hidden } = formOf(visit);
    const body = new URLSearchParams([...hidden, ...Object.entries(fields)]);
    return browser.send(action, { method: "POST", body });
  };
  const alice = { username: "alice", password: "alice", action: "login" };
  const interaction = login.url.searchParams.get("interaction");
  const { pathname, searchParams } = request;
  const calls = {
    "authorize": () => browser.send(request),
    "authorize without a session": () => agent(server).send(request),
    "authorize silently": () => browser.send(`${request}&prompt=none`),
    "authorize by POST": () => browser.send(pathname, { method: "POST", body: searchParams }),
    "resume": () => browser.send(`/connect/authorize/callback?interaction=${interaction}`),
    "login page": () => browser.send(login.url),
    "login": () => form(login, alice),
    "wrong password": () => form(login, { ...alice, password: "wrong" }),
    "cancel": () => form(login, { action: "cancel" }),
    "consent page": () => browser.send(consent.url),
    "allow": () => form(consent, { action: "allow" }),
    "deny": () => form(consent, { action: "deny" }),
  };
  world.away = true;
  for (const [name, call] of Object.entries(calls)) {
    const response = await call();
    const html = await response.text();
    assertUnavailable(response, name);
    assert.match(html, /<div id="error">.*temporarily_unavailable/s, name);
    assert.equal(response.headers.getSetCookie().some((one) => /session/.test(one)), false, name);
  }
  world.away = false;
  const { code } = await passThrough(browser, consent.url);
  assert.equal((await redeem(server, code ?? "", {}, "web")).status, 200);
});

Deno.test("store away: /readyz says so, documents and /livez do not depend on it", async () => {
  await using world = await breakable();
  const { server } = world;
  world.away = true;
  const expected = {
    "/readyz": 503,
    "/livez": 200,
    "/.well-known/openid-configuration": 200,
    "/.well-known/oauth-authorization-server": 200,
    "/.well-known/openid-configuration/jwks": 200,
  };
  for (const [path, status] of Object.entries(expected)) {
    const response = await server.fetch(path);
    await response.body?.cancel();
    assert.equal(response.status, status, path);
  }
  world.away = false;
  const ready = await server.fetch("/readyz");
  assert.deepEqual(await ready.json(), { status: "ok", checks: { store: "ok", keys: "ok" } });
});

Deno.test("store failing now and then: codes and refresh tokens are spent once or not at all, and nothing is a 500", async () => {
  const env = testEnv();
  await using server = await listeningServer({ env });
  const store = faultyStore(env, server.store, { before: 0.15, after: 0.3 });
  // The ring has to be read for a server to start; a bad line may need some tries.
  const config = { issuer: server.issuer };
  const shaky = await retried(() => testServer({ env, store, config }));
  for (let round = 0; round < 15; round++) {
    const code = await codeFor(server, OFFLINE);
    const answers = await Promise.all(Array.from({ length: 5 }, () => redeem(shaky, code)));
    const successes = answers.filter(({ status }) => status === 200);
    assert.ok(successes.length <= 1);
    for (const { status } of answers) assert.ok([200, 400, 503].includes(status), `${status}`);
    const { refresh_token } = await tokensFor(server, OFFLINE);
    const refreshed = await Promise.all(
      Array.from({ length: 5 }, () => refresh(shaky, refresh_token)),
    );
    assert.ok(refreshed.filter(({ status }) => status === 200).length <= 1);
    for (const { status } of refreshed) assert.ok([200, 400, 503].includes(status), `${status}`);
    for (const one of successes) assert.ok(tokensOf(one).access_token);
  }
});

async function retried<T>(operate: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await operate();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }
}

Deno.test("store away: nobody is told that they are logged out, and then it works", async () => {
  await using world = await breakable();
  const { server } = world;
  const browser = agent(server);
  const { id_token } = await idTokenFor(server, browser);
  const url = endSessionUrl(server, { id_token_hint: id_token });
  const asked = await browser.open(endSessionUrl(server));
  world.away = true;
  for (const address of [url, endSessionUrl(server), asked.url]) {
    assertUnavailable(await browser.open(address), address.href);
  }
  assertUnavailable(await browser.submit(asked, { action: "logout" }), "confirmation");
  world.away = false;
  assert.ok(await isLoggedIn(server, browser));
  assert.match((await browser.open(url)).html, /id="logged-out"/);
  assert.equal(await isLoggedIn(server, browser), false);
});
