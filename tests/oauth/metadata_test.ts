/** Whether the server says of itself what RFC 8414 and OpenID Connect Discovery demand. */

import assert from "node:assert/strict";
import { metadata, PATHS } from "../../src/oauth/metadata.ts";

const ISSUER = "https://id.example.com/tenant";
const DOCUMENT = metadata({
  issuer: ISSUER,
  scopes: ["openid", "profile"],
  claims: ["sub", "name"],
  algorithms: ["RS256", "ES256"],
  ui_locales: ["en", "de"],
  subject_types: ["public"],
  acr_values: ["silver", "gold"],
  response_types: ["code"],
  require_pushed_authorization_requests: false,
});

Deno.test("RFC 8414 §2, OpenID Connect Discovery §3: every required member is there", () => {
  for (
    const name of [
      "issuer",
      "authorization_endpoint",
      "token_endpoint",
      "jwks_uri",
      "response_types_supported",
      "subject_types_supported",
      "id_token_signing_alg_values_supported",
    ]
  ) assert.ok(name in DOCUMENT, name);
  assert.equal(DOCUMENT["issuer"], ISSUER);
  assert.deepEqual(DOCUMENT["response_types_supported"], ["code"]);
  assert.deepEqual(DOCUMENT["subject_types_supported"], ["public"]);
  assert.deepEqual(DOCUMENT["id_token_signing_alg_values_supported"], ["RS256", "ES256"]);
});

Deno.test("RFC 8414 §2: each endpoint stands below the issuer, at the path that is served", () => {
  const endpoints = {
    authorization_endpoint: PATHS.authorize,
    token_endpoint: PATHS.token,
    pushed_authorization_request_endpoint: PATHS.par,
    userinfo_endpoint: PATHS.userinfo,
    introspection_endpoint: PATHS.introspection,
    revocation_endpoint: PATHS.revocation,
    jwks_uri: PATHS.jwks,
    end_session_endpoint: PATHS.end_session,
    check_session_iframe: PATHS.check_session,
  };
  for (const [name, path] of Object.entries(endpoints)) assert.equal(DOCUMENT[name], ISSUER + path);
});

Deno.test("RFC 8414 §2: asymmetric algorithms alone for assertions, as signing methods demand the list", () => {
  for (const endpoint of ["token", "revocation", "introspection"]) {
    const methods = DOCUMENT[`${endpoint}_endpoint_auth_methods_supported`];
    assert.deepEqual(methods, [
      "client_secret_basic",
      "client_secret_post",
      "private_key_jwt",
      // RFC 7662 §2.1: some form of authorization is required
      ...endpoint === "introspection" ? [] : ["none"],
    ]);
    const algorithms = DOCUMENT[`${endpoint}_endpoint_auth_signing_alg_values_supported`];
    assert.ok(Array.isArray(algorithms) && algorithms.length > 0);
    assert.ok(algorithms.every((alg) => alg !== "none" && !String(alg).startsWith("HS")));
  }
});

Deno.test("OpenID Connect Front-Channel Logout §3, Back-Channel Logout §2.1: every kind of logout, with iss and sid", () => {
  for (const channel of ["frontchannel", "backchannel"]) {
    assert.equal(DOCUMENT[`${channel}_logout_supported`], true);
    assert.equal(DOCUMENT[`${channel}_logout_session_supported`], true);
  }
});

Deno.test("RFC 9701 §7: introspection is signed with whatever there is a key for", () => {
  assert.deepEqual(DOCUMENT["introspection_signing_alg_values_supported"], ["RS256", "ES256"]);
});

Deno.test("RFC 9207 §3, RFC 9700 §2.1.1: iss in every answer, S256 alone", () => {
  assert.equal(DOCUMENT["authorization_response_iss_parameter_supported"], true);
  assert.deepEqual(DOCUMENT["code_challenge_methods_supported"], ["S256"]);
});

Deno.test("RFC 8414 §3.2: it is JSON without empty members", () => {
  assert.deepEqual(JSON.parse(JSON.stringify(DOCUMENT)), DOCUMENT);
  for (const [name, value] of Object.entries(DOCUMENT)) {
    assert.ok(!Array.isArray(value) || value.length > 0, name);
  }
});

Deno.test("RFC 9101 §10.5: request objects are signed with asymmetric keys, and fetched from registered URIs alone", () => {
  assert.equal(DOCUMENT["request_parameter_supported"], true);
  assert.equal(DOCUMENT["request_uri_parameter_supported"], true);
  assert.equal(DOCUMENT["require_request_uri_registration"], true);
  const algorithms = DOCUMENT["request_object_signing_alg_values_supported"];
  assert.ok(Array.isArray(algorithms) && algorithms.length > 0);
  assert.ok(algorithms.every((alg) => alg !== "none" && !String(alg).startsWith("HS")));
});
