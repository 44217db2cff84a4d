/** Whether a device gets what any client gets for the same grant: ID token, audience, format, refresh tokens (RFC 8628 §3.5). */

import { compactDecrypt, decodeJwt, decodeProtectedHeader } from "jose";
import assert from "node:assert/strict";
import { agent } from "../support/agent.ts";
import { clientKey, keysPage, web } from "../support/client_key.ts";
import { CALLBACK, RAW_CONFIG, type RawConfig, RESOURCES } from "../support/config.ts";
import {
  allowedCodes,
  answerDevice,
  askForCodes,
  DEVICE_CODE,
  type DeviceCodes,
  pollOnce,
  withDevice,
} from "../support/device.ts";
import { START, testEnv } from "../support/env.ts";
import {
  assertNotCached,
  assertRefused,
  authorizeUrl,
  codeFor,
  type Fields,
  introspect,
  passThrough,
  redeem,
  refresh,
  requestToken,
  type Tokens,
  tokensOf,
  userinfo,
} from "../support/flow.ts";
import { type TestServer, testServer } from "../support/server.ts";

const OFFLINE = "openid profile offline_access";

function deviceServer(members: RawConfig = {}, config: RawConfig = {}): Promise<TestServer> {
  return testServer({ config: { ...withDevice(members), ...config } });
}

/** What a device gets whose person says yes at once. */
async function fetched(server: TestServer, form: Fields = {}): Promise<Tokens> {
  return tokensOf(await pollOnce(server, await allowedCodes(server, form)));
}

function pollFor(server: TestServer, { device_code }: DeviceCodes, form: Fields) {
  return requestToken(server, "tv", { grant_type: DEVICE_CODE, device_code, ...form });
}

Deno.test("RFC 8628 §3.5: the answer is that of RFC 6749 §5.1, for the scope that was allowed, and no cache keeps it", async () => {
  await using server = await deviceServer();
  const codes = await allowedCodes(server, { scope: OFFLINE });
  const { status, headers, body } = await pollOnce(server, codes);
  assert.equal(status, 200);
  assertNotCached(headers);
  const { access_token, id_token, refresh_token, ...rest } = body;
  assert.deepEqual(rest, { token_type: "Bearer", expires_in: 3600, scope: OFFLINE });
  for (const token of [access_token, id_token, refresh_token]) assert.equal(typeof token, "string");
  const events = server.env.events.filter(({ message }) => message === "token.issued");
  assert.deepEqual(events.map(({ members }) => [members["client_id"], members["grant_type"]]), [
    ["tv", DEVICE_CODE],
  ]);
});

Deno.test("OpenID Connect Core §2: the ID token of a device speaks of the login in which it was allowed", async () => {
  const ladder = [{ acr: "silver", methods: ["pwd"] }, {
    acr: "gold",
    methods: ["pwd"],
    max_age: "10m",
  }];
  await using server = await deviceServer({ default_acr_values: ["silver"] }, {
    security: { login: { acr_ladder: ladder } },
  });
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server));
  const spa = decodeJwt(
    tokensOf(await redeem(server, await codeFor(server, {}, browser))).id_token,
  );
  server.env.advance(700);
  const codes = await askForCodes(server, { scope: OFFLINE });
  server.env.advance(60);
  await answerDevice(server, codes, { browser });
  server.env.advance(100);
  const tokens = tokensOf(await pollOnce(server, codes));
  const { iss, sub, aud, iat, exp, auth_time, sid, amr, acr, nonce } = decodeJwt(tokens.id_token);
  const now = START + 860;
  assert.deepEqual([iss, sub, aud, iat, exp], [server.issuer, "sub-alice", "tv", now, now + 300]);
  assert.deepEqual([auth_time, sid, amr, acr], [START, spa["sid"], ["pwd"], "silver"]);
  assert.equal(nonce, undefined);
  const access = decodeJwt(tokens.access_token);
  assert.deepEqual([access["auth_time"], access["acr"]], [START, "silver"]);
  const next = tokensOf(await refresh(server, tokens.refresh_token, {}, "tv"));
  const again = decodeJwt(next.id_token);
  assert.deepEqual([again["auth_time"], again["sid"]], [START, spa["sid"]]);
});

Deno.test("OpenID Connect Core §3.1.2.1, §11: without openid a device gets no ID token, and without offline_access no refresh token", async () => {
  await using server = await deviceServer();
  const plain = await fetched(server, { scope: "invoices.read" });
  assert.deepEqual([plain.id_token, plain.refresh_token], ["", ""]);
  assert.equal(plain.scope, "invoices.read");
  const online = await fetched(server);
  assert.notEqual(online.id_token, "");
  assert.equal(online.refresh_token, "");
});

Deno.test("RFC 6749 §6: a device's refresh tokens are a chain, of which a second use ends all", async () => {
  await using server = await deviceServer();
  const first = await fetched(server, { scope: OFFLINE });
  server.env.advance(86_400);
  const second = tokensOf(await refresh(server, first.refresh_token, {}, "tv"));
  assert.equal((await userinfo(server, second.access_token)).body["name"], "Alice Example");
  assertRefused(await refresh(server, second.refresh_token, {}, "spa"));
  assertRefused(await refresh(server, first.refresh_token, {}, "tv"));
  assertRefused(await refresh(server, second.refresh_token, {}, "tv"));
  assert.equal((await userinfo(server, second.access_token)).status, 401);
});

Deno.test("RFC 8628 §3.4: device_code is required, and given once", async () => {
  await using server = await deviceServer();
  const { device_code } = await allowedCodes(server);
  for (const device_codes of [[], [""], [device_code, device_code]]) {
    const body = new URLSearchParams({ client_id: "tv", grant_type: DEVICE_CODE });
    for (const one of device_codes) body.append("device_code", one);
    const response = await server.fetch("/connect/token", { method: "POST", body });
    assert.deepEqual([response.status, (await response.json()).error], [400, "invalid_request"]);
  }
  assert.equal((await pollOnce(server, { device_code })).status, 200);
});

Deno.test("RFC 6749 §10.5: no code passes for a device code, and no device code for another token", async () => {
  await using server = await deviceServer();
  const code = await codeFor(server);
  assertRefused(await pollOnce(server, { device_code: code }));
  const codes = await allowedCodes(server, { scope: OFFLINE });
  const { device_code } = codes;
  for (const handle of [device_code, device_code.replace("dc_", "ac_")]) {
    assertRefused(await redeem(server, handle));
    assertRefused(await redeem(server, handle, {}, "tv"), "unauthorized_client");
  }
  for (const handle of [device_code, device_code.replace("dc_", "rt_")]) {
    assertRefused(await refresh(server, handle, {}, "tv"));
    assert.equal((await userinfo(server, handle)).status, 401);
    assert.deepEqual((await introspect(server, "web", handle)).body, { active: false });
    const body = new URLSearchParams({ client_id: "tv", token: handle });
    await (await server.fetch("/connect/revocation", { method: "POST", body })).body?.cancel();
  }
  assert.equal((await pollOnce(server, codes)).status, 200);
  assert.equal((await redeem(server, code)).status, 200);
});

Deno.test("OpenID Connect Core §8: a device with pairwise subjects knows people by names of its own", async () => {
  const pairwise = { subject_type: "pairwise", sector_identifier_uri: "https://tv.example/s.json" };
  await using server = await testServer({
    config: { ...withDevice(pairwise), tokens: { pairwise_salt: { env: "SALT" } } },
    variables: { SALT: "salt-of-pairwise-subjects" },
  });
  const tokens = await fetched(server);
  const { sub, sid } = decodeJwt(tokens.id_token);
  assert.ok(sub !== undefined && sub !== "sub-alice");
  assert.equal(decodeJwt(tokens.access_token).sub, sub);
  assert.equal((await userinfo(server, tokens.access_token)).body["sub"], sub);
  const { found: [session] } = await server.server.records.session.list();
  assert.ok(sid !== undefined && sid !== session?.record.sid);
});

Deno.test("access_token_format: a device may have reference tokens, which are dead at once when revoked", async () => {
  await using server = await deviceServer({ access_token_format: "reference" });
  const { access_token } = await fetched(server, { scope: "openid invoices.read" });
  assert.match(access_token, /^at_/);
  const { body } = await introspect(server, "api", access_token);
  assert.deepEqual([body["active"], body["client_id"], body["scope"]], [
    true,
    "tv",
    "invoices.read",
  ]);
  const form = new URLSearchParams({ client_id: "tv", token: access_token });
  await (await server.fetch("/connect/revocation", { method: "POST", body: form })).body?.cancel();
  assert.deepEqual((await introspect(server, "api", access_token)).body, { active: false });
});

Deno.test("RFC 8707 §2.2: a device's token request narrows what was allowed, and can't widen it", async () => {
  await using server = await deviceServer({
    scope: "openid invoices.read calendar.read offline_access",
  });
  const scope = "openid invoices.read calendar.read";
  const aud = (tokens: Tokens) => decodeJwt(tokens.access_token).aud;
  assert.deepEqual(aud(await fetched(server, { scope })), [RESOURCES.api, RESOURCES.calendar]);
  const open = await allowedCodes(server, { scope });
  const { calendar, api } = RESOURCES;
  const narrowed = tokensOf(await pollFor(server, open, { resource: calendar }));
  assert.deepEqual([aud(narrowed), narrowed.scope], [calendar, "openid calendar.read"]);
  const bound = await allowedCodes(server, { scope, resource: api });
  assertRefused(await pollFor(server, bound, { resource: calendar }), "invalid_target");
  assertRefused(await pollFor(server, bound, { resource: "https://x.example" }), "invalid_target");
  assert.equal(aud(tokensOf(await pollOnce(server, bound))), api);
});

Deno.test("OpenID Connect Core §10.2: a device code is not spent for an ID token that can't be encrypted", async () => {
  const { fetch, pages } = web();
  const jwks_uri = "https://rp.example.com/jwks";
  const members = { jwks_uri, id_token_encrypted_response_alg: "ECDH-ES" };
  await using server = await testServer({
    env: testEnv(START, fetch),
    config: withDevice(members),
  });
  const signing = await clientKey("ES256", { kid: "s", use: "sig" });
  pages.set(jwks_uri, keysPage(signing));
  const codes = await allowedCodes(server);
  const refused = await pollOnce(server, codes);
  assert.deepEqual([refused.status, refused.body["error"]], [500, "server_error"]);
  assert.ok(server.env.events.some(({ message }) => message === "client.encryption_failed"));
  server.env.advance(60);
  const key = await clientKey("ECDH-ES", { kid: "e" }, "X25519");
  pages.set(jwks_uri, keysPage(signing, key));
  server.env.advance(300);
  const { id_token } = tokensOf(await pollOnce(server, codes));
  assert.equal(decodeProtectedHeader(id_token).alg, "ECDH-ES");
  const { plaintext } = await compactDecrypt(id_token, key.privateKey);
  assert.equal(decodeJwt(new TextDecoder().decode(plaintext)).sub, "sub-alice");
});

Deno.test("RFC 8628 §3.1: a client that sends people too may ask from a device", async () => {
  const config = {
    clients: (RAW_CONFIG["clients"] as RawConfig[]).map((client) =>
      client["client_id"] === "spa"
        ? { ...client, grant_types: ["authorization_code", "refresh_token", DEVICE_CODE] }
        : client
    ),
  };
  await using server = await testServer({ config });
  const codes = await allowedCodes(server, { client_id: "spa", scope: "openid email" });
  const tokens = tokensOf(await pollOnce(server, codes, "spa"));
  assert.equal(decodeJwt(tokens.id_token).aud, "spa");
  const code = await codeFor(server, { redirect_uri: CALLBACK });
  assert.equal((await redeem(server, code)).status, 200);
});
