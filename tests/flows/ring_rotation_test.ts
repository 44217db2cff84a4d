/** Whether nobody notices that another key seals: whatever was begun before is finished after, at whichever server. */

import assert from "node:assert/strict";
import { base64url } from "../../src/lib/bytes.ts";
import { rotateStoredRing } from "../../src/keys/stored_ring.ts";
import { tendRing } from "../../src/keys/tend_ring.ts";
import { type Agent, agent, attribute, logIn } from "../support/agent.ts";
import { withClient } from "../support/config.ts";
import {
  answerOf,
  authorizeUrl,
  passThrough,
  redeem,
  refresh,
  silently,
  tokensFor,
  tokensOf,
} from "../support/flow.ts";
import { push, pushedUrl, requestUriOf } from "../support/pushed.ts";
import type { TestServer } from "../support/server.ts";
import { type TwoServers, twoServers } from "../support/two_servers.ts";

const LIFE = 180 * 86_400;
/** Those of a run sign; the managed one, which the ring seals, is quick to make. */
const KEYS = { jwks: { env: "JWKS" }, managed: { algorithms: ["EdDSA"] } };
const OFFLINE = { scope: "openid offline_access" };

async function pair(): Promise<TwoServers> {
  const servers = await twoServers({
    config: { keys: KEYS, ...withClient("spa", { refresh_token_grace: "60s" }) },
  });
  for (const { server } of [servers.one, servers.two]) await tendRing(server);
  return servers;
}

/** The same browser at another server. */
function at(server: TestServer, browser: Agent): Agent {
  const there = agent(server);
  for (const [name, value] of browser.cookies) there.cookies.set(name, value);
  return there;
}

const sealing = ({ server }: TestServer) =>
  server.ring.list().find(({ phase }) => phase === "sealing")?.id;

/** Begins all that is sealed at one server; what comes back finishes it at another. */
async function beginAll(server: TestServer): Promise<(other: TestServer) => Promise<void>> {
  const [waiting, member] = [agent(server), agent(server)];
  const login = await waiting.open(authorizeUrl(server));
  await passThrough(member, authorizeUrl(server));
  const request_uri = requestUriOf(await push(server));
  const first = await tokensFor(server, OFFLINE);
  const second = tokensOf(await refresh(server, first.refresh_token));
  const refused = await member.open(authorizeUrl(server, { client_id: "nobody" }));
  const check = attribute(/<a id="check"[^>]*>/.exec(refused.html)?.[0] ?? "", "href");
  return async (other) => {
    // First, for no cookie comes with it that would tell of a new key.
    assert.equal((await agent(other).open(check)).status, 200);
    const again = tokensOf(await refresh(other, first.refresh_token));
    assert.equal(again.refresh_token, second.refresh_token);
    const { code = "" } = answerOf(await logIn(at(other, waiting), login, "alice"));
    tokensOf(await redeem(other, code));
    assert.equal(await silently(other, at(other, member)), undefined);
    assert.ok((await passThrough(at(other, member), pushedUrl(other, request_uri)))["code"]);
  };
}

Deno.test("data protection: what is begun while a key is announced is finished while it seals, at either server", async () => {
  await using servers = await pair();
  const { one, two } = servers;
  const before = sealing(one);
  await rotateStoredRing(one.server, LIFE, false);
  for (const { server } of [one, two]) await tendRing(server);
  one.env.advance(590);
  const finishes = [[await beginAll(one), two], [await beginAll(two), one]] as const;
  one.env.advance(10);
  assert.notEqual(sealing(one), before);
  for (const [finish, other] of finishes) await finish(other);
  assert.equal(sealing(two), sealing(one));
});

Deno.test("data protection: a server that was cut off since before a key was announced takes nothing that it sealed for a forgery", async () => {
  await using servers = await pair();
  const { one, two } = servers;
  await rotateStoredRing(one.server, LIFE, false);
  one.env.advance(600);
  await tendRing(one.server);
  assert.notEqual(sealing(one), sealing(two));
  const finish = await beginAll(one);
  await finish(two);
});

Deno.test("data protection rotate --now: what the new key seals in the store opens at a server that has not heard of it", async () => {
  for (const what of ["refresh", "push"]) {
    await using servers = await pair();
    const { one, two } = servers;
    const browser = agent(two);
    await passThrough(browser, authorizeUrl(two));
    await rotateStoredRing(one.server, LIFE, true);
    await tendRing(one.server);
    one.env.advance(1);
    if (what === "push") {
      const url = pushedUrl(two, requestUriOf(await push(one)));
      assert.ok((await passThrough(browser, url))["code"]);
    } else {
      const first = await tokensFor(one, OFFLINE);
      const second = tokensOf(await refresh(one, first.refresh_token));
      const again = tokensOf(await refresh(two, first.refresh_token));
      assert.equal(again.refresh_token, second.refresh_token);
    }
  }
});

Deno.test("data protection rotate --now: a browser whose cookie has the new key is known at a server that has not heard of it", async () => {
  await using servers = await pair();
  const { one, two } = servers;
  const browser = agent(one);
  await passThrough(browser, authorizeUrl(one));
  await rotateStoredRing(one.server, LIFE, true);
  await tendRing(one.server);
  one.env.advance(1);
  assert.equal(await silently(one, browser), undefined);
  assert.equal(await silently(two, at(two, browser)), undefined);
  assert.equal(sealing(two), sealing(one));
});

Deno.test("data protection: whatever strangers put into cookies, the store is asked for keys once a second at most", async () => {
  await using servers = await pair();
  const { one } = servers;
  one.env.advance(1);
  let asked = 0;
  const { records } = one.server;
  const read = records.ring.get;
  Object.assign(records.ring, {
    get: (id: string) => {
      asked++;
      return read(id);
    },
  });
  for (let n = 0; n < 20; n++) {
    const value = base64url(new Uint8Array([1, ...one.env.random(60)]));
    const headers = { Cookie: `latchkey-session=${value}; latchkey-browser=${value}` };
    await one.fetch("/account", { headers });
  }
  assert.equal(asked, 1);
});

Deno.test("data protection: a key that is dropped has outlived every session that it sealed", async () => {
  await using servers = await pair();
  const { one, two } = servers;
  const browser = agent(one);
  await passThrough(browser, authorizeUrl(one));
  const cookie = browser.cookies.get("latchkey-session");
  await rotateStoredRing(one.server, LIFE, false);
  for (const { server } of [one, two]) await tendRing(server);
  one.env.advance(600 + LIFE + 599);
  await tendRing(one.server);
  assert.equal(one.server.ring.list().length, 3);
  one.env.advance(1);
  for (const { server } of [one, two]) await tendRing(server);
  assert.equal(two.server.ring.list().some(({ id }) => id === sealing(one)), true);
  assert.ok(!two.server.ring.list().some(({ goes_at = Infinity }) => goes_at <= one.env.now()));
  // Its session ended long ago.
  browser.cookies.set("latchkey-session", cookie ?? "");
  assert.equal(await silently(two, at(two, browser)), "login_required");
});
