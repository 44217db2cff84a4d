/** Which names are near enough to be suggested. */

import assert from "node:assert/strict";
import { didYouMean, nearest } from "../../src/config/suggest.ts";

const KNOWN = ["redirect_uris", "scope", "jwks", "enabled", "client_id", "client_uri"];

Deno.test("nearest: letters missing, added, replaced, swapped, or of another case", () => {
  assert.equal(nearest("redirect_uri", KNOWN), "redirect_uris");
  assert.equal(nearest("redirect-uris", KNOWN), "redirect_uris");
  assert.equal(nearest("scopes", KNOWN), "scope");
  assert.equal(nearest("socpe", KNOWN), "scope");
  assert.equal(nearest("jkws", KNOWN), "jwks");
  assert.equal(nearest("Enabled", KNOWN), "enabled");
  assert.equal(nearest("client_ids", KNOWN), "client_id");
});

Deno.test("nearest: nothing where nothing is near", () => {
  assert.equal(nearest("secret", KNOWN), undefined);
  assert.equal(nearest("a", KNOWN), undefined);
  assert.equal(nearest("", KNOWN), undefined);
  assert.equal(nearest("x".repeat(1_000_000), KNOWN), undefined);
});

Deno.test("didYouMean: ends a message", () => {
  assert.equal(didYouMean("jwk", KNOWN), "; did you mean jwks?");
  assert.equal(didYouMean("whatever", KNOWN), "");
});
