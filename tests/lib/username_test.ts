/** Whether the spellings of a user name are one name, and other names are not. */

import assert from "node:assert/strict";
import { comparableUsername } from "../../src/lib/username.ts";

Deno.test("RFC 8265 §3.3: case, width, composition and blanks around a user name do not count", () => {
  for (const name of ["alice", "ALICE", " alice\t", "ａｌｉｃｅ", "\u00a0alice"]) {
    assert.equal(comparableUsername(name), "alice");
  }
  assert.equal(comparableUsername("ＪÜRGEN"), comparableUsername("ju\u0308rgen"));
});

Deno.test("comparableUsername: letters, accents and blanks within a name do count", () => {
  const names = ["alice", "alíce", "al ice", "a1ice", "alice@example.com", "аlice"];
  assert.equal(new Set(names.map(comparableUsername)).size, names.length);
});
