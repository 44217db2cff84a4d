/** Whether userinfo comes in the form that the client is registered for (OpenID Connect Core §5.3.2). */

import assert from "node:assert/strict";
import { compactDecrypt, decodeProtectedHeader, type JWK, jwtVerify } from "jose";
import { clientKey } from "../support/client_key.ts";
import { agent } from "../support/agent.ts";
import { type RawConfig, withClient } from "../support/config.ts";
import { answerOf, authorizeUrl, tokensFor } from "../support/flow.ts";
import { type TestServer, testServer } from "../support/server.ts";
import { problemsOf } from "../support/config_files.ts";

/** The userinfo of Alice for `spa`, as it comes. */
async function userinfo(server: TestServer, method = "GET") {
  const { access_token } = await tokensFor(server, { scope: "openid email" });
  const response = await server.fetch(`${server.issuer}/connect/userinfo`, {
    method,
    headers: { Authorization: `Bearer ${access_token}` },
  });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("Cache-Control"), "no-store");
  return { type: response.headers.get("Content-Type"), body: await response.text() };
}

async function serverWith(members: RawConfig): Promise<TestServer> {
  return await testServer({ config: withClient("spa", members) });
}

async function verified(server: TestServer, jwt: string) {
  const jwks = await (await server.fetch(`${server.issuer}/.well-known/openid-configuration/jwks`))
    .json();
  const { kid } = decodeProtectedHeader(jwt);
  return (await jwtVerify(jwt, jwks.keys.find((one: JWK) => one.kid === kid))).payload;
}

const CLAIMS = { sub: "sub-alice", email: "alice@example.com", email_verified: true };

Deno.test("OpenID Connect Core §5.3.2: without a wish userinfo is JSON", async () => {
  await using server = await serverWith({});
  const { type, body } = await userinfo(server);
  assert.match(String(type), /^application\/json\b/);
  assert.deepEqual(JSON.parse(body), CLAIMS);
});

Deno.test("OpenID Connect Core §5.3.2: signed userinfo is a JWT with iss and aud", async () => {
  for (const alg of ["RS256", "ES256", "EdDSA"]) {
    await using server = await serverWith({ userinfo_signed_response_alg: alg });
    for (const method of ["GET", "POST"]) {
      const { type, body } = await userinfo(server, method);
      assert.equal(type, "application/jwt");
      const header = decodeProtectedHeader(body);
      assert.deepEqual([header.alg, header.typ], [alg, "JWT"]);
      const { issuer: iss } = server;
      assert.deepEqual(await verified(server, body), { ...CLAIMS, iss, aud: "spa" });
    }
  }
});

Deno.test("RFC 8725 §3.12: signed userinfo passes for no ID token and no access token", async () => {
  await using server = await serverWith({ userinfo_signed_response_alg: "RS256" });
  const { body } = await userinfo(server);
  const claims = await verified(server, body);
  assert.deepEqual([claims.exp, claims.iat], [undefined, undefined]);
  const response = await server.fetch(`${server.issuer}/connect/userinfo`, {
    headers: { Authorization: `Bearer ${body}` },
  });
  assert.equal(response.status, 401);
  const hinted = await agent(server).open(authorizeUrl(server, { id_token_hint: body }));
  assert.equal(answerOf(hinted)["error"], "invalid_request");
});

Deno.test("OpenID Connect Core §5.3.2: userinfo is encrypted without being signed, or signed and then encrypted", async () => {
  const key = await clientKey("RSA-OAEP-256", { kid: "1", use: "enc" });
  const wish = { jwks: { keys: [key.jwk] }, userinfo_encrypted_response_alg: "RSA-OAEP-256" };
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  {
    await using server = await serverWith(wish);
    const { type, body } = await userinfo(server);
    assert.equal(type, "application/jwt");
    const { plaintext, protectedHeader } = await compactDecrypt(body, key.privateKey);
    assert.deepEqual(protectedHeader, {
      alg: "RSA-OAEP-256",
      enc: "A128CBC-HS256",
      typ: "JWT",
      kid: "1",
    });
    assert.deepEqual(JSON.parse(text(plaintext)), { ...CLAIMS, iss: server.issuer, aud: "spa" });
  }
  await using server = await serverWith({
    ...wish,
    userinfo_encrypted_response_enc: "A256GCM",
    userinfo_signed_response_alg: "ES256",
  });
  const { plaintext, protectedHeader } = await compactDecrypt(
    (await userinfo(server)).body,
    key.privateKey,
  );
  assert.deepEqual([protectedHeader.enc, protectedHeader.cty], ["A256GCM", "JWT"]);
  assert.equal((await verified(server, text(plaintext))).sub, "sub-alice");
});

Deno.test("OpenID Connect Discovery §3: metadata names what userinfo and ID tokens may be signed and encrypted with", async () => {
  await using server = await serverWith({});
  const url = `${server.issuer}/.well-known/openid-configuration`;
  const document = await (await server.fetch(url)).json();
  for (const what of ["id_token", "userinfo"]) {
    const signing = document[`${what}_signing_alg_values_supported`];
    assert.deepEqual(signing, ["RS256", "ES256", "EdDSA"]);
    assert.deepEqual(document[`${what}_encryption_alg_values_supported`], [
      "RSA-OAEP-256",
      "ECDH-ES",
    ]);
    assert.deepEqual(document[`${what}_encryption_enc_values_supported`], [
      "A128CBC-HS256",
      "A128GCM",
      "A256GCM",
    ]);
  }
});

Deno.test("userinfo_signed_response_alg: an algorithm that no key signs with is refused at the start", async () => {
  const yaml = `issuer: http://127.0.0.1:9000
clients:
  - client_id: a
    token_endpoint_auth_method: none
    redirect_uris: ["https://rp.example.com/"]
    userinfo_signed_response_alg: ES512
`;
  assert.deepEqual(await problemsOf(yaml), [
    "c.yaml:6:35: clients[0].userinfo_signed_response_alg: ES512 is not among keys.managed.algorithms (RS256, ES256, EdDSA)",
  ]);
});
