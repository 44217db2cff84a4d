/** Whether every key that can't be used is refused with a reason that names its file and quotes nothing of it. */

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { CompactEncrypt, type JWK } from "jose";
import { utf8 } from "../../src/lib/bytes.ts";
import { KeyError, openKeys } from "../../src/keys/keys.ts";
import { keysServer } from "../support/keys_server.ts";
import { pem, privateJwk, publicJwk, rsaJwk } from "../support/signing_keys.ts";

const [rsa, es256, es384, eddsa, weak] = await Promise.all([
  privateJwk("RS256"),
  privateJwk("ES256"),
  privateJwk("ES384"),
  privateJwk("EdDSA"),
  rsaJwk(1024),
]);
const { alg: _, ...rsaWithoutAlg } = rsa;
const block = (label: string, body = "AAAA") =>
  `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
const json = (jwk: JWK) => JSON.stringify(jwk);

// Throwaway keys on curves that WebCrypto lacks.
const SECP256K1 = block(
  "PRIVATE KEY",
  "MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgByNKgepgmX0uCBxMNEXC\nlcm9m6pNKizeRVUGZ4MxRm+hRANCAARyFXpZYasO3g5iY+2B36u0ioD0n+kQo642\neVG4f1/hh7ELbLddn1Gn4BSSsSqaxeNX0D5FjEM9auF7DHuQqfrt",
);
const P224 = block(
  "PRIVATE KEY",
  "MHgCAQAwEAYHKoZIzj0CAQYFK4EEACEEYTBfAgEBBByUzv2iKf5OT+Qgq+WGqFi5\nYBaXYXdGTIozriCwoTwDOgAEWBdEtXdk1sYvzaBfFZudoDs9C14ArJLCVOsByGdd\nszM8lsXYlLFfPiTNYnYm8N7ipJ/k7tar83s=",
);
// A throwaway key that says of itself that it is for RSA-PSS alone.
const RSA_PSS = block(
  "PRIVATE KEY",
  "MIICdQIBADALBgkqhkiG9w0BAQoEggJhMIICXQIBAAKBgQDWzvK9Q1XE03po4Xoq\nX6W8mUJXzh+LTX9gWwDmRVzKFAWqHX+6C9aNbsQ59WdjnhZx21NNh6wN7r9u7zbV\nGv6KBmsLTFLvB0XA6KAswEoP9DwBNE65ifmVGKieQ4p4hC8PFVMOfiITguwE7NpF\nDDJwKxyPXrvwDE9uW1kDKOd9ewIDAQABAoGAEk8dXYhpvRcRbfMaCJaSd9rQTs+g\n3KzEWKApGXd8CzVdrjxJcMAlj3SLgS0rnNASta2uEgOoZJ+e7YOyNsPQQidgQk1O\nn2K68aYUWoD19O/SukoOMuLfVT7mYr3PRgV2cYurE5LnxQzp9LefaMnCpLpBXppx\nuVYlZK+Xf7eSisECQQD+91OWErGNa5vf/Ktk4Mja+HTwxEPb7Qjw8PWIODsMHOls\nAcRgv5Y0KbDDHREV0PMLvAIHkWAZLby914YmEhJxAkEA163vXjeXsmPMFC/9ZsF1\nB39lLodkTrcGgeztvbQjZ40bBiNnWrvbl5SzOz1pzbX5jXQgpJoeqrBGbBgFn6Xs\nqwJBALMmU6wSTIGjB+6VmlSSgW8ivwBh15CTeAHcPZnOcObs9bK3dyXH2KGkXZhr\nNxMOM4iePQrWQiDO+1ylMJRVhHECQQCSa9bxk7Q8u1u06M+TjwqwSGCcsfX7Km4U\njpDoFP9kMXuDM03bX2W5Bo6XTR4jNcNxsMDofmkLYBivEa/frnl5AkB3QthvuooX\ngDO25HOnlIB9NOQKc+VM6fE/gxuE0mLPe94nHpw74VwDSngUwB+WqDUfk51wOGvE\nSayjKRFICemZ",
);
const ED448 = block(
  "PRIVATE KEY",
  "MEcCAQAwBQYDK2VxBDsEOZKMg7GHVXZw4OQ7FTfz//aYIXhj1AGq/YRODkydgPHB\neAKCVLaLuZ+QyAPkN3e0jhQ98OXf6+zuaw==",
);
const X25519 = block(
  "PRIVATE KEY",
  "MC4CAQAwBQYDK2VuBCIEIMBKSP9YmMXatuY/PKw+6a+90//Tai5w7ETOLdjvJ5hd",
);

const REFUSED: readonly (readonly [rule: string, name: string, text: string, problem: RegExp])[] = [
  ["an empty PEM", "k.pem", "", /^empty$/],
  ["a PEM of white space", "k.pem", " \r\n\t", /^empty$/],
  ["garbage", "k.pem", "\0\x01\xff", /^not a text: it holds NUL bytes$/],
  ["another text", "k.pem", "hunter2", /^not a PEM file \(BEGIN PRIVATE KEY\)$/],
  [
    "a PEM without its end",
    "k.pem",
    pem(rsa).slice(0, 900),
    /^a truncated key: its end is missing$/,
  ],
  [
    "a truncated PEM",
    "k.pem",
    block("PRIVATE KEY", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"),
    /^a damaged key/,
  ],
  ["an empty block", "k.pem", block("PRIVATE KEY", ""), /^a damaged key/],
  [
    "an encrypted key",
    "k.pem",
    block("ENCRYPTED PRIVATE KEY"),
    /^an encrypted key.*openssl pkcs8 -in/,
  ],
  [
    "a key that is encrypted in the old way",
    "k.pem",
    block("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA"),
    /^an encrypted key; decrypt it: openssl pkcs8 -in/,
  ],
  [
    "an old EC key",
    "k.pem",
    block("EC PARAMETERS") + block("EC PRIVATE KEY"),
    /openssl pkcs8 -topk8/,
  ],
  ["an old RSA key", "k.pem", block("RSA PRIVATE KEY"), /openssl pkcs8 -topk8/],
  ["an OpenSSH key", "k.pem", block("OPENSSH PRIVATE KEY"), /^a key of OpenSSH/],
  ["a public PEM", "k.pem", block("PUBLIC KEY"), /^a public key/],
  ["an old public PEM", "k.pem", block("RSA PUBLIC KEY"), /^a public key/],
  ["a certificate", "k.pem", block("CERTIFICATE"), /^a certificate/],
  ["two keys in a PEM", "k.pem", pem(es256) + pem(eddsa), /^more than one private key/],
  ["a small RSA key in PEM", "k.pem", pem(weak), /^an RSA key of 1024 bits; at least 2048/],
  ["a small RSA key in JSON", "k.json", json(weak), /^an RSA key of 1024 bits; at least 2048/],
  ["secp256k1", "k.pem", SECP256K1, /unsupported.* curve/],
  ["P-224", "k.pem", P224, /unsupported.* curve/],
  [
    "a key for RSA-PSS alone",
    "k.pem",
    RSA_PSS,
    /^a key for RSA-PSS alone; make an ordinary RSA key/,
  ],
  ["Ed448", "k.pem", ED448, /^an unsupported curve/],
  ["X25519", "k.pem", X25519, /^an unsupported curve/],
  ["a file name that does not fit", "k.es256.pem", pem(rsa), /^its alg ES256 does not fit/],
  ["a file name with another curve", "k.ES384.pem", pem(es256), /^its alg ES384 does not fit/],
  ["a file name with a symmetric algorithm", "k.hs256.pem", pem(rsa), /^its alg is not one of/],
  ["text that is not JSON", "k.json", "hunter2", /^neither a JWK nor a JWK set$/],
  ["damaged JSON", "k.json", "{hunter2", /^damaged or truncated JSON$/],
  ["a JWK without its end", "k.json", json(rsa).slice(0, 900), /^damaged or truncated JSON$/],
  ["an empty JSON file", "k.json", "", /^empty$/],
  ["a PEM called JSON", "k.json", pem(eddsa), /^a PEM; put it as \*\.pem into/],
  ["JSON within a JSON text", "k.json", JSON.stringify(json(eddsa)), /^JSON within a JSON text/],
  ["a JWK in base64", "k.json", btoa(json(eddsa)), /^JSON in base64; give the JSON itself$/],
  ["an encrypted JWK", "k.json", await encrypted(json(eddsa)), /^an encrypted JWK \(JWE\)/],
  ["the JSON form of one", "k.json", '{"ciphertext":"AAAA"}', /^an encrypted JWK \(JWE\)/],
  [
    "a set with one bad key",
    "k.json",
    `{"keys":[${json(eddsa)},{"kty":"EC"}]}`,
    /^keys\[1\]: an uns/,
  ],
  ["JSON null", "k.json", "null", /^neither a JWK nor a JWK set$/],
  ["an empty set", "k.json", '{"keys":[]}', /^a JWK set without keys$/],
  ["keys that are no list", "k.json", '{"keys":{}}', /^a JWK set without keys$/],
  ["a set of other things", "k.json", '{"keys":[7]}', /^keys\[0\]: not a JWK$/],
  ["a list", "k.json", "[]", /^neither a JWK nor a JWK set$/],
  ["a JWK without kty", "k.json", "{}", /^an unsupported key type/],
  ["another kty", "k.json", '{"kty":"AKP"}', /^an unsupported key type/],
  ["a symmetric key", "k.json", '{"kty":"oct","k":"AAAA"}', /^a symmetric key/],
  ["a public JWK", "k.json", json(publicJwk(rsa)), /^a public key/],
  ["a public EC JWK", "k.json", json(publicJwk(es256)), /^a public key/],
  ["another curve", "k.json", json({ ...es256, crv: "secp256k1" }), /^an unsupported curve/],
  ["no curve", "k.json", '{"kty":"EC","d":"AAAA"}', /^an unsupported curve/],
  ["a curve of another kty", "k.json", json({ ...es256, crv: "Ed25519" }), /^an unsupported curve/],
  ["a symmetric alg", "k.json", json({ ...rsa, alg: "HS256" }), /^its alg is not one of/],
  ["an alg in small letters", "k.json", json({ ...rsa, alg: "rs256" }), /^its alg is not one of/],
  ["alg none", "k.json", json({ ...rsa, alg: "none" }), /^its alg is not one of/],
  ["an encryption alg", "k.json", json({ ...rsa, alg: "RSA-OAEP" }), /^its alg is not one of/],
  [
    "an alg that is no text",
    "k.json",
    JSON.stringify({ ...rsa, alg: 7 }),
    /^its alg is not one of/,
  ],
  ["alg of another type", "k.json", json({ ...rsa, alg: "ES256" }), /^its alg ES256 does not fit/],
  [
    "alg of another curve",
    "k.json",
    json({ ...es384, alg: "ES256" }),
    /^its alg ES256 does not fit/,
  ],
  ["use enc", "k.json", json({ ...es256, use: "enc" }), /^its use is not sig$/],
  // RFC 7518 §6.3.2.7
  [
    "RSA of three primes",
    "k.json",
    JSON.stringify({ ...rsa, oth: [{ r: "AQ", d: "AQ", t: "AQ" }] }),
    /^an RSA key of more than two primes$/,
  ],
  ["key_ops without sign", "k.json", json({ ...es256, key_ops: ["verify"] }), /^its key_ops/],
  [
    "key_ops that are no list",
    "k.json",
    JSON.stringify({ ...es256, key_ops: "sign" }),
    /^its key_ops/,
  ],
  ["an empty kid", "k.json", json({ ...es256, kid: "" }), /^its kid is not a text$/],
  [
    "a kid that is no text",
    "k.json",
    JSON.stringify({ ...es256, kid: 7 }),
    /^its kid is not a text$/,
  ],
  [
    "a missing member",
    "k.json",
    json((({ y: _, ...rest }) => rest)(es256)),
    /^its member y is missing/,
  ],
  [
    "RSA without primes",
    "k.json",
    json((({ p: _, ...rest }) => rest)(rsa)),
    /^its member p is missing/,
  ],
  [
    "a damaged member",
    "k.json",
    json({ ...es256, d: "hunter2 !" }),
    /^its member d is missing or damaged$/,
  ],
  ["a member that is too short", "k.json", json({ ...es256, d: "AAAA" }), /^a damaged key$/],
  [
    "halves of two EC keys",
    "k.json",
    json({ ...es256, ...await otherHalf() }),
    /do not belong together$/,
  ],
  [
    "halves of two Ed25519 keys",
    "k.json",
    json({ ...eddsa, x: eddsaOther() }),
    /do not belong together$/,
  ],
  [
    "primes of another RSA key",
    "k.json",
    json({ ...rsaWithoutAlg, p: rsa.q!, q: rsa.q! }),
    /^a damaged key|belong together$/,
  ],
  ["a large file", "k.pem", `${pem(eddsa)}${" ".repeat(256 * 1024)}`, /^larger than 256 KiB$/],
];

/** What files of bytes that are no UTF-8 are called. */
const BINARY:
  readonly (readonly [rule: string, name: string, bytes: Uint8Array, problem: RegExp])[] = [
    ["UTF-8 with a byte order mark", "k.json", utf8("\ufeff{}"), /^begins with a byte order mark/],
    [
      "a PEM with a byte order mark",
      "k.pem",
      utf8(`\ufeff${pem(eddsa)}`),
      /^begins with a byte order/,
    ],
    ["UTF-16", "k.pem", utf16(`\ufeff${pem(eddsa)}`), /^a text in UTF-16; save it as UTF-8$/],
    ["UTF-16 without a mark", "k.json", utf16(json(eddsa)), /^not a text: it holds NUL bytes$/],
    ["Latin-1", "k.json", new Uint8Array([0x7b, 0xe4, 0x7d]), /^not a text in UTF-8$/],
    [
      "a binary RSA key",
      "k.pem",
      der(rsa),
      /^binary \(DER\); convert it: openssl pkey -inform DER/,
    ],
    ["a binary Ed25519 key", "k.pem", der(eddsa), /^binary \(DER\)/],
    // PKCS#12 as openssl begins it: a sequence, version 3, a sequence.
    [
      "a PKCS#12 file",
      "k.pem",
      new Uint8Array([0x30, 0x82, 0x04, 0x10, 2, 1, 3, 0x30, 0x82]),
      /^a PKCS#12 file; take the key out: openssl pkcs12/,
    ],
  ];

function der(jwk: JWK): Uint8Array {
  const body = pem(jwk).replaceAll(/-----[^-]+-----|\n/g, "");
  return Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0));
}

function utf16(text: string): Uint8Array {
  return new Uint8Array(Uint16Array.from(text, (letter) => letter.charCodeAt(0)).buffer);
}

async function encrypted(text: string): Promise<string> {
  return await new CompactEncrypt(utf8(text)).setProtectedHeader({ alg: "dir", enc: "A256GCM" })
    .encrypt(new Uint8Array(32));
}

async function otherHalf(): Promise<JWK> {
  const parameters = { name: "ECDSA", namedCurve: "P-256" };
  const { publicKey } = await crypto.subtle.generateKey(parameters, true, ["sign", "verify"]);
  const { x = "", y = "" } = await crypto.subtle.exportKey("jwk", publicKey);
  return { x, y };
}

function eddsaOther(): string {
  return String(generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" }).x);
}

/** The problems of a folder without its name; nothing of a private key may stand in them. */
async function problemsOf(directory: string): Promise<string[]> {
  const error = await openKeys(keysServer(), { directory }).then(
    () => assert.fail("the folder was accepted"),
    (error) => error,
  );
  assert.ok(error instanceof KeyError, String(error));
  for (const secret of ["hunter2", rsa.d!, rsa.p!, es256.d!, eddsa.d!, "MIIE", "AAAA"]) {
    assert.ok(!error.message.includes(secret), "a secret is quoted");
  }
  return error.problems.map((problem) => problem.replaceAll(`${directory}/`, ""));
}

const files = REFUSED.map(([rule, name, text, problem]) =>
  [rule, name, utf8(text), problem] as const
);
for (const [rule, name, bytes, problem] of [...files, ...BINARY]) {
  Deno.test(`openKeys: refuses ${rule}`, async () => {
    const directory = await Deno.makeTempDir();
    try {
      await Deno.writeFile(`${directory}/${name}`, bytes, { mode: 0o600 });
      const problems = await problemsOf(directory);
      assert.equal(problems.length, 1, problems.join("\n"));
      assert.ok(problems[0]!.startsWith(`${name}: `), problems[0]);
      assert.match(problems[0]!.slice(name.length + 2), problem);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
}

Deno.test("openKeys: refuses a file that others may use, whichever way", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${directory}/k.pem`, pem(eddsa));
    for (const mode of [0o640, 0o604, 0o620, 0o601, 0o777]) {
      await Deno.chmod(`${directory}/k.pem`, mode);
      assert.deepEqual(await problemsOf(directory), [
        `k.pem: others than its owner may use it (mode 0${mode.toString(8)}); chmod 600 it`,
      ]);
    }
    await Deno.chmod(`${directory}/k.pem`, 0o400);
    assert.ok(await openKeys(keysServer(), { directory }));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("openKeys: refuses what is no file, what can't be read, and a folder that is not there", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${directory}/a.pem`);
    await Deno.symlink(`${directory}/nowhere`, `${directory}/b.pem`);
    const [first, second] = await problemsOf(directory);
    assert.equal(first, "a.pem: not a file");
    assert.match(second!, /^b\.pem: can't be read: No such file/);
    const missing = openKeys(keysServer(), { directory: `${directory}/nowhere` });
    await assert.rejects(missing, {
      name: "KeyError",
      message: /nowhere: can't be read: No such file/,
    });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("openKeys: refuses two keys with one kid, and a key that is there twice, in one source or in two", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const write = (name: string, jwk: JWK) =>
      Deno.writeTextFile(`${directory}/${name}`, json(jwk), { mode: 0o600 });
    await write("a.json", { ...es256, kid: "one" });
    await write("b.json", { ...eddsa, kid: "one" });
    await write("c.json", { ...es256, kid: "two" });
    await write("d.json", { ...es256, kid: "one" });
    assert.deepEqual(await problemsOf(directory), [
      "b.json: has the same kid as a.json",
      "c.json: is the same key as a.json",
      "d.json: is the same key as c.json",
    ]);
    const jwks = json({ ...es256, kid: "three" });
    await Promise.all(["b", "c", "d"].map((name) => Deno.remove(`${directory}/${name}.json`)));
    await assert.rejects(openKeys(keysServer(), { directory, jwks }), {
      message: `keys.jwks: is the same key as ${directory}/a.json`,
    });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("RFC 7517 §4.4: one RSA key may stand under a kid for each algorithm", async () => {
  const keys = await openKeys(keysServer(), {
    jwks: JSON.stringify({
      keys: [{ ...rsa, kid: "one" }, { ...rsa, kid: "two", alg: "PS256" }],
    }),
  });
  assert.deepEqual(keys.algorithms, ["RS256", "PS256"]);
});

Deno.test("openKeys: refuses a configured key that is a managed one, whatever its kid", async () => {
  const server = keysServer();
  const managed = {
    algorithms: ["ES256" as const],
    propagation: 300,
    rotation: 9000,
    retention: 0,
  };
  await openKeys(server, { managed });
  const [stored] = (await server.records.signing_key.list()).found;
  assert.ok(stored);
  const opened = server.ring.open("signing_key", stored.record.sealed_jwk);
  const jwk = JSON.parse(new TextDecoder().decode(opened));
  const problem = new RegExp(
    `^the managed ES256 key ${stored.record.kid}: is the same key as keys`,
  );
  for (const kid of [undefined, "mine"]) {
    const jwks = JSON.stringify({ ...jwk, kid });
    await assert.rejects(openKeys(server, { managed, jwks }), { message: problem });
  }
});

Deno.test("openKeys: says which files it passes over that may have been meant", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const write = (name: string, text: string) =>
      Deno.writeTextFile(`${directory}/${name}`, text, { mode: 0o600 });
    await write("a.pem", pem(eddsa));
    for (const name of ["b.p12", "c.PFX", "d.key", "e.jwk", "f.txt", "manifest.yml"]) {
      await write(name, "hunter2");
    }
    const server = keysServer();
    await openKeys(server, { directory });
    const said = server.env.events.filter(({ message }) => message === "keys.warning");
    const rest = "passed over; keys are read from *.pem and *.json, dates from manifest.yaml";
    assert.deepEqual(
      said.map(({ level, members }) => [level, members["problem"]]),
      ["b.p12", "c.PFX", "d.key", "e.jwk", "manifest.yml"].map((name) => [
        "warn",
        `${directory}/${name}: ${rest}`,
      ]),
    );
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("openKeys: refuses in the environment what it refuses in a file", async () => {
  for (const [rule, name, jwks, problem] of REFUSED.filter(([, name]) => name === "k.json")) {
    await assert.rejects(openKeys(keysServer(), { jwks }), (error) => {
      assert.ok(error instanceof KeyError, rule);
      assert.match(error.problems[0]!.replace("keys.jwks: ", ""), problem, name);
      return true;
    });
  }
});
