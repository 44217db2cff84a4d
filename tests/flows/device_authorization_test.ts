/** What a device is answered that asks for codes (RFC 8628 §3.1, §3.2), and what it is refused for. */

import assert from "node:assert/strict";
import { SECRETS } from "../support/config.ts";
import { allowedCodes, askForCodes, DEVICE_CODE, pollOnce, withDevice } from "../support/device.ts";
import { assertNotCached, assertRefused, basic, type Fields, post } from "../support/flow.ts";
import { type TestServer, testServer, type TestServerOptions } from "../support/server.ts";

const PATH = "/connect/deviceauthorization";
const API = "https://api.example.com";

function deviceServer(options: TestServerOptions = {}): Promise<TestServer> {
  return testServer({ ...options, config: { ...withDevice(), ...options.config } });
}

const ask = (server: TestServer, form: Fields = {}, headers: Record<string, string> = {}) =>
  post(server, PATH, { client_id: "tv", scope: "openid", ...form }, headers);

/** How many records of devices there are. */
async function devices({ server: { records } }: TestServer): Promise<number> {
  return (await records.device_authorization.list()).found.length;
}

Deno.test("RFC 8628 §3.2: the answer has what a device shows, and how it is to poll", async () => {
  await using server = await deviceServer();
  const { status, body, headers } = await ask(server);
  assert.equal(status, 200);
  assertNotCached(headers);
  const { device_code, user_code, ...rest } = body;
  assert.match(String(device_code), /^dc_[\w-]{64}$/);
  assert.match(String(user_code), /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
  assert.deepEqual(rest, {
    verification_uri: `${server.issuer}/device`,
    verification_uri_complete: `${server.issuer}/device?user_code=${user_code}`,
    expires_in: 600,
    interval: 5,
  });
  const [event] = server.env.events.filter(({ message }) => message.startsWith("device."));
  assert.equal(event?.message, "device.authorization.requested");
  const { trace_id, ...members } = event?.members ?? {};
  assert.match(String(trace_id), /^[0-9a-f]{32}$/);
  assert.deepEqual(members, { client_id: "tv", scope: "openid" });
});

Deno.test("RFC 8628 §3.2: lifetime and interval are the client's, else the server's", async () => {
  const tokens = { device_code_lifetime: "3m", device_polling_interval: "7s" };
  const told = async (config: TestServerOptions["config"]) => {
    await using server = await deviceServer(config === undefined ? {} : { config });
    const { expires_in, interval } = await askForCodes(server);
    return [expires_in, interval];
  };
  assert.deepEqual(await told({ tokens }), [180, 7]);
  const own = withDevice({ device_code_lifetime: "1h", device_polling_interval: "60s" });
  assert.deepEqual(await told({ ...own, tokens }), [3600, 60]);
});

Deno.test("RFC 8628 §3.1: a confidential client proves itself as at the token endpoint, a public one says who it is", async () => {
  const token_endpoint_auth_method = "client_secret_basic";
  const client_secrets = [{ value: SECRETS.web }];
  await using server = await deviceServer({
    config: withDevice({ token_endpoint_auth_method, client_secrets }),
  });
  const proof = { Authorization: basic("tv", SECRETS.web) };
  assert.equal((await ask(server, { client_id: undefined }, proof)).status, 200);
  const before = await devices(server);
  const wrong = { Authorization: basic("tv", "wrong") };
  for (const [form, headers] of [[{}, {}], [{ client_id: undefined }, wrong]] as const) {
    const refused = await ask(server, form, headers);
    assertRefused(refused, "invalid_client", 401);
    assert.match(refused.headers.get("WWW-Authenticate") ?? "", /^Basic /);
  }
  assertRefused(await ask(server, { client_id: "nobody" }), "invalid_client", 401);
  assertRefused(await ask(server, { client_id: undefined }), "invalid_client", 401);
  assert.equal(await devices(server), before);
});

Deno.test("RFC 6749 §5.2: a client without the grant type may neither ask nor poll", async () => {
  await using server = await deviceServer();
  assertRefused(await ask(server, { client_id: "spa" }), "unauthorized_client");
  const { device_code } = await allowedCodes(server);
  assertRefused(await pollOnce(server, { device_code }, "spa"), "unauthorized_client");
  assert.equal((await pollOnce(server, { device_code })).status, 200);
});

Deno.test("RFC 6749 §5.2: a client that is disabled, or has lost the grant type, gets nothing for what was allowed", async () => {
  await using before = await deviceServer();
  const codes = await allowedCodes(before);
  const { store, env } = before;
  for (
    const [members, error, status] of [
      [{ enabled: false }, "invalid_client", 401],
      [{ grant_types: ["refresh_token", "authorization_code"] }, "unauthorized_client", 400],
    ] as const
  ) {
    const redirect_uris = ["https://rp.example.com/callback"];
    const config = withDevice({ ...members, redirect_uris });
    await using server = await deviceServer({ config, store, env });
    assertRefused(await pollOnce(server, codes), error, status);
  }
  assert.equal((await pollOnce(before, codes)).status, 200, "nothing was spent");
});

const REFUSED: Readonly<Record<string, readonly [form: Fields, error: string]>> = {
  "RFC 6749 §3.3: no scope": [{ scope: undefined }, "invalid_scope"],
  "RFC 6749 §3.3: a malformed scope": [{ scope: 'openid "' }, "invalid_scope"],
  "RFC 6749 §3.3: a scope of other clients": [{ scope: "openid email" }, "invalid_scope"],
  "RFC 6749 §3.3: unknown scopes alone": [{ scope: "nothing" }, "invalid_scope"],
  "RFC 8707 §2: an unknown resource": [{ resource: "https://evil.example" }, "invalid_target"],
  "RFC 8707 §2: a resource that no scope leads to": [{ resource: API }, "invalid_target"],
};
for (const [rule, [form, error]] of Object.entries(REFUSED)) {
  Deno.test(`${rule} is refused to a device, and nothing is stored`, async () => {
    await using server = await deviceServer();
    assertRefused(await ask(server, form), error);
    assert.equal(await devices(server), 0);
  });
}

Deno.test("RFC 6749 §3.2: parameters given twice, other media types, methods and long bodies are refused to a device", async () => {
  await using server = await deviceServer();
  const send = async (init: RequestInit) => {
    const response = await server.fetch(PATH, init);
    return [response.status, (await response.json()).error, response.headers.get("Allow")];
  };
  const form = (text: string) => ({ method: "POST", body: new URLSearchParams(text) });
  const refused = [400, "invalid_request", null];
  assert.deepEqual(await send(form("client_id=tv&scope=openid&scope=openid")), refused);
  assert.deepEqual(await send(form("client_id=tv&client_id=tv&scope=openid")), refused);
  assert.deepEqual(await send(form("client_id=tv&scope=openid&x=1&x=2")), refused);
  const json = { "Content-Type": "application/json" };
  assert.deepEqual(
    await send({ method: "POST", headers: json, body: `{"client_id":"tv"}` }),
    refused,
  );
  assert.deepEqual((await send(form(`client_id=tv&scope=${"a".repeat(70_000)}`)))[0], 413);
  for (const method of ["GET", "PUT", "DELETE"]) {
    assert.deepEqual(await send({ method }), [405, "invalid_request", "POST"]);
  }
  assert.equal(await devices(server), 0);
});

Deno.test("RFC 8628 §3.1: what a device sends without a value, or is unknown or of other endpoints, is no parameter", async () => {
  await using server = await deviceServer();
  const empty = {
    client_secret: "",
    client_assertion: "",
    client_assertion_type: "",
    resource: "",
  };
  const elsewhere = { redirect_uri: "x", response_type: "x", request: "x", unknown: "x" };
  assert.equal((await ask(server, { ...empty, ...elsewhere })).status, 200);
  assertRefused(await ask(server, { client_id: "" }), "invalid_client", 401);
  assertRefused(await ask(server, { scope: "" }), "invalid_scope");
  // Parameters count in the body alone.
  const query = `${PATH}?client_id=tv&scope=openid`;
  assertRefused(await post(server, query, {}), "invalid_client", 401);
  assert.equal(await devices(server), 1);
});

Deno.test("OpenID Connect Core §11: offline_access of a device without refresh tokens is ignored", async () => {
  const scope = "openid offline_access";
  await using plain = await deviceServer({
    config: withDevice({ scope: "openid profile", grant_types: [DEVICE_CODE] }),
  });
  assertRefused(await ask(plain, { scope }), "invalid_scope");
  await using server = await deviceServer({
    config: withDevice({ scope, grant_types: [DEVICE_CODE, "refresh_token"] }),
  });
  const codes = await allowedCodes(server, { scope });
  const { body } = await pollOnce(server, codes);
  assert.match(String(body["refresh_token"]), /^rt_/);
  assert.equal(body["scope"], scope);
});

Deno.test("RFC 8628 §3.4: another client's device code is invalid_grant, waiting or allowed, and is not spent", async () => {
  const { clients } = withDevice() as { clients: object[] };
  const config = { clients: [...clients, { ...clients.at(-1), client_id: "radio" }] };
  await using server = await deviceServer({ config });
  const waiting = await askForCodes(server);
  assertRefused(await pollOnce(server, waiting, "radio"));
  const { body } = await pollOnce(server, waiting);
  assert.equal(body["error"], "authorization_pending", "the other one's poll was not counted");
  const allowed = await allowedCodes(server);
  assertRefused(await pollOnce(server, allowed, "radio"));
  assert.equal((await pollOnce(server, allowed)).status, 200);
});

Deno.test("RFC 8628 §3.5: a poll that has to wait is no refusal in the log, one that comes too early is", async () => {
  await using server = await deviceServer();
  const codes = await askForCodes(server);
  for (const error of ["authorization_pending", "slow_down"]) {
    server.env.events.length = 0;
    const refused = await pollOnce(server, codes);
    assertRefused(refused, error);
    const levels = server.env.events.map(({ level, members }) => [level, members["error"]]);
    assert.deepEqual(levels, [[error === "slow_down" ? "info" : "debug", error]]);
  }
  assert.ok(!JSON.stringify(server.env.events).includes(codes.device_code.slice(3, 20)));
});
