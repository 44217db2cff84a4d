/** Whether scopes bring the claims that they should, and nobody forges those of the protocol. */

import assert from "node:assert/strict";
import { STANDARD_CLAIMS, userClaims, withoutProtocolClaims } from "../../src/oauth/claims.ts";
import { STANDARD_SCOPES } from "../../src/oauth/scope.ts";

const CATALOG = new Map<string, readonly string[]>(Object.entries(STANDARD_CLAIMS));
const ALICE = {
  username: "alice",
  groups: ["staff"],
  claims: {
    name: "Alice",
    email: "alice@example.com",
    email_verified: false,
    address: { country: "US" },
  },
};

/** Every claim that only the protocol may set. */
const PROTOCOL =
  "iss sub aud exp nbf iat jti auth_time nonce acr amr azp at_hash c_hash s_hash sid scope client_id cnf"
    .split(" ");

Deno.test("OpenID Connect Core §5.4: each scope brings its claims, those that the person has", () => {
  assert.deepEqual(Object.keys(STANDARD_CLAIMS), [...STANDARD_SCOPES]);
  const claims = (...scope: string[]) => userClaims(CATALOG, scope, ALICE);
  assert.deepEqual(claims(), {});
  assert.deepEqual(claims("openid"), {});
  assert.deepEqual(claims("profile"), { name: "Alice", preferred_username: "alice" });
  assert.deepEqual(claims("email"), { email: "alice@example.com", email_verified: false });
  assert.deepEqual(claims("openid", "address", "phone", "unknown"), { address: { country: "US" } });
});

Deno.test("OpenID Connect Core §5.3.2: a claim without a value is left out", () => {
  const claims = { name: null, nickname: "", email: "", email_verified: false, updated_at: 0 };
  const brought = userClaims(CATALOG, ["profile", "email"], { ...ALICE, claims });
  assert.deepEqual(brought, { preferred_username: "alice", email_verified: false, updated_at: 0 });
});

Deno.test("userClaims: a person's own preferred_username and groups win", () => {
  const scopes = new Map([["s", ["preferred_username", "groups"]]]);
  assert.deepEqual(userClaims(scopes, ["s"], ALICE), {
    preferred_username: "alice",
    groups: ["staff"],
  });
  const own = { ...ALICE, claims: { preferred_username: "Al", groups: ["x"] } };
  assert.deepEqual(userClaims(scopes, ["s"], own), { preferred_username: "Al", groups: ["x"] });
});

Deno.test("userClaims: what the protocol sets is never taken from a person's claims", () => {
  const claims = Object.fromEntries(PROTOCOL.map((name) => [name, "forged"]));
  assert.deepEqual(userClaims(new Map([["s", PROTOCOL]]), ["s"], { ...ALICE, claims }), {});
});

Deno.test("userClaims: __proto__, constructor and the like are claims as any other, and only where they were given", () => {
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
  const scopes = new Map([["s", names]]);
  assert.deepEqual(Object.keys(userClaims(scopes, ["s"], ALICE)), []);
  const claims = JSON.parse('{"__proto__":{"polluted":1},"constructor":"c"}');
  const brought = userClaims(scopes, ["s"], { ...ALICE, claims });
  assert.deepEqual(Object.keys(brought), ["__proto__", "constructor"]);
  assert.equal(Object.getPrototypeOf(brought), Object.prototype);
  assert.equal(JSON.stringify(brought), '{"__proto__":{"polluted":1},"constructor":"c"}');
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  assert.deepEqual(userClaims(scopes, ["__proto__", "constructor"], { ...ALICE, claims }), {});
});

Deno.test("withoutProtocolClaims: leaves the rest as it is", () => {
  const all = Object.fromEntries(PROTOCOL.map((name) => [name, 1]));
  assert.deepEqual(withoutProtocolClaims({ ...all, tenant: "t", groups: [1] }), {
    tenant: "t",
    groups: [1],
  });
});
