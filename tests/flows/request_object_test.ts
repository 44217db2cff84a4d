/** Whether a client may ask by signed objects, and nobody else in its name (RFC 9101, OpenID Connect Core §6.1). */

import assert from "node:assert/strict";
import fc from "fast-check";
import { CompactEncrypt, CompactSign } from "jose";
import * as oauth from "oauth4webapi";
import * as openid from "openid-client";
import { agent, attribute, type Visit } from "../support/agent.ts";
import { type ClientKey, clientKey, keysPage, web } from "../support/client_key.ts";
import { CALLBACK, type RawConfig } from "../support/config.ts";
import { START, testEnv } from "../support/env.ts";
import { answerOf, authorizeUrl, pageOf, passThrough } from "../support/flow.ts";
import { objectClaims, objectUrl, withSigner } from "../support/request_object.ts";
import { listeningServer, type TestServer, testServer } from "../support/server.ts";

const KEY = await clientKey("ES256", { kid: "1" });

async function signingServer(members: RawConfig = {}): Promise<TestServer> {
  return await testServer({ config: withSigner([KEY], members) });
}

/** What the client hears of a request that is refused: by redirect, so that `redirect_uri` stands outside too. */
async function refusal(
  server: TestServer,
  request: string,
  outer: Readonly<Record<string, string>> = {},
): Promise<Record<string, string>> {
  const more = { redirect_uri: CALLBACK, state: "outer-state", ...outer };
  const answer = answerOf(await agent(server).open(objectUrl(server, { request, ...more })));
  assert.equal(answer["code"], undefined);
  assert.deepEqual([answer["state"], answer["iss"]], ["outer-state", server.issuer]);
  return answer;
}

async function refused(server: TestServer, request: string, what: string) {
  const { error } = await refusal(server, request);
  assert.equal(error, "invalid_request_object", what);
}

/** The error page that a visit ends at. */
function assertErrorPage(visit: Visit, code: string) {
  assert.equal(visit.status, 400);
  assert.match(visit.html, /id="error"/);
  assert.ok(visit.html.includes(`<code>${code}</code>`), code);
}

const base64url = (bytes: Uint8Array) =>
  bytes.toBase64({ alphabet: "base64url", omitPadding: true });
const part = (value: unknown) => base64url(new TextEncoder().encode(JSON.stringify(value)));

Deno.test("RFC 9101 §5.1: a request is its signed object; client_id alone stands outside", async () => {
  await using server = await signingServer();
  const request = await KEY.sign(objectClaims(server));
  const answer = await passThrough(agent(server), objectUrl(server, { request }));
  assert.equal(answer["state"], "inner-state");
  assert.ok(answer["code"] !== undefined);
});

Deno.test("RFC 9101 §5: it may be posted too, and waits for the login as it was", async () => {
  await using server = await signingServer();
  const browser = agent(server);
  const body = new URLSearchParams({
    client_id: "spa",
    request: await KEY.sign(objectClaims(server)),
  });
  const url = new URL(`${server.issuer}/connect/authorize`);
  const visit = await browser.open(url, { method: "POST", body });
  assert.equal(pageOf(visit), "login");
  server.env.advance(120);
  const answer = await browser.submit(visit, {
    username: "alice",
    password: "alice",
    action: "login",
  });
  // What was good when it came stays so while somebody types in a password.
  assert.ok(answerOf(answer)["code"] !== undefined);
});

Deno.test("RFC 9101 §6.3: what is inside wins, and what is outside alone is ignored", async () => {
  await using server = await signingServer();
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server));
  const inner = objectClaims(server, { prompt: undefined, state: undefined, max_age: 1000 });
  const request = await KEY.sign(inner);
  const outer = {
    redirect_uri: "http://127.0.0.1/callback",
    response_type: "id_token token",
    response_mode: "form_post",
    scope: "openid profile email",
    state: "outer-state",
    prompt: "login consent",
    max_age: "0",
    nonce: "outer-nonce",
    login_hint: "bob",
    code_challenge: "x",
    resource: "https://unknown.example",
    claims: "{",
  };
  const visit = await browser.open(objectUrl(server, { request, ...outer }));
  assert.ok(visit.url.href.startsWith(CALLBACK), visit.url.href);
  const { code, state } = answerOf(visit);
  assert.ok(code !== undefined);
  assert.equal(state, undefined);
});

Deno.test("RFC 9101 §6.3: prompt and max_age of the object can't be taken away from outside", async () => {
  await using server = await signingServer();
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server));
  for (const wish of [{ prompt: "login" }, { max_age: 0 }]) {
    const request = await KEY.sign(objectClaims(server, wish));
    const visit = await browser.open(
      objectUrl(server, { request, prompt: "none", max_age: "9999" }),
    );
    assert.equal(pageOf(visit), "login", JSON.stringify(wish));
  }
});

Deno.test("RFC 9101 §6.3: a redirect URI inside that is not registered is told to the person", async () => {
  await using server = await signingServer();
  const request = await KEY.sign(objectClaims(server, { redirect_uri: "https://evil.example/" }));
  const url = objectUrl(server, { request, redirect_uri: CALLBACK });
  const visit = await agent(server).open(url);
  assertErrorPage(visit, "invalid_request");
});

Deno.test("RFC 9101 §6.3: a wrong parameter inside is answered to where the object says, in its mode", async () => {
  await using server = await signingServer();
  const claims = objectClaims(server, { scope: "unknown", response_mode: "fragment" });
  const visit = await agent(server).open(objectUrl(server, { request: await KEY.sign(claims) }));
  const { error, state } = answerOf(visit);
  assert.deepEqual([error, state], ["invalid_scope", "inner-state"]);
  assert.notEqual(visit.url.hash, "");
});

Deno.test("RFC 9101 §6.2: a bad object is answered to the outer redirect URI, or told to the person without one", async () => {
  await using server = await signingServer();
  assert.equal((await refusal(server, "x"))["error"], "invalid_request_object");
  for (const outer of [{}, { redirect_uri: "https://evil.example/" }, { scope: "openid" }]) {
    const visit = await agent(server).open(objectUrl(server, { request: "x", ...outer }));
    assertErrorPage(visit, "invalid_request_object");
  }
});

Deno.test("RFC 9101 §5: the client is named outside, and is the one that signs", async () => {
  await using server = await signingServer();
  const request = await KEY.sign(objectClaims(server));
  const url = objectUrl(server, { request });
  url.searchParams.delete("client_id");
  assertErrorPage(await agent(server).open(url), "invalid_request");
  // `web` has no keys.
  url.searchParams.set("client_id", "web");
  url.searchParams.set("redirect_uri", CALLBACK);
  assert.equal(answerOf(await agent(server).open(url))["error"], "request_not_supported");
  await refused(server, await KEY.sign(objectClaims(server, { client_id: "web" })), "client_id");
  await refused(server, await KEY.sign(objectClaims(server, { iss: "web" })), "iss");
});

Deno.test("RFC 9101 §10.1: none, symmetric and unknown algorithms sign nothing, whatever key is in the header", async () => {
  const rsa = await clientKey("RS256", { kid: "rsa" });
  await using server = await testServer({ config: withSigner([KEY, rsa]) });
  const claims = objectClaims(server);
  const payload = part(claims);
  for (const alg of ["none", "None", "NONE", "nOnE"]) {
    await refused(server, `${part({ alg })}.${payload}.`, alg);
    await refused(server, `${part({ alg, kid: "1" })}.${payload}.AAAA`, alg);
  }
  const pem = await crypto.subtle.exportKey("spki", await importPublic(rsa));
  const secrets: Record<string, Uint8Array<ArrayBuffer>> = {
    "the modulus": Uint8Array.fromBase64(rsa.jwk.n ?? "", { alphabet: "base64url" }),
    "the DER key": new Uint8Array(pem),
    "the PEM key": new TextEncoder().encode(
      `-----BEGIN PUBLIC KEY-----\n${new Uint8Array(pem).toBase64()}\n-----END PUBLIC KEY-----`,
    ),
    "the JWK": new TextEncoder().encode(JSON.stringify(rsa.jwk)),
  };
  for (const [what, secret] of Object.entries(secrets)) {
    const input = `${part({ alg: "HS256", kid: "rsa" })}.${payload}`;
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", secret, algorithm, false, ["sign"]);
    const mac = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(input));
    await refused(server, `${input}.${base64url(new Uint8Array(mac))}`, what);
  }
  const stranger = await clientKey("ES256", { kid: "1" });
  await refused(server, await stranger.sign(claims), "another's key under the same kid");
  const headers = {
    jwk: stranger.jwk,
    jku: "https://evil.example/jwks",
    x5u: "https://evil.example",
  };
  await refused(server, await stranger.sign(claims, headers), "a key in the header");
  const [header, , signature] = (await KEY.sign(claims)).split(".");
  const changed = part({ ...claims, scope: "openid profile" });
  await refused(server, `${header}.${changed}.${signature}`, "another payload");
  await passThrough(agent(server), objectUrl(server, { request: await rsa.sign(claims) }));
});

async function importPublic({ jwk }: ClientKey): Promise<CryptoKey> {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  return await crypto.subtle.importKey("jwk", jwk, algorithm, true, ["verify"]);
}

Deno.test("RFC 9101 §6.2: request_object_signing_alg is the only algorithm", async () => {
  const rsa = await clientKey("RS256", { kid: "rsa" });
  const config = withSigner([KEY, rsa], { request_object_signing_alg: "RS256" });
  await using server = await testServer({ config });
  const claims = objectClaims(server);
  await refused(server, await KEY.sign(claims), "ES256");
  await passThrough(agent(server), objectUrl(server, { request: await rsa.sign(claims) }));
});

Deno.test("RFC 9101 §6.2: every asymmetric algorithm will do where none is registered", async () => {
  const algorithms = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
  ];
  const keys = await Promise.all(
    [...algorithms, "EdDSA", "Ed25519"].map((alg) => clientKey(alg, { kid: alg })),
  );
  await using server = await testServer({ config: withSigner(keys) });
  const browser = agent(server);
  for (const key of keys) {
    const request = await key.sign(objectClaims(server, { state: key.alg }));
    const answer = await passThrough(browser, objectUrl(server, { request }));
    assert.equal(answer["state"], key.alg);
    assert.ok(answer["code"] !== undefined);
  }
});

Deno.test("RFC 7515 §4.1.11: critical extensions are not understood", async () => {
  await using server = await signingServer();
  const claims = objectClaims(server);
  await refused(server, await KEY.sign(claims, { crit: ["b64"], b64: true }), "b64");
});

Deno.test("RFC 7515 §4.1.4, §4.1.9: a typ or kid that is no text is refused, as any other header that is wrong", async () => {
  await using server = await signingServer();
  for (const wrong of [5, null, true, {}, ["jwt"], { toLowerCase: 1 }]) {
    for (const name of ["typ", "kid"]) {
      const header = { [name]: wrong } as never;
      await refused(server, await KEY.sign(objectClaims(server), header), `${name} ${wrong}`);
    }
  }
});

Deno.test("RFC 9101 §10.8: what the client signs for other purposes is no request", async () => {
  await using server = await signingServer();
  const { iss, aud, exp } = objectClaims(server);
  const assertion = await KEY.sign({ iss, sub: iss, aud, exp, jti: "j" });
  await refused(server, assertion, "a client assertion");
  for (const typ of ["dpop+jwt", "at+jwt", "logout+jwt", "client-authentication+jwt"]) {
    await refused(server, await KEY.sign(objectClaims(server), { typ }), typ);
  }
  for (const typ of ["oauth-authz-req+jwt", "JWT"]) {
    const request = await KEY.sign(objectClaims(server), { typ });
    await passThrough(agent(server), objectUrl(server, { request }));
  }
});

Deno.test("RFC 7519 §4.1: an object for another server, or another time, is refused", async () => {
  await using server = await signingServer();
  const now = server.env.now();
  for (
    const claims of [
      { aud: "https://other.example" },
      { aud: [] },
      { exp: now - 60 },
      { nbf: now + 61 },
      { iat: now + 61 },
      { request: "x" },
      { request_uri: "https://rp.example.com/r" },
      { scope: ["openid"] },
    ]
  ) await refused(server, await KEY.sign(objectClaims(server, claims)), JSON.stringify(claims));
});

Deno.test("RFC 9101 §6: what is no JWT, huge or deep is refused", async () => {
  await using server = await signingServer();
  const header = part({ alg: "ES256" });
  for (
    const request of [
      "x",
      "..",
      "a.b",
      "a.b.c.d",
      `${header}.${part([])}.AAAA`,
      `${header}.e30.`,
      `${part("ES256")}.e30.AAAA`,
      `${base64url(new TextEncoder().encode("["))}.e30.AAAA`,
      "{}",
      "é",
      "a".repeat(6000),
    ]
  ) await refused(server, request, request.slice(0, 40));
  const deep = `${"[".repeat(3000)}${"]".repeat(3000)}`;
  const claims = base64url(new TextEncoder().encode(`{"claims":${deep}}`));
  await refused(server, `${header}.${claims}.AAAA`, "deep");
  for (const payload of ["[]", "null", '"text"', "{", "\xff"]) {
    const jws = await new CompactSign(Uint8Array.from(payload, (char) => char.charCodeAt(0)))
      .setProtectedHeader({ alg: "ES256", kid: "1" }).sign(KEY.privateKey);
    await refused(server, jws, payload);
  }
});

Deno.test("RFC 9101 §6.1: encrypted objects are refused by their name", async () => {
  await using server = await signingServer();
  const { publicKey } = await crypto.subtle.generateKey(
    { name: "ECDH", namedCurve: "P-256" },
    true,
    [
      "deriveBits",
    ],
  );
  const signed = new TextEncoder().encode(await KEY.sign(objectClaims(server)));
  const jwe = await new CompactEncrypt(signed)
    .setProtectedHeader({ alg: "ECDH-ES", enc: "A128GCM", cty: "oauth-authz-req+jwt" })
    .encrypt(publicKey);
  const { error, error_description } = await refusal(server, jwe);
  assert.equal(error, "invalid_request_object");
  assert.match(error_description ?? "", /encrypted/);
});

Deno.test("RFC 9101 §5: request and request_uri, and parameters given twice, are invalid_request", async () => {
  await using server = await signingServer();
  const request = await KEY.sign(objectClaims(server));
  const both = { request_uri: "https://rp.example.com/r" };
  assert.equal((await refusal(server, request, both))["error"], "invalid_request");
  for (const name of ["request", "scope"]) {
    const url = objectUrl(server, { request, redirect_uri: CALLBACK, scope: "openid" });
    url.searchParams.append(name, "openid");
    assert.equal(answerOf(await agent(server).open(url))["error"], "invalid_request", name);
  }
});

Deno.test("RFC 9101 §10.5: require_signed_request_object refuses plain parameters", async () => {
  await using server = await signingServer({ require_signed_request_object: true });
  const answer = answerOf(await agent(server).open(authorizeUrl(server)));
  assert.equal(answer["error"], "invalid_request");
  const request = await KEY.sign(objectClaims(server));
  const { code } = await passThrough(agent(server), objectUrl(server, { request }));
  assert.ok(code !== undefined);
});

Deno.test("OpenID Connect Core §10.1.1: the keys come from jwks_uri too, and are fetched anew for a new kid", async () => {
  const jwks_uri = "https://rp.example.com/jwks";
  const { fetch, pages, asked } = web();
  const config = withSigner([], { jwks: undefined, jwks_uri });
  await using server = await testServer({ env: testEnv(START, fetch), config });
  assert.equal(
    (await refusal(server, await KEY.sign(objectClaims(server))))["error"],
    "invalid_request_object",
  );
  server.env.advance(60);
  pages.set(jwks_uri, keysPage(KEY));
  await passThrough(
    agent(server),
    objectUrl(server, { request: await KEY.sign(objectClaims(server)) }),
  );
  const second = await clientKey("EdDSA", { kid: "2" });
  pages.set(jwks_uri, keysPage(KEY, second));
  server.env.advance(60);
  await passThrough(
    agent(server),
    objectUrl(server, { request: await second.sign(objectClaims(server)) }),
  );
  assert.equal(asked.length, 3);
});

Deno.test("RFC 9101 §11.2.1: nothing of the object stands in the log", async () => {
  await using server = await signingServer();
  const request = await KEY.sign(objectClaims(server, { login_hint: "hidden-name", exp: 1 }));
  await refusal(server, request);
  const log = JSON.stringify(server.env.events);
  assert.ok(!log.includes("hidden-name") && !log.includes(request.split(".")[2]!));
  assert.ok(log.includes("invalid_request_object"));
});

Deno.test("oauth4webapi and openid-client ask by objects that they make", async () => {
  const now = Math.floor(Date.now() / 1000);
  const env = testEnv(now);
  await using server = await listeningServer({ config: withSigner([KEY]), env });
  const { iss: _, aud: _a, iat: _i, exp: _e, ...parameters } = objectClaims(server, {
    max_age: "60",
    claims: JSON.stringify({ userinfo: { email: null } }),
  });
  const signer = { key: KEY.privateKey, kid: "1" };
  const as = { issuer: server.issuer };
  const made = await oauth.issueRequestObject(
    as,
    { client_id: "spa" },
    parameters as Record<string, string>,
    signer,
  );
  const one = await passThrough(agent(server), objectUrl(server, { request: made }));
  assert.ok(one["code"] !== undefined);

  const rp = await openid.discovery(new URL(server.issuer), "spa", undefined, openid.None(), {
    execute: [openid.allowInsecureRequests],
  });
  assert.equal(rp.serverMetadata().request_parameter_supported, true);
  const url = await openid.buildAuthorizationUrlWithJAR(
    rp,
    parameters as Record<string, string>,
    signer,
  );
  const two = await passThrough(agent(server), url);
  assert.deepEqual([two["state"], two["error"]], ["inner-state", undefined]);
});

Deno.test("RFC 9101 §6: an error page has no more of the object than its code", async () => {
  await using server = await signingServer();
  const visit = await agent(server).open(
    objectUrl(server, { request: '"><script>alert(1)</script>' }),
  );
  assert.ok(!visit.html.includes("alert(1)"));
  assert.equal(attribute(visit.html, "lang"), "en");
});

Deno.test("RFC 9101 §6: whatever a client signs, nobody is led astray and nothing fails", async () => {
  await using server = await signingServer();
  const good = objectClaims(server);
  const evil = ["https://evil.example/", "javascript:alert(1)", `${CALLBACK}/..`, `${CALLBACK}#x`];
  const value = fc.oneof(fc.jsonValue(), fc.string(), fc.constantFrom(...evil, "none", "login"));
  const names = fc.constantFrom(
    ...Object.keys(good),
    "prompt",
    "max_age",
    "claims",
    "resource",
    "x",
  );
  const changed = fc.oneof(fc.constant({}), fc.dictionary(names, value, { maxKeys: 3 }));
  await fc.assert(
    fc.asyncProperty(changed, async (changes) => {
      const request = await KEY.sign({ ...good, ...changes });
      const url = objectUrl(server, { request, redirect_uri: CALLBACK });
      const response = await server.fetch(url, { redirect: "manual" });
      await response.body?.cancel();
      const location = response.headers.get("Location");
      if (location === null) return assert.ok([200, 400].includes(response.status));
      const to = [`${server.issuer}/account/`, `${CALLBACK}?`, `${CALLBACK}#`];
      assert.ok(to.some((start) => location.startsWith(start)), location);
    }),
    { numRuns: 300 },
  );
});
