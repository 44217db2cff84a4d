/** Whether nobody who keeps the key set for as long as it may be kept misses a key. */

import assert from "node:assert/strict";
import { MANAGED_PHASES } from "../../src/config/schema.ts";
import { keySetMaxAge } from "../../src/keys/max_age.ts";

const managed = (propagation: number) => ({
  managed: { ...MANAGED_PHASES, propagation, algorithms: ["ES256" as const] },
});

Deno.test("max-age: an hour by default, a quarter of propagation where that is short, five minutes with keys of one's own", () => {
  assert.equal(keySetMaxAge({})(0), 3600);
  assert.equal(keySetMaxAge(managed(86_400))(0), 3600);
  assert.equal(keySetMaxAge(managed(3600))(0), 900);
  assert.equal(keySetMaxAge(managed(300))(0), 75);
  assert.equal(keySetMaxAge({ directory: "keys" })(0), 300);
  assert.equal(keySetMaxAge({ jwks: "{}" })(0), 300);
  assert.equal(keySetMaxAge({ directory: "keys", ...managed(86_400) })(0), 300);
  assert.equal(keySetMaxAge({ directory: "keys", ...managed(300) })(0), 75);
});

Deno.test("max-age: whoever got the set from a cache right before a key was announced asks again before it signs", () => {
  for (let propagation = 300; propagation < 10 * 86_400; propagation += 60) {
    // Twice: in the cache, and then by whoever got it from there.
    assert.ok(2 * keySetMaxAge(managed(propagation))(0) < propagation, String(propagation));
  }
});

Deno.test("max-age: an instance that has heard nothing for a while lets its key set be kept for so much less", () => {
  for (const propagation of [300, 3600, 86_400, 10 * 86_400]) {
    for (let age = 0; age < 2 * propagation; age += 10) {
      const kept = keySetMaxAge(managed(propagation))(age);
      assert.ok(Number.isInteger(kept) && kept >= 0);
      // Somebody may have made a key right after the instance heard something for the last time.
      assert.ok(kept === 0 || age + 2 * kept <= propagation, `${propagation} ${age}`);
      if (age <= propagation / 4) assert.equal(kept, keySetMaxAge(managed(propagation))(0));
    }
  }
  assert.equal(keySetMaxAge(managed(300))(150), 75);
  assert.equal(keySetMaxAge(managed(300))(160), 70);
  assert.equal(keySetMaxAge(managed(300))(300), 0);
  assert.equal(keySetMaxAge({ directory: "keys" })(10 * 86_400), 300);
});
