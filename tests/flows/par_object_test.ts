/** Whether signed requests may be pushed (RFC 9126 §3), and those with a `jti` are good once wherever they are sent (RFC 9101). */

import assert from "node:assert/strict";
import { agent } from "../support/agent.ts";
import { clientKey } from "../support/client_key.ts";
import { CALLBACK, type RawConfig } from "../support/config.ts";
import { answerOf, assertRefused, type Fields, passThrough, post } from "../support/flow.ts";
import { dump } from "../support/hostile.ts";
import { PAR, pushedUrl, requestUriOf } from "../support/pushed.ts";
import { objectClaims, objectUrl, withSigner } from "../support/request_object.ts";
import { type TestServer, testServer } from "../support/server.ts";
import { twoServers } from "../support/two_servers.ts";

const KEY = await clientKey("ES256", { kid: "1" });
const HOUR = 3600;

async function signingServer(members: RawConfig = {}): Promise<TestServer> {
  return await testServer({ config: withSigner([KEY], members) });
}

/** Pushes a signed request: all that counts is in it. */
function pushObject(server: TestServer, request: string, more: Fields = {}) {
  return post(server, PAR, { client_id: "spa", request, ...more });
}

/** What the client hears that sends a signed request by the browser. */
async function sendObject(server: TestServer, request: string): Promise<string | undefined> {
  const url = objectUrl(server, { request, redirect_uri: CALLBACK });
  const visit = await agent(server).open(url);
  return visit.status === 0 ? answerOf(visit)["error"] : undefined;
}

Deno.test("RFC 9126 §3: a signed request is pushed, and what stands outside of it is ignored", async () => {
  await using server = await signingServer({ require_signed_request_object: true });
  const request = await KEY.sign(objectClaims(server));
  const outer = { scope: "unknown", state: "outer", redirect_uri: "https://evil.example/" };
  const request_uri = requestUriOf(await pushObject(server, request, outer));
  const answer = await passThrough(agent(server), pushedUrl(server, request_uri));
  assert.ok(answer["code"]);
  assert.equal(answer["state"], "inner-state");
});

Deno.test("RFC 9126 §3: a request that is not signed as it should be, by the client for us, is refused", async () => {
  await using server = await signingServer({ require_signed_request_object: true });
  const stranger = await clientKey("ES256", { kid: "1" });
  const before = await dump(server.store);
  const inside = (changes: Record<string, unknown>) => KEY.sign(objectClaims(server, changes));
  const refused: readonly (readonly [string, string])[] = [
    ["invalid_request_object", "x"],
    ["invalid_request_object", await stranger.sign(objectClaims(server))],
    // RFC 9126 §3: its client_id is that of whoever authenticates
    ["invalid_request_object", await inside({ client_id: "web" })],
    ["invalid_request_object", await inside({ aud: "https://other.example" })],
    ["invalid_request_object", await inside({ exp: server.env.now() - HOUR })],
    // RFC 9126 §3, RFC 9101 §4
    ["invalid_request_object", await inside({ request_uri: "https://rp.example.com/o" })],
    ["invalid_request", await inside({ redirect_uri: "https://evil.example/" })],
    ["invalid_scope", await inside({ scope: "unknown" })],
  ];
  for (const [error, request] of refused) {
    assertRefused(await pushObject(server, request), error);
  }
  // RFC 9101 §10.5: without any
  const { iss: _iss, aud: _aud, iat: _iat, exp: _exp, ...plain } = objectClaims(server);
  assertRefused(await post(server, PAR, plain as Fields), "invalid_request");
  assert.deepEqual(await dump(server.store), before);
});

Deno.test("RFC 7519 §4.1.7: an object with a jti is good once, pushed or brought by a browser", async () => {
  await using server = await signingServer();
  const signed = (jti: string) => KEY.sign(objectClaims(server, { jti }));
  const one = await signed("one");
  requestUriOf(await pushObject(server, one));
  assertRefused(await pushObject(server, one), "invalid_request_object");
  assert.equal(await sendObject(server, one), "invalid_request_object");
  // Another object under the same name, too.
  const again = await KEY.sign(objectClaims(server, { jti: "one", state: "x" }));
  assert.equal(await sendObject(server, again), "invalid_request_object");

  const two = await signed("two");
  assert.equal(await sendObject(server, two), undefined);
  assert.equal(await sendObject(server, two), "invalid_request_object");
  assertRefused(await pushObject(server, two), "invalid_request_object");
});

Deno.test("RFC 9101 §7: that an object was used before is told to where it says, in its mode", async () => {
  await using server = await signingServer();
  const claims = objectClaims(server, { jti: "j", response_mode: "fragment" });
  const url = objectUrl(server, { request: await KEY.sign(claims) });
  assert.ok((await passThrough(agent(server), url))["code"]);
  const visit = await agent(server).open(url);
  const { error, state } = answerOf(visit);
  assert.deepEqual([error, state], ["invalid_request_object", "inner-state"]);
  assert.notEqual(visit.url.hash, "");
});

Deno.test("RFC 7519 §4.1.7: jti is used up last, so that a request with another mistake can be sent again", async () => {
  await using server = await signingServer();
  const wrong: readonly Record<string, unknown>[] = [
    { scope: "unknown" },
    { prompt: "none login" },
    { id_token_hint: "x" },
  ];
  for (const changes of wrong) {
    const request = await KEY.sign(objectClaims(server, { jti: "j", ...changes }));
    assert.ok((await pushObject(server, request)).status === 400);
    assert.notEqual(await sendObject(server, request), "invalid_request_object");
  }
  const request = await KEY.sign(objectClaims(server, { jti: "j" }));
  requestUriOf(await pushObject(server, request));
});

Deno.test("RFC 7519 §4.1.7: a jti is a text, and comes with an exp an hour ahead at most; without one nothing is asked", async () => {
  await using server = await signingServer();
  const now = server.env.now();
  const before = await dump(server.store);
  for (
    const claims of [
      { jti: "j", exp: undefined },
      { jti: "j", exp: now + HOUR + 61 },
      { jti: "j", exp: now + 1e12 },
      { jti: "" },
      { jti: 1 },
      { jti: null },
      { jti: ["j"] },
      { jti: "j".repeat(513) },
    ]
  ) {
    const request = await KEY.sign(objectClaims(server, claims));
    assertRefused(await pushObject(server, request), "invalid_request_object");
    assert.equal(await sendObject(server, request), "invalid_request_object");
  }
  assert.deepEqual(await dump(server.store), before);
  for (const claims of [{ exp: undefined }, { exp: now + 1e9 }, {}]) {
    const request = await KEY.sign(objectClaims(server, claims));
    for (let n = 0; n < 2; n++) {
      assert.equal(await sendObject(server, request), undefined);
      requestUriOf(await pushObject(server, request));
    }
  }
  const longest = await KEY.sign(objectClaims(server, { jti: "j", exp: now + HOUR + 60 }));
  requestUriOf(await pushObject(server, longest));
});

Deno.test("RFC 7519 §4.1.7: a jti is remembered until its object is refused for its age, to the second", async () => {
  await using server = await signingServer();
  const request = await KEY.sign(objectClaims(server, { jti: "j" }));
  requestUriOf(await pushObject(server, request));
  // exp, and the minute that clocks may be off
  for (const seconds of [60, 59, 1]) {
    server.env.advance(seconds);
    assertRefused(await pushObject(server, request), "invalid_request_object");
  }
});

Deno.test("RFC 7519 §4.1.7: two clients may use the same jti, and one client one for an assertion and a request", async () => {
  const { clients } = withSigner([KEY]) as { clients: RawConfig[] };
  const both = clients.map((client) =>
    client["client_id"] === "post" ? { ...client, jwks: { keys: [KEY.jwk] } } : client
  );
  await using server = await testServer({ config: { clients: both } });
  requestUriOf(await pushObject(server, await KEY.sign(objectClaims(server, { jti: "j" }))));
  const other = objectClaims(server, { jti: "j", client_id: "post", iss: "post" });
  const url = objectUrl(server, { client_id: "post", request: await KEY.sign(other) });
  assert.ok((await passThrough(agent(server), url))["code"]);
});

Deno.test("two servers: of 20 parallel uses of one signed request at both, pushed or brought, one is good", async () => {
  await using servers = await twoServers({ config: withSigner([KEY]) });
  const { one, two } = servers;
  for (const kind of ["pushed", "brought", "either"]) {
    const request = await KEY.sign(objectClaims(one, { jti: kind }));
    const errors = await Promise.all(Array.from({ length: 20 }, async (_, n) => {
      const server = n % 2 === 0 ? one : two;
      const push = kind === "pushed" || kind === "either" && n % 4 < 2;
      if (!push) return await sendObject(server, request);
      const { body } = await pushObject(server, request);
      return body["error"];
    }));
    assert.equal(errors.filter((error) => error === undefined).length, 1, kind);
    assert.equal(errors.filter((error) => error === "invalid_request_object").length, 19, kind);
  }
});
