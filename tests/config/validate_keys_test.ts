/** Whether keys that follow one another badly, or outlived by what they sign, are refused where that is said. */

import assert from "node:assert/strict";
import { load, problemsOf } from "../support/config_files.ts";

const ISSUER = "issuer: http://127.0.0.1:9000\n";

async function warningsOf(text: string): Promise<readonly string[]> {
  return (await load({ "c.yaml": text }, { JWKS: "{}" })).warnings;
}

Deno.test("keys.managed: the defaults, and the least and most of each member, are fine", async () => {
  for (
    const managed of [
      "{}",
      "{propagation: 5m, rotation: 7m, retention: 70m}",
      "{propagation: 90d, retention: 900d}",
    ]
  ) {
    const { problems, warnings } = await load({
      "c.yaml": `${ISSUER}sessions: {absolute_lifetime: 1h}\nkeys: {managed: ${managed}}\n`,
    });
    assert.deepEqual([problems, warnings], [[], []], managed);
  }
  assert.deepEqual(await warningsOf(ISSUER), []);
});

Deno.test("keys.managed: a key that nobody could know in time, and more keys than a set can hold, are refused", async () => {
  const tokens = "tokens: {access_token_lifetime: 5m}\n";
  assert.deepEqual(
    await problemsOf(`${ISSUER}keys:
  managed: {propagation: 299s, rotation: 298s, retention: 2981s}
${tokens}`),
    [
      "c.yaml:3:26: keys.managed.propagation: at least 300 s, so that everybody knows a key before it signs",
      "c.yaml:3:42: keys.managed.rotation: a key would sign for 298 s, but be published for 299 s before",
      "c.yaml:3:59: keys.managed.retention: 2981 s are more than 10 rotations of 298 s; the key set would grow too long",
    ],
  );
  // what stands in the configuration counts with what is by default
  assert.deepEqual(
    await problemsOf(`${ISSUER}keys:\n  managed: {rotation: 1d}\n`),
    [
      "c.yaml:3:12: keys.managed.retention: 1209600 s are more than 10 rotations of 86400 s; the key set would grow too long",
    ],
  );
});

Deno.test("keys.managed.algorithms: one that is named twice is a warning", async () => {
  assert.deepEqual(
    await warningsOf(`${ISSUER}keys: {managed: {algorithms: [RS256, ES256, RS256]}}\n`),
    [
      "c.yaml:2:45: keys.managed.algorithms[2]: RS256 is there already; one key at a time signs with it",
    ],
  );
});

const CLIENTS = `clients:
  - {client_id: a, token_endpoint_auth_method: none, redirect_uris: ["https://a/cb"], access_token_lifetime: 20d, id_token_lifetime: 14d}
  - {client_id: b, token_endpoint_auth_method: none, redirect_uris: ["https://b/cb"], access_token_lifetime: 20d, access_token_format: reference}
  - {client_id: c, client_secrets: [{sha256: ${
  "ab".repeat(32)
}}], grant_types: [client_credentials], access_token_lifetime: 14d, id_token_lifetime: 20d}
`;

Deno.test("keys.managed.retention: no signed token may outlive its key, by default, of any client", async () => {
  const outlives =
    "outlives the key that signs it: keys.managed.retention (14d) has to be 10m longer";
  assert.deepEqual(
    await problemsOf(`${ISSUER}tokens: {access_token_lifetime: 365d, id_token_lifetime: 15d}\n`),
    [
      `c.yaml:2:33: tokens.access_token_lifetime: ${outlives}`,
      `c.yaml:2:58: tokens.id_token_lifetime: ${outlives}`,
    ],
  );
  // reference tokens aren't signed, and whoever has nobody logged in gets no ID tokens
  assert.deepEqual(await problemsOf(ISSUER + CLIENTS), [
    `c.yaml:3:110: clients[0].access_token_lifetime: ${outlives}`,
    `c.yaml:3:134: clients[0].id_token_lifetime: ${outlives}`,
    `c.yaml:5:172: clients[2].access_token_lifetime: ${outlives}`,
  ]);
  const enough = "keys: {managed: {retention: 29400m}}\n";
  assert.deepEqual(await problemsOf(ISSUER + enough + CLIENTS), []);
  const tokens = (seconds: number) =>
    problemsOf(`${ISSUER}tokens: {access_token_lifetime: ${seconds}}\n`);
  assert.deepEqual(await tokens(14 * 86_400 - 600), []);
  assert.equal((await tokens(14 * 86_400 - 599)).length, 1);
});

Deno.test("keys: where all are one's own, a token that may outlive one is a warning", async () => {
  const own = `${ISSUER}keys: {jwks: {env: JWKS}}\ntokens: {access_token_lifetime: 15d}\n`;
  assert.deepEqual(await warningsOf(own), [
    "c.yaml:3:33: tokens.access_token_lifetime: outlives a key past its not_after, which is published 14d more",
  ]);
});

Deno.test("OpenID Connect RP-Initiated Logout §2: a session that outlives the keys of its hints is a warning", async () => {
  assert.deepEqual(await warningsOf(`${ISSUER}sessions: {absolute_lifetime: 15d}\n`), [
    "c.yaml:2:31: sessions.absolute_lifetime: is longer than keys.managed.retention (14d): an older id_token_hint is unknown, and logout asks",
  ]);
});

Deno.test("id_token_signed_response_alg: a device gets ID tokens too, so its algorithm needs a key", async () => {
  const device = "urn:ietf:params:oauth:grant-type:device_code";
  assert.deepEqual(
    await problemsOf(`${ISSUER}clients:
  - {client_id: tv, token_endpoint_auth_method: none, grant_types: ["${device}"], id_token_signed_response_alg: PS256}
`),
    [
      "c.yaml:3:148: clients[0].id_token_signed_response_alg: PS256 is not among keys.managed.algorithms (RS256, ES256, EdDSA)",
    ],
  );
});

Deno.test("data_protection.accept_stored: is for a while, which every start and check-config say", async () => {
  const text = (members: string) => `${ISSUER}data_protection: {keys: [{env: KEY}]${members}}\n`;
  const KEY = "A".repeat(43);
  assert.deepEqual((await load({ "c.yaml": text("") }, { KEY })).warnings, []);
  const { problems, warnings } = await load({ "c.yaml": text(", accept_stored: true") }, { KEY });
  assert.deepEqual(problems, []);
  assert.equal(warnings.length, 1);
  assert.match(
    warnings[0] ?? "",
    /^c\.yaml:2:54: data_protection\.accept_stored: .* take this out when/,
  );
});
