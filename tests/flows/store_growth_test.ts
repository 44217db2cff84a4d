/** How much of the store does what people and clients do take up, and is all of it given back in the end? */

import assert from "node:assert/strict";
import { serialize } from "node:v8";
import { checkIndexes } from "../../src/store/check.ts";
import type { Entry } from "../../src/store/store.ts";
import { agent, logIn } from "../support/agent.ts";
import { collectOnce, entriesOf } from "../support/collect.ts";
import { RAW_CONFIG, type RawConfig } from "../support/config.ts";
import {
  authorizeUrl,
  passThrough,
  post,
  redeem,
  refresh,
  requestToken,
  tokensOf,
} from "../support/flow.ts";

import { robotForm, withRobot } from "../support/robot.ts";
import { type TestServer, testServer } from "../support/server.ts";

const DAY = 86_400;
const SCOPE = "openid email offline_access";

/** What there is more than before: keys of each kind, and about how many bytes. */
interface Growth {
  readonly kinds: Readonly<Record<string, number>>;
  readonly bytes: number;
}

/** A server whose keys are in the store, all of whose records end, and whose growth can be measured step by step. */
async function withServer(
  use: (server: TestServer, growth: () => Promise<Growth>) => Promise<void>,
  members: Readonly<Record<string, RawConfig>> = {},
): Promise<void> {
  const changes: Record<string, RawConfig> = {
    web: { consent_lifetime: "30d" },
    post: { access_token_format: "reference" },
    machine: { access_token_format: "reference" },
    ...members,
  };
  const clients = ((await withRobot())["clients"] as RawConfig[]).map((client) => ({
    ...client,
    ...changes[String(client["client_id"])],
  }));
  const keys = { managed: { algorithms: ["EdDSA", "ES256", "RS256"] } };
  await using server = await testServer({ config: { ...RAW_CONFIG, clients, keys } });
  let before = await entriesOf(server);
  await use(server, async () => {
    const after = await entriesOf(server);
    const growth = difference(before, after);
    before = after;
    return growth;
  });
}

function difference(before: readonly Entry[], after: readonly Entry[]): Growth {
  const kinds: Record<string, number> = {};
  let bytes = 0;
  for (const [sign, entries] of [[1, after], [-1, before]] as const) {
    for (const { key, value } of entries) {
      const [kind = ""] = key;
      kinds[String(kind)] = (kinds[String(kind)] ?? 0) + sign;
      bytes += sign *
        (serialize(value).length + key.reduce((sum, part) => sum + part.length + 2, 0));
    }
  }
  return { kinds: Object.fromEntries(Object.entries(kinds).filter(([, n]) => n !== 0)), bytes };
}

/** Checks what has been added: these keys, and no more than so many bytes. */
function assertGrowth({ kinds, bytes }: Growth, expected: Growth["kinds"], most: number): void {
  assert.deepEqual(kinds, expected);
  assert.ok(bytes <= most, `${bytes} bytes`);
}

const GRANT = {
  authorization: 1,
  authorization_by_sub: 1,
  authorization_by_client_id: 1,
  authorization_by_sid: 1,
};

Deno.test("store: a login adds a session and a grant with their entries, a refresh adds nothing", async () => {
  await withServer(async (server, growth) => {
    const browser = agent(server);
    const url = authorizeUrl(server, { client_id: "web", scope: SCOPE });
    const page = await browser.open(url);
    assertGrowth(await growth(), { interaction: 1 }, 700);
    const consent = await logIn(browser, page, "alice");
    const session = { session: 1, session_by_sub: 1, session_by_sid: 1 };
    assertGrowth(await growth(), session, 600);
    await browser.submit(consent, { action: "allow", remember: "true" });
    const consented = { consent: 1, consent_by_sub: 1, consent_by_client_id: 1 };
    // Of the request no more is left than that it was answered.
    assertGrowth(await growth(), { ...consented, ...GRANT }, 1300);

    const { code = "" } = await passThrough(browser, url);
    assertGrowth(await growth(), GRANT, 1100);
    let tokens = tokensOf(await redeem(server, code, {}, "web"));
    assertGrowth(await growth(), {}, 200);
    for (let n = 0; n < 20; n++) {
      tokens = tokensOf(await refresh(server, tokens.refresh_token, {}, "web"));
      assertGrowth(await growth(), {}, 0);
    }
    assert.deepEqual((await checkIndexes(server.store, server.env)).map((kind) => kind.problems), [
      [],
      [],
      [],
    ]);
  });
});

Deno.test("store: with grace a refresh adds the sealed successor once", async () => {
  await withServer(async (server, growth) => {
    const browser = agent(server);
    const { code = "" } = await passThrough(browser, authorizeUrl(server, { scope: SCOPE }));
    let tokens = tokensOf(await redeem(server, code));
    await growth();
    for (const most of [300, 0, 0]) {
      tokens = tokensOf(await refresh(server, tokens.refresh_token));
      assertGrowth(await growth(), {}, most);
    }
  }, { spa: { refresh_token_grace: "60s" } });
});

Deno.test("store: a reference token, a revoked token and a spent assertion add a key each, a JWT none", async () => {
  await withServer(async (server, growth) => {
    const client_id = "post";
    const url = authorizeUrl(server, { client_id, scope: SCOPE });
    const { code = "" } = await passThrough(agent(server), url);
    await growth();
    const tokens = tokensOf(await redeem(server, code, {}, client_id));
    assertGrowth(await growth(), { access_token: 1 }, 600);
    await refresh(server, tokens.refresh_token, {}, client_id);
    assertGrowth(await growth(), { access_token: 1 }, 400);
    await requestToken(server, "machine", { grant_type: "client_credentials" });
    assertGrowth(await growth(), { access_token: 1 }, 400);
    await post(server, "/connect/token", await robotForm(server, "jti-1"));
    assertGrowth(await growth(), { replay: 1 }, 150);
    const spa = tokensOf(
      await redeem(server, (await passThrough(agent(server), authorizeUrl(server)))["code"] ?? ""),
    );
    await growth();
    await post(server, "/connect/revocation", { client_id: "spa", token: spa.access_token });
    assertGrowth(await growth(), { revoked_token: 1 }, 150);
  });
});

Deno.test("store: once everything has expired and was collected, the format, the ring and the keys are all that is left", async () => {
  await withServer(async (server, growth) => {
    const { env } = server;
    const baseline = await entriesOf(server);
    assert.deepEqual(
      baseline.map(({ key: [kind] }) => kind),
      ["format", "key_schedule", "ring", "signing_key", "signing_key", "signing_key"],
    );
    for (let day = 0; day < 3; day++) {
      for (const client_id of ["web", "post", "spa"]) {
        const browser = agent(server);
        const url = authorizeUrl(server, { client_id, scope: SCOPE });
        const { code = "" } = await passThrough(browser, url);
        await passThrough(browser, url);
        const { refresh_token, access_token } = tokensOf(await redeem(server, code, {}, client_id));
        await refresh(server, refresh_token, {}, client_id);
        await browser.open(authorizeUrl(server, { client_id, prompt: "login" }));
        if (client_id === "web") await refresh(server, refresh_token, {}, client_id);
        const form = { client_id, token: access_token };
        if (client_id === "spa") await post(server, "/connect/revocation", form);
      }
      const other = agent(server);
      await logIn(other, await other.open(authorizeUrl(server)), "alice", "wrong");
      await requestToken(server, "machine", { grant_type: "client_credentials" });
      await post(server, "/connect/token", await robotForm(server, `jti-${day}`));
      env.advance(DAY);
    }
    assert.ok(Object.keys((await growth()).kinds).length >= 15, "there is something of everything");
    await collectOnce(server);
    assert.ok((await entriesOf(server)).length > baseline.length);
    env.advance(31 * DAY);
    await collectOnce(server);
    assert.deepEqual(await entriesOf(server), baseline);
  });
});
