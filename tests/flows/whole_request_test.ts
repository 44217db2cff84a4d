/** Whether a request that uses every parameter at once is answered as each of them says, by GET and by POST, in every token that follows. */

import { decodeJwt } from "jose";
import assert from "node:assert/strict";
import { RESPONSE_TYPES } from "../../src/oauth/client.ts";
import { agent, attribute, logIn, type Visit } from "../support/agent.ts";
import { withClient } from "../support/config.ts";
import { START } from "../support/env.ts";
import { answerOf, authorizeUrl, pageOf, redeem, refresh, tokensOf } from "../support/flow.ts";
import { userinfo } from "../support/flow.ts";
import { type TestServer, testServer } from "../support/server.ts";

/** Every parameter that a request may have, at once; the page is German, and alice is expected. */
const EVERYTHING = {
  response_type: "code id_token token",
  response_mode: "fragment",
  scope: "openid profile offline_access invoices.read",
  nonce: "nonce-1",
  prompt: "login consent",
  max_age: "600",
  acr_values: "gold silver",
  claims: JSON.stringify({
    userinfo: { phone_number: null },
    id_token: { email: { essential: true }, auth_time: { essential: true } },
  }),
  claims_locales: "de en",
  login_hint: "alice",
  ui_locales: "xx de",
  display: "popup",
  resource: "https://api.example.com",
  unknown_parameter: "ignored",
};

function server(): Promise<TestServer> {
  const client = withClient("spa", {
    grant_types: ["authorization_code", "refresh_token", "implicit"],
    response_types: RESPONSE_TYPES,
    subject_type: "pairwise",
    sector_identifier_uri: "https://rp.example.com/sector.json",
    id_token_signed_response_alg: "ES256",
  });
  const acr_ladder = [{ acr: "silver", methods: ["pwd"] }];
  const tokens = { pairwise_salt: { env: "SALT" } };
  return testServer({
    config: { ...client, tokens, security: { login: { acr_ladder } } },
    variables: { SALT: "salt-0123456789abcdef" },
  });
}

/** What an ID token says of whose it is and of the login. */
function loginOf(id_token: string | undefined) {
  const { iss, sub, aud, azp, auth_time, acr, amr, sid, nonce, iat, exp } = decodeJwt(
    id_token ?? "",
  );
  return { login: { iss, sub, aud, azp, auth_time, acr, amr, sid }, nonce, iat, exp };
}

for (const method of ["GET", "POST"]) {
  Deno.test(`OpenID Connect Core §3.1.2.1: every parameter at once, by ${method}, and each is heeded`, async () => {
    await using tested = await server();
    const browser = agent(tested);
    // Somebody is logged in, which is not enough for prompt=login.
    await logIn(browser, await browser.open(authorizeUrl(tested, { nonce: "n" })), "alice");
    tested.env.advance(100);
    const url = authorizeUrl(tested, EVERYTHING);
    const page: Visit = method === "GET"
      ? await browser.open(url)
      : await browser.open(url.origin + url.pathname, { method, body: url.searchParams });
    assert.equal(pageOf(page), "login");
    assert.equal(attribute(page.html, "lang"), "de");
    assert.match(page.html, /id="username"[^>]*value="alice"/);
    const consent = await logIn(browser, page, "alice");
    assert.equal(pageOf(consent), "consent");
    const front = answerOf(await browser.submit(consent, { action: "allow" }));
    assert.deepEqual([front["state"], front["iss"]], ["state-1", tested.issuer]);
    const { login, nonce } = loginOf(front["id_token"]);
    const { sub } = login;
    assert.ok(typeof sub === "string" && sub !== "sub-alice");
    assert.deepEqual(
      [login.aud, login.azp, login.auth_time, login.acr, login.amr, nonce],
      ["spa", undefined, START + 100, "silver", ["pwd"], "nonce-1"],
    );
    // OpenID Connect Core §5.5, §5.4: what was asked for in the ID token, and nothing else
    const { email, name, phone_number } = decodeJwt(front["id_token"] ?? "");
    assert.deepEqual([email, name, phone_number], ["alice@example.com", undefined, undefined]);
    const { aud, scope, sub: inToken } = decodeJwt(front["access_token"] ?? "");
    assert.deepEqual([aud, inToken], ["https://api.example.com", sub]);
    assert.equal(scope, "openid profile offline_access invoices.read");

    // OpenID Connect Core §3.3.3.6: iss and sub MUST be identical in both, what is said of the login SHOULD be in both
    tested.env.advance(10);
    const tokens = tokensOf(await redeem(tested, front["code"] ?? ""));
    assert.deepEqual(loginOf(tokens.id_token).login, login);
    assert.equal(loginOf(tokens.id_token).nonce, "nonce-1");
    assert.equal(decodeJwt(tokens.id_token)["email"], "alice@example.com");

    // OpenID Connect Core §12.2: so it stays, an hour later too, and only iat and exp are new
    tested.env.advance(3600);
    const refreshed = tokensOf(await refresh(tested, tokens.refresh_token));
    const later = loginOf(refreshed.id_token);
    assert.deepEqual([later.login, later.nonce], [login, undefined]);
    assert.deepEqual([later.iat, later.exp], [START + 3710, START + 4010]);

    // OpenID Connect Core §5.3.2: the sub of userinfo is that of the ID token
    const { body } = await userinfo(tested, refreshed.access_token);
    assert.deepEqual([body["sub"], body["name"]], [sub, "Alice Example"]);
    assert.deepEqual([body["phone_number"], body["email"]], ["+1 555 0100", undefined]);
  });
}
