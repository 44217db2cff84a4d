/** Whether a reference token is worth exactly what its JWT form would be, and tells nothing by itself. */

import { decodeJwt } from "jose";
import assert from "node:assert/strict";
import { base64url, fromBase64url } from "../../src/lib/bytes.ts";
import { revokeGrants } from "../../src/tokens/stored_grants.ts";
import { inspectAccessToken } from "../../src/tokens/inspect.ts";
import { type RawConfig, SECRETS, withClient, withUser } from "../support/config.ts";
import {
  assertRefused,
  basic,
  codeFor,
  post,
  redeem,
  refresh,
  requestToken,
  type Tokens,
  tokensFor,
  tokensOf,
  userinfo,
} from "../support/flow.ts";
import { memoryStore } from "../support/memory_store.ts";
import { type TestServer, testServer } from "../support/server.ts";

const OFFLINE = { scope: "openid email offline_access invoices.write" };
const REFERENCE = { access_token_format: "reference" };
const MACHINE = { grant_type: "client_credentials" };

function referring(members: RawConfig = {}): Promise<TestServer> {
  return testServer({ config: withClient("spa", { ...REFERENCE, ...members }) });
}

/** The same server after its configuration has changed. */
function changed({ env, store }: TestServer, config: RawConfig): Promise<TestServer> {
  return testServer({ env, store, config });
}

async function isAlive(server: TestServer, access_token: string): Promise<boolean> {
  const { status, body } = await userinfo(server, access_token);
  if (status === 401) assert.equal(body["error"], "invalid_token");
  return status !== 401;
}

async function claimsOf(server: TestServer, { access_token }: Pick<Tokens, "access_token">) {
  const token = await inspectAccessToken(server.server, access_token);
  assert.ok(token !== undefined);
  return token.claims;
}

Deno.test("RFC 6749 §1.4: a reference token is opaque, and the store knows none by its text", async () => {
  const store = memoryStore();
  await using server = await testServer({ store, config: withClient("spa", REFERENCE) });
  const code = await codeFor(server, OFFLINE);
  const first = tokensOf(await redeem(server, code));
  const second = tokensOf(await refresh(server, first.refresh_token));
  for (const { access_token } of [first, second]) {
    assert.match(access_token, /^at_[\w-]{64}$/);
    assert.equal((await userinfo(server, access_token)).body["sub"], "sub-alice");
  }
  const entries = await store.list([], { limit: 10_000 });
  const bytes = (value: unknown) => value instanceof Uint8Array ? base64url(value) : value;
  const text = JSON.stringify(entries, (_, value) => bytes(value));
  for (const { access_token, refresh_token } of [first, second]) {
    for (const token of [code, access_token, refresh_token]) {
      assert.ok(!text.includes(token.slice(25)), "the part that nobody can guess");
    }
  }
});

Deno.test("RFC 6750 §3.1: a handle that is made up, changed or of another kind is invalid_token", async () => {
  await using server = await referring();
  const { access_token, refresh_token } = await tokensFor(server, OFFLINE);
  const bytes = fromBase64url(access_token.slice(3))!;
  const guess = bytes.with(47, bytes[47]! ^ 1);
  const bad = [
    `at_${base64url(guess)}`,
    `at_${base64url(bytes.subarray(0, 16))}${"A".repeat(43)}`,
    `at_${"A".repeat(64)}`,
    `at_${"A".repeat(68)}`,
    access_token.slice(0, -1),
    `${access_token}A`,
    "at_",
    `AT_${access_token.slice(3)}`,
    access_token.slice(3),
    refresh_token,
    `at_${refresh_token.slice(3)}`,
    (await claimsOf(server, { access_token }))["jti"],
  ];
  for (const token of bad) assert.equal(await isAlive(server, String(token)), false, String(token));
  assert.ok(await isAlive(server, access_token));
});

Deno.test("RFC 9068 §2.2: a reference says what its JWT form says, of people and of machines", async () => {
  const members = { claims: { tenant: "north" }, claims_prefix: "app_" };
  const withFormat = (access_token_format: string): RawConfig => {
    const { clients } = withClient("spa", { ...members, access_token_format });
    return {
      clients: (clients as RawConfig[]).map((client) =>
        client["client_id"] === "machine" ? { ...client, ...members, access_token_format } : client
      ),
    };
  };
  await using jwt = await testServer({ config: withFormat("jwt") });
  const reference = await changed(jwt, withFormat("reference"));
  const tokens = await tokensFor(jwt, OFFLINE);
  const one = tokensOf(await refresh(jwt, tokens.refresh_token));
  const two = tokensOf(await refresh(reference, one.refresh_token));
  const pairs = [
    [one, two],
    [
      tokensOf(await requestToken(jwt, "machine", MACHINE)),
      tokensOf(await requestToken(reference, "machine", MACHINE)),
    ],
  ] as const;
  for (const [signed, opaque] of pairs) {
    const { jti: name, ...expected } = decodeJwt(signed.access_token);
    const { jti, ...claims } = await claimsOf(reference, opaque);
    assert.deepEqual(claims, expected);
    assert.equal(claims["app_tenant"], "north");
    assert.equal(String(jti).length, name!.length);
    assert.equal(String(jti).split(".").at(-2), name!.split(".").at(-2));
    assert.notEqual(jti, name);
    assert.deepEqual(await claimsOf(jwt, opaque), { jti, ...claims });
  }
});

Deno.test("OpenID Connect Core §5.3: what a reference says of its person and client is what is so now", async () => {
  await using server = await referring();
  const { access_token } = await tokensFor(server, OFFLINE);
  assert.equal((await claimsOf(server, { access_token }))["email"], "alice@example.com");
  const now = await changed(server, {
    ...withClient("spa", { ...REFERENCE, claims: { tenant: "south" } }),
    ...withUser("alice", { claims: { email: "alice@example.org" } }),
  });
  const { email, client_tenant } = await claimsOf(now, { access_token });
  assert.deepEqual([email, client_tenant], ["alice@example.org", "south"]);
});

for (const access_token_format of ["jwt", "reference"]) {
  Deno.test(`OpenID Connect Core §12: every refresh gathers the claims anew, ${access_token_format}`, async () => {
    const members = { access_token_format, always_include_user_claims_in_id_token: true };
    await using server = await testServer({ config: withClient("spa", members) });
    const first = await tokensFor(server, OFFLINE);
    const now = await changed(server, {
      ...withClient("spa", { ...members, claims: { tenant: "south" } }),
      ...withUser("alice", { claims: { email: "alice@example.org", email_verified: false } }),
    });
    const second = tokensOf(await refresh(now, first.refresh_token));
    const { email, client_tenant } = await claimsOf(now, second);
    assert.deepEqual([email, client_tenant], ["alice@example.org", "south"]);
    const { body } = await userinfo(now, second.access_token);
    assert.deepEqual([body["email"], body["email_verified"]], ["alice@example.org", false]);
    assert.equal(decodeJwt(first.id_token)["email"], "alice@example.com");
    assert.equal(decodeJwt(second.id_token)["email"], "alice@example.org");
  });
}

Deno.test("RFC 6749 §4.2.2: a reference ends after access_token_lifetime, to the second", async () => {
  await using server = await referring({ access_token_lifetime: "100s" });
  const { access_token, refresh_token } = await tokensFor(server, OFFLINE);
  server.env.advance(99);
  assert.ok(await isAlive(server, access_token));
  const next = tokensOf(await refresh(server, refresh_token));
  server.env.advance(1);
  assert.equal(await isAlive(server, access_token), false);
  assert.ok(await isAlive(server, next.access_token));
});

Deno.test("RFC 7009 §2.1: a reference is revoked alone, and with its family", async () => {
  await using server = await referring();
  const first = await tokensFor(server, OFFLINE);
  const second = tokensOf(await refresh(server, first.refresh_token));
  const giveBack = (token: string) =>
    post(server, "/connect/revocation", { client_id: "spa", token });
  assert.equal((await giveBack(first.access_token)).status, 200);
  assert.equal(await isAlive(server, first.access_token), false);
  assert.ok(await isAlive(server, second.access_token));
  const third = tokensOf(await refresh(server, second.refresh_token));
  assert.equal((await giveBack(third.refresh_token)).status, 200);
  for (const { access_token } of [first, second, third]) {
    assert.equal(await isAlive(server, access_token), false);
  }
});

Deno.test("RFC 7009 §2.1: another client's reference is refused, and left as it is", async () => {
  await using server = await referring();
  const { access_token: token } = await tokensFor(server, OFFLINE);
  const thief = { client_id: "post", client_secret: SECRETS.post };
  assertRefused(await post(server, "/connect/revocation", { ...thief, token }));
  assert.ok(await isAlive(server, token));
});

for (const access_token_format of ["jwt", "reference"]) {
  const machines = () => testServer({ config: withClient("machine", { access_token_format }) });
  const ask = async (server: TestServer) =>
    tokensOf(await requestToken(server, "machine", MACHINE)).access_token;

  Deno.test(`RFC 6749 §4.4: a machine's ${access_token_format} has no person, and is given back alone`, async () => {
    await using server = await machines();
    const [one, two] = [await ask(server), await ask(server)];
    const { sub, client_id, granted } = (await inspectAccessToken(server.server, one))!;
    assert.deepEqual([sub, client_id, granted], ["machine", "machine", undefined]);
    assert.equal((await userinfo(server, one)).body["error"], "insufficient_scope");
    const headers = { Authorization: basic("machine", SECRETS.machine) };
    await post(server, "/connect/revocation", { token: one }, headers);
    assert.equal(await isAlive(server, one), false);
    assert.ok(await isAlive(server, two));
  });

  Deno.test(`revokeGrants: a client's ${access_token_format} tokens of up to this second are dead, later ones live`, async () => {
    await using server = await testServer({
      config: withClient("machine", { access_token_format, access_token_lifetime: "90d" }),
    });
    const early = await ask(server);
    server.env.advance(10);
    const late = await ask(server);
    assert.equal(await revokeGrants(server.server, { client_id: "machine" }), 0);
    const atOnce = await ask(server);
    server.env.advance(1);
    const after = await ask(server);
    const alive = () =>
      Promise.all([early, late, atOnce, after].map((token) => isAlive(server, token)));
    assert.deepEqual(await alive(), [false, false, false, true]);
    // They live long, and stay dead as long.
    server.env.advance(60 * 86_400);
    assert.deepEqual(await alive(), [false, false, false, true]);
  });

  Deno.test(`RFC 6749 §4.4: a machine's ${access_token_format} is dead while its client is disabled, and as long`, async () => {
    await using server = await machines();
    const token = await ask(server);
    const disabled = withClient("machine", { access_token_format, enabled: false });
    assert.equal(await isAlive(await changed(server, disabled), token), false);
    assert.ok(await isAlive(server, token));
  });

  Deno.test(`revokeGrants: a person's end leaves the ${access_token_format} tokens of machines alone`, async () => {
    await using server = await machines();
    const token = await ask(server);
    await revokeGrants(server.server, { sub: "machine" });
    await revokeGrants(server.server, { sub: "machine", client_id: "machine" });
    await revokeGrants(server.server, { client_id: "spa" });
    assert.ok(await isAlive(server, token));
  });
}

Deno.test("RFC 9068 §2.2: a jti names the grant, and nothing can be made of it", async () => {
  await using server = await testServer();
  const { access_token, refresh_token } = await tokensFor(server, OFFLINE);
  const grant_id = decodeJwt(access_token).jti!.split(".")[0]!;
  assert.match(grant_id, /^az_[\w-]{22}$/);
  const name = fromBase64url(grant_id.slice(3))!;
  const guess = base64url(new Uint8Array([...name, ...server.env.random(32)]));
  const revoke = (token: string) =>
    post(server, "/connect/revocation", { client_id: "spa", token });
  for (const token of [`rt_${guess}`, `at_${guess}`, `ac_${guess}`, grant_id]) {
    assertRefused(await refresh(server, token));
    assertRefused(await redeem(server, token));
    assert.equal((await revoke(token)).status, 200);
    assert.equal(await isAlive(server, token), false);
  }
  assert.ok(await isAlive(server, access_token));
  assert.equal((await refresh(server, refresh_token)).status, 200);
});
