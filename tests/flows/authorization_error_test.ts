/** Whether every refusal of the authorization endpoint comes back in the way of the answer that was asked for, with state and iss. */

import assert from "node:assert/strict";
import { RESPONSE_MODES, RESPONSE_TYPES, type ResponseMode } from "../../src/oauth/client.ts";
import { agent, formOf, type Visit } from "../support/agent.ts";
import { CALLBACK, withClient } from "../support/config.ts";
import { authorizeUrl, type Fields } from "../support/flow.ts";
import { type TestServer, testServer } from "../support/server.ts";

/** What is wrong with a request, and what the client hears of it. */
const WRONG: Readonly<Record<string, readonly [error: string, changes: Fields]>> = {
  "nobody is logged in": ["login_required", { prompt: "none" }],
  "a scope of others": ["invalid_scope", { scope: "openid calendar.read" }],
  "no scope": ["invalid_scope", { scope: undefined }],
  "malformed claims": ["invalid_request", { claims: "{" }],
  "a hint that is none": ["invalid_request", { id_token_hint: "a.b.c" }],
  "none in company": ["invalid_request", { prompt: "none login" }],
  "an unknown prompt": ["invalid_request", { prompt: "dance" }],
  "max_age in words": ["invalid_request", { max_age: "an hour" }],
  "an unknown resource": ["invalid_target", { resource: "https://nobody.example.com" }],
  "a signed request without keys": ["request_not_supported", { request: "a.b.c" }],
  "a request URI of nobody": ["request_uri_not_supported", { request_uri: "https://a.example" }],
  "a registration": ["registration_not_supported", { registration: "{}" }],
  "an acr that nobody can reach": ["unmet_authentication_requirements", {
    claims: JSON.stringify({ id_token: { acr: { essential: true, value: "gold" } } }),
  }],
};

/** How an answer has arrived at the client, and what is in it. */
function arrival(visit: Visit): { mode: ResponseMode; parameters: Record<string, string> } {
  if (visit.status === 200) {
    const { action, fields } = formOf(visit);
    assert.equal(action.href, CALLBACK);
    return { mode: "form_post", parameters: Object.fromEntries(fields) };
  }
  const { hash, search, searchParams } = visit.url;
  assert.ok(hash === "" || search === "");
  return hash === ""
    ? { mode: "query", parameters: Object.fromEntries(searchParams) }
    : { mode: "fragment", parameters: Object.fromEntries(new URLSearchParams(hash.slice(1))) };
}

function server(): Promise<TestServer> {
  return testServer({
    config: withClient("spa", {
      grant_types: ["authorization_code", "refresh_token", "implicit"],
      response_types: RESPONSE_TYPES,
    }),
  });
}

/** Checks that a visit has arrived as this refusal, in this way. */
function assertRefusal(
  { issuer }: TestServer,
  visit: Visit,
  mode: ResponseMode,
  error: string,
  what: string,
): void {
  const found = arrival(visit);
  const { error_description, session_state: _state, ...rest } = found.parameters;
  assert.deepEqual(
    [found.mode, rest],
    [mode, { error, state: "state-1", iss: issuer }],
    what,
  );
  assert.match(error_description ?? "", /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/, what);
}

/** A request by GET, and the same by POST, which goes on by a GET of its own. */
async function openBoth(server: TestServer, url: URL): Promise<Visit[]> {
  const got = await agent(server).open(url);
  const post = { method: "POST", body: url.searchParams };
  return [got, await agent(server).open(url.origin + url.pathname, post)];
}

for (const response_type of RESPONSE_TYPES) {
  Deno.test(`OpenID Connect Core §3.1.2.6, §3.2.2.6, §3.3.2.6: errors of response_type=${response_type} go the way of its answers, with state and iss (RFC 9207 §2)`, async () => {
    await using tested = await server();
    const usual = response_type === "code" ? "query" : "fragment";
    for (const response_mode of [undefined, ...RESPONSE_MODES]) {
      // Multiple Response Types §5: a query is wrong by itself where tokens are asked for
      const forbidden = response_mode === "query" && response_type !== "code";
      const mode = forbidden || response_mode === undefined ? usual : response_mode;
      for (const [what, [error, changes]] of Object.entries(WRONG)) {
        const fields = { response_type, response_mode, nonce: "n", ...changes };
        const visits = await openBoth(tested, authorizeUrl(tested, fields));
        for (const visit of visits) {
          const { parameters: { error: found } } = arrival(visit);
          const expected = forbidden && found === "invalid_request" ? found : error;
          assertRefusal(tested, visit, mode, expected, `${what}, ${response_mode}`);
        }
      }
    }
  });

  Deno.test(`OpenID Connect Core §3.1.2.6: whoever cancels the login for response_type=${response_type} is access_denied, in the way of its answers`, async () => {
    await using tested = await server();
    const usual = response_type === "code" ? "query" : "fragment";
    for (const mode of [usual, "form_post"] as const) {
      const browser = agent(tested);
      const fields = { response_type, response_mode: mode, nonce: "n" };
      const visit = await browser.open(authorizeUrl(tested, fields));
      const cancelled = await browser.submit(visit, { action: "cancel" });
      assertRefusal(tested, cancelled, mode, "access_denied", mode);
    }
  });
}

Deno.test("OAuth 2.0 Multiple Response Types §5: a response type that brings tokens and is not supported is refused in the fragment", async () => {
  await using tested = await server();
  for (const response_type of ["token", "id_token code token extra", "none token"]) {
    for (const response_mode of [undefined, "query"]) {
      const url = authorizeUrl(tested, { response_type, response_mode });
      for (const visit of await openBoth(tested, url)) {
        assertRefusal(tested, visit, "fragment", "unsupported_response_type", response_type);
      }
    }
    const posted = authorizeUrl(tested, { response_type, response_mode: "form_post" });
    const visit = await agent(tested).open(posted);
    assertRefusal(tested, visit, "form_post", "unsupported_response_type", response_type);
  }
  for (const response_type of ["none", "code code", "pigeon"]) {
    const visit = await agent(tested).open(authorizeUrl(tested, { response_type }));
    assertRefusal(tested, visit, "query", "unsupported_response_type", response_type);
  }
});

Deno.test("RFC 6749 §3.1: an empty parameter counts as omitted, a repeated one is refused, an unknown one ignored", async () => {
  await using tested = await server();
  const optional = ["response_mode", "nonce", "prompt", "max_age", "acr_values", "claims"]
    .concat("claims_locales", "ui_locales", "login_hint", "id_token_hint", "display", "resource")
    .concat("request", "request_uri", "registration");
  const url = authorizeUrl(tested, Object.fromEntries(optional.map((name) => [name, ""])));
  for (const visit of await openBoth(tested, url)) {
    assert.equal(visit.url.pathname, "/account/login");
  }
  for (const name of optional.filter((one) => one !== "resource")) {
    const twice = authorizeUrl(tested);
    twice.searchParams.append(name, "login");
    twice.searchParams.append(name, "login");
    for (const visit of await openBoth(tested, twice)) {
      assertRefusal(tested, visit, "query", "invalid_request", name);
    }
  }
  const state = authorizeUrl(tested);
  state.searchParams.append("state", "state-2");
  const { parameters } = arrival(await agent(tested).open(state));
  // Which of the two would be right, nobody knows.
  assert.deepEqual([parameters["error"], parameters["state"]], ["invalid_request", undefined]);
  const unknown = authorizeUrl(tested, { audience: "x", foo: "bar" });
  assert.equal((await agent(tested).open(unknown)).url.pathname, "/account/login");
});

Deno.test("RFC 6749 §3.1: what is longer than anybody needs is invalid_request, in the way of its answer", async () => {
  await using tested = await server();
  const long = "x".repeat(5000);
  const names = ["scope", "nonce", "acr_values", "claims", "claims_locales", "ui_locales"]
    .concat("login_hint");
  for (const name of names) {
    const fields = { response_type: "code id_token", nonce: "n", [name]: long };
    for (const visit of await openBoth(tested, authorizeUrl(tested, fields))) {
      assertRefusal(tested, visit, "fragment", "invalid_request", name);
    }
  }
});
