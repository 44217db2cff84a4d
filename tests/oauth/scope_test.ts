/** Whether scopes are read and bounded as RFC 6749 §3.3 says. */

import assert from "node:assert/strict";
import { parseScope, validateScope } from "../../src/oauth/scope.ts";
import { refused } from "../support/refusal.ts";

Deno.test("RFC 6749 §3.3: scope is a list of names separated by single spaces, each counted once", () => {
  assert.deepEqual(parseScope("openid"), ["openid"]);
  assert.deepEqual(parseScope("b a b c a"), ["b", "a", "c"]);
  assert.deepEqual(parseScope("https://x/y!#[]~"), ["https://x/y!#[]~"]);
  assert.deepEqual(parseScope("__proto__ constructor"), ["__proto__", "constructor"]);
});

Deno.test("RFC 6749 §3.3: anything else is invalid_scope", () => {
  for (
    const text of [
      "",
      " ",
      "a  b",
      " a",
      "a ",
      "a\tb",
      "a\nb",
      'a"b',
      "a\\b",
      "ä",
      "a\0",
      "a\x7f",
      "a,\u00a0b",
    ]
  ) refused("invalid_scope", () => parseScope(text));
});

Deno.test("RFC 6749 §3.3: every scope must be allowed, and the refusal names none to the client", () => {
  validateScope([], []);
  validateScope(["a"], ["b", "a"]);
  const error = refused("invalid_scope", () => validateScope(["a", "secret.scope"], ["a"]));
  assert.ok(!error.message.includes("secret.scope"));
  assert.deepEqual(error.detail, { scope: "secret.scope" });
  for (const name of ["A", "a ", "aa", "__proto__", "length"]) {
    refused("invalid_scope", () => validateScope([name], ["a"]));
  }
});
