/** Whether a pushed request is answered once, however many tabs, browsers and servers are at it at the same moment (RFC 9126 §7.3). */

import assert from "node:assert/strict";
import { type Agent, agent, logIn, type Visit } from "../support/agent.ts";
import {
  answerOf,
  authorizeUrl,
  type Fields,
  pageOf,
  passThrough,
  redeem,
  tokensOf,
} from "../support/flow.ts";
import { interruptedStore } from "../support/interrupted_store.ts";
import { memoryStore } from "../support/memory_store.ts";
import { push, pushedFor, pushedUrl, requestUriOf } from "../support/pushed.ts";
import { type TestServer, testServer } from "../support/server.ts";
import { type TwoServers, twoServers } from "../support/two_servers.ts";

const TABS = 12;

/** So many passwords may be tried at once as there are tabs. */
const CONFIG = { security: { login: { tries_per_account: 100, tries_per_address: 1000 } } };

/** The one answer that reached the client; every other tab shows that the request was answered. */
function onlyAnswer(visits: readonly Visit[]): Record<string, string> {
  const answered = visits.filter(({ status }) => status === 0);
  assert.equal(answered.length, 1, visits.map(({ status, url }) => `${status} ${url}`).join("\n"));
  for (const { status, html } of visits) {
    if (status === 0) continue;
    assert.equal(status, 400, html);
    assert.match(html, /<code>invalid_request_uri<\/code>/);
  }
  return answerOf(answered[0]!);
}

async function loggedIn(server: TestServer): Promise<Agent> {
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server));
  return browser;
}

/** Does something in many tabs at once. */
function inTabs<T>(act: (tab: number) => Promise<T>, tabs = TABS): Promise<T[]> {
  return Promise.all(Array.from({ length: tabs }, (_, tab) => act(tab)));
}

/** How many pushed requests and codes there are. */
async function leftOf({ server: { records } }: TestServer): Promise<[number, number]> {
  const [pushed, grants] = [
    await records.pushed_request.list(),
    await records.authorization.list(),
  ];
  const codes = grants.found.filter(({ record }) => record.code !== undefined);
  return [pushed.found.length, codes.length];
}

Deno.test("RFC 9126 §7.3: of many tabs that open it at once one gets a code", async () => {
  await using server = await testServer({ late: true });
  const browser = await loggedIn(server);
  const [, before] = await leftOf(server);
  for (const changes of [{}, { prompt: "none" }] as Fields[]) {
    const url = await pushedFor(server, "spa", changes);
    const { code = "" } = onlyAnswer(await inTabs(() => browser.open(url)));
    assert.equal((await redeem(server, code)).status, 200);
  }
  assert.deepEqual(await leftOf(server), [0, before]);
});

Deno.test("RFC 9126 §7.3: of many browsers that log in with it at once one gets a code, whoever that is", async () => {
  await using server = await testServer({ late: true, config: CONFIG });
  const url = await pushedFor(server);
  const browsers = await inTabs(async (tab) => {
    const browser = agent(server);
    return { browser, login: await browser.open(url), name: tab % 2 === 0 ? "alice" : "bob" };
  });
  assert.ok(browsers.every(({ login }) => pageOf(login) === "login"));
  const visits = await Promise.all(
    browsers.map(({ browser, login, name }) => logIn(browser, login, name)),
  );
  const { code = "" } = onlyAnswer(visits);
  assert.equal((await redeem(server, code)).status, 200);
  assert.deepEqual(await leftOf(server), [0, 0]);
});

Deno.test("RFC 9126 §7.3: of a yes, a no and a change of mind in different tabs one is heard", async () => {
  await using server = await testServer({ late: true });
  const heard = new Set<string>();
  for (let round = 0; round < 12; round++) {
    const browser = agent(server);
    const url = await pushedFor(server, "web");
    const login = await browser.open(url);
    await logIn(browser, login, "alice");
    const tabs = await Promise.all(
      ["allow", "deny", "cancel"].map(async (action) => ({
        action,
        // Asked to log in again, a tab can cancel; otherwise it is asked for consent.
        page: action === "cancel" ? login : await browser.open(url),
      })),
    );
    const visits = await Promise.all(
      tabs.map(({ action, page }) => browser.submit(page, { action })),
    );
    const { code, error } = onlyAnswer(visits);
    assert.ok((code === undefined) !== (error === undefined));
    heard.add(error ?? "code");
  }
  assert.ok(heard.has("access_denied"));
});

Deno.test("RFC 9126 §7.3: who begins at the very moment of the answer either waits in vain or doesn't begin", async () => {
  await using server = await testServer({ late: true });
  const browser = await loggedIn(server);
  const stranger = agent(server);
  for (let round = 0; round < 10; round++) {
    const url = await pushedFor(server);
    const [answered, begun] = await Promise.all([browser.open(url), stranger.open(url)]);
    assert.ok(answerOf(answered)["code"]);
    if (pageOf(begun) === "login" && begun.status === 200) {
      onlyAnswer([answered, await logIn(stranger, begun, "bob")]);
      stranger.cookies.clear();
    } else onlyAnswer([answered, begun]);
  }
});

Deno.test("RFC 9126 §7.3: an answer that comes between the look at a request and its being put aside is found", async () => {
  const store = interruptedStore(memoryStore());
  await using server = await testServer({ store });
  const browser = await loggedIn(server);
  for (const method of ["GET", "POST"]) {
    const url = await pushedFor(server);
    const waiting = (await server.server.records.interaction.list()).found.length;
    let first: Visit | undefined;
    store.interrupt(async () => {
      first = await browser.open(url);
    });
    const init = method === "GET" ? {} : { method, body: url.searchParams };
    const address = method === "GET" ? url : url.pathname;
    const second = await agent(server).open(address, init);
    assert.ok(first !== undefined);
    onlyAnswer([first, second]);
    // Nothing was put aside.
    assert.equal((await server.server.records.interaction.list()).found.length, waiting);
  }
});

Deno.test("RFC 9126 §2.2: another tab that begins at the moment of the answer delays it, and no more", async () => {
  const store = interruptedStore(memoryStore());
  await using server = await testServer({ store });
  const browser = await loggedIn(server);
  const url = await pushedFor(server);
  const stranger = agent(server);
  let login: Visit | undefined;
  store.interrupt(async () => {
    login = await stranger.open(url);
  });
  const answered = await browser.open(url);
  assert.ok(login !== undefined && pageOf(login) === "login");
  onlyAnswer([answered, await logIn(stranger, login, "bob")]);
  assert.ok(answerOf(answered)["code"]);
});

function pair(): Promise<TwoServers> {
  return twoServers({ config: CONFIG });
}

Deno.test("two servers: pushed at one, authorized at two, redeemed at one", async () => {
  await using servers = await pair();
  const { one, two } = servers;
  const url = await pushedFor(one, "post", { scope: "openid email" });
  const { code = "" } = await passThrough(agent(two), url);
  const tokens = tokensOf(await redeem(one, code, {}, "post"));
  assert.equal(tokens.scope, "openid email");
  for (const server of [one, two]) assert.equal((await agent(server).open(url)).status, 400);
});

Deno.test("two servers: of many tabs at both one gets a code", async () => {
  await using servers = await pair();
  const { one, two } = servers;
  for (let round = 0; round < 4; round++) {
    const uri = requestUriOf(await push(round % 2 === 0 ? one : two));
    const visits = await inTabs(async (tab) => {
      const server = tab % 2 === 0 ? one : two;
      const browser = agent(server);
      return { browser, login: await browser.open(pushedUrl(server, uri)) };
    });
    const answers = await Promise.all(
      visits.map(({ browser, login }) => logIn(browser, login, "alice")),
    );
    const { code = "" } = onlyAnswer(answers);
    assert.equal((await redeem(two, code)).status, 200);
  }
  assert.deepEqual(await leftOf(one), [0, 0]);
});
