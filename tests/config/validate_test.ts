/** Which configurations are refused although every value alone is well-formed. */

import assert from "node:assert/strict";
import { load, problemsOf } from "../support/config_files.ts";

const ISSUER = "issuer: http://127.0.0.1:9000\n";
const KEY = "A".repeat(43);
const KEYS =
  "{client_id: k, grant_types: [client_credentials], token_endpoint_auth_method: private_key_jwt";
const MACHINE = "grant_types: [client_credentials], client_secrets: [{value: demo-a}]";

const REFUSED: Record<string, [yaml: string, ...problems: string[]]> = {
  "RFC 6749 §3.1.2: redirect URIs with a fragment, relative, or of dangerous schemes": [
    "clients:\n  - client_id: a\n    token_endpoint_auth_method: none\n    redirect_uris:\n      - https://a.example/#x\n      - /callback\n      - javascript:alert(1)\n      - http://a.example/\n      - https://a.example/",
    "6:9: clients[0].redirect_uris[0]: has a fragment (RFC 6749 §3.1.2)",
    "7:9: clients[0].redirect_uris[1]: is not an absolute URI",
    "8:9: clients[0].redirect_uris[2]: has the scheme javascript: where https, http on loopback, or a private-use scheme with a dot (RFC 8252 §7.1) is expected",
    "9:9: clients[0].redirect_uris[3]: uses http on a host that is not loopback; use https",
  ],
  "OpenID Connect RP-Initiated Logout §3.1, Front-Channel Logout §2, Back-Channel Logout §2.2: logout URIs":
    [
      `clients:\n  - client_id: a\n    token_endpoint_auth_method: none\n    redirect_uris: ["https://a.example/x", "com.example.app:/x"]\n    post_logout_redirect_uris: ["https://a.example/#x", "javascript:alert(1)"]\n    frontchannel_logout_uri: https://a.example:8443/\n    backchannel_logout_uri: http://b.example/\n  - client_id: b\n    token_endpoint_auth_method: none\n    redirect_uris: ["http://127.0.0.1:8080/"]\n    frontchannel_logout_uri: http://127.0.0.1:8080/bye#x\n    backchannel_logout_uri: http://127.0.0.1:9999/\n  - client_id: c\n    token_endpoint_auth_method: none\n    redirect_uris: ["https://c.example/"]\n    backchannel_logout_uri: https://me:pass@c.example/`,
      "6:33: clients[0].post_logout_redirect_uris[0]: has a fragment (RFC 6749 §3.1.2)",
      "6:57: clients[0].post_logout_redirect_uris[1]: has the scheme javascript: where https, http on loopback, or a private-use scheme with a dot (RFC 8252 §7.1) is expected",
      "7:30: clients[0].frontchannel_logout_uri: doesn't have the scheme, host and port of a redirect URI",
      "8:29: clients[0].backchannel_logout_uri: uses http on a host that is not loopback; use https",
      "12:30: clients[1].frontchannel_logout_uri: has a fragment",
      "17:29: clients[2].backchannel_logout_uri: expected an absolute https URL without a user name",
    ],
  "OpenID Connect Registration §2: authorization_code without a redirect URI": [
    "clients: [{client_id: a, token_endpoint_auth_method: none}]",
    "2:11: clients[0].redirect_uris: grant type authorization_code needs at least one redirect URI",
  ],
  "OpenID Connect Registration §2: grant and response types that don't agree": [
    `clients:\n  - {client_id: a, token_endpoint_auth_method: none, redirect_uris: ["https://a.example/"], response_types: []}\n  - {client_id: b, ${MACHINE}, response_types: [code]}`,
    "3:109: clients[0].response_types: grant type authorization_code needs response type code",
    "4:107: clients[1].response_types[0]: response type code needs grant type authorization_code",
  ],
  "OpenID Connect Registration §2: tokens by redirect need grant type implicit, and what is registered needs a use":
    [
      `clients:\n  - {client_id: a, token_endpoint_auth_method: none, redirect_uris: ["https://a.example/"], response_types: [code, code id_token]}\n  - {client_id: b, token_endpoint_auth_method: none, redirect_uris: ["https://a.example/"], grant_types: [implicit]}\n  - {client_id: c, token_endpoint_auth_method: none, grant_types: [implicit], response_types: [id_token]}`,
      "3:116: clients[0].response_types[1]: response type code id_token needs grant type implicit",
      "4:5: clients[1].response_types: grant type implicit needs a response type with id_token or token",
      "5:5: clients[2].redirect_uris: grant type implicit needs at least one redirect URI",
    ],
  "RFC 6749 §6: refresh tokens without authorization_code": [
    "clients: [{client_id: a, grant_types: [refresh_token], token_endpoint_auth_method: none}]",
    "2:39: clients[0].grant_types: grant type refresh_token needs grant type authorization_code, or that of devices",
  ],
  "RFC 6749 §4.4: client_credentials of a public client": [
    "clients: [{client_id: a, grant_types: [client_credentials], token_endpoint_auth_method: none}]",
    "2:39: clients[0].grant_types: grant type client_credentials needs a client that can prove itself, so a token_endpoint_auth_method other than none (RFC 6749 §4.4)",
  ],
  "OpenID Connect Core §11: offline_access without refresh tokens": [
    `clients: [{client_id: a, scope: offline_access, ${MACHINE}}]`,
    "2:33: clients[0].scope: scope offline_access needs grant type refresh_token",
  ],
  "RFC 6749 §2.1: a confidential client without a credential, a public one with": [
    `clients:\n  - {client_id: a, grant_types: [client_credentials]}\n  - {client_id: b, grant_types: [client_credentials], token_endpoint_auth_method: client_secret_post}\n  - ${KEYS}}\n  - {client_id: d, token_endpoint_auth_method: none, redirect_uris: ["https://a.example/"], client_secrets: [{value: demo-a}]}`,
    "3:5: clients[0].client_secrets: client_secret_basic needs at least one secret",
    "4:5: clients[1].client_secrets: client_secret_post needs at least one secret",
    "5:5: clients[2].jwks: private_key_jwt needs the client's public keys: jwks or jwks_uri",
    "6:109: clients[3].client_secrets: a public client (none) can't have secrets",
  ],
  "RFC 7517 §9.2: private and symmetric keys of a client": [
    `clients:\n  - ${KEYS}, jwks: {keys: [{kty: EC, d: hunter2}, {kty: oct, k: hunter2}, {kty: RSA, dp: hunter2}, {kty: XX}, {kty: OKP, x: y}]}}`,
    "3:114: clients[0].jwks.keys[0]: a private key; expected the public part alone",
    "3:137: clients[0].jwks.keys[1]: a symmetric key; expected a public one",
    "3:161: clients[0].jwks.keys[2]: a private key; expected the public part alone",
    "3:192: clients[0].jwks.keys[3].kty: expected RSA, EC or OKP",
  ],
  "loadConfig: scopes that don't exist": [
    `identity_scopes: [{name: groups}]\nscopes: [{name: invoices.read}]\nresources: [{resource: "https://a", scopes: [invoices.raed, groups]}]\nclients: [{client_id: a, scope: openid email groups invoices.read nowhere profle, ${MACHINE}}]`,
    '4:46: resources[0].scopes[0]: unknown API scope "invoices.raed"; did you mean invoices.read?',
    '4:61: resources[0].scopes[1]: unknown API scope "groups"',
    '5:33: clients[0].scope: unknown scope "nowhere"',
    '5:33: clients[0].scope: unknown scope "profle"; did you mean profile?',
  ],
  "loadConfig: names given twice": [
    `identity_scopes: [{name: email}, {name: a}]\nscopes: [{name: a}]\nresources: [{resource: "https://a"}, {resource: "https://a"}]\nclients: [{client_id: a, ${MACHINE}}, {client_id: A, ${MACHINE}}, {client_id: a, ${MACHINE}}]\ngroups: [{name: g}, {name: g}]`,
    "2:26: identity_scopes[0].name: this scope is built in",
    "3:17: scopes[0].name: a scope of this name exists; c.yaml:2:41 has it already",
    "4:49: resources[1].resource: given twice; c.yaml:4:24 has it already",
    "5:195: clients[2].client_id: given twice; c.yaml:5:23 has it already",
    "6:28: groups[1].name: given twice; c.yaml:6:17 has it already",
  ],
  "RFC 8265 §3.3: user names that are the same but for case and width": [
    "users:\n  - {sub: a, username: Straße}\n  - {sub: b, username: ＳＴＲAßE}\n  - {sub: a, username: c}",
    "4:24: users[1].username: given twice (letter case does not count); c.yaml:3:24 has it already",
    "5:11: users[2].sub: given twice; c.yaml:3:11 has it already",
  ],
  "loadConfig: groups that don't exist, where groups are listed": [
    `groups: [{name: staff}]\nusers: [{sub: u, username: a, groups: [staff, stuff]}]\nclients: [{client_id: a, allowed_groups: [admins], ${MACHINE}}]`,
    '3:47: users[0].groups[1]: unknown group "stuff"; did you mean staff?',
    '4:43: clients[0].allowed_groups[0]: unknown group "admins"',
  ],
  "RFC 7662 §2.1: an API that could be taken for a client": [
    `resources: [{resource: "https://a"}, {resource: "https://b"}]\nclients: [{client_id: "https://b", ${MACHINE}}]`,
    "2:49: resources[1].resource: is the client_id of a client",
  ],
  "RFC 9068 §5: a person who could be taken for a client": [
    `clients: [{client_id: a, ${MACHINE}}]\nusers: [{sub: a, username: b}]`,
    "3:15: users[0].sub: is the client_id of a client",
  ],
  "RFC 9700 §2.1.1, §4.14.2: a public client without PKCE or rotation": [
    "clients: [{client_id: a, token_endpoint_auth_method: none, redirect_uris: [https://a/b], require_pkce: false, refresh_token_usage: reuse}]",
    "2:104: clients[0].require_pkce: a public client (none) can't do without PKCE",
    "2:132: clients[0].refresh_token_usage: a public client (none) can't reuse refresh tokens",
  ],
  "RFC 6454 §6.2: origins that no browser sends": [
    `clients:\n  - client_id: a\n    ${
      MACHINE.replace(", ", "\n    ")
    }\n    allowed_cors_origins:\n      - https://a.example/\n      - https://a.example/x\n      - "*"\n      - "null"\n      - https://*.example\n      - HTTPS://a.example\n      - https://a.example:443\n      - https://u@a.example\n      - ftp://a.example\n      - http://localhost:5173\n      - https://a.example`,
    ...[7, 8, 9, 10, 11, 12, 13, 14, 15].map((line, index) =>
      `${line}:9: clients[0].allowed_cors_origins[${index}]: expected an origin such as https://app.example.com: no path, no slash, no wildcard`
    ),
  ],
  "loadConfig: algorithms for which no key is managed": [
    `keys: {managed: {algorithms: [ES256]}}\nresources: [{resource: "https://a", access_token_signed_response_alg: PS256, introspection_signed_response_alg: PS384}]\nclients:\n  - {client_id: a, token_endpoint_auth_method: none, redirect_uris: ["https://a.example/"]}\n  - {client_id: b, ${MACHINE}, access_token_signed_response_alg: ES384, introspection_signed_response_alg: ES512}`,
    "1:1: tokens.access_token_signed_response_alg: RS256 is not among keys.managed.algorithms (ES256)",
    "3:71: resources[0].access_token_signed_response_alg: PS256 is not among keys.managed.algorithms (ES256)",
    "3:113: resources[0].introspection_signed_response_alg: PS384 is not among keys.managed.algorithms (ES256)",
    "5:5: clients[0].id_token_signed_response_alg: RS256 is not among keys.managed.algorithms (ES256)",
    "6:124: clients[1].access_token_signed_response_alg: ES384 is not among keys.managed.algorithms (ES256)",
    "6:166: clients[1].introspection_signed_response_alg: ES512 is not among keys.managed.algorithms (ES256)",
  ],
  "loadConfig: proxies that are no addresses": [
    "trusted_proxies: [localhost, 10.0.0.0/33, 10.0.0.256, '::1/129', 1.2.3.4/5/6, 10.0.0.0/, 127.0.0.1, 10.0.0.0/8, '::1', 'fd00::/8']",
    "2:19: trusted_proxies[0]: expected an IP address or a CIDR range such as 10.0.0.0/8",
    "2:30: trusted_proxies[1]: expected an IP address or a CIDR range such as 10.0.0.0/8",
    "2:43: trusted_proxies[2]: expected an IP address or a CIDR range such as 10.0.0.0/8",
    "2:55: trusted_proxies[3]: expected an IP address or a CIDR range such as 10.0.0.0/8",
    "2:66: trusted_proxies[4]: expected an IP address or a CIDR range such as 10.0.0.0/8",
    "2:79: trusted_proxies[5]: expected an IP address or a CIDR range such as 10.0.0.0/8",
  ],
  "loadConfig: hashes that no password can be verified against": [
    "users:\n  - {sub: a, username: a, password: {hash: $argon2id$v=19$m=1$x$y}}\n  - {sub: b, username: b, password: {env: LONG}}",
    "3:37: users[0].password: expected an Argon2id hash as `latchkey hash-password` prints it",
    "4:37: users[1].password: expected a password of at most 1024 bytes",
  ],
  "loadConfig: data protection keys that are not 32 bytes": [
    "data_protection: {keys: [{env: KEY}, {env: PADDED}, {env: SHORT}, {env: TEXT}]}",
    "2:53: data_protection.keys[2]: expected 32 random bytes in base64url",
    "2:67: data_protection.keys[3]: expected 32 random bytes in base64url",
  ],
  "loadConfig: a data protection key that is given twice, however it is spelt": [
    "data_protection: {keys: [{env: KEY}, {env: PADDED}, {env: RESPELT}, {env: KEY}]}",
    "2:53: data_protection.keys[2]: is the same key as data_protection.keys[1]",
    "2:69: data_protection.keys[3]: is the same key as data_protection.keys[0]",
  ],
};

const VARIABLES = {
  KEY: `${KEY.slice(1)}A`,
  PADDED: `/+${"A".repeat(41)}=`,
  RESPELT: `_-${"A".repeat(41)}`,
  SHORT: "A".repeat(42),
  TEXT: "hunter2 hunter2",
  LONG: "x".repeat(1025),
};

for (const [what, [yaml, ...problems]] of Object.entries(REFUSED)) {
  Deno.test(`${what} are refused`, async () => {
    assert.deepEqual(
      await problemsOf(ISSUER + yaml, VARIABLES),
      problems.map((text) => `c.yaml:${text}`),
    );
  });
}

Deno.test("loadConfig: without a list of groups, groups are whatever users are in", async () => {
  assert.deepEqual(await problemsOf(`${ISSUER}users: [{sub: u, username: a, groups: [b]}]\n`), []);
});

Deno.test("loadConfig: which algorithms other sources of keys have is not known yet", async () => {
  const yaml = `${ISSUER}keys: {directory: keys, managed: {algorithms: [ES256]}}\n`;
  assert.deepEqual(await problemsOf(yaml), []);
});

Deno.test("loadConfig: a secret in a file is a warning, unless it is marked as a demo", async () => {
  const { warnings, problems } = await load({
    "c.yaml": `${ISSUER}clients:
  - client_id: a
    grant_types: [client_credentials]
    client_secrets: [{value: hunter2}, {value: demo-a}, {env: A}]
resources:
  - {resource: "https://a.example", secrets: [{value: demo-a}, {env: A}, {value: hunter2}]}
`,
  }, { A: "hunter2" });
  assert.deepEqual(problems, []);
  assert.deepEqual(warnings, [
    "c.yaml:5:30: clients[0].client_secrets[0].value: a secret stands in the file; use sha256, env or file",
    "c.yaml:7:82: resources[0].secrets[2].value: a secret stands in the file; use sha256, env or file",
  ]);
});

Deno.test("RFC 9700 §4.14.2: a grace that hides replays for long, or has no effect, is a warning", async () => {
  const { warnings, problems } = await load({
    "c.yaml": `${ISSUER}clients:
  - {client_id: a, ${MACHINE}, refresh_token_grace: 300s}
  - {client_id: b, ${MACHINE}, refresh_token_grace: 301s}
  - {client_id: c, ${MACHINE}, refresh_token_grace: 10s, refresh_token_usage: reuse}
`,
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(warnings.map((warning) => warning.replace(/^c.yaml:\d+:\d+: /, "")), [
    "clients[1].refresh_token_grace: a stolen refresh token goes unnoticed for so long",
    "clients[2].refresh_token_grace: has no effect where refresh tokens are reused",
  ]);
});

Deno.test("RFC 8252 §7.3: loopback, https and private-use redirect URIs are accepted", async () => {
  assert.deepEqual(
    await problemsOf(`${ISSUER}clients:
  - client_id: a
    token_endpoint_auth_method: none
    grant_types: [authorization_code, refresh_token]
    redirect_uris: ["http://127.0.0.1/cb", "http://[::1]:1/", "https://a.example/cb?x=1", "com.example.app:/cb"]
    scope: openid offline_access
`),
    [],
  );
});

Deno.test("RFC 9700 §2.1.2: access tokens that come through the browser are a warning", async () => {
  const { warnings, problems } = await load({
    "c.yaml":
      `${ISSUER}clients: [{client_id: a, token_endpoint_auth_method: none, redirect_uris: ["https://a.example/"], grant_types: [implicit], response_types: [id_token, id_token token]}]`,
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(warnings, [
    "c.yaml:2:151: clients[0].response_types[1]: brings access tokens through the browser, where they leak more easily; code doesn't",
  ]);
});
