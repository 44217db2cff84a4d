/** Which keys of clients, and wishes that need keys, are refused. */

import assert from "node:assert/strict";
import { problemsOf } from "../support/config_files.ts";

const KEYS = {
  rsa: { kty: "RSA", n: "n", e: "AQAB" },
  ec: { kty: "EC", crv: "P-256", x: "x", y: "y" },
  x25519: { kty: "OKP", crv: "X25519", x: "x" },
  ed25519: { kty: "OKP", crv: "Ed25519", x: "x" },
};

/** The problems of a client with these members, without their places in the file. */
async function problems(members: Readonly<Record<string, unknown>>): Promise<string[]> {
  const client = {
    client_id: "a",
    token_endpoint_auth_method: "none",
    redirect_uris: ["https://rp.example.com/"],
    ...members,
  };
  const yaml = JSON.stringify({ issuer: "http://127.0.0.1:9000", clients: [client] });
  return (await problemsOf(yaml)).map((text) =>
    text.replace(/^c\.yaml:\d+:\d+: clients\[0\]\./, "")
  );
}

const jwks = { keys: [KEYS.ec] };
const jwks_uri = "https://rp.example.com/jwks";

Deno.test("RFC 9101 §4: a public client may have keys too", async () => {
  assert.deepEqual(await problems({ jwks }), []);
  assert.deepEqual(await problems({ jwks_uri, require_signed_request_object: true }), []);
});

Deno.test("RFC 7591 §2: jwks and jwks_uri do not stand side by side", async () => {
  assert.deepEqual(await problems({ jwks, jwks_uri }), ["jwks_uri: can't stand beside jwks"]);
});

Deno.test("OpenID Connect Core §6.2: what the server is to fetch has an https URL without fragment and user name", async () => {
  const wrong: Record<string, string> = {
    "http://rp.example.com/": "uses http on a host that is not loopback; use https",
    "https://rp.example.com/#x": "has a fragment",
    "https://me:pass@rp.example.com/": "expected an absolute https URL without a user name",
  };
  for (const [uri, problem] of Object.entries(wrong)) {
    assert.deepEqual(await problems({ jwks_uri: uri }), [`jwks_uri: ${problem}`]);
    assert.deepEqual(
      await problems({ jwks, request_uris: ["https://rp.example.com/r", uri] }),
      [`request_uris[1]: ${problem}`],
    );
  }
  assert.deepEqual(
    await problems({ jwks, request_uris: ["/r", "ftp://rp.example.com/r"] }),
    [
      "request_uris[0]: expected an absolute https URL without a user name",
      "request_uris[1]: expected https",
    ],
  );
  const loopback = { jwks_uri: "http://127.0.0.1:8080/", request_uris: ["http://localhost/r"] };
  assert.deepEqual(await problems(loopback), []);
});

Deno.test("RFC 9101 §10.5: whoever signs requests, or wants them signed, has keys", async () => {
  const needs = "a signed request object needs the client's public keys: jwks or jwks_uri";
  const wishes = {
    require_signed_request_object: true,
    request_object_signing_alg: "ES256",
    request_uris: ["https://rp.example.com/r"],
  };
  for (const [name, value] of Object.entries(wishes)) {
    assert.deepEqual(await problems({ [name]: value }), [`${name}: ${needs}`]);
    for (const keys of [{ jwks }, { jwks_uri }]) {
      assert.deepEqual(await problems({ [name]: value, ...keys }), []);
    }
  }
});

Deno.test("OpenID Connect Registration §2: encryption needs an alg, and a key that fits it", async () => {
  for (const what of ["id_token", "userinfo"]) {
    const [alg, enc] = [`${what}_encrypted_response_alg`, `${what}_encrypted_response_enc`];
    assert.deepEqual(await problems({ jwks, [enc]: "A128GCM" }), [`${enc}: needs ${alg}`]);
    const none = (name: string) =>
      `${alg}: no key of the client fits ${name}: it has to have no use or enc, and no alg or this one`;
    assert.deepEqual(await problems({ [alg]: "ECDH-ES" }), [none("ECDH-ES")]);
    assert.deepEqual(await problems({ jwks_uri, [alg]: "ECDH-ES", [enc]: "A128GCM" }), []);
    const good: [string, object][] = [
      ["ECDH-ES", KEYS.ec],
      ["ECDH-ES", { ...KEYS.ec, use: "enc", alg: "ECDH-ES" }],
      ["ECDH-ES", { ...KEYS.ec, key_ops: [] }],
      ["ECDH-ES", { ...KEYS.ec, key_ops: ["deriveKey"] }],
      ["ECDH-ES", KEYS.x25519],
      ["RSA-OAEP-256", { ...KEYS.rsa, key_ops: ["wrapKey"] }],
      ["RSA-OAEP-256", KEYS.rsa],
    ];
    for (const [name, key] of good) {
      const members = { jwks: { keys: [KEYS.ed25519, key] }, [alg]: name };
      assert.deepEqual(await problems(members), [], JSON.stringify(members));
    }
    const bad: [string, object][] = [
      ["ECDH-ES", KEYS.rsa],
      ["ECDH-ES", KEYS.ed25519],
      ["ECDH-ES", { ...KEYS.ec, use: "sig" }],
      ["ECDH-ES", { ...KEYS.ec, alg: "ES256" }],
      ["ECDH-ES", { ...KEYS.ec, alg: "ECDH-ES+A128KW" }],
      ["ECDH-ES", { ...KEYS.ec, crv: "secp256k1" }],
      ["ECDH-ES", { ...KEYS.ec, key_ops: ["verify"] }],
      ["RSA-OAEP-256", KEYS.ec],
      ["RSA-OAEP-256", { ...KEYS.rsa, alg: "RSA-OAEP" }],
      ["RSA-OAEP-256", { ...KEYS.rsa, use: "sig" }],
    ];
    for (const [name, key] of bad) {
      assert.deepEqual(await problems({ jwks: { keys: [key] }, [alg]: name }), [none(name)]);
    }
  }
});
