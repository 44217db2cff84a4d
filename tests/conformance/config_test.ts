/** What the Config plan of the OpenID Foundation demands (oidcc-config-certification-test-plan). */

import assert from "node:assert/strict";
import { suiteServer } from "../support/conformance.ts";

Deno.test("oidcc-discovery-endpoint-verification: metadata and keys say all that they must, and nothing that they must not", async () => {
  await using op = await suiteServer();
  const { metadata, jwks, issuer } = op;
  const list = (name: string): string[] => {
    const value = metadata[name];
    assert.ok(Array.isArray(value) && value.length > 0, name);
    assert.ok(value.every((one) => typeof one === "string"), name);
    assert.equal(new Set(value).size, value.length, name);
    return value;
  };

  // OpenID Connect Discovery §4.2, §3: the issuer is a URL without query and fragment, where the document is found
  const { href, search, hash, protocol } = new URL(issuer);
  assert.deepEqual([protocol, search, hash], ["https:", "", ""]);
  assert.ok(href === issuer || href === `${issuer}/`);
  assert.equal(metadata["issuer"], issuer);

  // §3: what is REQUIRED, and what is RECOMMENDED
  const known = [
    "code",
    "id_token",
    "id_token token",
    "code id_token",
    "code token",
    "code id_token token",
  ];
  assert.deepEqual(list("response_types_supported").toSorted(), known.toSorted());
  assert.ok(list("subject_types_supported").every((one) => ["public", "pairwise"].includes(one)));
  assert.ok(list("id_token_signing_alg_values_supported").includes("RS256"));
  assert.ok(list("scopes_supported").includes("openid"));
  for (const scope of list("scopes_supported")) assert.match(scope, /^[\x21\x23-\x5b\x5d-\x7e]+$/);
  for (const name of ["sub", "name", "email", "address"]) {
    assert.ok(list("claims_supported").includes(name), name);
  }
  for (const type of ["authorization_code", "implicit", "refresh_token"]) {
    assert.ok(list("grant_types_supported").includes(type), type);
  }
  for (const mode of ["query", "fragment", "form_post"]) {
    assert.ok(list("response_modes_supported").includes(mode), mode);
  }
  for (const method of ["client_secret_basic", "client_secret_post", "private_key_jwt"]) {
    assert.ok(list("token_endpoint_auth_methods_supported").includes(method), method);
  }
  assert.ok(list("code_challenge_methods_supported").includes("S256"));
  for (const locale of list("ui_locales_supported")) {
    assert.deepEqual(Intl.getCanonicalLocales(locale), [locale]);
  }
  const flags = Object.entries(metadata).filter(([name]) => /_parameter_supported$/.test(name));
  for (const [name, value] of flags) assert.equal(typeof value, "boolean", name);

  // §3: every endpoint is https, and is there
  const endpoints = Object.entries(metadata).filter(([name]) => /_endpoint$|_uri$/.test(name));
  const required = ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"];
  for (const name of required) assert.ok(endpoints.some(([one]) => one === name), name);
  for (const [name, address] of endpoints) {
    assert.equal(new URL(String(address)).protocol, "https:", name);
    const response = await op.fetch(String(address));
    await response.body?.cancel();
    assert.notEqual(response.status, 404, name);
  }

  // RFC 7517 §4.5, §9.2: keys that can be told apart, and their public half alone
  assert.ok(jwks.keys.length > 0);
  assert.equal(new Set(jwks.keys.map(({ kid }) => kid)).size, jwks.keys.length);
  const members: Record<string, readonly string[]> = {
    RSA: ["n", "e"],
    EC: ["crv", "x", "y"],
    OKP: ["crv", "x"],
  };
  for (const { kid, use, alg, kty = "", ...key } of jwks.keys) {
    assert.ok(kid && alg && (use ?? "sig") === "sig");
    assert.deepEqual(Object.keys(key).sort(), [...members[kty] ?? []].sort(), kty);
    for (const name of ["n", "e", "x", "y"]) {
      // RFC 7515 §2: base64url without padding
      const value = (key as Record<string, unknown>)[name];
      if (value !== undefined) assert.match(String(value), /^[A-Za-z0-9_-]+$/);
    }
  }
});
