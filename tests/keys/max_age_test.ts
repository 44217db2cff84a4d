/** Whether nobody who keeps the key set for as long as it may be kept misses a key. */

import assert from "node:assert/strict";
import { MANAGED_PHASES } from "../../src/config/schema.ts";
import { keySetMaxAge } from "../../src/keys/max_age.ts";

const managed = (propagation: number) => ({
  managed: { ...MANAGED_PHASES, propagation, algorithms: ["ES256" as const] },
});

Deno.test("max-age: an hour by default, a quarter of propagation where that is short, five minutes with keys of one's own", () => {
  assert.equal(keySetMaxAge({}), 3600);
  assert.equal(keySetMaxAge(managed(86_400)), 3600);
  assert.equal(keySetMaxAge(managed(3600)), 900);
  assert.equal(keySetMaxAge(managed(300)), 75);
  assert.equal(keySetMaxAge({ directory: "keys" }), 300);
  assert.equal(keySetMaxAge({ jwks: "{}" }), 300);
  assert.equal(keySetMaxAge({ directory: "keys", ...managed(86_400) }), 300);
  assert.equal(keySetMaxAge({ directory: "keys", ...managed(300) }), 75);
});

Deno.test("max-age: whoever got the set from a cache right before a key was announced asks again before it signs", () => {
  for (let propagation = 300; propagation < 10 * 86_400; propagation += 60) {
    // Twice: in the cache, and then by whoever got it from there.
    assert.ok(2 * keySetMaxAge(managed(propagation)) < propagation, String(propagation));
  }
});
