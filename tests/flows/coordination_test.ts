/** Whether what people granted ends with their session, where the client's lifetime is coordinated with it, and nowhere else. */

import { decodeJwt } from "jose";
import assert from "node:assert/strict";
import { type Agent, agent, logIn } from "../support/agent.ts";
import { type RawConfig, withClient } from "../support/config.ts";
import { unsealed } from "../support/cookies.ts";
import {
  assertRefused,
  authorizeUrl,
  codeFor,
  passThrough,
  post,
  redeem,
  refresh,
  silently,
  type Tokens,
  tokensOf,
  userinfo,
} from "../support/flow.ts";
import { type TestServer, testServer } from "../support/server.ts";

const OFFLINE = { scope: "openid offline_access" };
const COORDINATED = { coordinate_lifetime_with_user_session: true };

/** Alice in a browser, with what her session has brought `spa`, which is coordinated, and `post`, which is not. */
interface Scene extends AsyncDisposable {
  readonly server: TestServer;
  readonly browser: Agent;
  readonly spa: Tokens;
  readonly post: Tokens;
}

async function scene(
  members: RawConfig = {},
  config: RawConfig = withClient("spa", { ...COORDINATED, ...members }),
): Promise<Scene> {
  const server = await testServer({ config });
  const browser = agent(server);
  const get = async (client_id: string) => {
    const code = await codeFor(server, { ...OFFLINE, client_id }, browser);
    return tokensOf(await redeem(server, code, {}, client_id));
  };
  const tokens = { spa: await get("spa"), post: await get("post") };
  return { server, browser, ...tokens, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

async function isAlive(server: TestServer, { access_token }: Tokens): Promise<boolean> {
  const { status } = await userinfo(server, access_token);
  assert.ok(status === 200 || status === 401);
  return status === 200;
}

/** Ends the session of a browser. */
async function endSession({ server }: TestServer, { cookies }: Agent): Promise<void> {
  const handle = unsealed(server, cookies, "session");
  assert.ok(handle !== undefined && await server.records.session.take(handle) !== undefined);
}

async function assertOnlyPostLives(
  { server, spa, post }: Pick<Scene, "server" | "spa" | "post">,
): Promise<void> {
  assert.equal(await isAlive(server, spa), false);
  assertRefused(await refresh(server, spa.refresh_token));
  assert.equal((await refresh(server, post.refresh_token, {}, "post")).status, 200);
}

for (const access_token_format of ["jwt", "reference"]) {
  Deno.test(`coordinate_lifetime_with_user_session: ${access_token_format}, refresh token and code end with the session, another client's don't`, async () => {
    await using all = await scene({ access_token_format });
    const { server, browser } = all;
    const code = await codeFor(server, OFFLINE, browser);
    await endSession(server, browser);
    assert.ok(await isAlive(server, all.post));
    await assertOnlyPostLives(all);
    assertRefused(await redeem(server, code));
  });
}

Deno.test("coordinate_lifetime_with_user_session: a session that idles out ends them", async () => {
  await using all = await scene({ access_token_lifetime: "8h" });
  all.server.env.advance(3599);
  const post = tokensOf(await refresh(all.server, all.post.refresh_token, {}, "post"));
  all.server.env.advance(1);
  await assertOnlyPostLives({ server: all.server, spa: all.spa, post });
});

const uses: Readonly<Record<string, (scene: Scene) => Promise<unknown>>> = {
  "a refresh": async (all) => tokensOf(await refresh(all.server, all.spa.refresh_token)),
  "a call of userinfo": async ({ server, spa }) => assert.ok(await isAlive(server, spa)),
  "the redemption of a code": async ({ server, browser }) => {
    const code = await codeFor(server, OFFLINE, browser);
    server.env.advance(500);
    tokensOf(await redeem(server, code));
  },
};
for (const [use, happens] of Object.entries(uses)) {
  Deno.test(`coordinate_lifetime_with_user_session: ${use} keeps the session from idling out`, async () => {
    const lifetimes = { access_token_lifetime: "8h", authorization_code_lifetime: "10m" };
    await using all = await scene(lifetimes);
    const { server, browser } = all;
    server.env.advance(3000);
    await happens(all);
    server.env.advance(3599);
    assert.equal(await silently(server, browser, OFFLINE), undefined);
    assert.ok(await isAlive(server, all.spa));
  });
}

Deno.test("coordinate_lifetime_with_user_session: a client that is not coordinated leaves the session to idle out", async () => {
  await using all = await scene();
  const { server, browser } = all;
  server.env.advance(3000);
  const post = tokensOf(await refresh(server, all.post.refresh_token, {}, "post"));
  assert.ok(await isAlive(server, post));
  server.env.advance(600);
  assert.equal(await silently(server, browser, OFFLINE), "login_required");
  await assertOnlyPostLives({ server: all.server, spa: all.spa, post });
});

Deno.test("coordinate_lifetime_with_user_session: the absolute end of the session is the end, however busy all are", async () => {
  await using all = await scene({ access_token_lifetime: "20h" });
  const { server } = all;
  for (let hours = 0; hours < 19; hours++) {
    server.env.advance(1800);
    assert.ok(await isAlive(server, all.spa), String(hours));
  }
  server.env.advance(1799);
  assert.ok(await isAlive(server, all.spa));
  server.env.advance(1);
  await assertOnlyPostLives(all);
});

Deno.test("coordinate_lifetime_with_user_session: logging in again as the same person keeps tokens alive, as another one ends them", async () => {
  await using all = await scene({ access_token_lifetime: "20h" });
  const { server, browser } = all;
  const again = (username: string) =>
    browser.open(authorizeUrl(server, { prompt: "login" })).then((visit) =>
      logIn(browser, visit, username)
    );
  for (let hours = 0; hours < 12; hours++) {
    server.env.advance(3000);
    await again("alice");
  }
  assert.ok(await isAlive(server, all.spa));
  const next = tokensOf(await refresh(server, all.spa.refresh_token));
  assert.equal(decodeJwt(next.id_token)["sid"], decodeJwt(all.spa.id_token)["sid"]);
  await again("bob");
  assert.equal(await isAlive(server, next), false);
  assertRefused(await refresh(server, next.refresh_token));
});

Deno.test("coordinate_lifetime_with_user_session: another browser's session counts for nothing", async () => {
  await using all = await scene();
  const other = agent(all.server);
  await passThrough(other, authorizeUrl(all.server));
  await endSession(all.server, all.browser);
  await assertOnlyPostLives(all);
});

Deno.test("sessions.coordinate_client_lifetimes_with_user_session: it holds for clients that don't say otherwise", async () => {
  const sessions = { coordinate_client_lifetimes_with_user_session: true };
  const config = {
    sessions,
    ...withClient("post", { coordinate_lifetime_with_user_session: false }),
  };
  await using all = await scene({}, config);
  await endSession(all.server, all.browser);
  assert.ok(await isAlive(all.server, all.post));
  await assertOnlyPostLives(all);
});

Deno.test("coordinate_lifetime_with_user_session: after the session a token can still be given back", async () => {
  await using all = await scene();
  const { server, browser } = all;
  await endSession(server, browser);
  const form = { client_id: "spa", token: all.spa.refresh_token };
  assert.equal((await post(server, "/connect/revocation", form)).status, 200);
  const grants = await server.server.records.authorization.find("client_id", "spa");
  assert.equal(grants.found.length, 0);
});
