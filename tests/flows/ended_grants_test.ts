/** Ways around the end of what was granted, each of which was open once. */

import assert from "node:assert/strict";
import { type Agent, agent, formOf, logIn, type Visit } from "../support/agent.ts";
import { SCOPE, withClient } from "../support/config.ts";
import {
  assertRefused,
  authorizeUrl,
  codeFor,
  introspect,
  redeem,
  refresh,
  tokensFor,
  tokensOf,
  userinfo,
} from "../support/flow.ts";
import { testServer } from "../support/server.ts";

const OFFLINE = { client_id: "web", scope: "openid email offline_access" };

/** Sends the login form that a browser is shown, and reads nothing of the answer but its status. */
async function press(browser: Agent, visit: Visit, username: string): Promise<number> {
  const { action, fields } = formOf(visit);
  const body = new URLSearchParams([
    ...fields,
    ["username", username],
    ["password", username],
    ["action", "login"],
  ]);
  const response = await browser.send(action, { method: "POST", body });
  await response.body?.cancel();
  return response.status;
}

Deno.test("coordinate_lifetime_with_user_session: a login that was sent twice leaves no session behind when somebody else logs in", async () => {
  const config = withClient("spa", { coordinate_lifetime_with_user_session: true });
  await using server = await testServer({ config, late: true });
  const browser = agent(server);
  const code = await codeFor(server, { scope: "openid offline_access" }, browser);
  const tokens = tokensOf(await redeem(server, code));
  const again = authorizeUrl(server, { prompt: "login" });
  const visit = await browser.open(again);
  assert.deepEqual(await Promise.all([1, 2].map(() => press(browser, visit, "alice"))), [303, 303]);
  assert.equal((await userinfo(server, tokens.access_token)).status, 200);
  await logIn(browser, await browser.open(again), "bob");
  assert.equal((await userinfo(server, tokens.access_token)).status, 401);
  assertRefused(await refresh(server, tokens.refresh_token));
});

for (
  const [change, members] of Object.entries({
    "may no longer refresh": { grant_types: ["authorization_code"], scope: "openid email" },
    "may no longer have offline_access": { scope: "openid email" },
  })
) {
  Deno.test(`RFC 7662 §2.2: a refresh token is not active once its client ${change}`, async () => {
    await using server = await testServer();
    const { refresh_token } = await tokensFor(server, OFFLINE);
    const { store, env } = server;
    await using changed = await testServer({ store, env, config: withClient("web", members) });
    assert.equal((await refresh(changed, refresh_token, {}, "web")).status, 400);
    assert.deepEqual((await introspect(changed, "web", refresh_token)).body, { active: false });
  });
}

Deno.test("RFC 7662 §2.2: the scope of a refresh token is what can still be had for it", async () => {
  await using server = await testServer();
  const { refresh_token } = await tokensFor(server, OFFLINE);
  const { store, env } = server;
  const config = withClient("web", { scope: SCOPE.replace(" email", "") });
  await using changed = await testServer({ store, env, config });
  const { body } = await introspect(changed, "web", refresh_token);
  assert.deepEqual([body["active"], body["scope"]], [true, "openid offline_access"]);
  assert.equal(tokensOf(await refresh(changed, refresh_token, {}, "web")).scope, body["scope"]);
});
