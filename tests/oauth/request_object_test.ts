/** Whether a signed request object is meant for us, now, and says what parameters say (RFC 9101). */

import assert from "node:assert/strict";
import fc from "fast-check";
import { OAuthError } from "../../src/oauth/error.ts";
import { oneTimeUse, parametersOfObject } from "../../src/oauth/request_object.ts";
import { START } from "../support/env.ts";
import { refused } from "../support/refusal.ts";

const ISSUER = "https://id.example.com";
const EXPECTED = { client_id: "web", issuer: ISSUER, now: START };

function read(claims: Readonly<Record<string, unknown>>, typ?: string) {
  return parametersOfObject({ typ, claims }, EXPECTED);
}

const isRefused = (claims: Readonly<Record<string, unknown>>, typ?: string) =>
  refused("invalid_request_object", () => read(claims, typ));

Deno.test("RFC 9101 §4: texts as they are, numbers as text, objects as JSON, resource as a list", () => {
  const parameters = read({
    response_type: "code",
    max_age: 0,
    claims: { id_token: { acr: null } },
    resource: ["https://a.example", "https://b.example"],
    prompt: "",
  });
  assert.equal(parameters.get("response_type"), "code");
  assert.equal(parameters.get("max_age"), "0");
  assert.equal(parameters.get("claims"), '{"id_token":{"acr":null}}');
  assert.deepEqual(parameters.resource, ["https://a.example", "https://b.example"]);
  assert.equal(parameters.get("prompt"), undefined);
  assert.deepEqual(read({ resource: "https://a.example" }).resource, ["https://a.example"]);
  parameters.rejectRepeated();
});

Deno.test("RFC 9101 §4: other types are no parameters", () => {
  for (const value of [true, null, [], ["openid"], [1]]) isRefused({ scope: value });
  for (const value of [[1], ["https://a.example", null], true]) isRefused({ resource: value });
});

Deno.test("RFC 9101 §6.3: what is said of the object is no parameter; client_id is that of the request", () => {
  const about = { iss: "web", aud: ISSUER, exp: START, nbf: START, iat: START, jti: "j" };
  const parameters = read({ ...about, sub: "somebody" });
  for (const name of [...Object.keys(about), "sub"]) {
    assert.equal(parameters.get(name), undefined, name);
  }
  assert.equal(parameters.get("client_id"), "web");
});

Deno.test("RFC 9101 §6.3: client_id in it is the client, or absent", () => {
  read({ client_id: "web" });
  for (const client_id of ["spa", "", 1, null, ["web"]]) isRefused({ client_id });
});

Deno.test("RFC 9101 §4: iss is the client, aud holds the issuer, where they are given", () => {
  for (const aud of [ISSUER, [ISSUER], ["https://x.example", ISSUER]]) read({ iss: "web", aud });
  for (const iss of ["spa", ISSUER, "", null, ["web"]]) isRefused({ iss });
  for (
    const aud of [`${ISSUER}/`, "web", [], ["https://x.example"], null, { a: ISSUER }, [[ISSUER]]]
  ) {
    isRefused({ aud });
  }
});

Deno.test("RFC 9101 §10.8: what has the client as its sub is a client assertion", () => {
  isRefused({ sub: "web" });
});

Deno.test("RFC 9101 §10.8, RFC 8725 §3.11: typ is that of request objects or of JWTs, or absent", () => {
  for (
    const typ of [
      undefined,
      "JWT",
      "jwt",
      "oauth-authz-req+jwt",
      "application/oauth-authz-req+jwt",
      "Application/JWT",
      "OAuth-Authz-Req+JWT",
    ]
  ) read({}, typ);
  for (const typ of ["", "at+jwt", "dpop+jwt", "client-authentication+jwt", "logout+jwt", "JOSE"]) {
    isRefused({}, typ);
  }
});

Deno.test("RFC 7519 §4.1.4 to §4.1.6: exp, nbf and iat are numbers, and good within a minute", () => {
  for (const claims of [{ exp: START - 59 }, { nbf: START + 60 }, { iat: START + 60 }, {}]) {
    read(claims);
  }
  for (
    const claims of [
      { exp: START - 60 },
      { nbf: START + 61 },
      { iat: START + 61 },
      { exp: String(START + 60) },
      { nbf: null },
      { iat: {} },
    ]
  ) isRefused(claims);
});

Deno.test("RFC 9101 §4: no request within the request", () => {
  for (const value of ["x", "", null]) {
    isRefused({ request: value });
    isRefused({ request_uri: value });
  }
});

Deno.test("RFC 9101 §4: names that objects have anyway are names like others", () => {
  const parameters = read(JSON.parse('{"__proto__": "x", "constructor": "y"}'));
  assert.equal(parameters.get("__proto__"), "x");
  assert.equal(parameters.get("toString"), undefined);
});

Deno.test("RFC 9101 §6: whatever JSON is signed, it is refused by its code or read as texts", () => {
  const names = fc.constantFrom(
    "scope",
    "claims",
    "resource",
    "aud",
    "iss",
    "exp",
    "client_id",
    "x",
  );
  const objects = fc.dictionary(fc.oneof(names, fc.string()), fc.jsonValue());
  fc.assert(fc.property(objects, fc.option(fc.string(), { nil: undefined }), (claims, typ) => {
    try {
      const parameters = read(claims, typ);
      for (const name of Object.keys(claims)) {
        assert.ok(["string", "undefined"].includes(typeof parameters.get(name)));
      }
      assert.equal(parameters.get("client_id"), "web");
    } catch (error) {
      assert.ok(error instanceof OAuthError && error.code === "invalid_request_object");
    }
  }));
});

Deno.test("RFC 7519 §4.1.7: a jti with an exp within an hour and the skew is good once; without jti nothing is asked", () => {
  for (const exp of [START - 59, START, START + 0.5, START + 3660]) {
    assert.deepEqual(oneTimeUse({ jti: "j", exp }, START), { jti: "j", exp });
  }
  for (const exp of [undefined, START + 1e9, "soon"]) {
    assert.equal(oneTimeUse({ exp }, START), undefined);
  }
  for (const exp of [undefined, null, "soon", START + 3661, Infinity]) {
    refused("invalid_request_object", () => oneTimeUse({ jti: "j", exp }, START));
  }
  for (const jti of [null, "", 1, [], {}, "j".repeat(513)]) {
    refused("invalid_request_object", () => oneTimeUse({ jti, exp: START }, START));
  }
});
