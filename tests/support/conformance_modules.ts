/** What each module of the OpenID Foundation's Basic, Implicit, Hybrid and Form Post plans does, save those about the login itself. */

import assert from "node:assert/strict";
import { agent } from "./agent.ts";
import { endpoint, type Op, PERSON, SUITE } from "./conformance.ts";
import {
  checkErrorResponse,
  checkRefreshedIdToken,
  checkTokenResponse,
  checkUserinfo,
} from "./conformance_checks.ts";
import {
  answerAt,
  arrive,
  askUserinfo,
  complete,
  follow,
  type Outcome,
  redeemCode,
  refusedByPage,
  requestOf,
  requestTokens,
  succeed,
} from "./conformance_flow.ts";
import { assertRefused, CHALLENGE, encode, VERIFIER } from "./flow.ts";

/** One test module of the suite. */
export interface Module {
  /** What it checks. */
  readonly rule: string;
  run(op: Op): Promise<unknown>;
}

const scopeModule = (...scopes: readonly (keyof typeof PERSON)[]): Module => ({
  rule: `scope=openid ${
    scopes.join(" ")
  } brings just its claims, at userinfo or where there is none`,
  async run(op) {
    const outcome = await succeed(op, { scope: ["openid", ...scopes].join(" ") });
    assertClaims(op, outcome, Object.assign({}, ...scopes.map((scope) => PERSON[scope])));
  },
});

/** That a person's claims stand where they belong, all of them and no others (OpenID Connect Core §5.4). */
function assertClaims(op: Op, outcome: Outcome, expected: Readonly<Record<string, unknown>>) {
  const { userinfo, id_tokens } = outcome;
  const known = Object.keys(Object.assign({}, ...Object.values(PERSON)));
  const about = (claims: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.entries(claims).filter(([name]) => known.includes(name)));
  const alone = op.response_type === "id_token";
  assert.deepEqual(alone ? about(id_tokens[0] ?? {}) : about(userinfo), expected);
  for (const claims of alone ? [] : id_tokens) assert.deepEqual(about(claims), {});
}

/** A parameter that must do no harm. */
const harmless = (rule: string, changes: Readonly<Record<string, string>>): Module => ({
  rule,
  run: (op) => succeed(op, changes),
});

const userinfoModule = (how: string, init: (token: string) => RequestInit): Module => ({
  rule: `userinfo answers ${how}`,
  async run(op) {
    const { access_token = "", id_tokens: [{ sub } = {}] } = await succeed(op);
    checkUserinfo(await askUserinfo(op, access_token, init(access_token)), sub);
  },
});

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

/** A code that is used a second time after some seconds. */
const reuse = (rule: string, seconds: number): Module => ({
  rule,
  async run(op) {
    const { request, parameters, access_token = "" } = await succeed(op);
    op.env.advance(seconds);
    assertRefused(await redeemCode(op, request, parameters["code"] ?? ""), "invalid_grant");
    // RFC 6749 §4.1.2: what was issued for it is revoked
    assert.equal((await askUserinfo(op, access_token)).status, 401);
  },
});

/** The modules by their names in the suite. */
export const MODULES = {
  "oidcc-server": {
    rule: "the whole flow, with its hashes, nonce, state, iss and an unguessable code",
    async run(op) {
      const { id_tokens } = await succeed(op);
      for (const claims of id_tokens) assert.equal(claims["name"], undefined);
    },
  },
  "oidcc-server-client-secret-post": {
    rule: "the whole flow of a client that sends its secret in the form",
    run: (op) => succeed(op, {}, { client: op.clients.client_secret_post }),
  },
  "oidcc-response-type-missing": {
    rule: "without response_type the request is refused, to the client and in the default mode",
    async run(op) {
      const request = requestOf(op, { response_type: undefined });
      const { parameters, pages } = await arrive(op, agent(op), request);
      assert.deepEqual(pages, []);
      checkErrorResponse(op, parameters, request, "invalid_request");
    },
  },
  "oidcc-idtoken-signature": {
    rule: "who registered no algorithm gets RS256, by the key of jwks_uri that kid names",
    run: (op) => succeed(op),
  },
  "oidcc-idtoken-unsigned": {
    rule: "none is not offered for anything that is signed, so nobody asks for it",
    run(op) {
      const algorithms = Object.entries(op.metadata)
        .filter(([name]) => /_signing_alg_values_supported$/.test(name));
      assert.ok(algorithms.length > 0);
      for (const [name, offered] of algorithms) {
        assert.ok(Array.isArray(offered) && !offered.includes("none"), name);
      }
      return Promise.resolve();
    },
  },
  "oidcc-userinfo-get": userinfoModule("a GET with the token in a header", (token) => ({
    headers: bearer(token),
  })),
  "oidcc-userinfo-post-header": userinfoModule("a POST with the token in a header", (token) => ({
    method: "POST",
    headers: bearer(token),
  })),
  "oidcc-userinfo-post-body": userinfoModule("a POST with the token in its form", (token) => ({
    method: "POST",
    body: encode({ access_token: token }),
  })),
  "oidcc-ensure-request-without-nonce-succeeds-for-code-flow": {
    rule: "without a nonce there is an ID token without one",
    run: (op) => succeed(op, { nonce: undefined }),
  },
  "oidcc-ensure-request-without-nonce-fails": {
    rule: "an ID token of the front channel needs a nonce",
    async run(op) {
      const request = requestOf(op, { nonce: undefined });
      const { parameters, pages } = await arrive(op, agent(op), request);
      assert.deepEqual(pages, []);
      checkErrorResponse(op, parameters, request, "invalid_request");
    },
  },
  "oidcc-scope-profile": scopeModule("profile"),
  "oidcc-scope-email": scopeModule("email"),
  "oidcc-scope-address": scopeModule("address"),
  "oidcc-scope-phone": scopeModule("phone"),
  "oidcc-scope-all": scopeModule("profile", "email", "address", "phone"),
  "oidcc-ensure-other-scope-order-succeeds": {
    rule: "the order of scopes says nothing",
    async run(op) {
      assertClaims(op, await succeed(op, { scope: "email openid" }), PERSON.email);
    },
  },
  "oidcc-display-page": harmless("display=page is no error", { display: "page" }),
  "oidcc-display-popup": harmless("display=popup is no error", { display: "popup" }),
  "oidcc-ensure-request-with-unknown-parameter-succeeds": harmless(
    "a parameter that nobody knows is ignored",
    { extra: "foobar" },
  ),
  "oidcc-claims-locales": harmless("claims_locales is no error", { claims_locales: "se" }),
  "oidcc-ensure-request-with-acr-values-succeeds": {
    rule: "acr_values that metadata promises are reached, and others are no error",
    async run(op) {
      const promised = op.metadata["acr_values_supported"] as string[];
      const { id_tokens } = await succeed(op, { acr_values: promised.join(" ") });
      for (const { acr } of id_tokens) assert.ok(promised.includes(String(acr)));
      await succeed(op, { acr_values: "1 2" });
    },
  },
  "oidcc-claims-essential": {
    rule: "a claim that is asked for by its name comes where it is asked for, and nowhere else",
    async run(op) {
      const place = op.response_type === "id_token" ? "id_token" : "userinfo";
      const claims = JSON.stringify({ [place]: { name: { essential: true } } });
      const { name } = PERSON.profile;
      assertClaims(op, await succeed(op, { claims }), { name });
    },
  },
  "oidcc-codereuse": reuse("a code that is used twice is refused and takes its tokens along", 0),
  "oidcc-codereuse-30seconds": reuse(
    "a code that is used again after 30 seconds is refused and takes its tokens along",
    30,
  ),
  "oidcc-ensure-registered-redirect-uri": {
    rule: "a redirect URI that is not registered is told to the person, and nothing goes there",
    run: (op) =>
      refusedByPage(
        op,
        requestOf(op, { redirect_uri: `${SUITE}/${crypto.randomUUID()}` }),
        "invalid_request",
      ),
  },
  "oidcc-ensure-post-request-succeeds": {
    rule: "the request may be posted, also from another site to a browser that is logged in",
    async run(op) {
      const browser = agent(op);
      for (const expected of [true, false]) {
        const request = requestOf(op);
        const init = { method: "POST", body: encode(request) };
        // Browsers send no Lax cookie with a form of another site, and the redirect that follows is no form.
        const posted = await op.fetch(endpoint(op, "authorization_endpoint"), init);
        assert.equal(posted.status, 303);
        const next = new URL(posted.headers.get("Location") ?? "", op.issuer);
        const { visit, pages } = await follow(browser, await browser.open(next));
        assert.equal(pages.includes("login"), expected);
        const parameters = answerAt(op, visit, request);
        await complete(op, request, { parameters, pages });
      }
    },
  },
  "oidcc-refresh-token": {
    rule: "a refresh token brings an ID token of the same login, to its own client alone",
    async run(op) {
      const browser = agent(op);
      const asked = { scope: "openid offline_access", prompt: "consent" };
      const { client: one, client2: two } = op.clients;
      for (const client of [one, two]) {
        const first = await succeed(op, asked, { browser, client });
        op.env.advance(1);
        const { refresh_token = "" } = first.tokens;
        assert.match(refresh_token, /^[\x20-\x7e]{22,}$/);
        const form = { grant_type: "refresh_token", refresh_token };
        // The suite names the scope for its first client alone.
        const scope = client === one ? first.request["scope"] : undefined;
        const answered = await requestTokens(op, { ...form, scope }, client);
        const second = checkTokenResponse(answered);
        const { access_token = "" } = second;
        assert.notEqual(access_token, first.access_token);
        const claims = await checkRefreshedIdToken(op, first.id_tokens.at(-1) ?? {}, second);
        checkUserinfo(await askUserinfo(op, access_token), claims.sub);
        if (client === one) continue;
        const { refresh_token: its = "" } = second;
        assertRefused(await requestTokens(op, { ...form, refresh_token: its }), "invalid_grant");
      }
    },
  },
  "oidcc-ensure-request-with-valid-pkce-succeeds": {
    rule: "PKCE is welcome where it is not required, and then the verifier counts",
    async run(op) {
      const challenge = { code_challenge: CHALLENGE, code_challenge_method: "S256" };
      await succeed(op, challenge, { token_request: { code_verifier: VERIFIER } });
      const request = requestOf(op, challenge);
      const { parameters: { code = "" } } = await arrive(op, agent(op), request);
      assertRefused(await redeemCode(op, request, code), "invalid_grant");
    },
  },
} satisfies Readonly<Record<string, Module>>;
