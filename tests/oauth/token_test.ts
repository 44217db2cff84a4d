/** Whether tokens say what OpenID Connect Core §2 and RFC 9068 §2.2 demand. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { SIGNING_ALGORITHMS } from "../../src/oauth/client.ts";
import {
  accessTokenClaims,
  idTokenClaims,
  idTokenHashes,
  leftHalfHash,
} from "../../src/oauth/token.ts";

Deno.test("OpenID Connect Core appendix A.3, A.4: at_hash and c_hash of its examples", () => {
  assert.equal(
    leftHalfHash("RS256", "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
    "77QmUPtjPfzWtF2AnpK9RQ",
  );
  assert.equal(
    leftHalfHash("RS256", "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk"),
    "LDktKdoQak3Pk0cnXxCltA",
  );
});

Deno.test("OpenID Connect Core §3.1.3.6: at_hash is half of the hash that the algorithm uses", () => {
  const sizes: Record<string, number> = { 256: 256, 384: 384, 512: 512, DSA: 512 };
  for (const alg of SIGNING_ALGORITHMS) {
    const bits = sizes[alg.slice(-3)];
    const digest = createHash(`sha${bits}`).update("token").digest();
    const half = digest.subarray(0, digest.length / 2).toString("base64url");
    assert.equal(leftHalfHash(alg, "token"), half, alg);
  }
});

Deno.test("OpenID Connect Core §3.3.2.11: an ID token vouches for what it comes with, and for nothing else", () => {
  const hash = (value: string) => leftHalfHash("ES256", value);
  assert.deepEqual(idTokenHashes("ES256", { access_token: "t", code: "c", state: "s" }), {
    at_hash: hash("t"),
    c_hash: hash("c"),
    s_hash: hash("s"),
  });
  assert.deepEqual(idTokenHashes("ES256", { access_token: undefined }), {});
});

const SUBJECT = {
  issuer: "https://id.example.com",
  client_id: "web",
  sub: "sub-alice",
  now: 1000,
  lifetime: 60,
};
const LOGIN = { auth_time: 900, amr: ["pwd"], acr: "silver" };
const ID_TOKEN = {
  ...SUBJECT,
  ...LOGIN,
  sid: "S1",
  nonce: "n",
  hashes: { at_hash: "h" },
  user: {},
};

Deno.test("OpenID Connect Core §2: an ID token has all that is required, and the nonce as it came", () => {
  assert.deepEqual(idTokenClaims({ ...ID_TOKEN, user: { email: "a@b" } }), {
    iss: "https://id.example.com",
    sub: "sub-alice",
    aud: "web",
    exp: 1060,
    iat: 1000,
    auth_time: 900,
    amr: ["pwd"],
    acr: "silver",
    sid: "S1",
    at_hash: "h",
    nonce: "n",
    email: "a@b",
  });
  assert.ok(!("nonce" in idTokenClaims({ ...ID_TOKEN, nonce: undefined })));
  assert.ok(!("acr" in idTokenClaims({ ...ID_TOKEN, acr: undefined })));
});

const ACCESS_TOKEN = {
  ...SUBJECT,
  aud: ["https://api.example.com"],
  scope: ["openid", "a"],
  jti: "j",
  login: LOGIN,
  extra: {},
};

Deno.test("RFC 9068 §2.2: a JWT access token has all that is required", () => {
  assert.deepEqual(accessTokenClaims({ ...ACCESS_TOKEN, extra: { client_tenant: "t" } }), {
    iss: "https://id.example.com",
    sub: "sub-alice",
    aud: "https://api.example.com",
    client_id: "web",
    exp: 1060,
    iat: 1000,
    jti: "j",
    scope: "openid a",
    auth_time: 900,
    amr: ["pwd"],
    acr: "silver",
    client_tenant: "t",
  });
});

Deno.test("RFC 9068 §2.2.1: without a login there is neither auth_time nor amr nor acr, without scopes no scope", () => {
  const claims = accessTokenClaims({
    ...ACCESS_TOKEN,
    aud: ["a", "b"],
    scope: [],
    login: undefined,
  });
  assert.deepEqual(claims["aud"], ["a", "b"]);
  for (const name of ["auth_time", "amr", "acr", "scope"]) assert.ok(!(name in claims), name);
});

Deno.test("accessTokenClaims, idTokenClaims: configured claims never stand where the protocol's belong", () => {
  const names =
    "iss sub aud exp nbf iat jti auth_time nonce acr amr azp at_hash sid scope client_id cnf".split(
      " ",
    );
  const forged = Object.fromEntries(names.map((name) => [name, "forged"]));
  const bare = { ...ACCESS_TOKEN, scope: [], login: undefined };
  assert.deepEqual(accessTokenClaims({ ...bare, extra: forged }), accessTokenClaims(bare));
  const plain = { ...ID_TOKEN, nonce: undefined, acr: undefined };
  assert.deepEqual(idTokenClaims({ ...plain, user: forged }), idTokenClaims(plain));
});

Deno.test("accessTokenClaims: __proto__ and constructor are ordinary names", () => {
  const extra = JSON.parse('{"__proto__":{"iss":"forged"},"constructor":1}');
  const claims = accessTokenClaims({ ...ACCESS_TOKEN, extra });
  assert.equal(claims["iss"], "https://id.example.com");
  assert.equal(Object.getPrototypeOf(claims), Object.prototype);
  assert.ok(JSON.stringify(claims).includes('"__proto__":{"iss":"forged"}'));
});
