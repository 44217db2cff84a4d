/** Whether ID tokens and userinfo can be read by their client alone where it wants that (OpenID Connect Core §16.14, §5.3.2). */

import assert from "node:assert/strict";
import { compactDecrypt, decodeProtectedHeader, type JWK, jwtVerify } from "jose";
import * as client from "openid-client";
import { CONTENT_ENCRYPTIONS } from "../../src/oauth/client.ts";
import { agent } from "../support/agent.ts";
import { type ClientKey, clientKey, keysPage, web } from "../support/client_key.ts";
import { CALLBACK, type RawConfig, withClient } from "../support/config.ts";
import { START, testEnv } from "../support/env.ts";
import { authorizeUrl, codeFor, passThrough, redeem, VERIFIER } from "../support/flow.ts";
import { listeningServer, type TestServer, testServer } from "../support/server.ts";

const KEYS = {
  "RSA": await clientKey("RSA-OAEP-256", { kid: "rsa", use: "enc" }),
  "P-256": await clientKey("ECDH-ES", { kid: "p256" }, "P-256"),
  "P-384": await clientKey("ECDH-ES", { kid: "p384" }, "P-384"),
  "P-521": await clientKey("ECDH-ES", { kid: "p521", alg: "ECDH-ES" }, "P-521"),
  "X25519": await clientKey("ECDH-ES", { kid: "x25519", key_ops: [] }, "X25519"),
};
const SIGNING = await clientKey("ES256", { kid: "sig", use: "sig" });

/** `spa` with these members, and the keys. */
function withKeys(key: ClientKey, members: RawConfig): RawConfig {
  return withClient("spa", { jwks: { keys: [SIGNING.jwk, key.jwk] }, ...members });
}

/** What the token endpoint answers `spa`. */
async function tokens(server: TestServer): Promise<Record<string, string>> {
  const code = await codeFor(server, { scope: "openid profile", nonce: "n" });
  const { status, body } = await redeem(server, code);
  return { status: String(status), ...body as Record<string, string> };
}

/** The claims of a JWT that the server signed. */
async function verified(server: TestServer, jwt: string) {
  const jwks = await (await server.fetch(`${server.issuer}/.well-known/openid-configuration/jwks`))
    .json();
  const { kid, alg } = decodeProtectedHeader(jwt);
  const key = jwks.keys.find((one: JWK) => one.kid === kid);
  const { issuer } = server;
  const options = { issuer, audience: "spa", currentDate: new Date(START * 1000) };
  return (await jwtVerify(jwt, key, { ...options, algorithms: [String(alg)] })).payload;
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

for (const [name, key] of Object.entries(KEYS)) {
  Deno.test(`OpenID Connect Core §16.14: an ID token is signed, then encrypted to the client's ${name} key`, async () => {
    for (const enc of [undefined, ...CONTENT_ENCRYPTIONS]) {
      const config = withKeys(key, {
        id_token_encrypted_response_alg: key.alg,
        ...enc && { id_token_encrypted_response_enc: enc },
      });
      await using server = await testServer({ config });
      const { id_token = "" } = await tokens(server);
      const { plaintext, protectedHeader } = await compactDecrypt(id_token, key.privateKey);
      assert.equal(protectedHeader.alg, key.alg);
      // OpenID Connect Registration §2: A128CBC-HS256 is the default
      assert.equal(protectedHeader.enc, enc ?? "A128CBC-HS256");
      // RFC 7519 §5.2: a Nested JWT says so
      assert.deepEqual([protectedHeader.cty, protectedHeader.kid], ["JWT", key.jwk.kid]);
      const claims = await verified(server, text(plaintext));
      assert.deepEqual([claims.sub, claims["nonce"]], ["sub-alice", "n"]);
    }
  });
}

Deno.test("OpenID Connect Core §3.3.2.5: an ID token in the front channel is encrypted too", async () => {
  const config = withKeys(KEYS["P-256"], {
    id_token_encrypted_response_alg: "ECDH-ES",
    response_types: ["code", "code id_token"],
    grant_types: ["authorization_code", "refresh_token", "implicit"],
  });
  await using server = await testServer({ config });
  const url = authorizeUrl(server, { response_type: "code id_token", nonce: "n" });
  const { id_token = "" } = await passThrough(agent(server), url);
  const { plaintext } = await compactDecrypt(id_token, KEYS["P-256"].privateKey);
  assert.equal((await verified(server, text(plaintext)))["nonce"], "n");
});

Deno.test("RFC 7516 §5.1: every encryption has a key of its own", async () => {
  const config = withKeys(KEYS["P-256"], { id_token_encrypted_response_alg: "ECDH-ES" });
  await using server = await testServer({ config });
  const [one, two] = [await tokens(server), await tokens(server)].map(({ id_token = "" }) =>
    decodeProtectedHeader(id_token)["epk"]
  );
  assert.notDeepEqual(one, two);
});

Deno.test("OpenID Connect Core §10.2.1: the key is fetched from jwks_uri, and a new one once the old is withdrawn", async () => {
  const [first, second] = [await clientKey("ECDH-ES"), await clientKey("RSA-OAEP-256")];
  const { fetch, pages } = web();
  const jwks_uri = "https://rp.example.com/jwks";
  const config = withClient("spa", { jwks_uri, id_token_encrypted_response_alg: "ECDH-ES" });
  await using server = await testServer({ env: testEnv(START, fetch), config });
  pages.set(jwks_uri, keysPage(SIGNING, second, first));
  const { id_token = "" } = await tokens(server);
  await compactDecrypt(id_token, first.privateKey);
  assert.equal(decodeProtectedHeader(id_token).kid, undefined);
  const third = await clientKey("ECDH-ES", { kid: "3" }, "X25519");
  pages.set(jwks_uri, keysPage(SIGNING, third));
  server.env.advance(900);
  const { id_token: later = "" } = await tokens(server);
  await compactDecrypt(later, third.privateKey);
});

Deno.test("OpenID Connect Core §10.2: what can't be encrypted is not sent at all", async () => {
  const { fetch, pages } = web();
  const jwks_uri = "https://rp.example.com/jwks";
  const config = withClient("spa", { jwks_uri, id_token_encrypted_response_alg: "ECDH-ES" });
  const damaged = { jwk: { ...KEYS["P-256"].jwk, x: "AAAA" } };
  const pagesOf = {
    "the client's keys can't be fetched": () => new Response("", { status: 500 }),
    "no key fits": keysPage(SIGNING, KEYS.RSA),
    "a damaged key": keysPage(damaged),
  };
  for (const [reason, page] of Object.entries(pagesOf)) {
    pages.set(jwks_uri, page);
    const env = testEnv(START, fetch);
    await using server = await testServer({ env, config });
    const { status, error, id_token, access_token, trace_id } = await tokens(server);
    assert.deepEqual([status, error], ["500", "server_error"]);
    assert.deepEqual([id_token, access_token], [undefined, undefined]);
    assert.ok(trace_id !== undefined);
    assert.deepEqual(
      env.events.find(({ level }) => level === "error"),
      {
        level: "error",
        message: "client.encryption_failed",
        members: { client_id: "spa", alg: "ECDH-ES", reason },
      },
    );
  }
});

Deno.test("OpenID Connect Core §10.2: a code or refresh token is not spent for what can't be encrypted", async () => {
  const { fetch, pages } = web();
  const jwks_uri = "https://rp.example.com/jwks";
  const config = withClient("spa", { jwks_uri, id_token_encrypted_response_alg: "ECDH-ES" });
  await using server = await testServer({ env: testEnv(START, fetch), config });
  const scope = "openid offline_access";
  const code = await codeFor(server, { scope, prompt: "consent" });
  const redeem = (form: Record<string, string>) =>
    server.fetch(`${server.issuer}/connect/token`, {
      method: "POST",
      body: new URLSearchParams({ client_id: "spa", ...form }),
    });
  const proof = { redirect_uri: CALLBACK, code_verifier: VERIFIER };
  const withCode = { grant_type: "authorization_code", code, ...proof };
  assert.equal((await redeem(withCode)).status, 500);
  server.env.advance(10);
  pages.set(jwks_uri, keysPage(KEYS["P-256"]));
  const { refresh_token = "" } = await (await redeem(withCode)).json();
  const refresh = { grant_type: "refresh_token", refresh_token };
  pages.set(jwks_uri, keysPage(SIGNING));
  server.env.advance(900);
  assert.equal((await redeem(refresh)).status, 500);
  pages.set(jwks_uri, keysPage(KEYS.X25519));
  server.env.advance(60);
  const { id_token } = await (await redeem(refresh)).json();
  assert.equal(text((await compactDecrypt(id_token, KEYS.X25519.privateKey)).plaintext)[0], "e");
});

Deno.test("RFC 6749 §4.1.2.1: in the front channel the client hears server_error, and no code has been left", async () => {
  const { fetch, asked } = web();
  const config = withClient("spa", {
    jwks_uri: "https://rp.example.com/jwks",
    id_token_encrypted_response_alg: "ECDH-ES",
    response_types: ["code", "code id_token"],
    grant_types: ["authorization_code", "refresh_token", "implicit"],
  });
  await using server = await testServer({ env: testEnv(START, fetch), config });
  const url = authorizeUrl(server, { response_type: "code id_token", nonce: "n" });
  const { code, error, state } = await passThrough(agent(server), url);
  assert.deepEqual([code, error, state], [undefined, "server_error", "state-1"]);
  assert.equal(asked.length, 1);
  const grants = server.server.records.authorization;
  assert.deepEqual((await grants.list()).found, []);
});

Deno.test("openid-client decrypts ID token and userinfo", async () => {
  const key = await clientKey("ECDH-ES", { kid: "1", use: "enc" });
  const config = withKeys(key, {
    id_token_encrypted_response_alg: "ECDH-ES",
    id_token_encrypted_response_enc: "A256GCM",
    userinfo_signed_response_alg: "ES256",
    userinfo_encrypted_response_alg: "ECDH-ES",
    userinfo_encrypted_response_enc: "A128GCM",
  });
  const now = Math.floor(Date.now() / 1000);
  await using server = await listeningServer({ config, env: testEnv(now) });
  const metadata = { client_id: "spa", userinfo_signed_response_alg: "ES256" };
  const rp = await client.discovery(new URL(server.issuer), "spa", metadata, client.None(), {
    execute: [client.allowInsecureRequests],
  });
  client.enableDecryptingResponses(rp, ["A128GCM", "A256GCM"], {
    key: key.privateKey,
    alg: "ECDH-ES",
    kid: "1",
  });
  const code = await codeFor(server, { scope: "openid profile", nonce: "n" });
  const back = new URL(CALLBACK);
  back.search = `${new URLSearchParams({ code, state: "state-1", iss: server.issuer })}`;
  const answer = await client.authorizationCodeGrant(rp, back, {
    pkceCodeVerifier: VERIFIER,
    expectedNonce: "n",
    expectedState: "state-1",
  });
  assert.equal(answer.id_token?.split(".").length, 5);
  assert.equal(answer.claims()?.sub, "sub-alice");
  const info = await client.fetchUserInfo(rp, answer.access_token, "sub-alice");
  assert.equal(info.name, "Alice Example");
});
