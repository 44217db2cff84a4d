/** Whether each response type brings what it says, in the way that it says, and to nobody who may not ask for it. */

import { createLocalJWKSet, decodeJwt, jwtVerify } from "jose";
import assert from "node:assert/strict";
import { RESPONSE_MODES, RESPONSE_TYPES, type ResponseType } from "../../src/oauth/client.ts";
import { leftHalfHash } from "../../src/oauth/token.ts";
import { agent, formOf, logIn } from "../support/agent.ts";
import { type RawConfig, withClient } from "../support/config.ts";
import {
  answerOf,
  assertRefused,
  authorizeUrl,
  type Fields,
  introspect,
  passThrough,
  redeem,
  tokensOf,
  userinfo,
} from "../support/flow.ts";
import { listeningServer, type TestServer, testServer } from "../support/server.ts";

/** What `spa` may do, beyond what it may. */
const ALL: RawConfig = {
  grant_types: ["authorization_code", "refresh_token", "implicit"],
  response_types: RESPONSE_TYPES,
};

const FRONT = RESPONSE_TYPES.filter((type) => type !== "code");

function hybridServer(members: RawConfig = {}): Promise<TestServer> {
  return testServer({ config: withClient("spa", { ...ALL, ...members }) });
}

/** The request of a response type: with a nonce, and with PKCE where there is a code. */
function request(server: TestServer, response_type: string, changes: Fields = {}): URL {
  return authorizeUrl(server, { response_type, nonce: "nonce-1", ...changes });
}

async function idTokenClaims(server: TestServer, id_token: string) {
  const jwks = await (await server.fetch("/.well-known/openid-configuration/jwks")).json();
  const currentDate = new Date(server.env.now() * 1000);
  const expected = { issuer: server.issuer, audience: "spa", typ: "JWT", currentDate };
  return (await jwtVerify(id_token, createLocalJWKSet(jwks), expected)).payload;
}

const parts = (type: ResponseType) => type.split(" ");

for (const type of RESPONSE_TYPES) {
  Deno.test(`OpenID Connect Core §3: response_type=${type} brings just that, with the hashes that vouch for it`, async () => {
    await using server = await hybridServer();
    const answer = await passThrough(agent(server), request(server, type));
    const expected = parts(type).flatMap((part) =>
      part === "token"
        ? ["access_token", "token_type", "expires_in", "scope"]
        : part === "code"
        ? ["code"]
        : ["id_token"]
    );
    assert.deepEqual(
      Object.keys(answer).sort(),
      [...expected, "iss", "session_state", "state"].sort(),
    );
    assert.deepEqual([answer["iss"], answer["state"]], [server.issuer, "state-1"]);
    const { code, access_token, id_token } = answer;
    if (access_token !== undefined) {
      assert.deepEqual([answer["token_type"], answer["expires_in"]], ["Bearer", "3600"]);
      assert.equal((await userinfo(server, access_token)).body["sub"], "sub-alice");
    }
    if (id_token !== undefined) {
      const claims = await idTokenClaims(server, id_token);
      const hash = (value?: string) => value && leftHalfHash("RS256", value);
      assert.deepEqual(
        [claims["nonce"], claims["at_hash"], claims["c_hash"], claims["s_hash"]],
        ["nonce-1", hash(access_token), hash(code), hash("state-1")],
      );
    }
    if (code !== undefined) {
      const tokens = tokensOf(await redeem(server, code));
      assert.equal(decodeJwt(tokens.id_token)["nonce"], "nonce-1");
      assert.equal(decodeJwt(tokens.id_token)["sub"], "sub-alice");
    }
  });
}

Deno.test("OAuth 2.0 Multiple Response Types §3: the order of the words does not matter", async () => {
  await using server = await hybridServer();
  const answer = await passThrough(agent(server), request(server, "token id_token code"));
  assert.ok(answer["code"] && answer["id_token"] && answer["access_token"]);
});

Deno.test("OAuth 2.1 §10.1: beyond code every response type is off until the client is registered for it", async () => {
  await using server = await testServer();
  for (const type of FRONT) {
    const visit = await agent(server).open(request(server, type));
    assert.equal(visit.url.search, "");
    assert.equal(answerOf(visit)["error"], "unauthorized_client", type);
  }
  for (const type of ["token", "none", "code code", "code none", "CODE"]) {
    const visit = await agent(server).open(request(server, type));
    assert.equal(answerOf(visit)["error"], "unsupported_response_type", type);
  }
});

Deno.test("OpenID Connect Discovery §3: metadata lists the response types that the configuration switches on", async () => {
  const metadata = async (server: TestServer) =>
    await (await server.fetch("/.well-known/openid-configuration")).json();
  await using plain = await testServer();
  const usual = await metadata(plain);
  assert.deepEqual(usual.response_types_supported, ["code"]);
  assert.ok(!usual.grant_types_supported.includes("implicit"));
  await using server = await hybridServer({ response_types: ["code", "code id_token"] });
  const hybrid = await metadata(server);
  assert.deepEqual(hybrid.response_types_supported, ["code", "code id_token"]);
  assert.ok(hybrid.grant_types_supported.includes("implicit"));
  assert.deepEqual(hybrid.response_modes_supported, RESPONSE_MODES);
});

Deno.test("OpenID Connect Core §3.2.2.1, §3.3.2.11: nonce is required where an ID token comes through the browser, and nowhere else", async () => {
  await using server = await hybridServer();
  const browser = agent(server);
  for (const type of RESPONSE_TYPES) {
    const url = request(server, type, { nonce: undefined });
    const { error } = await passThrough(browser, url);
    assert.equal(error, parts(type).includes("id_token") ? "invalid_request" : undefined, type);
  }
});

Deno.test("OpenID Connect Core §3.1.2.1: an ID token needs the scope openid", async () => {
  await using server = await hybridServer();
  const url = (type: string) => request(server, type, { scope: "invoices.read" });
  assert.equal((await passThrough(agent(server), url("id_token")))["error"], "invalid_scope");
  assert.ok((await passThrough(agent(server), url("code token")))["access_token"]);
});

Deno.test("OAuth 2.0 Multiple Response Types §5: tokens come in the fragment, never in a query", async () => {
  await using server = await hybridServer();
  for (const type of FRONT) {
    const usual = await agent(server).open(request(server, type, { prompt: "none" }));
    assert.equal(usual.url.search, "", type);
    assert.equal(answerOf(usual)["error"], "login_required");
    const query = await agent(server).open(request(server, type, { response_mode: "query" }));
    assert.equal(query.url.search, "", type);
    assert.equal(answerOf(query)["error"], "invalid_request");
    assert.equal(answerOf(query)["state"], "state-1");
  }
});

Deno.test("OAuth 2.0 Form Post Response Mode §2: every response type, and its errors, by form_post", async () => {
  await using server = await hybridServer();
  for (const type of RESPONSE_TYPES) {
    const posting = { response_mode: "form_post" };
    const browser = agent(server);
    const refused = await browser.open(request(server, type, { ...posting, prompt: "none" }));
    assert.equal(formOf(refused).fields.get("error"), "login_required", type);
    const visit = await logIn(
      browser,
      await browser.open(request(server, type, posting)),
      "alice",
    );
    const { fields, action } = formOf(visit);
    assert.equal(action.href, "https://rp.example.com/callback");
    for (const part of parts(type)) {
      assert.ok(fields.get(part === "token" ? "access_token" : part), `${type}: ${part}`);
    }
    assert.match(visit.headers.get("Content-Security-Policy") ?? "", /script-src 'nonce-/);
  }
});

Deno.test("OpenID Connect Core §5.4: claims about the person stand in the ID token where no access token is issued", async () => {
  await using server = await hybridServer();
  const scope = "openid email groups";
  for (const type of RESPONSE_TYPES.filter((one) => parts(one).includes("id_token"))) {
    const { id_token } = await passThrough(agent(server), request(server, type, { scope }));
    const { email, groups } = decodeJwt(id_token ?? "");
    const expected = type === "id_token"
      ? ["alice@example.com", ["staff"]]
      : [undefined, undefined];
    assert.deepEqual([email, groups], expected, type);
  }
});

Deno.test("OpenID Connect Core §11: offline_access is ignored where there is no code", async () => {
  await using server = await hybridServer();
  const scope = "openid offline_access";
  const answer = await passThrough(agent(server), request(server, "id_token token", { scope }));
  assert.equal(answer["scope"], "openid");
});

Deno.test("RFC 7636 §4.4.1: PKCE is required for a code that comes with tokens too, and asks nothing of what has no code", async () => {
  await using server = await hybridServer();
  const none = { code_challenge: undefined, code_challenge_method: undefined };
  for (const type of RESPONSE_TYPES) {
    const answer = await passThrough(agent(server), request(server, type, none));
    const expected = parts(type).includes("code") ? "invalid_request" : undefined;
    assert.equal(answer["error"], expected, type);
  }
});

Deno.test("RFC 6749 §4.1.2: a code used twice takes the access token along that came with it", async () => {
  await using server = await hybridServer();
  const answer = await passThrough(agent(server), request(server, "code token"));
  const { code = "", access_token = "" } = answer;
  const tokens = tokensOf(await redeem(server, code));
  assert.equal((await userinfo(server, access_token)).status, 200);
  assertRefused(await redeem(server, code));
  assert.equal((await userinfo(server, access_token)).status, 401);
  assert.equal((await userinfo(server, tokens.access_token)).status, 401);
});

Deno.test("RFC 6749 §4.1.2: a code ends in its time, though the token that came with it lives on", async () => {
  await using server = await hybridServer();
  const { code = "", access_token = "" } = await passThrough(
    agent(server),
    request(server, "code token"),
  );
  server.env.advance(60);
  assertRefused(await redeem(server, code));
  assert.equal((await userinfo(server, access_token)).status, 200);
  server.env.advance(3540);
  assert.equal((await userinfo(server, access_token)).status, 401);
});

for (const access_token_format of ["jwt", "reference"]) {
  Deno.test(`RFC 6749 §4.2.2: a ${access_token_format} from the authorization endpoint is for the resource that was named, and ends with its grant`, async () => {
    await using server = await hybridServer({
      access_token_format,
      scope: "openid invoices.read calendar.read",
    });
    const scope = "openid invoices.read calendar.read";
    const url = request(server, "id_token token", { scope, resource: "https://api.example.com" });
    const { access_token = "", ...answer } = await passThrough(agent(server), url);
    assert.equal(answer["scope"], "openid invoices.read");
    const { body } = await introspect(server, "api", access_token);
    assert.deepEqual([body["active"], body["aud"]], [true, "https://api.example.com"]);
    assert.equal((await introspect(server, "calendar", access_token)).body["active"], false);
    const { found: [grant] } = await server.server.records.authorization.find("sub", "sub-alice");
    assert.ok(grant !== undefined);
    await server.server.records.authorization.delete(grant.record.grant_id);
    assert.equal((await introspect(server, "api", access_token)).body["active"], false);
  });
}

Deno.test("OpenID Connect Core §3.2: an ID token alone leaves no grant behind", async () => {
  await using server = await hybridServer();
  await passThrough(agent(server), request(server, "id_token"));
  const { found } = await server.server.records.authorization.list();
  assert.deepEqual(found, []);
});

Deno.test("OpenID Connect Core §3.3: answers are given once, also where a form is sent twice", async () => {
  await using server = await listeningServer({ config: withClient("spa", ALL), late: true });
  const browser = agent(server);
  await passThrough(browser, request(server, "id_token"));
  const waiting = await browser.open(
    request(server, "code id_token token", { prompt: "select_account" }),
  );
  const resume = new URL(waiting.url);
  const { action, fields } = formOf(waiting, "continue");
  fields.set("action", "continue");
  await (await browser.send(action, { method: "POST", body: fields })).text();
  resume.pathname = "/connect/authorize/callback";
  const responses = await Promise.all(Array.from({ length: 8 }, () => browser.send(resume)));
  const locations = await Promise.all(responses.map(async (response) => {
    await response.text();
    return response.headers.get("Location") ?? "";
  }));
  assert.equal(locations.filter((location) => location.includes("#code=")).length, 1);
});
