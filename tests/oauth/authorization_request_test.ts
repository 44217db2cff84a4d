/** Whether an authorization request is read whole, and each mistake has its code. */

import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type AuthorizationRequest,
  parseAuthorizationRequest,
  proveRedirectUri,
  responseTarget,
} from "../../src/oauth/authorization_request.ts";
import { STANDARD_CLAIMS } from "../../src/oauth/claims.ts";
import type { Client } from "../../src/oauth/client.ts";
import { type ErrorCode, OAuthError } from "../../src/oauth/error.ts";
import { readParameters } from "../../src/oauth/parameters.ts";
import { anyText } from "../support/any_text.ts";
import { someClient } from "../support/client.ts";
import { refused } from "../support/refusal.ts";

const CALLBACK = "https://rp.example.com/callback";
const CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const KNOWN = {
  scopes: new Set(["openid", "profile", "email", "offline_access", "invoices.read"]),
  identityClaims: new Map(Object.entries(STANDARD_CLAIMS)),
  resources: [
    { resource: "https://api.example.com", scopes: ["invoices.read"] },
    { resource: "https://calendar.example.com", scopes: ["calendar.read"] },
  ],
};

/** What a good client sends. */
const GOOD = {
  client_id: "web",
  redirect_uri: CALLBACK,
  response_type: "code",
  scope: "openid profile",
  state: "s1",
  nonce: "n1",
  code_challenge: CHALLENGE,
  code_challenge_method: "S256",
};

/** The good request with these parameters instead; `undefined` leaves one out. */
function encode(changes: Readonly<Record<string, string | undefined>>): string {
  const all = Object.entries({ ...GOOD, ...changes });
  return `${new URLSearchParams(
    all.filter((pair): pair is [string, string] => pair[1] !== undefined),
  )}`;
}

function parse(
  encoded: string,
  client: Client = someClient(),
  hinted_sub?: string,
): AuthorizationRequest {
  const parameters = readParameters(encoded);
  const uri = proveRedirectUri(client, parameters);
  return parseAuthorizationRequest(KNOWN, client, uri, parameters, hinted_sub);
}

Deno.test("OpenID Connect Core §3.1.2.1: a good request becomes its members", () => {
  const more = {
    prompt: "login consent",
    max_age: "60",
    login_hint: "alice",
    ui_locales: "de en",
    response_mode: "form_post",
    scope: "openid profile invoices.read",
    resource: "https://api.example.com",
    display: "popup",
    unknown: "ignored",
  };
  const request = parse(encode(more), undefined, "sub-alice");
  assert.deepEqual(request, {
    client_id: "web",
    redirect_uri: CALLBACK,
    redirect_uri_given: true,
    response_type: "code",
    response_mode: "form_post",
    state: "s1",
    nonce: "n1",
    scope: ["openid", "profile", "invoices.read"],
    resource: ["https://api.example.com"],
    code_challenge: CHALLENGE,
    prompt: ["login", "consent"],
    max_age: 60,
    acr_values: [],
    claims: undefined,
    claims_locales: [],
    login_hint: "alice",
    ui_locales: "de en",
    hinted_sub: "sub-alice",
  });
  assert.deepEqual({ claims: undefined, ...JSON.parse(JSON.stringify(request)) }, request);
});

Deno.test("parseAuthorizationRequest: what may be absent has its default", () => {
  const client = someClient({ require_pkce: false, default_max_age: 90 });
  const request = parse(
    encode({
      state: undefined,
      nonce: undefined,
      code_challenge: undefined,
      code_challenge_method: undefined,
    }),
    client,
  );
  assert.equal(request.response_mode, "query");
  assert.equal(request.state, undefined);
  assert.equal(request.nonce, undefined);
  assert.equal(request.code_challenge, undefined);
  assert.deepEqual(request.prompt, []);
  assert.deepEqual(request.resource, []);
  assert.equal(request.max_age, 90);
  assert.equal(parse(encode({ max_age: "0" }), client).max_age, 0);
});

Deno.test("parseAuthorizationRequest: each mistake has its error code", () => {
  const table: readonly [ErrorCode, Readonly<Record<string, string | undefined>>][] = [
    ["invalid_request", { response_type: undefined }],
    ["unsupported_response_type", { response_type: "token" }],
    ["unauthorized_client", { response_type: "id_token" }],
    ["unauthorized_client", { response_type: "code id_token" }],
    ["unsupported_response_type", { response_type: "none" }],
    ["unsupported_response_type", { response_type: "CODE" }],
    ["invalid_request", { response_mode: "web_message" }],
    ["invalid_request", { response_mode: "query.jwt" }],
    ["invalid_scope", { scope: undefined }],
    ["invalid_scope", { scope: " " }],
    ["invalid_scope", { scope: "openid  profile" }],
    ["invalid_scope", { scope: '"openid"' }],
    ["invalid_request", { scope: "openid\tprofile" }],
    ["invalid_scope", { scope: "unknown" }],
    ["invalid_scope", { scope: "openid email" }],
    ["invalid_request", { scope: "openid\0" }],
    ["invalid_request", { scope: "x".repeat(4097) }],
    ["invalid_request", { state: "a\r\nb" }],
    ["invalid_request", { nonce: "ä" }],
    ["invalid_request", { code_challenge: undefined }],
    ["invalid_request", { code_challenge_method: undefined }],
    ["invalid_request", { code_challenge_method: "plain" }],
    ["invalid_request", { prompt: "none login" }],
    ["invalid_request", { prompt: "create" }],
    ["invalid_request", { max_age: "-1" }],
    ["invalid_request", { login_hint: "a\0" }],
    ["invalid_target", { resource: "https://other.example.com" }],
    ["invalid_target", { resource: "https://calendar.example.com" }],
    ["invalid_target", { resource: "https://api.example.com/" }],
    ["registration_not_supported", { registration: "{}" }],
  ];
  for (const [code, changes] of table) refused(code, () => parse(encode(changes)));
});

Deno.test("RFC 6749 §3.1: any parameter given twice is invalid_request", () => {
  for (const twice of ["state=1", "scope=openid", "prompt=login&prompt=login", "x=1&x=2"]) {
    refused("invalid_request", () => parse(`${encode({})}&${twice}`));
  }
});

Deno.test("RFC 6749 §4.1.2.1: a client without codes is unauthorized_client", () => {
  refused("unauthorized_client", () => parse(encode({}), someClient({ response_types: [] })));
  refused(
    "unauthorized_client",
    () => parse(encode({}), someClient({ grant_types: ["client_credentials"] })),
  );
});

Deno.test("OpenID Connect Core §3.1.2.1: unknown scopes are ignored, those of others refused", () => {
  assert.deepEqual(parse(encode({ scope: "openid unknown:1" })).scope, ["openid"]);
  refused("invalid_scope", () => parse(encode({ scope: "openid email" })));
});

Deno.test("OpenID Connect Core §11: offline_access is ignored where no refresh token may follow", () => {
  const client = someClient({ grant_types: ["authorization_code"] });
  assert.deepEqual(parse(encode({ scope: "openid offline_access" }), client).scope, ["openid"]);
  assert.deepEqual(parse(encode({ scope: "openid offline_access" })).scope, [
    "openid",
    "offline_access",
  ]);
});

Deno.test("RFC 6749 §3.1.2.3: redirect_uri may be absent where one is registered and openid is not asked", () => {
  const prove = (encoded: string, redirect_uris: readonly string[]) =>
    proveRedirectUri({ redirect_uris }, readParameters(encoded));
  assert.equal(prove("scope=invoices.read", [CALLBACK]), CALLBACK);
  assert.equal(prove("redirect_uri=", [CALLBACK]), CALLBACK);
  assert.equal(
    parse(encode({ redirect_uri: undefined, scope: "invoices.read" })).redirect_uri_given,
    false,
  );
  refused("invalid_request", () => prove("scope=invoices.read", [CALLBACK, `${CALLBACK}2`]));
  refused("invalid_request", () => prove("scope=profile+openid", [CALLBACK]));
  refused("invalid_request", () => prove("", []));
  refused(
    "invalid_request",
    () => prove(`redirect_uri=${CALLBACK}&redirect_uri=${CALLBACK}`, [CALLBACK]),
  );
});

Deno.test("proveRedirectUri: an unregistered URI is refused and not quoted to anybody but the log", () => {
  const parameters = readParameters(`redirect_uri=https://evil.example/${"x".repeat(5000)}`);
  const error = refused("invalid_request", () => proveRedirectUri(someClient(), parameters));
  assert.ok(!error.message.includes("evil"));
  assert.ok(String(error.detail["redirect_uri"]).length <= 512);
});

Deno.test("responseTarget: what can't be read falls back, so that the error reaches the client", () => {
  const proven = proveRedirectUri(someClient(), readParameters(encode({})));
  const target = (encoded: string) => responseTarget(proven, readParameters(encoded));
  assert.deepEqual(target("state=s&response_mode=fragment"), {
    redirect_uri: CALLBACK,
    response_mode: "fragment",
    state: "s",
  });
  for (
    const encoded of [
      "",
      "state=%00&response_mode=x",
      "state=1&state=2&response_mode=query&response_mode=fragment",
    ]
  ) {
    assert.deepEqual(target(encoded), {
      redirect_uri: CALLBACK,
      response_mode: "query",
      state: undefined,
    });
  }
});

Deno.test("parseAuthorizationRequest: nothing that is sent throws anything but an OAuthError, nor widens what is allowed", () => {
  const client = someClient();
  const parameter = fc.tuple(
    fc.constantFrom(
      ...Object.keys(GOOD),
      "prompt",
      "max_age",
      "resource",
      "response_mode",
      "login_hint",
    ),
    fc.oneof(
      fc.constantFrom(...Object.values(GOOD), "login", "0", KNOWN.resources[0]!.resource),
      anyText(),
    ),
  );
  fc.assert(
    fc.property(fc.array(parameter, { maxLength: 12 }), fc.boolean(), (pairs, whole) => {
      const encoded = `${whole ? encode({}) : ""}&${new URLSearchParams(pairs)}`;
      try {
        const request = parse(encoded, client);
        assert.equal(request.redirect_uri, CALLBACK);
        assert.ok(request.scope.every((name) => client.scope.includes(name)));
        assert.ok(
          request.resource.every((named) =>
            KNOWN.resources.some(({ resource }) => resource === named)
          ),
        );
        assert.match(request.code_challenge ?? "", /^[\w-]{43}$/);
      } catch (error) {
        if (!(error instanceof OAuthError)) throw error;
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("OpenID Connect Core §5.5, §5.2: claims that the client may ask for, and their languages", () => {
  const asked = (claims: unknown, changes: Readonly<Record<string, string>> = {}) =>
    parse(encode({ claims: JSON.stringify(claims), ...changes }));
  const wanted = { userinfo: { name: null, email: null }, id_token: { acr: { value: "gold" } } };
  // The client may have profile, but not email.
  assert.deepEqual(asked(wanted).claims, {
    userinfo: { name: {} },
    id_token: { acr: { value: "gold" } },
  });
  assert.equal(asked(wanted, { scope: "profile" }).claims, undefined);
  assert.deepEqual(parse(encode({ claims_locales: "de-CH en" })).claims_locales, ["de-ch", "en"]);
});

Deno.test("OpenID Connect Core §5.5: userinfo is asked for where an access token comes", () => {
  const client = someClient({
    grant_types: ["implicit"],
    response_types: ["id_token", "id_token token"],
  });
  const ask = (response_type: string, claims: string) =>
    parse(encode({ response_type, claims, code_challenge: undefined }), client);
  const userinfo = `{"userinfo":{"name":null}}`;
  refused("invalid_request", () => ask("id_token", userinfo));
  assert.ok(ask("id_token token", userinfo).claims);
  assert.ok(ask("id_token", `{"userinfo":{},"id_token":{"name":null}}`).claims);
});
