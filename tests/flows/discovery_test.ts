/** What everybody may know of the server: where its metadata is, that it is true, and that no private key is in it. */

import assert from "node:assert/strict";
import { answer, tokensFor, userinfo } from "../support/flow.ts";
import { listeningServer, type TestServer } from "../support/server.ts";

const OPENID = "/.well-known/openid-configuration";
const OAUTH = "/.well-known/oauth-authorization-server";
const JWKS = "/.well-known/openid-configuration/jwks";

async function get(server: TestServer, path: string, headers: Record<string, string> = {}) {
  return await answer(await server.fetch(new URL(server.issuer).origin + path, { headers }));
}

Deno.test("OpenID Connect Discovery §4, RFC 8414 §3: both documents are there, the same, and name the issuer", async () => {
  await using server = await listeningServer();
  const [openid, oauth] = [await get(server, OPENID), await get(server, OAUTH)];
  for (const { status, headers } of [openid, oauth]) {
    assert.equal(status, 200);
    assert.match(headers.get("Content-Type") ?? "", /^application\/json/);
  }
  assert.deepEqual(openid.body, oauth.body);
  assert.equal(openid.body["issuer"], server.issuer);
});

Deno.test("OpenID Connect Discovery §3: the required members, and what the server can do", async () => {
  await using server = await listeningServer();
  const { body } = await get(server, OPENID);
  const expected = {
    authorization_endpoint: `${server.issuer}/connect/authorize`,
    token_endpoint: `${server.issuer}/connect/token`,
    userinfo_endpoint: `${server.issuer}/connect/userinfo`,
    introspection_endpoint: `${server.issuer}/connect/introspect`,
    introspection_signing_alg_values_supported: ["RS256", "ES256", "EdDSA"],
    revocation_endpoint: `${server.issuer}/connect/revocation`,
    jwks_uri: server.issuer + JWKS,
    response_types_supported: ["code"],
    response_modes_supported: ["query", "fragment", "form_post"],
    grant_types_supported: [
      "authorization_code",
      "refresh_token",
      "client_credentials",
      "urn:ietf:params:oauth:grant-type:device_code",
    ],
    device_authorization_endpoint: `${server.issuer}/connect/deviceauthorization`,
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256", "ES256", "EdDSA"],
    code_challenge_methods_supported: ["S256"],
    authorization_response_iss_parameter_supported: true,
    request_uri_parameter_supported: true,
    token_endpoint_auth_methods_supported: [
      "client_secret_basic",
      "client_secret_post",
      "private_key_jwt",
      "none",
    ],
  };
  for (const [name, value] of Object.entries(expected)) assert.deepEqual(body[name], value, name);
  const { scopes_supported: scopes, claims_supported: claims } = body;
  assert.ok(Array.isArray(scopes) && Array.isArray(claims));
  for (const name of ["openid", "offline_access", "groups", "invoices.read"]) {
    assert.ok(scopes.includes(name), name);
  }
  for (const name of ["sub", "email", "groups", "iss", "auth_time", "amr", "sid"]) {
    assert.ok(claims.includes(name), name);
  }
  assert.equal(new Set(claims).size, claims.length);
  assert.ok(!claims.includes("acr"));
});

Deno.test("RFC 8414 §3.1: an issuer with a path has its documents at both places, and a whole flow below it", async () => {
  await using server = await listeningServer({ path: "/auth/realm" });
  assert.match(server.issuer, /\/auth\/realm$/);
  for (const path of [`/auth/realm${OPENID}`, `/auth/realm${OAUTH}`, `${OAUTH}/auth/realm`]) {
    const { status, body } = await get(server, path);
    assert.deepEqual([status, body["issuer"]], [200, server.issuer], path);
  }
  for (const path of [OPENID, OAUTH, JWKS, "/connect/token"]) {
    assert.equal((await get(server, path)).status, 404, path);
  }
  const { access_token } = await tokensFor(server, { client_id: "web", scope: "openid email" });
  assert.equal((await userinfo(server, access_token)).body["email"], "alice@example.com");
});

Deno.test("RFC 7517 §9.2: the key set holds public members only, every key with a kid, use and alg of its own", async () => {
  await using server = await listeningServer({ config: { keys: {} } });
  const { body } = await get(server, JWKS);
  const keys = body["keys"] as Record<string, unknown>[];
  assert.deepEqual(keys.map(({ alg }) => alg), ["RS256", "ES256", "EdDSA"]);
  assert.equal(new Set(keys.map(({ kid }) => kid)).size, keys.length);
  const open = ["alg", "crv", "e", "kid", "kty", "n", "use", "x", "y", "x5c", "x5t#S256"];
  for (const key of keys) {
    assert.deepEqual(Object.keys(key).filter((name) => !open.includes(name)), []);
    assert.equal(key["use"], "sig");
  }
});

Deno.test("RFC 9110 §13.1.2: documents may be kept, and are not sent again to whoever has them", async () => {
  await using server = await listeningServer();
  for (const path of [OPENID, OAUTH, JWKS]) {
    const { headers } = await get(server, path);
    const tag = headers.get("ETag") ?? "";
    assert.match(tag, /^"[^"]+"$/);
    assert.match(headers.get("Cache-Control") ?? "", /^public, max-age=\d+$/);
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, "*"]) {
      const response = await server.fetch(path, { headers: { "If-None-Match": known } });
      assert.equal(await response.text(), "");
      assert.equal(response.status, 304, known);
      assert.equal(response.headers.get("ETag"), tag);
      assert.match(response.headers.get("Cache-Control") ?? "", /max-age/);
    }
    assert.equal((await get(server, path, { "If-None-Match": `"other"` })).status, 200);
  }
});

Deno.test("RFC 9110 §15.5.6: documents are read by GET and HEAD alone", async () => {
  await using server = await listeningServer();
  for (const path of [OPENID, OAUTH, JWKS]) {
    const head = await server.fetch(path, { method: "HEAD" });
    await head.body?.cancel();
    assert.equal(head.status, 200);
    for (const method of ["POST", "PUT", "DELETE"]) {
      const { status, headers } = await answer(await server.fetch(path, { method }));
      assert.deepEqual([status, headers.get("Allow")], [405, "GET, HEAD"]);
    }
  }
});

Deno.test("issuer: it is never taken from the request", async () => {
  await using server = await listeningServer();
  const headers = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "Forwarded": "host=evil.example;proto=https",
  };
  const { body } = await get(server, OPENID, headers);
  assert.equal(body["issuer"], server.issuer);
  assert.doesNotMatch(JSON.stringify(body), /evil/);
});

Deno.test("health: /livez and /readyz answer while the server is well", async () => {
  await using server = await listeningServer();
  assert.deepEqual((await get(server, "/livez")).body, { status: "ok" });
  const ready = await get(server, "/readyz");
  assert.deepEqual([ready.status, ready.body["status"]], [200, "ok"]);
});

Deno.test("RFC 9110 §15.5.5: what is not there is a 404, as a page for people and as JSON for programs", async () => {
  await using server = await listeningServer();
  const json = await get(server, "/nothing");
  assert.deepEqual([json.status, json.body], [404, { error: "not_found" }]);
  const page = await server.fetch("/nothing", { headers: { Accept: "text/html" } });
  assert.equal(page.status, 404);
  assert.match(await page.text(), /<div id="error">/);
});
