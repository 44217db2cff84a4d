/** Whether what devices ask and poll stands what nobody sends in good faith (RFC 8628 §3.1, §3.4). */

import assert from "node:assert/strict";
import { RESOURCES, SECRETS } from "../support/config.ts";
import { allowedCodes, askForCodes, DEVICE_CODE, pollOnce, withDevice } from "../support/device.ts";
import { assertNothingReflected, dump, eachJunk, type Outcomes, post } from "../support/hostile.ts";
import { memoryStore } from "../support/memory_store.ts";
import { testServer } from "../support/server.ts";

const PATH = "/connect/deviceauthorization";
const invalid = "invalid_request";

const CLIENT: Readonly<Record<string, Outcomes>> = {
  client_id: { missing: invalid, empty: invalid, twice: invalid, otherwise: "invalid_client" },
  client_secret: { twice: invalid, otherwise: "invalid_client" },
};

const ASKED: Readonly<Record<string, Outcomes>> = {
  ...CLIENT,
  scope: { twice: invalid, nul: invalid, crlf: invalid, percent: "ok", otherwise: "invalid_scope" },
  resource: { missing: "ok", empty: "ok", twice: "ok", otherwise: "invalid_target" },
  // What an authorization request would have is nothing to a device.
  redirect_uri: { twice: invalid, otherwise: "ok" },
  response_type: { twice: invalid, otherwise: "ok" },
  user_code: { twice: invalid, otherwise: "ok" },
};

const POLLED: Readonly<Record<string, Outcomes>> = {
  ...CLIENT,
  grant_type: {
    missing: invalid,
    empty: invalid,
    twice: invalid,
    otherwise: "unsupported_grant_type",
  },
  device_code: { missing: invalid, empty: invalid, twice: invalid, otherwise: "invalid_grant" },
  resource: { missing: "ok", empty: "ok", twice: "ok", otherwise: "invalid_target" },
  scope: { twice: invalid, otherwise: "ok" },
};

/** A device that can prove itself, so that junk in its secret counts. */
const CONFIG = withDevice({
  token_endpoint_auth_method: "client_secret_post",
  client_secrets: [{ value: SECRETS.post }],
});
const PROOF = { client_id: "tv", client_secret: SECRETS.post };

/** A wrong secret may be counted. */
const counted = (name: string) => name === "client_secret" || name === "client_id";

Deno.test("RFC 8628 §3.1: junk in any parameter of a device's request is refused with the right code, and nothing is kept", async () => {
  await using server = await testServer({ store: memoryStore(), config: CONFIG });
  const form = {
    client_secret: SECRETS.post,
    scope: "invoices.read openid",
    resource: RESOURCES.api,
    redirect_uri: "https://tv.example/",
    response_type: "code",
    user_code: "WDJB-MJHT",
    client_id: "tv",
  };
  await eachJunk(server, PATH, ASKED, () => Promise.resolve({ form }), counted);
});

Deno.test("RFC 8628 §3.5: junk in any parameter of a poll is refused with the right code, and spends nothing", async () => {
  await using server = await testServer({ store: memoryStore(), config: CONFIG });
  const fresh = async () => {
    const asked = { ...PROOF, scope: "openid invoices.read" };
    const { device_code } = await allowedCodes(server, asked);
    const form = {
      client_secret: SECRETS.post,
      grant_type: DEVICE_CODE,
      scope: "openid",
      resource: RESOURCES.api,
      device_code,
      client_id: "tv",
    };
    return { form };
  };
  await eachJunk(server, "/connect/token", POLLED, fresh, counted);
});

Deno.test("RFC 8628 §3.2: the codes are ours alone, whatever the request brings and whoever it says to be", async () => {
  await using server = await testServer({ store: memoryStore(), config: withDevice() });
  const form = "client_id=tv&scope=openid&device_code=mine&user_code=BBBB-BBBB&interval=0" +
    "&expires_in=999999&verification_uri=https%3A%2F%2Fevil.example";
  const sent = post(form, {
    "Host": "evil.example",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-For": "203.0.113.1",
    "Forwarded": "host=evil.example;proto=http",
  });
  const response = await server.fetch(PATH, sent);
  const text = await response.text();
  assertNothingReflected(response.headers, text);
  const codes = JSON.parse(text);
  assert.ok(
    !text.includes("evil.example") && !text.includes("BBBB-BBBB") && codes.device_code !== "mine",
  );
  assert.deepEqual([codes.interval, codes.expires_in], [5, 600]);
  assert.equal(codes.verification_uri, `${server.issuer}/device`);
  const { found: [device] } = await server.server.records.device_authorization.list();
  assert.equal(device?.record.address, "127.0.0.1");
});

Deno.test("RFC 8628 §3.4: handles of every kind and of no kind are nobody's device code, and write nothing", async () => {
  await using server = await testServer({ store: memoryStore(), config: withDevice() });
  const codes = await allowedCodes(server);
  const { device_code, user_code } = codes;
  const other = await askForCodes(server);
  const before = await dump(server.store);
  const strange = [
    // The seed of one device, and the secret of another.
    device_code.slice(0, 25) + other.device_code.slice(25),
    device_code.slice(0, -4) + "AAAA",
    `${device_code}A`,
    ...["az_", "ac_", "rt_", "at_", "se_", "ia_", "pr_", "DC_", "dc-", ""].map((prefix) =>
      prefix + device_code.slice(3)
    ),
    ...["=", "==", "\n", "%00", ".", "/../x"].map((tail) => device_code + tail),
    // Another spelling of the same bytes, were there one.
    device_code.replaceAll("-", "+").replaceAll("_", "/"),
    device_code.slice(0, -1),
    `dc_${"_".repeat(64)}`,
    "dc_",
    user_code,
    "__proto__",
    "constructor",
  ];
  for (const one of strange) {
    const { status, body } = await pollOnce(server, { device_code: one });
    assert.deepEqual([status, body["error"]], [400, "invalid_grant"], one);
  }
  assert.deepEqual(await dump(server.store), before);
  assert.equal((await pollOnce(server, codes)).status, 200);
});

Deno.test("log: what devices and strangers send stands in no line of it", async () => {
  await using server = await testServer({ store: memoryStore(), config: withDevice() });
  const codes = await allowedCodes(server, { scope: "openid offline_access" });
  const answers = [await pollOnce(server, codes), await pollOnce(server, codes)];
  const other = await askForCodes(server);
  await pollOnce(server, other);
  await pollOnce(server, other, "spa");
  const wrong = `${other.device_code.slice(0, -4)}AAAA`;
  await pollOnce(server, { device_code: wrong });
  const log = JSON.stringify(server.env.events);
  const { access_token, refresh_token, id_token } = answers[0]!.body;
  const secrets = [
    ...[codes, other].flatMap(({ device_code, user_code }) => [
      device_code,
      device_code.slice(3, 25),
      device_code.slice(25),
      user_code,
      user_code.replace("-", ""),
    ]),
    wrong.slice(3, 40),
    access_token,
    refresh_token,
    id_token,
  ];
  for (const secret of secrets) assert.ok(!log.includes(String(secret)), String(secret));
  const events = server.env.events.map(({ message }) => message);
  for (
    const event of [
      "device.authorization.requested",
      "device.authorization.approved",
      "token.issued",
    ]
  ) {
    assert.ok(events.includes(event), event);
  }
});
