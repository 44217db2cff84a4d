/** Whether what is sealed stays secret, unchanged and of its purpose. */

import assert from "node:assert/strict";
import { createDecipheriv, hkdfSync } from "node:crypto";
import { fromUtf8, sha256, utf8 } from "../../src/lib/bytes.ts";
import { ringKey } from "../../src/lib/sealing.ts";
import { testEnv } from "../support/env.ts";
import { createRing } from "../support/ring.ts";

const env = testEnv();
const [older, newer] = [env.random(32), env.random(32)];
const ring = createRing(env, [older]);

Deno.test("Ring: what was sealed opens for its purpose, whatever its length", () => {
  for (const length of [0, 1, 1000, 60_000]) {
    const plaintext = env.random(length);
    const sealed = ring.seal("interaction", plaintext);
    assert.equal(sealed.length, length + 33);
    assert.deepEqual(ring.open("interaction", sealed), plaintext);
  }
});

Deno.test("Ring: nothing of the plaintext shows, and no two seals are alike", () => {
  const plaintext = utf8("the same again, the same again");
  const first = ring.seal("interaction", plaintext);
  const second = ring.seal("interaction", plaintext);
  assert.notDeepEqual(first.slice(5, 17), second.slice(5, 17), "nonces");
  assert.notDeepEqual(first.slice(17), second.slice(17), "ciphertexts");
  assert.ok(!new TextDecoder("latin1").decode(first).includes("same"));
});

Deno.test("Ring: what was sealed for one purpose does not open for another", () => {
  const sealed = ring.seal("interaction", utf8("x"));
  for (const purpose of ["", "interactio", "interaction ", "signing_key"]) {
    assert.equal(ring.open(purpose, sealed), undefined, purpose);
  }
});

Deno.test("Ring: a seal is version 1, key id, nonce, AES-256-GCM of the purpose's HKDF key, tag", () => {
  const sealed = ring.seal("interaction", utf8("twelve bytes"));
  assert.deepEqual(sealed.slice(0, 5), new Uint8Array([1, ...sha256(older).slice(0, 4)]));
  const subkey = hkdfSync("sha256", older, "", "interaction", 32);
  const cipher = createDecipheriv("aes-256-gcm", new Uint8Array(subkey), sealed.slice(5, 17));
  cipher.setAAD(new Uint8Array([...sealed.slice(0, 5), ...utf8("interaction")]));
  cipher.setAuthTag(sealed.slice(-16));
  assert.equal(
    cipher.update(sealed.slice(17, -16), undefined, "utf8") + cipher.final("utf8"),
    "twelve bytes",
  );
});

Deno.test("Ring: a flipped bit in any byte keeps it shut", () => {
  const sealed = ring.seal("p", utf8("twelve bytes"));
  for (let index = 0; index < sealed.length; index++) {
    for (const bit of [1, 0x80]) {
      const changed = sealed.slice();
      changed[index]! ^= bit;
      assert.equal(ring.open("p", changed), undefined, `byte ${index}`);
    }
  }
});

Deno.test("Ring: what is too short, too long or no seal at all does not open and does not throw", () => {
  const sealed = ring.seal("p", utf8("abc"));
  for (let length = 0; length < sealed.length; length++) {
    assert.equal(ring.open("p", sealed.slice(0, length)), undefined, `${length} bytes`);
  }
  assert.equal(ring.open("p", new Uint8Array([...sealed, 0])), undefined);
  assert.equal(ring.open("p", env.random(100)), undefined);
});

Deno.test("Ring: the first key seals, every key opens, a key that is gone opens no more", () => {
  const old = ring.seal("p", utf8("old"));
  const rotated = createRing(env, [newer, older]);
  assert.equal(fromUtf8((rotated.open("p", old))!), "old");
  const fresh = rotated.seal("p", utf8("fresh"));
  assert.equal(ring.open("p", fresh), undefined);
  const alone = createRing(env, [newer]);
  assert.equal(fromUtf8((alone.open("p", fresh))!), "fresh");
  assert.equal(alone.open("p", old), undefined);
});

Deno.test("Ring: a seal of the first key is told from those of the others", () => {
  const old = ring.seal("p", utf8("x"));
  const rotated = createRing(env, [newer, older]);
  assert.deepEqual([ring.isNewest(old), rotated.isNewest(old)], [true, false]);
  assert.equal(rotated.isNewest(rotated.seal("p", utf8("x"))), true);
  assert.equal(ring.isNewest(new Uint8Array()), false);
});

Deno.test("Ring: a view into a larger buffer seals and opens its own bytes only", () => {
  const buffer = env.random(100);
  const sealed = ring.seal("p", buffer.subarray(10, 20));
  const padded = new Uint8Array([9, 9, ...sealed, 9, 9]);
  const opened = ring.open("p", padded.subarray(2, -2));
  assert.deepEqual(opened, buffer.slice(10, 20));
});

Deno.test("ringKey: a key of another length is refused, and a ring without keys seals nothing", () => {
  for (const length of [0, 16, 31, 33, 64]) {
    assert.throws(() => ringKey(env.random(length)), TypeError, `${length}`);
  }
  assert.throws(() => createRing(env, []).seal("p", older), TypeError);
});
