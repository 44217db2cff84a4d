/** Whether the catalogue knows every scope, of which kind it is, and which claims it brings. */

import assert from "node:assert/strict";
import { scopeCatalog } from "../../src/config/scope_catalog.ts";
import { testConfig } from "../support/config.ts";

const CATALOG = scopeCatalog(await testConfig());

Deno.test("scopeCatalog: the built-in scopes come first, then one's own", () => {
  assert.deepEqual(
    [...CATALOG.names].join(" "),
    "openid profile email address phone offline_access groups invoices.read invoices.write calendar.read",
  );
});

Deno.test("scopeCatalog: each scope is about the person, an API, or staying", () => {
  const kinds = Object.groupBy(CATALOG.names, (name) => CATALOG.describe(name).kind);
  assert.deepEqual(kinds.identity, ["openid", "profile", "email", "address", "phone", "groups"]);
  assert.deepEqual(kinds.api, ["invoices.read", "invoices.write", "calendar.read"]);
  assert.deepEqual(kinds.offline, ["offline_access"]);
  assert.equal(CATALOG.describe("invoices.read").display_name, "Read invoices");
  assert.equal(CATALOG.describe("email").display_name, undefined);
});

Deno.test("scopeCatalog: identity scopes bring claims to userinfo, those of APIs to access tokens", () => {
  assert.deepEqual(CATALOG.identityClaims.get("groups"), ["groups"]);
  assert.deepEqual(CATALOG.identityClaims.get("email"), ["email", "email_verified"]);
  assert.equal(CATALOG.identityClaims.has("invoices.write"), false);
  assert.deepEqual(CATALOG.apiClaims.get("invoices.write"), ["email"]);
  assert.equal(CATALOG.apiClaims.has("email"), false);
  for (const name of ["__proto__", "constructor"]) assert.equal(CATALOG.names.has(name), false);
});
