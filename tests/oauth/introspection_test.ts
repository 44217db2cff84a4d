/** Whether everybody hears of a token what is meant for them, and nothing else. */

import assert from "node:assert/strict";
import {
  accessTokenForClient,
  accessTokenForResource,
  introspectionClaims,
  refreshTokenForClient,
} from "../../src/oauth/introspection.ts";

const API = { resource: "https://api.example.com", scopes: ["invoices.read", "invoices.write"] };
const CALENDAR = { resource: "https://calendar.example.com", scopes: ["calendar.read"] };
const SCOPE_CLAIMS = new Map([
  ["invoices.read", []],
  ["invoices.write", ["email", "groups"]],
  ["calendar.read", ["groups", "locale"]],
  ["nobodys", ["address", "sub", "exp"]],
]);

const scope = ["openid", "invoices.read", "invoices.write", "calendar.read", "nobodys"];
const protocol = {
  iss: "https://id.example.com",
  sub: "sub-alice",
  client_id: "web",
  exp: 2000,
  iat: 1000,
  jti: "jti-1",
  auth_time: 900,
  amr: ["pwd"],
};
const brought = {
  email: "a@b.example",
  groups: ["staff"],
  locale: "de",
  address: { country: "DE" },
};
const claims = {
  ...protocol,
  ...brought,
  aud: [API.resource, CALENDAR.resource],
  scope: scope.join(" "),
  client_department: "accounting",
};
const token = { scope, aud: claims.aud, claims };

Deno.test("RFC 7662 §2.2: a client hears everything of its own access token", () => {
  assert.deepEqual(accessTokenForClient(token), { ...claims, active: true, token_type: "Bearer" });
});

Deno.test("RFC 9701 §5: an API hears of its own scopes and of the claims that they bring, and of itself", () => {
  const common = {
    ...protocol,
    client_department: "accounting",
    active: true,
    token_type: "Bearer",
  };
  assert.deepEqual(accessTokenForResource(token, API, SCOPE_CLAIMS), {
    ...common,
    aud: API.resource,
    scope: "invoices.read invoices.write",
    email: brought.email,
    groups: brought.groups,
  });
  assert.deepEqual(accessTokenForResource(token, CALENDAR, SCOPE_CLAIMS), {
    ...common,
    aud: CALENDAR.resource,
    scope: "calendar.read",
    groups: brought.groups,
    locale: brought.locale,
  });
});

Deno.test("RFC 7662 §4: a token that is for other APIs is not active, and nothing is said of it", () => {
  for (const aud of [[], [CALENDAR.resource], ["https://id.example.com"], [`${API.resource}/`]]) {
    const answer = accessTokenForResource({ ...token, aud }, API, SCOPE_CLAIMS);
    assert.deepEqual(answer, { active: false });
  }
});

Deno.test("RFC 7662 §2.2: without scopes of the API there is no scope", () => {
  const without = { ...token, scope: ["openid"], claims: { ...claims, scope: "openid" } };
  const answer = accessTokenForResource(without, API, SCOPE_CLAIMS);
  assert.deepEqual([answer.active, "scope" in answer], [true, false]);
});

Deno.test("RFC 7662 §2.2: no configured claim says whether a token is active, or of which type", () => {
  const hostile = { ...claims, active: false, token_type: "N_A", ["__proto__"]: 1 };
  const forged = { ...token, claims: hostile };
  for (
    const answer of [
      accessTokenForClient(forged),
      accessTokenForResource(forged, API, SCOPE_CLAIMS),
    ]
  ) assert.deepEqual([answer.active, answer["token_type"]], [true, "Bearer"]);
});

Deno.test("RFC 7662 §2.2: a refresh token has a scope and an end, no audience and no type", () => {
  const record = { client_id: "web", sub: "sub-alice", scope: ["openid", "email"], iat: 1, exp: 2 };
  const answer = refreshTokenForClient("https://id.example.com", record);
  assert.deepEqual(answer, {
    ...record,
    active: true,
    iss: "https://id.example.com",
    scope: "openid email",
  });
  assert.ok(
    !("scope" in refreshTokenForClient("https://id.example.com", { ...record, scope: [] })),
  );
});

Deno.test("RFC 9701 §5: a signed answer has iss, aud, iat and token_introspection, and no sub or exp of its own", () => {
  const answer = { active: true, sub: "sub-alice", exp: 2 };
  const iss = "https://id.example.com";
  assert.deepEqual(introspectionClaims({ iss, aud: "web", iat: 1, answer }), {
    iss,
    aud: "web",
    iat: 1,
    token_introspection: answer,
  });
});
