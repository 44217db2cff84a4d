/** Whether the keys of all sources are found, ordered and published as they should be. */

import assert from "node:assert/strict";
import { calculateJwkThumbprint, type JWK } from "jose";
import { MANAGED_PHASES } from "../../src/config/schema.ts";
import { KeyError, openKeys } from "../../src/keys/keys.ts";
import { base64url, concatenate, fromBase64url } from "../../src/lib/bytes.ts";
import { SIGNING_ALGORITHMS } from "../../src/oauth/client.ts";
import { withKeyFolder } from "../support/key_folder.ts";
import { keysServer } from "../support/keys_server.ts";
import { pem, privateJwk, publicJwk } from "../support/signing_keys.ts";

const es256 = await privateJwk("ES256");
const eddsa = await privateJwk("EdDSA");
const es384 = await privateJwk("ES384");

const set = (...keys: JWK[]) => JSON.stringify({ keys });

Deno.test("openKeys: the JWK set has public members only, for every algorithm", async () => {
  const jwks = await Promise.all(SIGNING_ALGORITHMS.map(async (alg) => ({
    ...await privateJwk(alg),
    kid: alg,
    "x5u": "https://id.example.com/chain",
    "secret note": "hunter2",
  })));
  const keys = await openKeys(keysServer(), { jwks: set(...jwks) });
  assert.deepEqual(keys.algorithms, SIGNING_ALGORITHMS);
  for (const [index, jwk] of keys.jwks.keys.entries()) {
    const members = new Map([
      ["RSA", ["n", "e"]],
      ["EC", ["crv", "x", "y"]],
      ["OKP", ["crv", "x"]],
    ]).get(jwk.kty!)!;
    assert.deepEqual(Object.keys(jwk), ["kty", ...members, "kid", "alg", "use"]);
    const { kty, kid, alg, use } = jwk;
    const wanted = SIGNING_ALGORITHMS[index];
    assert.deepEqual({ kty, kid, alg, use }, {
      kty: jwks[index]!.kty,
      kid: wanted,
      alg: wanted,
      use: "sig",
    });
    assert.ok(!keys.find(kid!)!.privateKey.extractable);
  }
});

Deno.test("RFC 7638: kid is the thumbprint where the JWK names none", async () => {
  const jwks = [es256, es384, eddsa, await privateJwk("ES512"), await privateJwk("PS256")];
  const keys = await openKeys(keysServer(), { jwks: set(...jwks) });
  for (const [index, { kid }] of keys.jwks.keys.entries()) {
    assert.equal(kid, await calculateJwkThumbprint(publicJwk(jwks[index]!)));
    assert.equal(keys.find(kid!)?.kid, kid);
  }
  assert.equal(keys.find("toString"), undefined);
});

Deno.test("RFC 8037 §A.3: the thumbprint of an Ed25519 key is that of the specification's example", async () => {
  const jwk = {
    kty: "OKP",
    crv: "Ed25519",
    d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
  };
  const keys = await openKeys(keysServer(), { jwks: set(jwk) });
  assert.equal(keys.signing("EdDSA")?.kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
});

Deno.test("RFC 7518 §6.2.1.2, §6.3.1.1: a number with zeros before it is published without, under the right thumbprint", async () => {
  const rsa = await privateJwk("RS256");
  const zero = (number = "") => base64url(concatenate(new Uint8Array(1), fromBase64url(number)!));
  const keys = await openKeys(keysServer(), {
    jwks: set({ ...rsa, n: zero(rsa.n), e: zero(rsa.e) }, { ...es256, x: zero(es256.x) }),
  });
  assert.deepEqual(
    keys.jwks.keys.map(({ n, e, x, y }) => ({ n, e, x, y })),
    [rsa, es256].map(({ n, e, x, y }) => ({ n, e, x, y })),
  );
  for (const [index, { kid }] of keys.jwks.keys.entries()) {
    assert.equal(kid, await calculateJwkThumbprint(publicJwk([rsa, es256][index]!)));
  }
  // However it is spelt, it is there twice.
  await assert.rejects(
    openKeys(keysServer(), { jwks: set({ ...rsa, kid: "a" }, { ...rsa, n: zero(rsa.n) }) }),
    /is the same key as/,
  );
});

Deno.test("openKeys: a folder's PEM and JSON files count, what else lies there does not", async () => {
  const rsa = pem(await privateJwk("RS256"));
  await withKeyFolder({
    "a.pem": `Bag Attributes\r\n${pem(eddsa)}`.replaceAll("\n", "\r\n"),
    "b.Ps384.PEM": rsa,
    "c.json": JSON.stringify({ ...es256, kid: "mine" }),
    "d.json": set(es384, { ...await privateJwk("ES512"), key_ops: ["sign"], use: "sig" }),
    "ca.crt": "not read: no key stands beside it",
    "a.cer": "not read either",
    "README.md": "keys",
    "._a.pem": "left by macOS",
    ".json": "nothing",
  }, async (directory) => {
    const keys = await openKeys(keysServer(), { directory });
    assert.deepEqual(
      keys.jwks.keys.map(({ alg }) => alg),
      ["EdDSA", "PS384", "ES256", "ES384", "ES512"],
    );
    assert.equal(keys.signing("ES256")?.kid, "mine");
    assert.equal(keys.signing("RS256"), undefined);
    assert.deepEqual(keys.algorithms, ["PS384", "ES256", "ES384", "ES512", "EdDSA"]);
  });
});

Deno.test("openKeys: without a name, a PEM signs with what fits its type", async () => {
  for (const alg of ["RS256", "ES256", "ES384", "ES512", "EdDSA"] as const) {
    await withKeyFolder({ "id.example.com.pem": pem(await privateJwk(alg)) }, async (directory) => {
      assert.deepEqual((await openKeys(keysServer(), { directory })).algorithms, [alg]);
    });
  }
});

Deno.test("RFC 9864 §2.2: Ed25519 is read as EdDSA", async () => {
  const keys = await openKeys(keysServer(), { jwks: set({ ...eddsa, alg: "Ed25519" }) });
  assert.equal(keys.jwks.keys[0]?.alg, "EdDSA");
  await withKeyFolder({ "k.ed25519.pem": pem(eddsa) }, async (directory) => {
    assert.deepEqual((await openKeys(keysServer(), { directory })).algorithms, ["EdDSA"]);
  });
});

Deno.test("openKeys: a folder comes before the environment and this before managed keys; all are published", async () => {
  const files = {
    "2.json": set({ ...es256, kid: "second" }),
    "1.json": set({ ...eddsa, kid: "first" }),
  };
  const { kid: _, ...other } = {
    ...(await crypto.subtle.exportKey("jwk", await ecKey())),
    kid: "",
  };
  const jwks = set({ ...(other as JWK), kid: "third", key_ops: ["sign"] }, {
    ...es384,
    kid: "fourth",
  });
  await withKeyFolder(files, async (directory) => {
    const managed = {
      ...MANAGED_PHASES,
      algorithms: ["ES384" as const, "EdDSA" as const, "ES512" as const],
    };
    const keys = await openKeys(keysServer(), { directory, jwks, managed });
    assert.deepEqual(
      keys.jwks.keys.slice(0, 4).map(({ kid }) => kid),
      ["first", "second", "third", "fourth"],
    );
    assert.deepEqual(keys.jwks.keys.slice(4).map(({ alg }) => alg), ["ES384", "EdDSA", "ES512"]);
    assert.equal(keys.signing("EdDSA")?.kid, "first");
    assert.equal(keys.signing("ES256")?.kid, "second");
    assert.equal(keys.signing("ES384")?.kid, "fourth");
    assert.equal(keys.signing("ES512"), keys.find(keys.jwks.keys[6]!.kid!));
  });
});

async function ecKey(): Promise<CryptoKey> {
  const parameters = { name: "ECDSA", namedCurve: "P-256" };
  return (await crypto.subtle.generateKey(parameters, true, ["sign", "verify"])).privateKey;
}

Deno.test("openKeys: with a static source nothing is managed unless it is configured", async () => {
  const server = keysServer();
  const keys = await openKeys(server, { jwks: set(es256) });
  assert.deepEqual(keys.algorithms, ["ES256"]);
  assert.deepEqual((await server.records.signing_key.list()).found, []);
});

Deno.test("openKeys: an empty folder is an error only where it is the only source", async () => {
  await withKeyFolder({ "a.crt": "" }, async (directory) => {
    await assert.rejects(openKeys(keysServer(), { directory }), (error) => {
      assert.ok(error instanceof KeyError);
      assert.deepEqual(error.problems, [
        `${directory}: no *.pem or *.json here, and no other source of keys`,
      ]);
      return true;
    });
    assert.deepEqual((await openKeys(keysServer(), { directory, jwks: set(es256) })).algorithms, [
      "ES256",
    ]);
    const managed = { ...MANAGED_PHASES, algorithms: ["EdDSA" as const] };
    assert.deepEqual((await openKeys(keysServer(), { directory, managed })).algorithms, ["EdDSA"]);
  });
});

Deno.test("openKeys: all problems of all sources are said at once, each with its place", async () => {
  await withKeyFolder(
    { "a.pem": "", "b.json": set(es256, publicJwk(eddsa)) },
    async (directory) => {
      const jwks = set(es384, { kty: "oct", k: "AAAA" }, es256);
      await assert.rejects(openKeys(keysServer(), { directory, jwks }), (error) => {
        assert.ok(error instanceof KeyError);
        assert.deepEqual(error.problems, [
          `${directory}/a.pem: empty`,
          `${directory}/b.json: keys[1]: a public key, where a private key is needed`,
          `keys.jwks: keys[1]: a symmetric key, where a private key is needed`,
          `keys.jwks: keys[2]: is the same key as ${directory}/b.json: keys[0]`,
        ]);
        return true;
      });
    },
  );
});
