/** Which values the schema refuses, with which words and at which place. */

import assert from "node:assert/strict";
import { problemsOf } from "../support/config_files.ts";

const ISSUER = "issuer: http://127.0.0.1:9000\n";

const REFUSED: Record<string, [yaml: string, ...problems: string[]]> = {
  "a wrong kind of value": [
    "listen: {port: x, hostname: 1}\ngroups: {}\nusers: a\nstore: []",
    "2:16: listen.port: expected number, found string",
    "2:29: listen.hostname: expected string, found number",
    "3:9: groups: expected list, found mapping",
    "4:8: users: expected list, found string",
    "5:8: store: expected mapping, found list",
  ],
  "an empty section": ["clients:\n", "2:9: clients: expected list, found nothing"],
  "a fraction": ["listen: {port: 1.5}", "2:16: listen.port: expected whole number"],
  "a number out of bounds": [
    "listen: {port: 65536}\nsecurity: {login: {tries_per_account: 0}}",
    "2:16: listen.port: expected at most 65535",
    "3:39: security.login.tries_per_account: expected at least 1",
  ],
  "an empty text": ["store: {url: ''}", "2:14: store.url: expected a text that is not empty"],
  "a long text": [
    `branding: {name: ${"x".repeat(61)}}`,
    "2:18: branding.name: expected at most 60 characters",
  ],
  "an empty list": [
    "keys: {managed: {algorithms: []}}",
    "2:30: keys.managed.algorithms: expected at least 1 element",
  ],
  "an unknown word": [
    "clients: [{client_id: a, refresh_token_usage: once, response_types: [token]}]",
    "2:47: clients[0].refresh_token_usage: expected one of one_time, reuse",
    "2:70: clients[0].response_types[0]: expected one of code, id_token, id_token token, code id_token, code token, code id_token token",
  ],
  "symmetric signatures": [
    "tokens: {access_token_signed_response_alg: HS256}",
    "2:44: tokens.access_token_signed_response_alg: expected one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA",
  ],
  "a missing member": [
    "clients:\n  - client_name: A\ngroups: [{}]\nresources: [{scopes: []}]",
    "3:5: clients[0].client_id: is required",
    "4:10: groups[0].name: is required",
    "5:13: resources[0].resource: is required",
  ],
  "an unknown member": [
    "clients:\n  - client_id: a\n    redirect_uri: [x]\n    sekret: 1\nwhatever: 1",
    "4:5: clients[0].redirect_uri: unknown member; did you mean redirect_uris?",
    "5:5: clients[0].sekret: unknown member",
    "6:1: whatever: unknown member",
  ],
  "an unknown member of an inner mapping": [
    "security: {login: {longest_dely: 1s}}\nlisten: {prot: 1}",
    "2:20: security.login.longest_dely: unknown member; did you mean longest_delay?",
    "3:10: listen.prot: unknown member; did you mean port?",
  ],
  "an unknown member of a secret": [
    "clients: [{client_id: a, client_secrets: [{valeu: x}]}]",
    "2:44: clients[0].client_secrets[0].valeu: unknown member; did you mean value?",
  ],
  "a member with a strange name": [
    'listen: {"a b\\n": 1}',
    '2:10: listen["a b\\n"]: unknown member',
  ],
  "a duration that is none": [
    "shutdown_grace: soon\nsessions: {idle_lifetime: 0s, absolute_lifetime: -1}",
    "2:17: shutdown_grace: expected a duration such as 90s, 15m, 8h, 14d, or a whole number of seconds",
    "3:27: sessions.idle_lifetime: expected a duration longer than zero",
    "3:50: sessions.absolute_lifetime: expected a duration such as 90s, 15m, 8h, 14d, or a whole number of seconds",
  ],
  "a date that is none": [
    "clients: [{client_id: a, client_secrets: [{env: A, expires_at: 2027-02-30}]}]",
    "2:64: clients[0].client_secrets[0].expires_at: expected a date such as 2027-01-31 or 2027-01-31T12:00:00Z",
  ],
  "a secret that stands in the file": [
    "store: {access_token: hunter2}",
    "2:23: store.access_token: expected {env: NAME} or {file: PATH}",
  ],
  "a client secret that is given twice or never": [
    "clients: [{client_id: a, client_secrets: [{}, {env: A, value: b}]}]",
    "2:43: clients[0].client_secrets[0]: expected exactly one of sha256, env, file and value",
    "2:47: clients[0].client_secrets[1]: expected exactly one of sha256, env, file and value",
  ],
  "a client secret's hash that is none": [
    "clients: [{client_id: a, client_secrets: [{sha256: ABC}]}]",
    "2:52: clients[0].client_secrets[0].sha256: expected 64 lower-case hexadecimal digits, as `latchkey hash-secret` prints them",
  ],
  "a variable's name that is none": [
    "clients: [{client_id: a, client_secrets: [{env: A=B}]}]",
    "2:49: clients[0].client_secrets[0].env: expected the name of an environment variable",
  ],
  "a password in the file": [
    "users: [{sub: a, username: a, password: {hash: hunter2}}, {sub: b, username: b, password: hunter2}]",
    "2:48: users[0].password.hash: expected a hash that begins with $argon2id$, as `latchkey hash-password` prints it",
    "2:91: users[1].password: expected {hash: …} from `latchkey hash-password`, {env: NAME} or {file: PATH}; the password itself never stands here",
  ],
  "a name with spaces": [
    "clients: [{client_id: a b}]\nusers: [{sub: '', username: a}]\nscopes: [{name: 'a\"'}]",
    "2:23: clients[0].client_id: expected 1 to 255 printable ASCII characters without spaces",
    "3:15: users[0].sub: expected 1 to 255 printable ASCII characters without spaces (OpenID Connect Core §2)",
    "4:17: scopes[0].name: expected a scope name: printable ASCII without spaces, quotes and backslashes",
  ],
  "a resource that is no URI": [
    "resources: [{resource: api}, {resource: 'https://a#b'}]",
    "2:24: resources[0].resource: expected an absolute URI",
    "2:41: resources[1].resource: expected a URI without a fragment (RFC 8707 §2)",
  ],
  "a page that is no URL": [
    "clients: [{client_id: a, client_uri: 'javascript:1'}]",
    "2:38: clients[0].client_uri: expected an absolute http or https URL",
  ],
  "a colour that is none": [
    "branding: {primary_color: blue}",
    "2:27: branding.primary_color: expected a colour such as #1d4ed8",
  ],
  "a claim that is no JSON": [
    "users: [{sub: a, username: a, claims: {x: .inf}}]",
    "2:43: users[0].claims.x: expected a JSON value",
  ],
  "a key without a kind": [
    "clients: [{client_id: a, jwks: {keys: [{}]}}, {client_id: b, jwks: {keys: []}}]",
    "2:40: clients[0].jwks.keys[0].kty: is required",
    "2:75: clients[1].jwks.keys: expected at least 1 element",
  ],
};

for (const [what, [yaml, ...problems]] of Object.entries(REFUSED)) {
  Deno.test(`configSchema: refuses ${what}`, async () => {
    assert.deepEqual(await problemsOf(ISSUER + yaml), problems.map((text) => `c.yaml:${text}`));
  });
}

Deno.test("loadConfig: what could be decoded is checked although other parts could not", async () => {
  assert.deepEqual(
    await problemsOf(`users: 1
scopes: [{name: api}, {name: 5}]
clients:
  - client_id: broken
    enabled: maybe
  - client_id: a
    scope: nowhere
    redirect_uris: [http://example.com/]
    client_secrets: [{value: demo-a}]
`),
    [
      "c.yaml:1:1: issuer: is required",
      "c.yaml:1:8: users: expected list, found number",
      "c.yaml:2:30: scopes[1].name: expected string, found number",
      "c.yaml:5:14: clients[0].enabled: expected boolean, found string",
      "c.yaml:8:21: clients[1].redirect_uris[0]: uses http on a host that is not loopback; use https",
    ],
  );
});

Deno.test("loadConfig: an unknown section may be any section, so what would be in it is not missed", async () => {
  assert.deepEqual(
    await problemsOf(`${ISSUER}scope: [{name: api}]
clients: [{client_id: a, grant_types: [client_credentials], client_secrets: [{value: demo-a}], scope: api}]
`),
    ["c.yaml:2:1: scope: unknown member; did you mean scopes?"],
  );
});
