/** Whether what we sign is verified by others, and what others sign is never taken for ours. */

import assert from "node:assert/strict";
import { CompactSign, createLocalJWKSet, decodeProtectedHeader, jwtVerify, SignJWT } from "jose";
import { base64url, fromBase64url, utf8 } from "../../src/lib/bytes.ts";
import { openKeys } from "../../src/keys/keys.ts";
import { signJwt, verifyJwt } from "../../src/keys/signer.ts";
import { SIGNING_ALGORITHMS } from "../../src/oauth/client.ts";
import { keysServer } from "../support/keys_server.ts";
import { privateJwk } from "../support/signing_keys.ts";

const jwks = await Promise.all(
  SIGNING_ALGORITHMS.map(async (alg) => ({ ...await privateJwk(alg), kid: `the ${alg} key` })),
);
const keys = await openKeys(keysServer(), { jwks: JSON.stringify({ keys: jwks }) });
const claims = {
  sub: "alice",
  name: "Ålice ✓",
  exp: 1,
  aud: ["a", "b"],
  nested: { a: [null, 1.5] },
};
const token = await signJwt(keys, { alg: "ES256", typ: "at+jwt" }, claims);
const [header = "", payload = "", signature = ""] = token.split(".");

/** A token with a header of one's own, signed by our own key for ES256. */
function forge(members: Record<string, unknown>, body: string = JSON.stringify(claims)) {
  const key = keys.signing("ES256")!;
  return new CompactSign(utf8(body))
    .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid: key.kid, ...members })
    .sign(key.privateKey, { crit: { "urn:x": true } });
}

for (const alg of SIGNING_ALGORITHMS) {
  Deno.test(`signJwt: jose verifies ${alg} with the published keys, and so do we`, async () => {
    const signed = await signJwt(keys, { alg, typ: "JWT" }, claims);
    assert.deepEqual(decodeProtectedHeader(signed), { alg, typ: "JWT", kid: `the ${alg} key` });
    const verified = await jwtVerify(signed, createLocalJWKSet(keys.jwks), {
      algorithms: [alg],
      currentDate: new Date(0),
    });
    assert.deepEqual(verified.payload, claims);
    assert.deepEqual(await verifyJwt(keys, signed, "JWT"), claims);
  });
}

Deno.test("signJwt: an algorithm without a key is refused", async () => {
  await assert.rejects(
    signJwt({ signing: () => undefined, refresh: () => Promise.resolve() }, {
      alg: "RS384",
      typ: "JWT",
    }, {}),
    /no key signs with RS384/,
  );
});

Deno.test("RFC 9068 §4: typ counts in any case, with or without application/", async () => {
  for (const typ of ["at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+jwt"]) {
    assert.ok(await verifyJwt(keys, await forge({ typ }), "at+jwt"), typ);
    assert.ok(await verifyJwt(keys, token, typ), typ);
  }
});

Deno.test("RFC 8725 §3.11: a token of another type, or of none, is refused", async () => {
  for (
    const typ of [undefined, "", "JWT", "at+jwtx", "text/at+jwt", "application/application/at+jwt"]
  ) {
    assert.equal(await verifyJwt(keys, await forge({ typ }), "at+jwt"), undefined, typ);
  }
  assert.equal(await verifyJwt(keys, token, "JWT"), undefined);
});

Deno.test("RFC 8725 §3.1: the algorithm is the key's, whatever the token says", async () => {
  const encode = (members: unknown) => base64url(utf8(JSON.stringify(members)));
  const typ = "at+jwt";
  const kid = "the ES256 key";
  for (const alg of ["none", "None", "NONE", "", null, 7, undefined]) {
    const unsecured = encode({ alg, typ, kid });
    assert.equal(await verifyJwt(keys, `${unsecured}.${payload}.`, typ), undefined);
    assert.equal(await verifyJwt(keys, `${unsecured}.${payload}.${signature}`, typ), undefined);
  }
  for (const publicKid of ["the RS256 key", kid]) {
    const { publicKey } = keys.find(publicKid)!;
    const spki = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
    const pem = utf8(`-----BEGIN PUBLIC KEY-----\n${spki.toBase64()}\n-----END PUBLIC KEY-----\n`);
    const jwk = utf8(JSON.stringify(keys.find(publicKid)!.publicJwk));
    for (const secret of [spki, pem, jwk]) {
      const confused = await new SignJWT(claims)
        .setProtectedHeader({ alg: "HS256", typ, kid: publicKid }).sign(secret);
      assert.equal(await verifyJwt(keys, confused, typ), undefined);
    }
  }
});

Deno.test("RFC 8725 §3.1: a key does not sign with an algorithm that is another key's", async () => {
  const other = keys.signing("RS384")!;
  for (const kid of ["the RS256 key", "the PS384 key", "the ES256 key"]) {
    const signed = await new SignJWT(claims)
      .setProtectedHeader({ alg: "RS384", typ: "at+jwt", kid }).sign(other.privateKey);
    assert.equal(await verifyJwt(keys, signed, "at+jwt"), undefined, kid);
  }
});

Deno.test("RFC 9864 §2.2: Ed25519 in a header is not the EdDSA that we sign with", async () => {
  const { kid, privateKey } = keys.signing("EdDSA")!;
  const signed = await new SignJWT(claims)
    .setProtectedHeader({ alg: "Ed25519", typ: "at+jwt", kid }).sign(privateKey);
  assert.equal(await verifyJwt(keys, signed, "at+jwt"), undefined);
});

Deno.test("verifyJwt: a key that is not ours, or not named, is refused", async () => {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(
    { name: "ECDSA", namedCurve: "P-256" },
    true,
    ["sign", "verify"],
  ) as CryptoKeyPair;
  const jwk = await crypto.subtle.exportKey("jwk", publicKey);
  for (const kid of ["foreign", "", "the ES256 key", undefined]) {
    const signed = await new SignJWT(claims).setProtectedHeader({
      alg: "ES256",
      typ: "at+jwt",
      ...(kid === undefined ? {} : { kid }),
      jwk: { kty: "EC", crv: "P-256", x: jwk.x!, y: jwk.y! },
    }).sign(privateKey);
    assert.equal(await verifyJwt(keys, signed, "at+jwt"), undefined, kid);
  }
  for (const kid of [undefined, "foreign"]) {
    assert.equal(await verifyJwt(keys, await forge({ kid }), "at+jwt"), undefined, kid);
  }
});

Deno.test("RFC 7515 §4.1.11: a token with critical extensions is refused", async () => {
  assert.equal(
    await verifyJwt(keys, await forge({ crit: ["urn:x"], "urn:x": 1 }), "at+jwt"),
    undefined,
  );
  const unencoded = await forge({ crit: ["b64"], b64: true });
  assert.equal(await verifyJwt(keys, unencoded, "at+jwt"), undefined);
});

Deno.test("RFC 7515 §2: a signature has one spelling", async () => {
  const last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const neighbour = last[last.indexOf(signature.at(-1)!) ^ 1]!;
  const spelled = signature.slice(0, -1) + neighbour;
  assert.deepEqual(fromBase64url(spelled), fromBase64url(signature), "the same bytes");
  for (
    const other of [spelled, `${signature}=`, `${signature}==`, `${signature}\n`, ` ${signature}`]
  ) {
    assert.equal(await verifyJwt(keys, `${header}.${payload}.${other}`, "at+jwt"), undefined);
  }
});

Deno.test("verifyJwt: a changed header, payload or signature is refused", async () => {
  for (const [index, part] of [header, payload, signature].entries()) {
    for (let at = 0; at < part.length; at += 7) {
      const changed = part.slice(0, at) + (part[at] === "A" ? "B" : "A") + part.slice(at + 1);
      const parts = token.split(".");
      parts[index] = changed;
      assert.equal(await verifyJwt(keys, parts.join("."), "at+jwt"), undefined, `${index}:${at}`);
    }
  }
  for (
    const broken of [
      "",
      ".",
      "..",
      "...",
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `.${payload}.${signature}`,
      `${token}.`,
      `${token}.${signature}.${signature}`,
      ` ${token}`,
      "\0",
      "e30.e30.e30",
      "é.é.é",
    ]
  ) {
    assert.equal(await verifyJwt(keys, broken, "at+jwt"), undefined, broken);
  }
});

Deno.test("RFC 7519 §7.2: a signed payload that is not a JSON object is refused", async () => {
  for (const body of ["", "null", "1", "[]", '"text"', "{", "{}x", "\ufeff"]) {
    assert.equal(await verifyJwt(keys, await forge({}, body), "at+jwt"), undefined, body);
  }
  assert.deepEqual(await verifyJwt(keys, await forge({}, "{}"), "at+jwt"), {});
});

Deno.test("RFC 7515 §4.1.4: a kid that is no string names no key, and nothing is asked about it", async () => {
  const asked: unknown[] = [];
  const learn = (kid: string) => Promise.resolve(void asked.push(kid));
  const encode = (members: unknown) => base64url(utf8(JSON.stringify(members)));
  for (const kid of [{ toString: 1, valueOf: 1 }, ["x".repeat(43)], 5, true, null, {}, undefined]) {
    const forged = `${encode({ alg: "ES256", typ: "at+jwt", kid })}.${payload}.${signature}`;
    assert.equal(await verifyJwt({ find: keys.find, learn }, forged, "at+jwt"), undefined);
    assert.equal(await verifyJwt(keys, forged, "at+jwt"), undefined);
  }
  assert.deepEqual(asked, []);
});
