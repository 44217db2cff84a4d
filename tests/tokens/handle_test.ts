/** Whether handles say where they belong, to those who hold them and to nobody else. */

import fc from "fast-check";
import assert from "node:assert/strict";
import { base64url, fromBase64url } from "../../src/lib/bytes.ts";
import {
  clientKey,
  grantIdOf,
  newHandle,
  newReference,
  newSeed,
  readHandle,
  readReference,
  referenceId,
} from "../../src/tokens/handle.ts";
import { testEnv } from "../support/env.ts";

const env = testEnv();
const KINDS = ["code", "refresh_token"] as const;

Deno.test("newHandle: a code and a refresh token of one seed name the same grant, and are read as themselves alone", () => {
  const seed = newSeed(env);
  assert.equal(seed.length, 16);
  const grant_id = grantIdOf(seed);
  assert.match(grant_id, /^az_[\w-]{22}$/);
  for (const kind of KINDS) {
    const handle = newHandle(env, kind, seed);
    assert.match(handle, /^(ac|rt)_[\w-]{64}$/);
    const read = readHandle(kind, handle);
    assert.deepEqual([read?.seed, read?.grant_id, read?.sha256.length], [seed, grant_id, 32]);
    for (const other of KINDS) {
      if (other !== kind) assert.equal(readHandle(other, handle), undefined);
    }
    assert.equal(readReference(handle), undefined);
    const again = newHandle(env, kind, seed);
    assert.notEqual(again, handle);
    assert.notDeepEqual(readHandle(kind, again)?.sha256, read?.sha256);
  }
});

Deno.test("grantIdOf: the name does not tell the seed, and other seeds have other names", () => {
  const seeds = Array.from({ length: 100 }, () => newSeed(env));
  assert.equal(new Set(seeds.map(grantIdOf)).size, 100);
  for (const seed of seeds) {
    const name = fromBase64url(grantIdOf(seed).slice(3))!;
    assert.equal(name.length, seed.length);
    assert.notDeepEqual(name, seed);
    // Who takes the name for the seed arrives at another grant.
    assert.notEqual(grantIdOf(name), grantIdOf(seed));
  }
});

Deno.test("newReference: it names its grant, or where there is none its client, whatever that is called", () => {
  const grant_id = grantIdOf(newSeed(env));
  const ofGrant = newReference(env, { grant_id, client_id: "web" });
  assert.match(ofGrant, /^at_[\w-]{64}$/);
  assert.deepEqual(readReference(ofGrant), { grant_id });
  for (const client_id of ["web", "", grant_id, "https://client.example.com/" + "x".repeat(200)]) {
    const reference = newReference(env, { grant_id: undefined, client_id });
    assert.match(reference, /^at_[\w-]{68}$/);
    assert.deepEqual(readReference(reference), { client_key: clientKey(client_id) });
  }
  assert.notEqual(clientKey("web"), clientKey("Web"));
});

Deno.test("referenceId: the jti names the grant and not the token", () => {
  const grant_id = grantIdOf(newSeed(env));
  const handle = newReference(env, { grant_id, client_id: "web" });
  const jti = referenceId(handle, { grant_id });
  assert.match(jti, /^az_[\w-]{22}\.[\w-]{22}$/);
  assert.equal(jti.split(".")[0], grant_id);
  assert.equal(referenceId(handle, { grant_id }), jti);
  assert.ok(!handle.includes(jti.split(".")[1]!));
  const machine = newReference(env, { grant_id: undefined, client_id: "web" });
  assert.match(referenceId(machine, { client_key: clientKey("web") }), /^[\w-]{22}$/);
});

Deno.test("readHandle, readReference: no text but a handle is read, and each has one spelling", () => {
  const genuine = newHandle(env, "refresh_token", newSeed(env));
  const reference = newReference(env, { grant_id: undefined, client_id: "web" });
  const spoilt = fc.constantFrom(genuine, reference).chain((handle) =>
    fc.oneof(
      // Four characters less, and a client's reference has the length of a grant's: it leads to no record.
      fc.nat(handle.length - 1).filter((cut) => cut !== reference.length - 4)
        .map((cut) => handle.slice(0, cut)),
      fc.string({ minLength: 1, maxLength: 3 }).map((more) => handle + more),
      fc.string({ minLength: 1, maxLength: 4 }).map((more) => more + handle),
      fc.constantFrom(" ", "=", "+", "/", "\0", "ü", "\n").chain((sign) =>
        fc.integer({ min: 3, max: handle.length - 1 }).map((place) =>
          handle.slice(0, place) + sign + handle.slice(place + 1)
        )
      ),
    )
  );
  fc.assert(fc.property(fc.oneof(spoilt, fc.string()), (text) => {
    assert.equal(readHandle("refresh_token", text), undefined);
    assert.equal(readHandle("code", text), undefined);
    assert.equal(readReference(text), undefined);
  }));
});

Deno.test("readHandle: 48 bytes are a handle of some grant, any other number is none", () => {
  for (const length of [0, 15, 16, 47, 49, 51, 96]) {
    assert.equal(readHandle("code", `ac_${base64url(env.random(length))}`), undefined);
  }
  assert.ok(readHandle("code", `ac_${base64url(env.random(48))}`));
  for (const length of [0, 18, 47, 49, 50, 52]) {
    assert.equal(readReference(`at_${base64url(env.random(length))}`), undefined);
  }
  assert.ok(readReference(`at_${base64url(env.random(48))}`));
  assert.ok(readReference(`at_${base64url(env.random(51))}`));
});
