/** Whether a client that publishes its keys authenticates with them, also after it has changed them (OpenID Connect Core §10.1.1). */

import assert from "node:assert/strict";
import { CLIENT_ASSERTION_TYPE } from "../../src/oauth/assertion.ts";
import { type ClientKey, clientKey, keysPage, web } from "../support/client_key.ts";
import { RAW_CONFIG, type RawConfig } from "../support/config.ts";
import { START, testEnv } from "../support/env.ts";
import { listeningServer, type TestServer, testServer } from "../support/server.ts";

const URI = "https://rp.example.com/jwks";

function withPublisher(jwks_uri = URI): RawConfig {
  const robot = {
    client_id: "robot",
    token_endpoint_auth_method: "private_key_jwt",
    jwks_uri,
    grant_types: ["client_credentials"],
    scope: "invoices.read",
  };
  return { clients: [...RAW_CONFIG["clients"] as RawConfig[], robot] };
}

let jtis = 0;

/** The status of a token request that is signed with a key. */
async function tokenStatus(
  server: TestServer,
  key: Pick<ClientKey, "sign">,
  header: Parameters<ClientKey["sign"]>[1] = {},
): Promise<number> {
  const { env, issuer } = server;
  const claims = {
    iss: "robot",
    sub: "robot",
    aud: issuer,
    exp: env.now() + 60,
    jti: `jti-${++jtis}`,
  };
  const response = await server.fetch(`${issuer}/connect/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_assertion_type: CLIENT_ASSERTION_TYPE,
      client_assertion: await key.sign(claims, header),
    }),
  });
  const { access_token, error } = await response.json();
  assert.equal(error, response.status === 200 ? undefined : "invalid_client");
  assert.equal(typeof access_token === "string", response.status === 200);
  return response.status;
}

Deno.test("OpenID Connect Core §10.1.1: a client rotates its keys by publishing new ones under a new kid", async () => {
  const [first, second] = [
    await clientKey("ES256", { kid: "1" }),
    await clientKey("RS256", { kid: "2" }),
  ];
  const { fetch, pages, asked } = web();
  await using server = await testServer({ env: testEnv(START, fetch), config: withPublisher() });
  pages.set(URI, keysPage(first));
  assert.equal(await tokenStatus(server, first), 200);
  assert.equal(await tokenStatus(server, second), 401, "not published");
  server.env.advance(60);
  pages.set(URI, keysPage(second, first));
  assert.equal(await tokenStatus(server, second), 200);
  assert.equal(await tokenStatus(server, first), 200, "the old one is still published");
  assert.equal(asked.length, 2);
});

Deno.test("RFC 7515 §4.1.4: without a kid every key is tried, and new ones are fetched where none fits", async () => {
  const [first, second] = [await clientKey("ES256"), await clientKey("ES256")];
  const { fetch, pages, asked } = web();
  await using server = await testServer({ env: testEnv(START, fetch), config: withPublisher() });
  pages.set(URI, keysPage(first, await clientKey("ES256")));
  assert.equal(await tokenStatus(server, first), 200);
  pages.set(URI, keysPage(second));
  server.env.advance(60);
  assert.equal(await tokenStatus(server, second), 200);
  assert.equal(await tokenStatus(server, first), 401, "withdrawn");
  assert.equal(asked.length, 2);
});

Deno.test("RFC 8725 §3.1: a published symmetric key, or a public one taken for a secret, signs nothing", async () => {
  const rsa = await clientKey("RS256", { kid: "rsa" });
  const { fetch, pages } = web();
  await using server = await testServer({ env: testEnv(START, fetch), config: withPublisher() });
  const secret = new TextEncoder().encode("s".repeat(32));
  const oct = { kty: "oct", k: secret.toBase64({ alphabet: "base64url" }), kid: "oct" };
  pages.set(URI, keysPage({ jwk: oct }, rsa));
  const hs256 = async (bytes: Uint8Array<ArrayBuffer>, kid: string): Promise<ClientKey["sign"]> => {
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign"]);
    const part = (value: unknown) =>
      new TextEncoder().encode(JSON.stringify(value)).toBase64({
        alphabet: "base64url",
        omitPadding: true,
      });
    return async (claims) => {
      const input = `${part({ alg: "HS256", kid })}.${part(claims)}`;
      const mac = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(input));
      const signature = new Uint8Array(mac).toBase64({ alphabet: "base64url", omitPadding: true });
      return `${input}.${signature}`;
    };
  };
  assert.equal(await tokenStatus(server, { sign: await hs256(secret, "oct") }), 401);
  const modulus = Uint8Array.fromBase64(rsa.jwk.n ?? "", { alphabet: "base64url" });
  assert.equal(await tokenStatus(server, { sign: await hs256(modulus, "rsa") }), 401);
  assert.equal(await tokenStatus(server, rsa), 200);
  const stranger = await clientKey("RS256", { kid: "rsa" });
  const jku = { jku: "https://evil.example/jwks", jwk: stranger.jwk };
  assert.equal(await tokenStatus(server, stranger, jku), 401);
});

Deno.test("jwks_uri: keys are not fetched from inside, nor from where a redirect leads", async () => {
  const key = await clientKey("ES256");
  const inside = testEnv(START, () => Promise.reject(new Error("asked")));
  const leadsInside = { ...inside, resolve: () => Promise.resolve(["10.0.0.1"]) };
  {
    await using server = await testServer({ env: leadsInside, config: withPublisher() });
    assert.equal(await tokenStatus(server, key), 401);
    const { reason, setting } = inside.events.find(({ level }) => level === "warn")?.members ?? {};
    assert.deepEqual([reason, setting], ["address", "security.outbound.private_addresses"]);
  }
  const { fetch, pages, asked } = web();
  pages.set(URI, () => Response.redirect("https://rp.example.com/elsewhere"));
  pages.set("https://rp.example.com/elsewhere", keysPage(key));
  await using server = await testServer({ env: testEnv(START, fetch), config: withPublisher() });
  assert.equal(await tokenStatus(server, key), 401);
  assert.deepEqual(asked, [URI]);
});

Deno.test("jwks_uri: over the real network, on loopback, where the issuer is too", async () => {
  const key = await clientKey("EdDSA", { kid: "1" });
  await using rp = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, keysPage(key));
  const env = testEnv(START, globalThis.fetch);
  const config = withPublisher(`http://127.0.0.1:${rp.addr.port}/jwks`);
  await using server = await listeningServer({ env, config });
  assert.equal(await tokenStatus(server, key), 200);
});
