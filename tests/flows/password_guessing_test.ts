/** Whether passwords can't be guessed over HTTP, at two instances and from many addresses, and their owner still gets in. */

import assert from "node:assert/strict";
import { createApp } from "../../src/app.ts";
import type { Semaphore } from "../../src/lib/semaphore.ts";
import { type Agent, agent, logIn } from "../support/agent.ts";
import { from, type Http, times } from "../support/caller.ts";
import { answerOf, authorizeUrl, passThrough } from "../support/flow.ts";
import { type TestServer, testServer } from "../support/server.ts";
import { twoServers } from "../support/two_servers.ts";

const PROXIED = { trusted_proxies: ["127.0.0.1"] };

/** A server whose hashes are counted. */
function counting({ server, issuer }: TestServer, count: () => void): Http {
  const hashing: Semaphore = (work) => {
    count();
    return server.hashing(work);
  };
  const app = createApp({ ...server, hashing });
  return {
    issuer,
    fetch: async (input, init) =>
      await app.fetch(
        input instanceof Request ? input : new Request(new URL(input, issuer), init),
        { address: "127.0.0.1" },
      ),
  };
}

/** Tries some passwords of alice on one login page, at the same moment; how many were looked at. */
async function guess(browser: Agent, http: Http, passwords: readonly string[], who = "alice") {
  const login = await browser.open(authorizeUrl(http));
  const pages = await Promise.all(
    passwords.map((password) => logIn(browser, login, who, password)),
  );
  return pages.filter(({ status }) => status !== 429).length;
}

const wrong = (count: number) => times(count, (n) => `wrong-${n}`);

Deno.test("login: of 100 passwords at the same moment at two instances five are verified, and the right one waits with the rest", async () => {
  await using servers = await twoServers();
  let [hashes, turn] = [0, 0];
  const both = [servers.one, servers.two].map((one) => counting(one, () => hashes++));
  const { issuer } = servers.one;
  const http: Http = { issuer, fetch: (...request) => both[turn++ % 2]!.fetch(...request) };
  const browser = agent(http);
  const passwords = [...wrong(99), "alice"];
  assert.equal(await guess(browser, http, passwords), 5);
  assert.equal(hashes, 5);
  const late = await logIn(browser, await browser.open(authorizeUrl(http)), "alice");
  assert.equal(late.status, 429);
  assert.equal(hashes, 5);
});

Deno.test("login: a browser that its owner has used still enters while strangers guess from everywhere, and at its address", async () => {
  await using server = await testServer({ config: PROXIED });
  const home = from(server, "93.184.215.14");
  const owner = agent(home);
  await passThrough(owner, authorizeUrl(server));
  for (const n of times(30, (n) => n)) {
    const http = from(server, `198.51.${n}.1`);
    await guess(agent(http), http, wrong(6));
  }
  await guess(agent(home), home, wrong(20));
  const fresh = await logIn(agent(home), await agent(home).open(authorizeUrl(server)), "alice");
  assert.notEqual(fresh.status, 0, "strangers at that address wait");
  const login = await owner.open(authorizeUrl(server, { prompt: "login" }));
  assert.ok(answerOf(await logIn(owner, login, "alice"))["code"]);
});

Deno.test("login: an owner who comes from elsewhere for the first time waits for nobody, and a stranger's wait ends", async () => {
  await using server = await testServer({ config: PROXIED });
  const strangers = from(server, "198.51.100.7");
  const stranger = agent(strangers);
  assert.equal(await guess(stranger, strangers, wrong(20)), 5);
  const owner = agent(from(server, "93.184.215.14"));
  assert.ok((await passThrough(owner, authorizeUrl(server)))["code"]);
  // Delay, not ban: after it one more is looked at, and the right one gets in.
  server.env.advance(1);
  assert.ok((await passThrough(stranger, authorizeUrl(server)))["code"]);
  assert.equal(await guess(agent(strangers), strangers, wrong(20)), 5);
});

Deno.test("trusted_proxies: the right-most hop that is not trusted is who tries; what it claims to be counts for nothing", async () => {
  await using server = await testServer({
    config: { trusted_proxies: ["127.0.0.1", "10.0.0.0/8"] },
  });
  let seen = 0;
  for (const n of times(12, (n) => n)) {
    const http = from(server, `93.184.215.${n}, 198.51.100.7, 10.0.0.${n}`);
    seen += await guess(agent(http), http, wrong(1));
  }
  assert.equal(seen, 5);
});

Deno.test("trusted_proxies: what a proxy says that nobody declared counts for nothing", async () => {
  await using server = await testServer();
  let seen = 0;
  for (const n of times(12, (n) => n)) {
    const http = from(server, `93.184.215.${n}`);
    seen += await guess(agent(http), http, wrong(1));
  }
  assert.equal(seen, 5);
});

Deno.test("RFC 6177 §2: the addresses of an IPv6 /64 are one, and those of a /48 are not each a new one", async () => {
  await using server = await testServer({
    config: { ...PROXIED, security: { login: { tries_per_address: 4 } } },
  });
  const tries = async (address: (n: number) => string, count: number) => {
    let seen = 0;
    for (const n of times(count, (n) => n)) {
      const http = from(server, address(n));
      seen += await guess(agent(http), http, wrong(1), `user-${n}`);
    }
    return seen;
  };
  assert.equal(await tries((n) => `2606:4700:1:1::${n + 1}`, 10), 4);
  // The whole site has 20.
  assert.equal(await tries((n) => `2606:4700:1:${n + 2}::1`, 30), 16);
  assert.equal(await tries((n) => `2606:4700:2:${n + 2}::1`, 3), 3);
});
