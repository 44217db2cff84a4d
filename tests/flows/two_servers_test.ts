/** Whether two servers on one database are one server to everybody else. */

import assert from "node:assert/strict";
import { agent, attribute, logIn, type Visit } from "../support/agent.ts";
import {
  answerOf,
  assertRefused,
  authorizeUrl,
  codeFor,
  pageOf,
  passThrough,
  post,
  redeem,
  refresh,
  tokensFor,
  tokensOf,
  userinfo,
} from "../support/flow.ts";
import type { RawConfig } from "../support/config.ts";
import { robotForm, withRobot } from "../support/robot.ts";
import type { TestServer } from "../support/server.ts";
import { type TwoServers, twoServers } from "../support/two_servers.ts";

/** Quicker to make than RSA. */
const ES256: RawConfig = { managed: { algorithms: ["ES256"] } };

const OFFLINE = { client_id: "web", scope: "openid offline_access" };

/** They make keys for themselves: started at once, they have to agree on some that neither of them finds. */
async function pair(keys = ES256): Promise<TwoServers> {
  const clients = (await withRobot())["clients"] as RawConfig[];
  return await twoServers({
    config: {
      keys,
      tokens: { access_token_signed_response_alg: "ES256" },
      clients: clients.map((client) => ({ ...client, id_token_signed_response_alg: "ES256" })),
    },
  });
}

Deno.test("two servers: started at once on a new file they have the same keys", async () => {
  await using servers = await pair({});
  const documents = await Promise.all([servers.one, servers.two].map(async (server) => {
    const response = await server.fetch("/.well-known/openid-configuration/jwks");
    return await response.json();
  }));
  assert.equal(documents[0].keys.length, 3);
  assert.deepEqual(documents[0], documents[1]);
});

Deno.test("two servers: login at one, code at the other, refresh at the first, replay at the second", async () => {
  await using servers = await pair();
  const { one, two } = servers;
  const code = await codeFor(one, OFFLINE);
  const first = tokensOf(await redeem(two, code, {}, "web"));
  const second = tokensOf(await refresh(one, first.refresh_token, {}, "web"));
  assert.equal((await userinfo(two, second.access_token)).status, 200);
  assertRefused(await refresh(two, first.refresh_token, {}, "web"));
  for (const server of [one, two]) {
    assert.equal((await userinfo(server, second.access_token)).status, 401);
    assertRefused(await refresh(server, second.refresh_token, {}, "web"));
    assertRefused(await redeem(server, code, {}, "web"));
  }
});

Deno.test("two servers: a browser whose every request goes to the other one gets through", async () => {
  await using servers = await pair();
  const { one, two } = servers;
  let turn = 0;
  const browser = agent({
    issuer: one.issuer,
    fetch: (input, init) => (turn++ % 2 === 0 ? one : two).fetch(input, init),
  });
  for (const scope of ["openid", "openid email"]) {
    const answer = await passThrough(browser, authorizeUrl(one, { ...OFFLINE, scope }));
    assert.ok(answer["code"], scope);
  }
  assert.ok(turn > 8);
});

Deno.test("two servers: whatever became of a sign-in at one, the other says the same", async () => {
  await using servers = await pair();
  const { one, two } = servers;
  const titleOf = ({ html }: Visit) => /<h1>([^<]*)<\/h1>/.exec(html)?.[1];
  const browser = agent(one);
  const [there, stranger] = [agent(two), agent(two)];
  // A step at one keeps it alive at the other.
  const login = await browser.open(authorizeUrl(one));
  for (const [name, value] of browser.cookies) there.cookies.set(name, value);
  for (const who of [there, browser, there]) {
    one.env.advance(899);
    assert.equal((await who.open(login.url)).status, 200);
  }
  assert.equal(titleOf(await stranger.open(login.url)), "This sign-in belongs to another browser");
  assert.ok(answerOf(await logIn(there, login, "alice"))["code"]);
  assert.equal(titleOf(await browser.open(login.url)), "This sign-in is finished");
  const late = await browser.open(authorizeUrl(one, { prompt: "login" }));
  one.env.advance(900);
  assert.equal(titleOf(await there.open(late.url)), "This sign-in took too long");
  // What one has refused, the other can write to the log.
  const refused = await browser.open(authorizeUrl(one, { client_id: "nobody" }));
  const link = attribute(/<a id="check"[^>]*>/.exec(refused.html)?.[0] ?? "", "href");
  assert.equal((await stranger.open(link)).status, 200);
});

Deno.test("two servers: of a consent that is given at both at once, one gives a code", async () => {
  await using servers = await pair();
  const { one, two } = servers;
  const browser = agent(one);
  const login = await browser.open(authorizeUrl(one, { client_id: "web" }));
  const consent = await logIn(browser, login, "alice");
  const there = agent(two);
  for (const [name, value] of browser.cookies) there.cookies.set(name, value);
  // A step that is due to be noted just then ends no check too many.
  one.env.advance(120);
  const visits = await Promise.all(
    Array.from(
      { length: 10 },
      (_, n) => (n % 2 === 0 ? browser : there).submit(consent, { action: "allow" }),
    ),
  );
  const answered = visits.filter((visit) => pageOf(visit) === "client");
  assert.equal(answered.length, 1);
  for (const visit of visits) {
    if (visit !== answered[0]) assert.match(visit.html, /This sign-in is finished/);
  }
});

Deno.test("two servers: of 60 parallel redemptions of one code at both exactly one succeeds", async () => {
  await using servers = await pair();
  const { one, two } = servers;
  const code = await codeFor(one, OFFLINE);
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, n) => redeem(n % 2 === 0 ? one : two, code, {}, "web")),
  );
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  answers.filter(({ status }) => status !== 200).forEach((answer) => assertRefused(answer));
});

Deno.test("two servers: a token that is revoked at one is dead at the other", async () => {
  await using servers = await pair();
  const { one, two } = servers;
  const tokens = await tokensFor(one, { scope: "openid offline_access" });
  await post(two, "/connect/revocation", { client_id: "spa", token: tokens.access_token });
  assert.equal((await userinfo(one, tokens.access_token)).status, 401);
  await post(one, "/connect/revocation", { client_id: "spa", token: tokens.refresh_token });
  assertRefused(await refresh(two, tokens.refresh_token));
});

Deno.test("RFC 7523 §3: an assertion that was used at one server is refused at the other", async () => {
  await using servers = await pair();
  const { one, two } = servers;
  const send = (server: TestServer, form: Record<string, string>) =>
    post(server, "/connect/token", form);
  const used = await robotForm(one, "jti-1");
  assert.equal((await send(one, used)).status, 200);
  for (const server of [one, two]) {
    const { status, body } = await send(server, used);
    assert.deepEqual([status, body["error"]], [401, "invalid_client"]);
  }
  assert.equal((await send(two, await robotForm(one, "jti-2"))).status, 200);
  const fresh = await robotForm(one, "jti-3");
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => send(n % 2 === 0 ? one : two, fresh)),
  );
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
});
