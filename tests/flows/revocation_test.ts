/** What ends when a client gives back a token. */

import assert from "node:assert/strict";
import { SECRETS, withClient } from "../support/config.ts";
import {
  type Answer,
  answer,
  assertRefused,
  basic,
  post,
  refresh,
  requestToken,
  tokensFor,
  tokensOf,
  userinfo,
} from "../support/flow.ts";
import { listeningServer, type TestServer } from "../support/server.ts";

const PATH = "/connect/revocation";
const OFFLINE = { scope: "openid offline_access" };

async function isAlive(server: TestServer, access_token: string): Promise<boolean> {
  return (await userinfo(server, access_token)).status === 200;
}

function assertDone({ status, headers, body }: Answer): void {
  assert.equal(status, 200);
  assert.deepEqual(body, {});
  assert.equal(headers.get("Cache-Control"), "no-store");
}

Deno.test("RFC 7009 §2.1: a refresh token takes its whole family along", async () => {
  await using server = await listeningServer();
  const first = await tokensFor(server, OFFLINE);
  const second = tokensOf(await refresh(server, first.refresh_token));
  assertDone(await post(server, PATH, { client_id: "spa", token: second.refresh_token }));
  assert.equal(await isAlive(server, first.access_token), false);
  assert.equal(await isAlive(server, second.access_token), false);
  const { status, body } = await refresh(server, second.refresh_token);
  assert.deepEqual([status, body["error"]], [400, "invalid_grant"]);
});

Deno.test("RFC 7009 §2.1: an access token goes alone", async () => {
  await using server = await listeningServer();
  const first = await tokensFor(server, OFFLINE);
  assertDone(await post(server, PATH, { client_id: "spa", token: first.access_token }));
  assert.equal(await isAlive(server, first.access_token), false);
  const second = tokensOf(await refresh(server, first.refresh_token));
  assert.ok(await isAlive(server, second.access_token));
});

Deno.test("RFC 7009 §2.1: a wrong or unknown token_type_hint changes nothing", async () => {
  await using server = await listeningServer();
  for (const token_type_hint of ["access_token", "refresh_token", "pigeon"]) {
    const tokens = await tokensFor(server, OFFLINE);
    const { refresh_token: token } = tokens;
    assertDone(await post(server, PATH, { client_id: "spa", token, token_type_hint }));
    assert.equal(await isAlive(server, tokens.access_token), false, token_type_hint);
  }
});

Deno.test("RFC 7009 §2.2: unknown, dead and malformed tokens are 200 too", async () => {
  await using server = await listeningServer();
  const { access_token, refresh_token, id_token } = await tokensFor(server, OFFLINE);
  const tokens = [refresh_token, refresh_token, access_token, id_token, "x", "rt_x", "a.b.c", "\0"];
  for (const token of tokens) assertDone(await post(server, PATH, { client_id: "spa", token }));
});

Deno.test("RFC 7009 §2.1: a token of another client is refused, and left as it is", async () => {
  await using server = await listeningServer();
  const { access_token, refresh_token } = await tokensFor(server, OFFLINE);
  const thief = { client_id: "post", client_secret: SECRETS.post };
  for (const token of [access_token, refresh_token]) {
    assertRefused(await post(server, PATH, { ...thief, token }));
  }
  assert.ok(await isAlive(server, access_token));
  assert.equal((await refresh(server, refresh_token)).status, 200);
});

Deno.test("RFC 7009 §2.1: a refresh token that was rotated away still ends its family", async () => {
  await using server = await listeningServer();
  const first = await tokensFor(server, OFFLINE);
  const second = tokensOf(await refresh(server, first.refresh_token));
  assertDone(await post(server, PATH, { client_id: "spa", token: first.refresh_token }));
  assert.equal(await isAlive(server, second.access_token), false);
});

Deno.test("RFC 7009 §2.1: a machine's access token can be given back", async () => {
  await using server = await listeningServer({
    config: withClient("machine", { access_token_lifetime: "1h" }),
  });
  const ask = () => requestToken(server, "machine", { grant_type: "client_credentials" });
  const [one, two] = [tokensOf(await ask()), tokensOf(await ask())];
  const headers = { Authorization: basic("machine", SECRETS.machine) };
  assertDone(await post(server, PATH, { token: one.access_token }, headers));
  // Userinfo refuses both, but only the living one for its scope.
  assert.equal((await userinfo(server, one.access_token)).body["error"], "invalid_token");
  assert.equal((await userinfo(server, two.access_token)).body["error"], "insufficient_scope");
});

Deno.test("RFC 7009 §2.1: the client authenticates with its own method", async () => {
  await using server = await listeningServer();
  const { access_token: token } = await tokensFor(server, { client_id: "web" });
  const attempts = [
    await post(server, PATH, { token }),
    await post(server, PATH, { token, client_id: "web" }),
    await post(server, PATH, { token, client_id: "web", client_secret: SECRETS.web }),
    await post(server, PATH, { token }, { Authorization: basic("web", "wrong") }),
  ];
  for (const { status, body, headers } of attempts) {
    assert.deepEqual([status, body["error"]], [401, "invalid_client"]);
    assert.match(headers.get("WWW-Authenticate") ?? "", /^Basic realm=/);
  }
  assert.ok(await isAlive(server, token));
  assertDone(await post(server, PATH, { token }, { Authorization: basic("web", SECRETS.web) }));
  assert.equal(await isAlive(server, token), false);
});

Deno.test("RFC 7009 §2.1: token is required, once, in a form, by POST", async () => {
  await using server = await listeningServer();
  const missing = await post(server, PATH, { client_id: "spa" });
  assert.deepEqual([missing.status, missing.body["error"]], [400, "invalid_request"]);
  const body = new URLSearchParams([["client_id", "spa"], ["token", "a"], ["token", "b"]]);
  const twice = await answer(await server.fetch(PATH, { method: "POST", body }));
  assert.deepEqual([twice.status, twice.body["error"]], [400, "invalid_request"]);
  const json = await answer(
    await server.fetch(PATH, {
      method: "POST",
      body: `{"client_id":"spa","token":"a"}`,
      headers: { "Content-Type": "application/json" },
    }),
  );
  assert.deepEqual([json.status, json.body["error"]], [400, "invalid_request"]);
  const get = await answer(await server.fetch(`${PATH}?client_id=spa&token=a`));
  assert.deepEqual([get.status, get.headers.get("Allow")], [405, "POST"]);
});
