/** What the token endpoint issues: the claims and signatures of tokens, their audience and scope. */

import { decodeJwt, decodeProtectedHeader } from "jose";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { RAW_CONFIG, type RawConfig, SCOPE, withClient } from "../support/config.ts";
import { START } from "../support/env.ts";
import {
  assertNotCached,
  assertRefused,
  codeFor,
  type Fields,
  redeem,
  refresh,
  requestToken,
  tokensFor,
  tokensOf,
} from "../support/flow.ts";
import { listeningServer, type TestServer } from "../support/server.ts";
import { privateJwk } from "../support/signing_keys.ts";

const API = "https://api.example.com";
const CALENDAR = "https://calendar.example.com";

/** Checks `at_hash` (OpenID Connect Core §3.1.3.6), independently of how it was made. */
function assertHash(id_token: string, access_token: string): void {
  const { alg = "" } = decodeProtectedHeader(id_token);
  // RFC 8032 §5.1: Ed25519 hashes with SHA-512
  const digest = createHash(`sha${alg === "EdDSA" ? 512 : alg.slice(2)}`).update(access_token);
  const bytes = digest.digest();
  const half = bytes.subarray(0, bytes.length / 2).toString("base64url");
  assert.equal(decodeJwt(id_token)["at_hash"], half);
}

Deno.test("OpenID Connect Core §2: the claims of an ID token", async () => {
  await using server = await listeningServer();
  const { id_token, access_token } = await tokensFor(server, { nonce: "nonce-1", scope: SCOPE });
  const { at_hash: _, sid, ...claims } = decodeJwt(id_token);
  assert.deepEqual(claims, {
    iss: server.issuer,
    sub: "sub-alice",
    aud: "spa",
    iat: START,
    exp: START + 300,
    auth_time: START,
    amr: ["pwd"],
    nonce: "nonce-1",
  });
  assertHash(id_token, access_token);
  assert.match(String(sid), /^[A-Za-z0-9_-]{22,}$/);
  const { kid, ...header } = decodeProtectedHeader(id_token);
  assert.deepEqual(header, { alg: "RS256", typ: "JWT" });
  assert.ok(server.server.keys.jwks.keys.some((key) => key.kid === kid));
});

Deno.test("OpenID Connect Core §5.4: claims about the person stand in the ID token where the client wants them", async () => {
  await using server = await listeningServer({
    config: withClient("spa", { always_include_user_claims_in_id_token: true }),
  });
  const { id_token } = await tokensFor(server, { scope: "openid email groups" });
  const { email, email_verified, groups, name } = decodeJwt(id_token);
  assert.deepEqual([email, email_verified, groups, name], [
    "alice@example.com",
    true,
    ["staff"],
    undefined,
  ]);
});

Deno.test("RFC 9068 §2: the claims of an access token for a person", async () => {
  await using server = await listeningServer({
    config: withClient("spa", {
      claims: { tenant: "t1", sub: "evil" },
      access_token_lifetime: "10m",
    }),
  });
  const answer = await redeem(server, await codeFor(server, { scope: "openid invoices.write" }));
  assert.equal(answer.body["token_type"], "Bearer");
  assert.equal(answer.body["expires_in"], 600);
  assert.equal(answer.body["scope"], "openid invoices.write");
  assertNotCached(answer.headers);
  const { access_token } = tokensOf(answer);
  const { jti, ...claims } = decodeJwt(access_token);
  assert.deepEqual(claims, {
    iss: server.issuer,
    sub: "sub-alice",
    aud: API,
    client_id: "spa",
    iat: START,
    exp: START + 600,
    scope: "openid invoices.write",
    auth_time: START,
    amr: ["pwd"],
    email: "alice@example.com",
    client_tenant: "t1",
    client_sub: "evil",
  });
  assert.ok(String(jti).length >= 22);
  assert.equal(decodeProtectedHeader(access_token).typ, "at+jwt");
});

Deno.test("claims_prefix: static claims without a prefix never replace those of the protocol", async () => {
  const claims = {
    sub: "evil",
    iss: "evil",
    scope: "evil",
    client_id: "evil",
    exp: 1,
    aud: "evil",
  };
  await using server = await listeningServer({
    config: withClient("machine", { claims: { ...claims, tenant: "t1" }, claims_prefix: "" }),
  });
  const { access_token } = tokensOf(
    await requestToken(server, "machine", { grant_type: "client_credentials" }),
  );
  const issued = decodeJwt(access_token);
  assert.equal(issued["tenant"], "t1");
  for (const [name, value] of Object.entries(claims)) {
    assert.notDeepEqual(issued[name], value, name);
  }
});

Deno.test("RFC 9068 §2.2: without a person the client is the subject, and there is neither ID nor refresh token", async () => {
  await using server = await listeningServer();
  const { status, headers, body } = await requestToken(server, "machine", {
    grant_type: "client_credentials",
  });
  assert.equal(status, 200);
  assertNotCached(headers);
  assert.deepEqual(Object.keys(body).sort(), ["access_token", "expires_in", "scope", "token_type"]);
  const { sub, client_id, aud, scope, auth_time } = decodeJwt(String(body["access_token"]));
  assert.deepEqual([sub, client_id, auth_time], ["machine", "machine", undefined]);
  assert.deepEqual(aud, [API, CALENDAR]);
  assert.equal(scope, "invoices.read calendar.read");
});

Deno.test("RFC 6749 §4.4: scopes of client_credentials are the client's, and none about people", async () => {
  const scope = "openid profile offline_access groups invoices.read calendar.read";
  const grant_types = ["client_credentials", "authorization_code", "refresh_token"];
  const redirect_uris = ["https://rp.example.com/callback"];
  await using server = await listeningServer({
    config: withClient("machine", { scope, grant_types, redirect_uris }),
  });
  const ask = (form: Fields) =>
    requestToken(server, "machine", { grant_type: "client_credentials", ...form });
  assert.equal(tokensOf(await ask({})).scope, "invoices.read calendar.read");
  assert.equal(tokensOf(await ask({ scope: "calendar.read" })).scope, "calendar.read");
  for (const name of ["openid", "offline_access", "groups", "invoices.write", "unknown"]) {
    assertRefused(await ask({ scope: `calendar.read ${name}` }), "invalid_scope");
  }
});

Deno.test("RFC 8707 §2.2: resource narrows audience and scope, of a machine's token too", async () => {
  await using server = await listeningServer();
  const ask = (resource: string) =>
    requestToken(server, "machine", { grant_type: "client_credentials", resource });
  const { access_token, scope } = tokensOf(await ask(CALENDAR));
  assert.equal(decodeJwt(access_token).aud, CALENDAR);
  assert.equal(scope, "calendar.read");
  assertRefused(await ask("https://evil.example"), "invalid_target");
});

Deno.test("RFC 8707 §2.2: a token request names some of the granted resources, others are refused", async () => {
  const scope = `${SCOPE} calendar.read`;
  await using server = await listeningServer({ config: withClient("spa", { scope }) });
  const all = "openid offline_access invoices.read calendar.read";
  const audiences = (token: string) => decodeJwt(token).aud;
  const first = tokensOf(await redeem(server, await codeFor(server, { scope: all })));
  assert.deepEqual(audiences(first.access_token), [API, CALENDAR]);
  const second = tokensOf(await refresh(server, first.refresh_token, { resource: CALENDAR }));
  assert.equal(audiences(second.access_token), CALENDAR);
  assert.equal(second.scope, "openid offline_access calendar.read");
  const third = tokensOf(await refresh(server, second.refresh_token, { resource: API }));
  assert.equal(audiences(third.access_token), API);
  const bound = await codeFor(server, { scope: all, resource: API });
  assertRefused(await redeem(server, bound, { resource: CALENDAR }), "invalid_target");
  const kept = tokensOf(await redeem(server, bound));
  assert.equal(audiences(kept.access_token), API);
  assertRefused(
    await refresh(server, kept.refresh_token, { resource: CALENDAR }),
    "invalid_target",
  );
  assert.equal(audiences(tokensOf(await refresh(server, kept.refresh_token)).access_token), API);
});

Deno.test("RFC 9068 §3: without any API the token is for the server itself", async () => {
  await using server = await listeningServer();
  const { access_token } = await tokensFor(server, { scope: "openid" });
  assert.equal(decodeJwt(access_token).aud, server.issuer);
});

Deno.test("id_token_signed_response_alg, access_token_signed_response_alg: the client's choice, the resource's, the server's", async () => {
  const resources = (RAW_CONFIG["resources"] as RawConfig[]).map((resource) =>
    resource["resource"] === API
      ? { ...resource, access_token_signed_response_alg: "ES256" }
      : resource
  );
  const algorithms = async (server: TestServer, scope: string) => {
    const { id_token, access_token } = await tokensFor(server, { scope });
    assertHash(id_token, access_token);
    return [id_token, access_token].map((token) => decodeProtectedHeader(token).alg);
  };
  const scope = `${SCOPE} calendar.read`;
  const members = { id_token_signed_response_alg: "EdDSA", scope };
  await using server = await listeningServer({
    config: { ...withClient("spa", members), resources },
  });
  assert.deepEqual(await algorithms(server, "openid invoices.read"), ["EdDSA", "ES256"]);
  assert.deepEqual(await algorithms(server, "openid calendar.read"), ["EdDSA", "RS256"]);
  assert.deepEqual(await algorithms(server, "openid calendar.read invoices.read"), [
    "EdDSA",
    "RS256",
  ]);
  const chosen = {
    access_token_signed_response_alg: "EdDSA",
    id_token_signed_response_alg: "ES256",
  };
  await using other = await listeningServer({
    config: { ...withClient("spa", { ...chosen, scope }), resources },
  });
  assert.deepEqual(await algorithms(other, "openid invoices.read"), ["ES256", "EdDSA"]);
});

Deno.test("RFC 7518 §3.3: at_hash and signature of the 384 and 512 bit algorithms fit together", async () => {
  const names = ["RS256", "PS384", "ES512"] as const;
  const keys = await Promise.all(names.map(async (kid) => ({ ...await privateJwk(kid), kid })));
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, JSON.stringify({ keys }));
  try {
    for (const alg of ["PS384", "ES512"]) {
      await using server = await listeningServer({
        config: {
          ...withClient("spa", { id_token_signed_response_alg: alg }),
          keys: { jwks: { file } },
        },
      });
      const { id_token, access_token } = await tokensFor(server);
      assert.equal(decodeProtectedHeader(id_token).kid, alg);
      assertHash(id_token, access_token);
    }
  } finally {
    await Deno.remove(file);
  }
});
