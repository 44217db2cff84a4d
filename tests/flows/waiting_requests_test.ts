/** Whether strangers can fill the store with what waits for a person, and whether anybody else is kept out by that. */

import assert from "node:assert/strict";
import { agent } from "../support/agent.ts";
import { from, type Http, statuses, times } from "../support/caller.ts";
import { askForCodes, withDevice } from "../support/device.ts";
import { answerOf, authorizeUrl, passThrough } from "../support/flow.ts";
import { endSessionUrl } from "../support/logout.ts";
import { pushedFor } from "../support/pushed.ts";
import { type TestServer, testServer } from "../support/server.ts";
import { twoServers } from "../support/two_servers.ts";

const config = {
  ...withDevice(),
  trusted_proxies: ["127.0.0.1"],
  security: { limits: { waiting_requests: 5 } },
};

const STRANGER = "93.184.215.14";

const authorize = (http: Http) => http.fetch(authorizeUrl(http));

const posted = (http: Http, path: string, form: Readonly<Record<string, string>>) =>
  http.fetch(path, { method: "POST", body: new URLSearchParams(form) });

/** All that an address without cookies can have put aside. */
const WAYS: Readonly<Record<string, (http: Http) => Promise<Response>>> = {
  "an authorization request": authorize,
  "a posted authorization request": (http) =>
    posted(http, "/connect/authorize", Object.fromEntries(authorizeUrl(http).searchParams)),
  "a visit": (http) => http.fetch("/account"),
  "a posted logout": (http) => posted(http, endSessionUrl(http).pathname, {}),
  "a device": (http) =>
    posted(http, "/connect/deviceauthorization", { client_id: "tv", scope: "openid" }),
};

async function entries({ store }: TestServer): Promise<number> {
  return (await store.list([], { limit: 10_000 })).length;
}

for (const [what, begin] of Object.entries(WAYS)) {
  Deno.test(`security.limits.waiting_requests: past it ${what} of that address is refused with 429, and nothing is stored`, async () => {
    await using server = await testServer({ config });
    const http = from(server, STRANGER);
    const good = (await begin(http)).status;
    assert.ok(good < 400);
    assert.deepEqual(await statuses(times(4, () => begin(http))), { [good]: 4 });
    const before = await entries(server);
    const refused = await begin(http);
    assert.equal(refused.status, 429);
    // One comes back every three minutes.
    assert.equal(refused.headers.get("Retry-After"), "180");
    // RFC 6585 §4: a 429 MUST NOT be stored by a cache
    assert.equal(refused.headers.get("Cache-Control"), "no-store");
    const api = what === "a device";
    assert.match(
      refused.headers.get("Content-Type") ?? "",
      api ? /^application\/json/ : /^text\/html/,
    );
    assert.match(await refused.text(), /temporarily_unavailable/);
    assert.equal(refused.headers.get("Location"), null);
    assert.deepEqual(await statuses(times(50, () => begin(http))), { 429: 50 });
    assert.equal(await entries(server), before);
    assert.deepEqual(await statuses([begin(from(server, "93.184.215.15"))]), { [good]: 1 });
    server.env.advance(180);
    assert.deepEqual(await statuses(times(2, () => begin(http))), { [good]: 1, 429: 1 });
  });
}

Deno.test("security.limits.waiting_requests: all ways are counted together", async () => {
  await using server = await testServer({ config });
  const http = from(server, STRANGER);
  for (const begin of Object.values(WAYS)) assert.ok((await begin(http)).status < 400);
  for (const begin of Object.values(WAYS)) assert.equal((await begin(http)).status, 429);
});

Deno.test("security.limits.waiting_requests: of 100 at the same moment at two instances five are put aside", async () => {
  await using servers = await twoServers({ config });
  const https = [servers.one, servers.two].map((server) => from(server, STRANGER));
  const answers = times(100, (n) => authorize(https[n % 2]!));
  assert.deepEqual(await statuses(answers), { 303: 5, 429: 95 });
  const { found } = await servers.one.server.records.interaction.list();
  assert.equal(found.length, 5);
});

Deno.test("security.limits.waiting_requests: whoever has logged in with a browser isn't locked out by strangers at the address", async () => {
  await using server = await testServer({ config });
  const http = from(server, STRANGER);
  const owner = agent(http);
  await passThrough(owner, authorizeUrl(server));
  assert.deepEqual(await statuses(times(20, () => authorize(http))), { 303: 4, 429: 16 });
  const again = authorizeUrl(server, { prompt: "login" });
  for (const cookie of ["latchkey-session", "latchkey-known"]) {
    const browser = agent(http);
    const value = owner.cookies.get(cookie);
    assert.ok(value !== undefined, cookie);
    browser.cookies.set(cookie, value);
    // A count of its own, so that nobody floods with the cookie of one login.
    assert.deepEqual(await statuses(times(20, () => browser.send(again))), { 303: 5, 429: 15 });
  }
  // What needs no page is never counted.
  const silent = authorizeUrl(server, { prompt: "none" });
  for (let n = 0; n < 10; n++) assert.ok(answerOf(await owner.open(silent))["code"]);
});

Deno.test("security.limits.waiting_requests: logging in anew makes no room for more", async () => {
  await using server = await testServer({ config });
  const home = from(server, STRANGER);
  const owners = await Promise.all(times(2, async (n) => {
    const owner = agent(from(server, `93.184.215.${n + 20}`));
    await passThrough(owner, authorizeUrl(server));
    return owner;
  }));
  const again = authorizeUrl(server, { prompt: "login" });
  for (const cookie of ["latchkey-session", "latchkey-known"]) {
    const answers = times(20, (n) => {
      const browser = agent(home);
      browser.cookies.set(cookie, owners[n % 2]!.cookies.get(cookie) ?? assert.fail(cookie));
      return browser.send(again);
    });
    assert.deepEqual(await statuses(answers), { 303: 5, 429: 15 });
  }
});

Deno.test("security.limits.waiting_requests: cookies that we didn't make, or of a session that has ended, give no count of one's own", async () => {
  await using server = await testServer({ config });
  const http = from(server, STRANGER);
  const owner = agent(http);
  await passThrough(owner, authorizeUrl(server));
  server.env.advance(86_400);
  const ended = owner.cookies.get("latchkey-session") ?? "";
  let turn = 0;
  const stranger = () => {
    const browser = agent(http);
    browser.cookies.set("latchkey-known", `made-up-${turn++}`);
    browser.cookies.set("latchkey-session", turn % 2 === 0 ? ended : "made-up");
    return browser.send(authorizeUrl(server));
  };
  assert.deepEqual(await statuses(times(20, stranger)), { 303: 5, 429: 15 });
  assert.deepEqual(await statuses([authorize(http)]), { 429: 1 });
});

Deno.test("security.limits.waiting_requests: what a client has pushed is counted where it is opened, however often", async () => {
  await using server = await testServer({ config });
  const url = await pushedFor(from(server, "93.184.215.15"));
  const http = from(server, STRANGER);
  assert.deepEqual(await statuses(times(20, () => http.fetch(url))), { 303: 5, 429: 15 });
  assert.equal((await server.server.records.interaction.list()).found.length, 5);
});

Deno.test("security.limits.waiting_requests: the code of one device, typed in again and again, fills no store", async () => {
  await using server = await testServer({ config });
  const { user_code } = await askForCodes(from(server, "93.184.215.15"));
  const browser = agent(from(server, STRANGER));
  const page = await browser.open("/device");
  const found: number[] = [];
  for (let n = 0; n < 7; n++) found.push((await browser.submit(page, { user_code })).status);
  assert.deepEqual(found, [200, 200, 200, 200, 200, 429, 429]);
});

Deno.test("RFC 6177 §2: an IPv6 /64 is one address, and a /48 has five times as much", async () => {
  await using server = await testServer({ config });
  const net = (n: number) => authorize(from(server, `2606:4700:1:1::${n + 1}`));
  assert.deepEqual(await statuses(times(10, net)), { 303: 5, 429: 5 });
  const site = (n: number) => authorize(from(server, `2606:4700:1:${n + 2}::1`));
  assert.deepEqual(await statuses(times(40, site)), { 303: 20, 429: 20 });
});

Deno.test("trusted_proxies: private peers aren't counted: they are a proxy that nobody declared, or one's own network", async () => {
  for (
    const address of ["127.0.0.1", "10.1.2.3", "192.168.1.1", "fd00::1", "::1", "::ffff:10.1.2.3"]
  ) {
    await using server = await testServer({ config: { ...config, trusted_proxies: [] }, address });
    // Nor does it count what such a proxy says.
    const http = from(server, STRANGER);
    assert.deepEqual(await statuses(times(12, () => authorize(http))), { 303: 12 });
  }
});

Deno.test("security.limits.waiting_requests: devices of a client that proves itself are its own business", async () => {
  const confidential = withDevice({
    token_endpoint_auth_method: "client_secret_post",
    client_secrets: [{ value: "tv-secret-0123456789abcdef" }],
  });
  await using server = await testServer({ config: { ...config, ...confidential } });
  const device = () =>
    posted(from(server, STRANGER), "/connect/deviceauthorization", {
      client_id: "tv",
      client_secret: "tv-secret-0123456789abcdef",
      scope: "openid",
    });
  assert.deepEqual(await statuses(times(12, device)), { 200: 12 });
});

Deno.test("security.limits.waiting_requests: what is wrong is told before anything is counted", async () => {
  await using server = await testServer({ config });
  const http = from(server, STRANGER);
  const wrong = authorizeUrl(server, { redirect_uri: "https://evil.example.com" });
  assert.deepEqual(await statuses(times(20, () => http.fetch(wrong))), { 400: 20 });
  assert.deepEqual(await statuses([authorize(http)]), { 303: 1 });
});
