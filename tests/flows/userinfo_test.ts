/** What the bearer of an access token learns about its person, and how others are turned away. */

import assert from "node:assert/strict";
import { withClient, withUser } from "../support/config.ts";
import {
  type Answer,
  answer,
  post,
  requestToken,
  tokensFor,
  tokensOf,
  userinfo,
} from "../support/flow.ts";
import { listeningServer, type TestServer, testServer } from "../support/server.ts";

const PATH = "/connect/userinfo";

/** Checks a refusal and its challenge (RFC 6750 §3); `undefined`: without an error code. */
function assertRefused(
  { issuer }: TestServer,
  { status, headers, body }: Answer,
  error: string | undefined,
  expected: number,
): void {
  assert.deepEqual([body["error"], status], [error, expected]);
  const challenge = headers.get("WWW-Authenticate") ?? "";
  assert.ok(challenge.startsWith(`Bearer realm="${issuer}"`), challenge);
  if (error === undefined) assert.equal(challenge, `Bearer realm="${issuer}"`);
  else assert.match(challenge, new RegExp(`, error="${error}", error_description="[^"]+"`));
  assert.equal(headers.get("Cache-Control"), "no-store");
}

async function get(server: TestServer, headers: Record<string, string> = {}): Promise<Answer> {
  return await answer(await server.fetch(PATH, { headers }));
}

Deno.test("OpenID Connect Core §5.4: each scope brings its claims, and sub is always there", async () => {
  await using server = await listeningServer();
  const expected: Record<string, Record<string, unknown>> = {
    "": {},
    "profile": { name: "Alice Example", given_name: "Alice", preferred_username: "alice" },
    "email": { email: "alice@example.com", email_verified: true },
    "phone": { phone_number: "+1 555 0100" },
    "address": { address: { country: "US" } },
    "groups": { groups: ["staff"] },
    "invoices.write": {},
  };
  for (const [scope, claims] of Object.entries(expected)) {
    const { access_token } = await tokensFor(server, { scope: `openid ${scope}`.trim() });
    const { status, headers, body } = await userinfo(server, access_token);
    assert.equal(status, 200);
    assert.deepEqual(body, { sub: "sub-alice", ...claims }, scope);
    assert.equal(headers.get("Cache-Control"), "no-store");
  }
});

Deno.test("OpenID Connect Core §5.3.2: what is configured for a person never replaces sub", async () => {
  await using server = await listeningServer({
    config: withUser("alice", { claims: { sub: "evil", iss: "evil", name: "Alice" } }),
  });
  const { access_token } = await tokensFor(server, { scope: "openid profile" });
  const { body } = await userinfo(server, access_token);
  assert.deepEqual([body["sub"], body["iss"], body["name"]], ["sub-alice", undefined, "Alice"]);
});

Deno.test("RFC 6750 §2: the token comes by header or form body", async () => {
  await using server = await listeningServer();
  const { access_token } = await tokensFor(server);
  for (const scheme of ["Bearer", "bearer", "BEARER"]) {
    assert.equal((await get(server, { Authorization: `${scheme} ${access_token}` })).status, 200);
  }
  const headers = { Authorization: `Bearer ${access_token}` };
  assert.equal((await post(server, PATH, {}, headers)).status, 200);
  assert.equal((await post(server, PATH, { access_token })).status, 200);
  const bare = await answer(await server.fetch(PATH, { method: "POST", headers }));
  assert.equal(bare.status, 200);
});

Deno.test("RFC 6750 §2: a token given twice is invalid_request", async () => {
  await using server = await listeningServer();
  const { access_token } = await tokensFor(server);
  const headers = { Authorization: `Bearer ${access_token}` };
  const both = await post(server, PATH, { access_token }, headers);
  assertRefused(server, both, "invalid_request", 400);
  const body = new URLSearchParams([["access_token", access_token], [
    "access_token",
    access_token,
  ]]);
  const twice = await answer(await server.fetch(PATH, { method: "POST", body }));
  assertRefused(server, twice, "invalid_request", 400);
});

Deno.test("RFC 6750 §3.1: without a token, or with another scheme, the challenge has no error code", async () => {
  await using server = await listeningServer();
  assertRefused(server, await get(server), undefined, 401);
  assertRefused(server, await post(server, PATH, {}), undefined, 401);
  assertRefused(
    server,
    await get(server, { Authorization: "Basic d2ViOnNlY3JldA==" }),
    undefined,
    401,
  );
  // RFC 9700 §4.3.2: a token in a query is not read.
  const { access_token } = await tokensFor(server);
  const inQuery = await server.fetch(`${PATH}?access_token=${access_token}`);
  assertRefused(server, await answer(inQuery), undefined, 401);
});

Deno.test("RFC 6750 §3.1: malformed, forged, expired and foreign tokens are invalid_token", async () => {
  await using server = await listeningServer();
  const { access_token, id_token, refresh_token } = await tokensFor(server, {
    scope: "openid offline_access",
  });
  const [header = "", payload = "", signature = ""] = access_token.split(".");
  const none = btoa(JSON.stringify({ alg: "none", typ: "at+jwt" })).replaceAll("=", "");
  const other = (signature.startsWith("A") ? "B" : "A") + signature.slice(1);
  const tokens = [
    "x",
    "a.b.c",
    id_token,
    refresh_token,
    `${header}.${payload}.`,
    `${header}.${payload}.${other}`,
    `${none}.${payload}.`,
    `${access_token}.`,
  ];
  for (const token of tokens) {
    assertRefused(server, await userinfo(server, token), "invalid_token", 401);
  }
  for (const header of ["Bearer", "Bearer ", "Bearer a b", `Bearer "${access_token}"`]) {
    const { status } = await get(server, { Authorization: header });
    assert.equal(status, 401, header);
  }
  await using stranger = await listeningServer({ config: { keys: {} } });
  const foreign = await tokensFor(stranger);
  assertRefused(server, await userinfo(server, foreign.access_token), "invalid_token", 401);
  server.env.advance(3599);
  assert.equal((await userinfo(server, access_token)).status, 200);
  server.env.advance(1);
  assertRefused(server, await userinfo(server, access_token), "invalid_token", 401);
});

Deno.test("RFC 9068 §4: a token of another issuer is invalid_token, even if the keys are the same", async () => {
  await using server = await listeningServer();
  await using other = await listeningServer({ store: server.store, env: server.env });
  assert.notEqual(server.issuer, other.issuer);
  const { access_token } = await tokensFor(other);
  assert.equal((await userinfo(other, access_token)).status, 200);
  assertRefused(server, await userinfo(server, access_token), "invalid_token", 401);
});

Deno.test("OpenID Connect Core §5.3.1: without the scope openid the token is insufficient_scope", async () => {
  await using server = await listeningServer();
  const { access_token } = await tokensFor(server, { scope: "invoices.read profile" });
  const refused = await userinfo(server, access_token);
  assertRefused(server, refused, "insufficient_scope", 403);
  assert.match(refused.headers.get("WWW-Authenticate") ?? "", /scope="openid"/);
  const machine = tokensOf(
    await requestToken(server, "machine", { grant_type: "client_credentials" }),
  );
  assertRefused(server, await userinfo(server, machine.access_token), "insufficient_scope", 403);
});

Deno.test("RFC 6750 §3.1: once the user is disabled, gone or not allowed, or the client disabled, the token is dead", async () => {
  await using server = await listeningServer();
  const { store, env } = server;
  const { access_token } = await tokensFor(server);
  const changes = [
    withUser("alice", { enabled: false }),
    withUser("alice", { sub: "sub-alice-2" }),
    withClient("spa", { enabled: false }),
    withClient("spa", { allowed_groups: ["admins"] }),
    withClient("spa", { client_id: "spa-2" }),
  ];
  for (const change of changes) {
    const config = { ...change, issuer: server.issuer };
    await using changed = await testServer({ store, env, config });
    assertRefused(changed, await userinfo(changed, access_token), "invalid_token", 401);
  }
  assert.equal((await userinfo(server, access_token)).status, 200);
});

Deno.test("OpenID Connect Core §5.3: GET and POST alone", async () => {
  await using server = await listeningServer();
  for (const method of ["PUT", "DELETE", "PATCH"]) {
    const { status, headers } = await answer(await server.fetch(PATH, { method }));
    assert.deepEqual([status, headers.get("Allow")], [405, "GET, HEAD, POST"]);
  }
});

Deno.test("RFC 6750 §2.2: a body that is no form holds no token", async () => {
  await using server = await listeningServer();
  const { access_token } = await tokensFor(server);
  const send = async (body: string, type: string) =>
    await answer(
      await server.fetch(PATH, { method: "POST", body, headers: { "Content-Type": type } }),
    );

  assertRefused(
    server,
    await send(JSON.stringify({ access_token }), "application/json"),
    undefined,
    401,
  );
  assertRefused(server, await send(`access_token=${access_token}`, "text/plain"), undefined, 401);
});
