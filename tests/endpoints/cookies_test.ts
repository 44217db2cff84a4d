/** Whether a cookie that we didn't make is none, and the ring can change its keys while people are logged in. */

import assert from "node:assert/strict";
import { base64url, fromBase64url, utf8 } from "../../src/lib/bytes.ts";
import type { Store } from "../../src/store/store.ts";
import { type Agent, agent, logIn } from "../support/agent.ts";
import type { RawConfig } from "../support/config.ts";
import { unsealed } from "../support/cookies.ts";
import { authorizeUrl, pageOf, passThrough, silently } from "../support/flow.ts";
import { memoryStore } from "../support/memory_store.ts";
import { type TestServer, testServer } from "../support/server.ts";

const SESSION = "latchkey-session";
const BROWSER = "latchkey-browser";

/** A server whose ring has these keys, newest first. */
function serverWithRing(
  keys: readonly number[],
  store: Store = memoryStore(),
  config: RawConfig = {},
): Promise<TestServer> {
  const variables = keys.map((key) =>
    [`KEY_${key}`, base64url(new Uint8Array(32).fill(key))] as const
  );
  return testServer({
    store,
    variables: Object.fromEntries(variables),
    config: { data_protection: { keys: variables.map(([env]) => ({ env })) }, ...config },
  });
}

/** A browser in which alice is logged in. */
async function loggedInBrowser(server: TestServer): Promise<Agent> {
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server));
  return browser;
}

/** The same browser as it comes to another server of the issuer. */
function at(server: TestServer, { cookies }: Agent): Agent {
  const later = agent(server);
  for (const [name, value] of cookies) later.cookies.set(name, value);
  return later;
}

function cookie({ cookies }: Agent, name: string): string {
  const value = cookies.get(name);
  assert.ok(value !== undefined);
  return value;
}

/** What somebody could make of a sealed cookie without the ring. */
function forgeries(sealed: string): string[] {
  const bytes = fromBase64url(sealed);
  assert.ok(bytes !== undefined);
  const flipped = [0, 1, 5, 17, 40, bytes.length - 1].map((at) => {
    const copy = bytes.slice();
    copy[at]! ^= 1;
    return base64url(copy);
  });
  return [
    "",
    sealed.slice(0, -4),
    sealed.slice(4),
    `${sealed}AAAA`,
    `${sealed}=`,
    sealed.toLowerCase(),
    ...flipped,
  ];
}

Deno.test("cookies: the handle of a session is sealed in its cookie, and worth nothing by itself", async () => {
  await using server = await testServer();
  const browser = await loggedInBrowser(server);
  const handle = unsealed(server.server, browser.cookies, "session") ?? "";
  assert.match(handle, /^se_[\w-]{43}$/);
  assert.ok(!atob(cookie(browser, SESSION).replace(/[-_]/g, "A")).includes(handle));
  assert.equal(await silently(server, browser), undefined);
  for (const bare of [handle, base64url(utf8(handle))]) {
    browser.cookies.set(SESSION, bare);
    assert.equal(await silently(server, browser), "login_required");
  }
});

Deno.test("cookies: a session cookie that was cut, changed, or sealed for something else or by somebody else is none", async () => {
  await using server = await testServer();
  await using stranger = await serverWithRing([7]);
  const browser = await loggedInBrowser(server);
  const handle = utf8(unsealed(server.server, browser.cookies, "session") ?? "");
  const { ring } = server.server;
  const purposes = ["browser_cookie", "interaction", "known_browser", "session", ""];
  for (
    const forged of [
      ...forgeries(cookie(browser, SESSION)),
      cookie(browser, BROWSER),
      cookie(browser, "latchkey-known"),
      ...purposes.map((purpose) => base64url(ring.seal(purpose, handle))),
      base64url(stranger.server.ring.seal("session_cookie", handle)),
    ]
  ) {
    const thief = at(server, browser);
    thief.cookies.set(SESSION, forged);
    assert.equal(await silently(server, thief), "login_required", forged);
  }
  assert.equal(await silently(server, browser), undefined);
});

Deno.test("RFC 9700 §4.7: a browser cookie that we didn't make opens no interaction, and is replaced", async () => {
  await using server = await testServer();
  const other = await loggedInBrowser(server);
  const browser = agent(server);
  const login = await browser.open(authorizeUrl(server));
  const secret = unsealed(server.server, browser.cookies, "browser") ?? "";
  assert.match(secret, /^[\w-]{43}$/);
  for (
    const forged of [...forgeries(cookie(browser, BROWSER)), secret, cookie(other, SESSION)]
  ) {
    const thief = at(server, browser);
    thief.cookies.set(BROWSER, forged);
    assert.equal((await thief.open(login.url)).status, 400, forged);
    assert.notEqual(cookie(thief, BROWSER), forged);
    assert.notEqual(unsealed(server.server, thief.cookies, "browser"), secret);
    assert.equal((await logIn(thief, login, "alice")).status, 400);
  }
  assert.equal(pageOf(await logIn(browser, login, "alice")), "client");
});

Deno.test("cookies: a browser without any is one browser for all that one request makes for it", async () => {
  await using server = await testServer();
  const response = await server.fetch("/account");
  await response.body?.cancel();
  assert.equal(response.headers.getSetCookie().length, 1);
});

Deno.test("data_protection.keys: a new key logs nobody out, and once everybody has come by the old one can go", async () => {
  const store = memoryStore();
  await using before = await serverWithRing([1], store);
  const [alice, absent] = [await loggedInBrowser(before), await loggedInBrowser(before)];
  const waiting = agent(before);
  const login = await waiting.open(authorizeUrl(before));
  const known = cookie(alice, "latchkey-known");

  await using both = await serverWithRing([2, 1], store);
  const later = at(both, alice);
  assert.equal(await silently(both, later), undefined);
  assert.notEqual(cookie(later, SESSION), cookie(alice, SESSION));
  // What the newest key has sealed stays as it is.
  const renewed = cookie(later, SESSION);
  assert.equal(await silently(both, later), undefined);
  assert.equal(cookie(later, SESSION), renewed);
  const account = await later.open("/account");
  assert.equal(account.status, 200);
  assert.notEqual(cookie(later, BROWSER), cookie(alice, BROWSER));
  // The form of a page that was made before is still good.
  assert.equal(pageOf(await logIn(at(both, waiting), login, "alice")), "client");

  await using after = await serverWithRing([2], store);
  assert.equal(await silently(after, at(after, later)), undefined);
  assert.equal((await at(after, later).open("/account")).status, 200);
  assert.equal(unsealed(after.server, later.cookies, "browser")?.length, 43);
  // Whoever was not there meanwhile logs in again.
  assert.equal(await silently(after, at(after, absent)), "login_required");
  assert.equal(cookie(later, "latchkey-known"), known);
});

Deno.test("data_protection.keys: managed signing keys are sealed anew, so that the old key can go", async () => {
  const store = memoryStore();
  const config = { keys: { managed: { algorithms: ["ES256", "RS256"] } } };
  const jwks = async (...keys: readonly number[]) => {
    await using server = await serverWithRing(keys, store, config);
    return await (await server.fetch("/.well-known/openid-configuration/jwks")).json();
  };
  const first = await jwks(1);
  assert.deepEqual(await jwks(2, 1), first);
  assert.deepEqual(await jwks(2), first);
  await assert.rejects(jwks(1), /the data protection ring does not open 2 managed signing keys/);
});
