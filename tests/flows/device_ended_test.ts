/** Whether what a device was allowed is refused once it may no longer be had, until the very moment in which the device fetches it. */

import assert from "node:assert/strict";
import { revokeGrants } from "../../src/tokens/stored_grants.ts";
import { type Agent, formOf } from "../support/agent.ts";
import { type RawConfig, withUser } from "../support/config.ts";
import {
  allowedCodes,
  answerDevice,
  askForCodes,
  DEVICE_CODE,
  type DeviceCodes,
  pollOnce,
  withDevice,
} from "../support/device.ts";
import {
  assertRefused,
  authorizeUrl,
  passThrough,
  refresh,
  tokensOf,
  userinfo,
} from "../support/flow.ts";
import { START, testEnv } from "../support/env.ts";
import { endSessionUrl, listeningClients } from "../support/logout.ts";
import { memoryStore } from "../support/memory_store.ts";
import { type TestServer, testServer } from "../support/server.ts";

const OFFLINE = { scope: "openid offline_access" };

/** A server, a device that alice has allowed in, and the browser in which she did. */
async function allowed(members: RawConfig = {}, form = {}): Promise<{
  readonly server: TestServer;
  readonly codes: DeviceCodes;
  readonly browser: Agent;
  /** The same server after its configuration was changed. */
  readonly changed: (config: RawConfig) => Promise<TestServer>;
}> {
  const store = memoryStore();
  const server = await testServer({ store, config: { ...withDevice(), ...members } });
  const codes = await askForCodes(server, form);
  const browser = await answerDevice(server, codes);
  const changed = (config: RawConfig) => testServer({ store, env: server.env, config });
  return { server, codes, browser, changed };
}

async function grantsOf({ server: { records } }: TestServer): Promise<number> {
  return (await records.authorization.list()).found.length;
}

/** What somebody does in the browser, or at the server, that ends what the device was allowed. */
const ENDS: Readonly<Record<string, (server: TestServer, browser: Agent) => Promise<unknown>>> = {
  "it is removed at /account": async (_server, browser) => {
    const page = await browser.open("/account");
    assert.match(page.html, /Living Room TV/);
    const { action, fields } = formOf(page);
    const form = { ...Object.fromEntries(fields), action: "revoke", client_id: "tv" };
    await browser.open(action, { method: "POST", body: new URLSearchParams(form) });
  },
  "an operator revokes it": ({ server }) =>
    revokeGrants(server, { sub: "sub-alice", client_id: "tv" }),
  "the person logs out": async (_server, browser) => {
    await browser.submit(await browser.open("/account/logout"), { action: "logout" });
  },
  "the person logs out at a client": async (server, browser) => {
    await passThrough(browser, authorizeUrl(server));
    const asked = await browser.open(endSessionUrl(server, { client_id: "spa" }));
    await browser.submit(asked, { action: "logout" });
  },
  "somebody else logs in with the browser": async (server, browser) => {
    await passThrough(browser, authorizeUrl(server, { prompt: "login" }), "bob");
  },
};

for (const [how, end] of Object.entries(ENDS)) {
  Deno.test(`RFC 6749 §5.2: what a device was allowed and has not fetched is gone once ${how}`, async () => {
    const { server, codes, browser } = await allowed();
    const before = await grantsOf(server);
    await end(server, browser);
    const refused = await pollOnce(server, codes);
    assertRefused(refused);
    assert.match(String(refused.body["error_description"]), /has ended, or has been removed/);
    assert.ok(before === 1);
    assert.equal(server.env.events.filter(({ message }) => message === "token.issued").length, 0);
    // Asking again begins anew.
    const again = await allowedCodes(server);
    assert.equal((await pollOnce(server, again)).status, 200);
  });
}

Deno.test("OpenID Connect Back-Channel Logout §2.5: the client of a device that was allowed hears of the logout, of one that was denied not", async () => {
  const backchannel_logout_uri = "https://tv.example.com/backchannel";
  for (const action of ["allow", "deny"] as const) {
    const { fetch, heard } = listeningClients();
    await using server = await testServer({
      env: testEnv(START, fetch),
      config: withDevice({ backchannel_logout_uri }),
    });
    const browser = await answerDevice(server, await askForCodes(server), { action });
    await browser.submit(await browser.open("/account/logout"), { action: "logout" });
    const told = heard.map(({ url }) => url);
    assert.deepEqual(told, action === "allow" ? [backchannel_logout_uri] : []);
  }
});

Deno.test("OpenID Connect Back-Channel Logout §2.7: with offline_access a device keeps what it has fetched when its person logs out, but fetches nothing more", async () => {
  // What it would fetch says that the session lives.
  const { server, codes, browser } = await allowed({}, OFFLINE);
  const other = await askForCodes(server, OFFLINE);
  await answerDevice(server, other, { browser });
  const tokens = tokensOf(await pollOnce(server, other));
  await ENDS["the person logs out"]?.(server, browser);
  assertRefused(await pollOnce(server, codes));
  assert.equal((await userinfo(server, tokens.access_token)).status, 200);
  assert.equal((await refresh(server, tokens.refresh_token, {}, "tv")).status, 200);
});

Deno.test("coordinate_lifetime_with_user_session: then it keeps nothing of it", async () => {
  const config = withDevice({ coordinate_lifetime_with_user_session: true });
  const { server, codes, browser } = await allowed(config, OFFLINE);
  const other = await askForCodes(server, OFFLINE);
  await answerDevice(server, other, { browser });
  const tokens = tokensOf(await pollOnce(server, other));
  await ENDS["the person logs out"]?.(server, browser);
  assertRefused(await pollOnce(server, codes));
  assertRefused(await refresh(server, tokens.refresh_token, {}, "tv"));
  assert.equal((await userinfo(server, tokens.access_token)).status, 401);
});

Deno.test("coordinate_lifetime_with_user_session: a session that nobody used is as good as ended", async () => {
  const sessions = { idle_lifetime: "2m" };
  const clients = withDevice({ coordinate_lifetime_with_user_session: true })["clients"];
  const { server, codes } = await allowed({ clients, sessions }, OFFLINE);
  server.env.advance(121);
  assertRefused(await pollOnce(server, codes));
  // Without it the device has until its code ends.
  const other = await allowed({ sessions }, OFFLINE);
  other.server.env.advance(599);
  assert.equal((await pollOnce(other.server, other.codes)).status, 200);
});

/** What an operator changes, and which error says so. */
const CHANGES: Readonly<Record<string, [config: RawConfig, error: string, status?: number]>> = {
  "the user is disabled": [
    { ...withDevice(), ...withUser("alice", { enabled: false }) },
    "invalid_grant",
  ],
  "the user is gone": [
    { ...withDevice(), ...withUser("alice", { sub: "sub-alice-2" }) },
    "invalid_grant",
  ],
  "the user is in none of the client's groups": [
    withDevice({ allowed_groups: ["admins"] }),
    "invalid_grant",
  ],
  "the client is disabled": [withDevice({ enabled: false }), "invalid_client", 401],
  "the client is gone": [withDevice({ client_id: "radio" }), "invalid_client", 401],
  "the client may no longer use the grant": [
    withDevice({
      grant_types: ["authorization_code"],
      redirect_uris: ["https://tv.example/"],
      scope: "openid",
    }),
    "unauthorized_client",
  ],
};

for (const [how, [config, error, status]] of Object.entries(CHANGES)) {
  Deno.test(`RFC 8628 §3.5: a device gets nothing once ${how}, whatever was allowed before`, async () => {
    const { server, codes, changed } = await allowed();
    await using after = await changed(config);
    for (let polls = 0; polls < 3; polls++) {
      assertRefused(await pollOnce(after, codes), error, status ?? 400);
    }
    // What was refused was not spent.
    assert.equal((await pollOnce(server, codes)).status, 200);
  });
}

Deno.test("RFC 6749 §6: what the client may no longer ask for is left out of what a device gets", async () => {
  const { codes, changed } = await allowed({}, {
    scope: "openid profile invoices.read offline_access",
  });
  const members = { scope: "openid invoices.read", grant_types: [DEVICE_CODE] };
  await using after = await changed(withDevice(members));
  const tokens = tokensOf(await pollOnce(after, codes));
  assert.deepEqual([tokens.scope, tokens.refresh_token], ["openid invoices.read", ""]);
});

Deno.test("RFC 8628 §3.5: a device that was allowed and comes too late hears that its code has expired, and then that it is unknown", async () => {
  const { server, codes } = await allowed();
  server.env.advance(600);
  for (let polls = 0; polls < 3; polls++) {
    assertRefused(await pollOnce(server, codes), "expired_token");
  }
  assert.equal(await grantsOf(server), 0);
  server.env.advance(300);
  assertRefused(await pollOnce(server, codes));
});
