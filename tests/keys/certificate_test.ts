/** Whether certificates beside a key are published with it, and only where they are its own. */

import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { importX509, type JWK, jwtVerify } from "jose";
import type { Config } from "../../src/config/schema.ts";
import { openKeys } from "../../src/keys/keys.ts";
import { signJwt } from "../../src/keys/signer.ts";
import { certificateFor, openssl, opensslNote } from "../support/certificate.ts";
import { withKeyFolder } from "../support/key_folder.ts";
import { keysServer } from "../support/keys_server.ts";
import { pem, privateJwk } from "../support/signing_keys.ts";

const ignore = !openssl;
const rsa = await privateJwk("RS256");
const eddsa = await privateJwk("EdDSA");
const es256 = await privateJwk("ES256");
const es384 = await privateJwk("ES384");
const es512 = await privateJwk("ES512");

const made = ignore ? undefined : await chainOf(es256, es384, rsa);
/** The certificate of the ES256 key, that of the ES384 key which signed it, and that of the RSA key at the root. */
const [leaf = "", middle = "", root = ""] = made ?? [];

async function chainOf(own: JWK, middle: JWK, root: JWK): Promise<string[]> {
  const top = { key: pem(root), certificate: await certificateFor(pem(root), "root") };
  const next = { key: pem(middle), certificate: await certificateFor(pem(middle), "middle", top) };
  return [await certificateFor(pem(own), "leaf", next), next.certificate, top.certificate];
}

const base64 = (text: string) => text.replaceAll(/-----[^-]+-----|\s/g, "");
const der = (text: string) => Uint8Array.from(atob(base64(text)), (byte) => byte.charCodeAt(0));
const sha = (name: string, text: string) => createHash(name).update(der(text)).digest("base64url");

/** A certificate whose signature isn't what it was. */
function flipped(text: string): string {
  const bytes = der(text);
  bytes.set([bytes[bytes.length - 9]! ^ 1], bytes.length - 9);
  const body = btoa(String.fromCharCode(...bytes));
  return `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
}

async function publishedBy(config: Config["keys"]): Promise<JWK> {
  return (await openKeys(keysServer(), config)).jwks.keys[0]!;
}

async function refusalOf(config: Config["keys"]): Promise<string> {
  const error = await openKeys(keysServer(), config).then(
    () => assert.fail("the certificates were accepted"),
    (error) => error,
  );
  assert.equal(error.name, "KeyError", String(error));
  return error.message.replaceAll(`${config.directory}/`, "");
}

Deno.test({
  name:
    `RFC 7517 §4.7, §4.9: certificates in a PEM, beside it and in a JWK are published as x5c and x5t#S256${opensslNote}`,
  ignore,
  async fn() {
    const chain = [leaf, middle, root].join("");
    const wanted = [leaf, middle, root].map(base64);
    const sources: Record<string, string>[] = [
      { "k.pem": pem(es256) + chain },
      { "k.pem": `${chain}\nSome words\n${pem(es256)}`.replaceAll("\n", "\r\n") },
      { "k.es256.pem": pem(es256), "k.es256.crt": chain },
      { "k.json": JSON.stringify(es256), "k.crt": chain },
      { "k.json": JSON.stringify({ ...es256, x5c: wanted, x5t: sha("sha1", leaf) }) },
      { "k.json": JSON.stringify({ keys: [{ ...es256, x5c: wanted }] }), "k.crt": chain },
      { "k.pem": pem(es256) + chain, "k.crt": chain },
    ];
    for (const files of sources) {
      await withKeyFolder(files, async (directory) => {
        const jwk = await publishedBy({ directory });
        assert.deepEqual(Object.keys(jwk), [
          ...["kty", "crv", "x", "y", "kid", "alg", "use", "x5c", "x5t#S256"],
        ]);
        assert.deepEqual(jwk.x5c, wanted);
        assert.equal(jwk["x5t#S256"], sha("sha256", leaf));
      });
    }
  },
});

Deno.test({
  name:
    `RFC 7517 §4.7: what is signed is verified with the published certificate, for every type of key${opensslNote}`,
  ignore,
  async fn() {
    for (const jwk of [rsa, es256, es384, es512, eddsa]) {
      const alg = jwk.alg as "RS256";
      const certificate = await certificateFor(pem(jwk), "leaf");
      await withKeyFolder({ "k.pem": pem(jwk), "k.crt": der(certificate) }, async (directory) => {
        const keys = await openKeys(keysServer(), { directory });
        const [x5c = ""] = keys.jwks.keys[0]!.x5c!;
        const published = `-----BEGIN CERTIFICATE-----\n${x5c}\n-----END CERTIFICATE-----`;
        const token = await signJwt(keys, { alg, typ: "JWT" }, { sub: "alice" });
        const { payload } = await jwtVerify(token, await importX509(published, alg));
        assert.equal(payload.sub, "alice");
      });
    }
  },
});

Deno.test({
  name:
    `RFC 7517 §4.7: certificates that are not the key's own, damaged or in the wrong order are refused in one line${opensslNote}`,
  ignore,
  async fn() {
    const cut = leaf.replace(/.{80}\n-----END/s, "\n-----END");
    const another = await chainOf(es256, es512, rsa);
    const self = await certificateFor(pem(es256), "self");
    const key = pem(es256);
    const jwk = (members: object) => JSON.stringify({ ...es256, ...members });
    const refused: [files: Record<string, string | Uint8Array>, problem: string][] = [
      [{ "k.pem": key + middle }, "k.pem: its certificate is that of another key"],
      [
        { "k.pem": key + middle + leaf },
        "k.pem: its own certificate is the second, and has to be the first",
      ],
      [
        { "k.pem": key + leaf + root + middle },
        "k.pem: its second certificate does not certify the first",
      ],
      [
        { "k.pem": key + leaf + middle + middle },
        "k.pem: its third certificate does not certify the second",
      ],
      // The signature fits, the name does not.
      [
        { "k.pem": key + leaf + (await certificateFor(pem(es384), "elsewhere")) },
        "k.pem: its second certificate does not certify the first",
      ],
      // The names fit, the signature does not.
      [
        { "k.pem": key + leaf + (await certificateFor(pem(eddsa), "middle")) },
        "k.pem: its second certificate does not certify the first",
      ],
      [{ "k.pem": key + leaf + middle + flipped(root) }, "k.pem: its third certificate is damaged"],
      [{ "k.pem": key + self.repeat(11) }, "k.pem: more than 10 certificates"],
      [{ "k.pem": key + cut }, "k.pem: its first certificate is damaged"],
      [{ "k.pem": key + leaf + leaf.slice(0, 200) }, "k.pem: its second certificate is damaged"],
      [{ "k.pem": key, "k.crt": "" }, "k.crt: no certificate (BEGIN CERTIFICATE) is in it"],
      [{ "k.pem": key, "k.crt": key }, "k.crt: no certificate (BEGIN CERTIFICATE) is in it"],
      [
        { "k.pem": key, "k.crt": new Uint8Array([0xff]) },
        "k.crt: no certificate (BEGIN CERTIFICATE) is in it",
      ],
      [
        { "k.pem": key, "k.crt": new Uint8Array([...der(leaf), 0]) },
        "k.crt: its first certificate is damaged",
      ],
      [
        { "k.pem": key + leaf, "k.crt": leaf + middle },
        "k.pem: its certificates stand in two places, and differ",
      ],
      [
        { "k.json": JSON.stringify({ keys: [es256, eddsa] }), "k.crt": leaf },
        "k.crt: stands beside 2 keys; give each its x5c, or its file",
      ],
      [{ "k.json": jwk({ x5c: base64(leaf) }) }, "k.json: its x5c is not a list of texts"],
      [{ "k.json": jwk({ x5c: [] }) }, "k.json: its x5c is not a list of texts"],
      [{ "k.json": jwk({ x5c: [7] }) }, "k.json: its x5c[0] is not base64 of a certificate"],
      [{ "k.json": jwk({ x5c: [leaf] }) }, "k.json: its x5c[0] is not base64 of a certificate"],
      [{ "k.json": jwk({ x5c: ["AAAA"] }) }, "k.json: its first certificate is damaged"],
      [
        { "k.json": jwk({ x5c: [base64(middle)] }) },
        "k.json: its certificate is that of another key",
      ],
      [
        { "k.json": jwk({ x5c: [base64(leaf)], x5t: sha("sha1", middle) }) },
        "k.json: its x5t is not that of its certificate",
      ],
      [
        { "k.json": jwk({ "x5t#S256": sha("sha256", middle) }), "k.crt": leaf },
        "k.json: its x5t#S256 is not that of its certificate",
      ],
    ];
    for (const [files, problem] of refused) {
      await withKeyFolder(files, async (directory) => {
        assert.equal(await refusalOf({ directory }), problem);
      });
    }
    // A P-521 key's signature can't be verified: its name counts.
    assert.ok(await publishedBy({ jwks: jwk({ x5c: another.map(base64) }) }));
    assert.equal(
      await refusalOf({ jwks: jwk({ x5c: [leaf, root].map(base64) }) }),
      "keys.jwks: its second certificate does not certify the first",
    );
  },
});

Deno.test({
  name:
    `RFC 7517 §4.7, RFC 5280 §4.2.1.3: a certificate that is not for signatures is refused, for its key is published with use sig${opensslNote}`,
  ignore,
  async fn() {
    const cases = [
      ["keyUsage=critical,digitalSignature,keyCertSign", true],
      ["keyUsage=nonRepudiation", true],
      ["extendedKeyUsage=serverAuth", true],
      ["keyUsage=keyAgreement", false],
      ["keyUsage=keyCertSign,cRLSign", false],
    ] as const;
    for (const [extension, fine] of cases) {
      const own = await certificateFor(pem(es256), "leaf", undefined, extension);
      await withKeyFolder({ "k.pem": pem(es256) + own }, async (directory) => {
        if (fine) return assert.equal((await publishedBy({ directory })).x5c?.length, 1);
        assert.equal(
          await refusalOf({ directory }),
          "k.pem: its certificate is not for signatures (keyUsage)",
        );
      });
    }
  },
});

Deno.test({
  name: `keys: the dates of certificates are known, the narrowest of a chain${opensslNote}`,
  ignore,
  async fn() {
    const keys = await openKeys(keysServer(), {
      jwks: JSON.stringify({ ...es256, x5c: [leaf, middle, root].map(base64) }),
    });
    const parsed = [leaf, middle, root].map((text) => new X509Certificate(text));
    assert.deepEqual(keys.list()[0]?.certificate, {
      not_before: Math.max(...parsed.map(({ validFrom }) => Date.parse(validFrom) / 1000)),
      not_after: Math.min(...parsed.map(({ validTo }) => Date.parse(validTo) / 1000)),
    });
  },
});
