/** Whether what is sealed stays secret, unchanged and of its purpose. */

import assert from "node:assert/strict";
import { createDecipheriv, hkdfSync } from "node:crypto";
import { fromUtf8, sha256, utf8 } from "../../src/lib/bytes.ts";
import { createRing } from "../../src/lib/sealing.ts";
import { testEnv } from "../support/env.ts";

const env = testEnv();
const [older, newer] = [env.random(32), env.random(32)];
const ring = await createRing(env, [older]);

Deno.test("Ring: what was sealed opens for its purpose, whatever its length", async () => {
  for (const length of [0, 1, 1000, 60_000]) {
    const plaintext = env.random(length);
    const sealed = await ring.seal("interaction", plaintext);
    assert.equal(sealed.length, length + 33);
    assert.deepEqual(await ring.open("interaction", sealed), plaintext);
  }
});

Deno.test("Ring: nothing of the plaintext shows, and no two seals are alike", async () => {
  const plaintext = utf8("the same again, the same again");
  const first = await ring.seal("interaction", plaintext);
  const second = await ring.seal("interaction", plaintext);
  assert.notDeepEqual(first.slice(5, 17), second.slice(5, 17), "nonces");
  assert.notDeepEqual(first.slice(17), second.slice(17), "ciphertexts");
  assert.ok(!new TextDecoder("latin1").decode(first).includes("same"));
});

Deno.test("Ring: what was sealed for one purpose does not open for another", async () => {
  const sealed = await ring.seal("interaction", utf8("x"));
  for (const purpose of ["", "interactio", "interaction ", "signing_key"]) {
    assert.equal(await ring.open(purpose, sealed), undefined, purpose);
  }
});

Deno.test("Ring: a seal is version 1, key id, nonce, AES-256-GCM of the purpose's HKDF key, tag", async () => {
  const sealed = await ring.seal("interaction", utf8("twelve bytes"));
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

Deno.test("Ring: a flipped bit in any byte keeps it shut", async () => {
  const sealed = await ring.seal("p", utf8("twelve bytes"));
  for (let index = 0; index < sealed.length; index++) {
    for (const bit of [1, 0x80]) {
      const changed = sealed.slice();
      changed[index]! ^= bit;
      assert.equal(await ring.open("p", changed), undefined, `byte ${index}`);
    }
  }
});

Deno.test("Ring: what is too short, too long or no seal at all does not open and does not throw", async () => {
  const sealed = await ring.seal("p", utf8("abc"));
  for (let length = 0; length < sealed.length; length++) {
    assert.equal(await ring.open("p", sealed.slice(0, length)), undefined, `${length} bytes`);
  }
  assert.equal(await ring.open("p", new Uint8Array([...sealed, 0])), undefined);
  assert.equal(await ring.open("p", env.random(100)), undefined);
});

Deno.test("Ring: the first key seals, every key opens, a key that is gone opens no more", async () => {
  const old = await ring.seal("p", utf8("old"));
  const rotated = await createRing(env, [newer, older]);
  assert.equal(fromUtf8((await rotated.open("p", old))!), "old");
  const fresh = await rotated.seal("p", utf8("fresh"));
  assert.equal(await ring.open("p", fresh), undefined);
  const alone = await createRing(env, [newer]);
  assert.equal(fromUtf8((await alone.open("p", fresh))!), "fresh");
  assert.equal(await alone.open("p", old), undefined);
});

Deno.test("Ring: a view into a larger buffer seals and opens its own bytes only", async () => {
  const buffer = env.random(100);
  const sealed = await ring.seal("p", buffer.subarray(10, 20));
  const padded = new Uint8Array([9, 9, ...sealed, 9, 9]);
  const opened = await ring.open("p", padded.subarray(2, -2));
  assert.deepEqual(opened, buffer.slice(10, 20));
});

Deno.test("createRing: a ring without keys, or with a key of another length, is refused", async () => {
  await assert.rejects(createRing(env, []), TypeError);
  for (const length of [0, 16, 31, 33, 64]) {
    await assert.rejects(createRing(env, [older, env.random(length)]), TypeError, `${length}`);
  }
});
