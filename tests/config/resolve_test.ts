/** How secrets and served files are read, and what is said of those that can't be. */

import assert from "node:assert/strict";
import { load, problemsOf } from "../support/config_files.ts";

const ISSUER = "issuer: http://127.0.0.1:9000\n";
const SECRETS = `clients:
  - client_id: a
    grant_types: [client_credentials]
    client_secrets:
      - {env: SECRET_A}
      - {file: secrets/b}
      - {sha256: "${"0".repeat(64)}"}
      - {value: demo-c, expires_at: 2030-01-01}
`;

Deno.test("loadConfig: secrets come from variables, from files beside the naming file, and from hashes", async () => {
  const { config, problems } = await load({
    "c.yaml": ISSUER + SECRETS,
    "secrets/b": "line one\nline two\r\n",
  }, { SECRET_A: "from the environment\n" });
  assert.deepEqual(problems, []);
  assert.deepEqual(config?.clients[0]?.client_secrets, [
    { sha256: undefined, value: "from the environment\n", literal: false, expires_at: undefined },
    { sha256: undefined, value: "line one\nline two", literal: false, expires_at: undefined },
    { sha256: "0".repeat(64), value: undefined, literal: false, expires_at: undefined },
    { sha256: undefined, value: "demo-c", literal: true, expires_at: 1893456000 },
  ]);
});

Deno.test("systemd.exec(5): a file in $CREDENTIALS_DIRECTORY comes before one beside the configuration", async () => {
  const files = {
    "c.yaml": `${ISSUER}store: {access_token: {file: token}}\n`,
    "token": "beside",
    "credentials/token": "handed over",
  };
  const there = await load(files, { CREDENTIALS_DIRECTORY: "{folder}/credentials" });
  assert.equal(there.config?.store.access_token, "handed over");
  const elsewhere = await load(files, { CREDENTIALS_DIRECTORY: "{folder}/none" });
  assert.equal(elsewhere.config?.store.access_token, "beside");
});

Deno.test("loadConfig: every secret that can't be read is a problem, and none is quoted", async () => {
  const { problems } = await load({
    "c.yaml": `${ISSUER}store: {access_token: {env: UNSET}}
keys: {jwks: {file: none}}
data_protection: {keys: [{env: EMPTY}, {file: large}, {file: folder}, {file: binary}]}
users:
  - {sub: a, username: a, password: {file: newline}}
  - {sub: b, username: b, password: {env: UNSET}}
clients:
  - {client_id: x, grant_types: [client_credentials], client_secrets: [{env: UNSET}, {file: none}]}
`,
    "large": "hunter2".repeat(10_000),
    "folder/x": "",
    "binary": new Uint8Array([0x68, 0xff, 0xfe]),
    "newline": "\n",
  }, { EMPTY: "" });
  assert.deepEqual(problems, [
    "c.yaml:2:29: store.access_token.env: the environment variable UNSET is not set",
    "c.yaml:3:21: keys.jwks.file: none can't be read: no such file or folder",
    "c.yaml:4:32: data_protection.keys[0].env: leads to an empty text",
    "c.yaml:4:47: data_protection.keys[1].file: large can't be read: larger than 64 KiB",
    "c.yaml:4:62: data_protection.keys[2].file: folder can't be read: a folder",
    "c.yaml:4:78: data_protection.keys[3].file: binary is not a text in UTF-8",
    "c.yaml:6:44: users[0].password.file: leads to an empty text",
    "c.yaml:7:43: users[1].password.env: the environment variable UNSET is not set",
    "c.yaml:9:78: clients[0].client_secrets[0].env: the environment variable UNSET is not set",
    "c.yaml:9:93: clients[0].client_secrets[1].file: none can't be read: no such file or folder",
  ]);
});

Deno.test("loadConfig: logo and stylesheet are read with their names", async () => {
  const { config } = await load({
    "c.yaml": `${ISSUER}branding: {logo: img/logo.svg, stylesheet: site.css}\n`,
    "img/logo.svg": "<svg/>",
    "site.css": "a{}",
  });
  assert.equal(config?.branding.logo?.name, "logo.svg");
  assert.deepEqual(config?.branding.stylesheet?.bytes, new TextEncoder().encode("a{}"));
});

Deno.test("loadConfig: a logo that is missing, too large or of another kind", async () => {
  assert.deepEqual(
    await problemsOf(`${ISSUER}branding: {logo: logo.svg, stylesheet: "\\0"}\n`),
    [
      "c.yaml:2:18: branding.logo: logo.svg can't be read: no such file or folder",
      "c.yaml:2:40: branding.stylesheet: \0 can't be read: not readable",
    ],
  );
  const { problems } = await load({
    "c.yaml": `${ISSUER}branding: {logo: logo.exe, stylesheet: large.css}\n`,
    "logo.exe": "MZ",
    "large.css": new Uint8Array(256 * 1024 + 1),
  });
  assert.deepEqual(problems, [
    "c.yaml:2:18: branding.logo: expected a file in SVG, PNG, JPEG or WebP",
    "c.yaml:2:40: branding.stylesheet: large.css can't be read: larger than 256 KiB",
  ]);
  for (const bytes of ["", "<!doctype html><p>404", "text"]) {
    const { problems } = await load({
      "c.yaml": `${ISSUER}branding: {logo: logo.svg}\n`,
      "logo.svg": bytes,
    });
    assert.deepEqual(problems, [
      "c.yaml:2:18: branding.logo: expected a file in SVG, PNG, JPEG or WebP",
    ]);
  }
});
