/** Whether everything that is wrong with a request is found at once, by the rules that refuse it. */

import assert from "node:assert/strict";
import { type AskedRequest, checkRequest } from "../../src/oauth/check_request.ts";
import type { Client } from "../../src/oauth/client.ts";
import { someClient } from "../support/client.ts";
import { CALLBACK } from "../support/config.ts";
import { CHALLENGE } from "../support/flow.ts";

const KNOWN = {
  scopes: new Set(["openid", "profile", "invoices.read"]),
  require_pushed_authorization_requests: false,
};

const CLIENT = someClient({
  redirect_uris: [CALLBACK],
  scope: ["openid", "profile"],
  response_types: ["code"],
});

const GOOD = {
  client_id: "web",
  redirect_uri: CALLBACK,
  response_type: "code",
  scope: "openid",
  code_challenge: CHALLENGE,
  code_challenge_method: "S256",
};

function asked(changes: Record<string, string | undefined>, more: Partial<AskedRequest> = {}) {
  const parameters = Object.fromEntries(
    Object.entries({ ...GOOD, ...changes }).filter(([, value]) => value !== undefined),
  ) as Record<string, string>;
  return {
    form: "plain",
    readable: true,
    parameters,
    repeated: [],
    error: "invalid_request",
    error_description: "why",
    reason: undefined,
    ...more,
  } as const satisfies AskedRequest;
}

/** The parameters that something is found of, in order. */
function found(
  changes: Record<string, string | undefined>,
  members: Partial<Client> = {},
  more: Partial<AskedRequest> = {},
): string[] {
  return checkRequest(KNOWN, { ...CLIENT, ...members }, asked(changes, more))
    .map(({ parameter, problem }) => `${parameter}: ${problem}`);
}

Deno.test("checkRequest: of a good request nothing is found", () => {
  assert.deepEqual(found({}), []);
});

Deno.test("checkRequest: all mistakes are found, not the first alone", () => {
  const problems = found({
    redirect_uri: `${CALLBACK}/`,
    response_type: "code token",
    response_mode: "web_message",
    scope: "openid invoices.read calendar",
    code_challenge: "short",
  });
  assert.deepEqual(problems, [
    "redirect_uri: redirect_uri is not registered for this client",
    "response_type: the client may not use this response_type",
    "response_mode: response_mode is unknown",
    "scope: is unknown here, so ignored",
    "scope: the client may not ask for it",
    "code_challenge: code_challenge is not the base64url of a SHA-256",
  ]);
});

Deno.test("checkRequest: a redirect URI is held against the closest, and shows no query", () => {
  const redirect_uri = "https://me:s3cr3t@rp.example.com/callback?token=s3cr3t";
  const [finding] = checkRequest(KNOWN, CLIENT, asked({ redirect_uri }));
  assert.deepEqual(finding, {
    parameter: "redirect_uri",
    problem: "redirect_uri is not registered for this client",
    asked: CALLBACK,
    registered_uris: 1,
    closest: CALLBACK,
    differs_in: ["user", "query"],
    position: 8,
  });
  assert.deepEqual(found({ redirect_uri: undefined }), ["redirect_uri: redirect_uri is missing"]);
  assert.deepEqual(found({ redirect_uri: undefined, scope: "profile" }), []);
});

Deno.test("checkRequest: a response type names what is registered, and the grant types that lack", () => {
  const response_type = "token code";
  const all = checkRequest(KNOWN, CLIENT, asked({ response_type }));
  const [finding] = all.filter(({ parameter }) => parameter === "response_type");
  assert.deepEqual(finding?.["registered"], ["code"]);
  assert.deepEqual(finding?.["missing_grant_types"], ["implicit"]);
  assert.deepEqual(found({ response_type: "cod" }), [
    "response_type: response_type is not supported",
  ]);
  assert.deepEqual(found({ response_type: undefined }), [
    "response_type: response_type is missing",
  ]);
});

Deno.test("RFC 7636: a challenge that is missing, plain or malformed is found, where one is required", () => {
  assert.deepEqual(found({ code_challenge: undefined, code_challenge_method: undefined }), [
    "code_challenge: code_challenge is missing (RFC 7636 4.4.1)",
  ]);
  const none = { code_challenge: undefined, code_challenge_method: undefined };
  assert.deepEqual(found(none, { require_pkce: false }), []);
  for (const code_challenge_method of ["plain", undefined]) {
    assert.deepEqual(found({ code_challenge_method }), [
      "code_challenge: code_challenge_method must be S256",
    ]);
  }
});

Deno.test("checkRequest: an ID token through the browser needs a nonce and openid", () => {
  const implicit = {
    response_types: ["id_token"] as const,
    grant_types: ["implicit"] as const,
  };
  const type = { response_type: "id_token", code_challenge: undefined };
  assert.deepEqual(found({ ...type, scope: "profile" }, implicit), [
    "scope: an ID token needs the scope openid",
    "nonce: nonce is missing",
  ]);
  assert.deepEqual(found({ ...type, nonce: "present" }, implicit), []);
  assert.deepEqual(found({ ...type, nonce: "present", response_mode: "query" }, implicit), [
    "response_mode: response_mode query is not for tokens",
  ]);
});

Deno.test("checkRequest: a client that is unknown or disabled", () => {
  const of = (client: Client | undefined, changes = {}) =>
    checkRequest(KNOWN, client, asked(changes)).map(({ problem }) => problem);
  assert.deepEqual(of(undefined), ["no client of this name is configured"]);
  assert.deepEqual(of(undefined, { client_id: undefined }), ["is missing"]);
  assert.deepEqual(of({ ...CLIENT, enabled: false }), ["the client is disabled"]);
  assert.deepEqual(of({ ...CLIENT, enabled: false }, { scope: undefined }), [
    "the client is disabled",
    "scope is missing",
  ]);
});

Deno.test("checkRequest: what is given twice is named", () => {
  assert.deepEqual(found({}, {}, { repeated: ["scope"] }), ["scope: is given twice"]);
});

Deno.test("RFC 9101, RFC 9126: how a request has to come, and why its object could not be read", () => {
  assert.deepEqual(found({}, { require_signed_request_object: true }), [
    "request: the request has to be signed (require_signed_request_object)",
  ]);
  const pushing = { require_pushed_authorization_requests: true };
  assert.deepEqual(found({}, pushing), [
    "request_uri: the request has to be pushed (require_pushed_authorization_requests)",
  ]);
  const everybody = { ...KNOWN, ...pushing };
  assert.equal(checkRequest(everybody, CLIENT, asked({})).length, 1);
  // Only the outer parameters are known, and they don't count.
  const unread = { readable: false, reason: "no key" };
  const object = checkRequest(
    KNOWN,
    CLIENT,
    asked({ redirect_uri: "x" }, { ...unread, form: "request" }),
  );
  assert.deepEqual(object, [
    {
      parameter: "request",
      problem: "the client has neither jwks nor jwks_uri to sign requests with",
    },
    { parameter: "request", problem: "why", error: "invalid_request", reason: "no key" },
  ]);
  assert.deepEqual(found({}, {}, { ...unread, form: "request_uri" }), [
    "request_uri: the client has no request_uris",
    "request_uri: why",
  ]);
  assert.deepEqual(found({}, pushing, { ...unread, form: "pushed" }), ["request_uri: why"]);
});
