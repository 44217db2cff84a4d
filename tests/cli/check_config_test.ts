/** Whether `check-config` says what the server's loader says, and where it looks. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import type { JWK } from "jose";
import { run } from "../support/cli.ts";
import { START } from "../support/env.ts";
import { privateJwk } from "../support/signing_keys.ts";

const GOOD = `issuer: http://127.0.0.1:9000
clients:
  - client_id: spa
    token_endpoint_auth_method: none
    redirect_uris: ["http://127.0.0.1/callback"]
`;

const BAD = `issuer: http://127.0.0.1:9000
isuer: x
listen:
  prot: 9000
`;

async function withFile(text: string, test: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "latchkey.yaml");
    await Deno.writeTextFile(path, text);
    await test(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("check-config: a good configuration is ok, with a summary", async () => {
  await withFile(GOOD, async (path) => {
    const { code, stdout } = await run(["check-config", "--config", path]);
    assert.equal(code, 0);
    assert.match(stdout, /^ok\nissuer: http:\/\/127\.0\.0\.1:9000\nclients: 1\nusers: 0\n/);
    const json = JSON.parse((await run(["check-config", "--config", path, "--json"])).stdout);
    assert.equal(json.ok, true);
    assert.equal(json.summary.clients, 1);
  });
});

Deno.test("check-config: every problem is a line with file, line, column and path", async () => {
  await withFile(BAD, async (path) => {
    const { code, stdout, stderr } = await run(["check-config", "--config", path]);
    assert.deepEqual([code, stdout], [1, ""]);
    const lines = stderr.trimEnd().split("\n");
    assert.ok(lines.some((line) => line.startsWith(`${path}:2:1: isuer: `)), stderr);
    assert.ok(lines.some((line) => line.startsWith(`${path}:4:3: listen.prot: `)), stderr);
    const json = await run(["check-config", "--config", path, "--json"]);
    assert.equal(json.code, 1);
    const { ok, problems } = JSON.parse(json.stdout);
    assert.equal(ok, false);
    assert.deepEqual(problems.map(({ path }: { path: string }) => path), ["isuer", "listen.prot"]);
  });
});

Deno.test("check-config: LATCHKEY_CONFIG is the default of --config", async () => {
  await withFile(GOOD, async (path) => {
    const variables = { LATCHKEY_CONFIG: path };
    assert.equal((await run(["check-config"], { variables })).code, 0);
    const elsewhere = join(path, "..", "missing.yaml");
    const given = await run(["check-config", "--config", elsewhere], { variables });
    assert.equal(given.code, 1);
    assert.match(given.stderr, /missing\.yaml/);
  });
});

Deno.test("check-config: what serve would stumble over at its start is told too", async () => {
  const unreadable = `${GOOD}keys: {directory: ./no/keys}
listen: {tls: {certificate: ./no.crt, private_key: {env: TLS_KEY}}}
`;
  await withFile(unreadable, async (path) => {
    const variables = { TLS_KEY: "-----BEGIN PRIVATE KEY-----" };
    const { code, stderr } = await run(["check-config", "--config", path], { variables });
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`^${path}: keys: \\./no/keys: can't be read`, "m"));
    assert.match(
      stderr,
      new RegExp(`^${path}: listen\\.tls: the certificate \\./no\\.crt can't`, "m"),
    );
  });
  await withFile(`${GOOD}keys: {jwks: {env: JWKS}}\n`, async (path) => {
    const check = (jwk: JWK) => {
      const variables = { JWKS: JSON.stringify({ keys: [jwk] }) };
      return run(["check-config", "--config", path], { variables });
    };
    const missing = await check(await privateJwk("ES256"));
    assert.equal(missing.code, 1);
    // each is said where it stands, or would stand
    const none = "no key signs with RS256";
    assert.deepEqual(missing.stderr.trimEnd().split("\n"), [
      `${path}:1:1: tokens.access_token_signed_response_alg: ${none}`,
      `${path}:3:5: clients[0].id_token_signed_response_alg: ${none}`,
    ]);
    assert.equal((await check(await privateJwk("RS256"))).code, 0);
  });
});

Deno.test("check-config: a key that ends soon, and a file that is passed over, are warnings and no problems", async () => {
  await withFile(GOOD, async (path) => {
    const directory = join(dirname(path), "keys");
    await Deno.mkdir(directory);
    const put = (name: string, jwk: object) =>
      Deno.writeTextFile(join(directory, name), JSON.stringify(jwk), { mode: 0o600 });
    const not_after = START + 86_400;
    await put("a.json", { ...await privateJwk("RS256"), kid: "old", not_after });
    await put("b.jwk", { kty: "oct", k: "hunter2" });
    await Deno.writeTextFile(path, `${GOOD}keys: { directory: ${JSON.stringify(directory)} }\n`);
    const { code, stdout, stderr } = await run(["check-config", "--config", path]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^ok\n/);
    const [first = "", second = "", ...rest] = stderr.trimEnd().split("\n");
    assert.ok(first.startsWith(`${path}: keys: warning: ${directory}/b.jwk: passed over;`), first);
    assert.match(
      second,
      /a\.json: the RS256 key old signs until .*; no other key signs with RS256/,
    );
    assert.deepEqual(rest, []);
    const json = await run(["check-config", "--config", path, "--json"]);
    assert.equal(JSON.parse(json.stdout).warnings.length, 2);
  });
});

Deno.test("check-config, serve: a terminal takes no orders from the name of a file", async () => {
  await withFile("", async (path) => {
    const folder = dirname(path);
    await Deno.mkdir(join(folder, "keys"));
    await Deno.writeTextFile(join(folder, "keys", "a\u001b[31m\u202e.pem"), "x", { mode: 0o600 });
    const config = {
      issuer: "http://127.0.0.1:9000",
      store: { url: join(folder, "latchkey.kv") },
      keys: { directory: join(folder, "keys") },
    };
    await Deno.writeTextFile(path, JSON.stringify(config));
    for (const args of [["check-config"], ["check-config", "--json"], ["serve"]]) {
      const { code, stdout, stderr } = await run([...args, "--config", path]);
      assert.equal(code, 1);
      assert.match(stdout + stderr, /a\\u001b\[31m\\u202e\.pem: not a PEM file/);
      assert.doesNotMatch(stdout + stderr, /[^\P{C}\n]/u);
    }
    const broken = join(folder, "\u009b31m.yaml");
    await Deno.writeTextFile(broken, "[");
    for (const args of [["keys", "list"], ["keys", "generate", "k.pem"], ["serve"]]) {
      const { code, stderr } = await run([...args, "--config", broken]);
      assert.equal(code, 1);
      assert.match(stderr, /\\u009b31m\.yaml:1:/);
      assert.doesNotMatch(stderr, /[^\P{C}\n]/u);
    }
  });
});
