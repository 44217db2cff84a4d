/** What a code that is used twice, or by the wrong one, brings to an end, wherever and whenever that happens. */

import assert from "node:assert/strict";
import { withClient } from "../support/config.ts";
import {
  assertRefused,
  codeFor,
  type Fields,
  redeem,
  refresh,
  type Tokens,
  tokensOf,
  userinfo,
} from "../support/flow.ts";
import { type TestServer, testServer } from "../support/server.ts";
import { type TwoServers, twoServers } from "../support/two_servers.ts";

const OFFLINE = { scope: "openid offline_access" };

function pair(): Promise<TwoServers> {
  return twoServers({ config: withClient("spa", { refresh_token_grace: "20s" }) });
}

/** A code, and all that has followed from it: a chain of three, of which the second was asked for twice. */
async function descendants(server: TestServer): Promise<{ code: string; all: readonly Tokens[] }> {
  const code = await codeFor(server, OFFLINE);
  const first = tokensOf(await redeem(server, code));
  const second = tokensOf(await refresh(server, first.refresh_token));
  const again = tokensOf(await refresh(server, first.refresh_token));
  const third = tokensOf(await refresh(server, second.refresh_token));
  return { code, all: [first, second, again, third] };
}

async function assertDead(server: TestServer, all: readonly Tokens[]): Promise<void> {
  for (const { access_token, refresh_token } of all) {
    assert.equal((await userinfo(server, access_token)).status, 401);
    assertRefused(await refresh(server, refresh_token));
  }
}

for (const seconds of [0, 30, 3599, 30 * 86_400]) {
  Deno.test(`RFC 6749 §4.1.2: a code replayed after ${seconds} s at another instance ends all that followed from it`, async () => {
    await using servers = await pair();
    const { one, two } = servers;
    const { code, all } = await descendants(one);
    one.env.advance(seconds);
    const alive = (await userinfo(two, all[0]!.access_token)).status;
    assert.equal(alive, seconds < 3600 ? 200 : 401);
    assertRefused(await redeem(two, code));
    for (const server of [one, two]) await assertDead(server, all);
    assertRefused(await redeem(one, code));
  });
}

const misuses: Readonly<Record<string, readonly [Fields, string]>> = {
  "by another client": [{}, "post"],
  "with another verifier": [{ code_verifier: "w".repeat(43) }, "spa"],
  "without its verifier": [{ code_verifier: undefined }, "spa"],
  "with another redirect_uri": [{ redirect_uri: "http://127.0.0.1/callback" }, "spa"],
};
for (const [how, [form, client_id]] of Object.entries(misuses)) {
  Deno.test(`RFC 6749 §10.5: a code presented ${how} ends with that, redeemed or not`, async () => {
    await using server = await testServer();
    const code = await codeFor(server, OFFLINE);
    assertRefused(await redeem(server, code, form, client_id));
    assertRefused(await redeem(server, code));

    const other = await codeFor(server, OFFLINE);
    const tokens = tokensOf(await redeem(server, other));
    assertRefused(await redeem(server, other, form, client_id));
    await assertDead(server, [tokens]);
  });
}

Deno.test("RFC 6749 §4.1.2: of two parallel uses of a code one succeeds, and what it brings is dead", async () => {
  for (let n = 0; n < 5; n++) {
    await using server = await testServer({ late: true });
    const code = await codeFor(server, OFFLINE);
    const answers = await Promise.all([redeem(server, code), redeem(server, code)]);
    const [won, ...others] = answers.filter(({ status }) => status === 200).map(tokensOf);
    assert.deepEqual(others, []);
    await assertDead(server, [won!]);
  }
});

Deno.test("RFC 6749 §4.1.2: a code without offline_access ends its access token when it is replayed", async () => {
  await using server = await testServer();
  const code = await codeFor(server);
  const { access_token } = tokensOf(await redeem(server, code));
  server.env.advance(3599);
  assert.equal((await userinfo(server, access_token)).status, 200);
  assertRefused(await redeem(server, code));
  assert.equal((await userinfo(server, access_token)).status, 401);
});

Deno.test("RFC 6749 §4.1.2: a replay ends its own family alone", async () => {
  await using server = await testServer();
  const [code, other] = [await codeFor(server, OFFLINE), await codeFor(server, OFFLINE)];
  const [tokens, others] = [await redeem(server, code), await redeem(server, other)].map(tokensOf);
  assertRefused(await redeem(server, code));
  await assertDead(server, [tokens!]);
  assert.equal((await userinfo(server, others!.access_token)).status, 200);
  assert.equal((await refresh(server, others!.refresh_token)).status, 200);
});

Deno.test("RFC 6749 §4.1.2: the log says which grant a replay has ended, and none of its secrets", async () => {
  await using server = await testServer();
  const code = await codeFor(server, OFFLINE);
  const tokens = tokensOf(await redeem(server, code));
  assertRefused(await redeem(server, code));
  const [event, ...others] = server.env.events.filter(({ message }) => message === "grant.revoked");
  assert.deepEqual(others, []);
  const { grant_id, client_id, sub, reason } = event!.members;
  assert.match(String(grant_id), /^az_[\w-]{22}$/);
  assert.deepEqual([client_id, sub, reason], ["spa", "sub-alice", "code replayed"]);
  const log = JSON.stringify(server.env.events);
  for (const secret of [code, ...Object.values(tokens)]) {
    assert.equal(log.includes(secret), secret === tokens.scope);
  }
});
