/** Whether the authorization endpoint stands what nobody sends in good faith, parameter by parameter. */

import assert from "node:assert/strict";
import { CALLBACK, SCOPE, withClient } from "../support/config.ts";
import {
  assertNothingReflected,
  dump,
  encode,
  type Junk,
  KINDS_OF_JUNK,
  post,
} from "../support/hostile.ts";
import { memoryStore } from "../support/memory_store.ts";
import { type TestServer, testServer } from "../support/server.ts";

/** "ok": a page comes. "page …": an error page. Otherwise the error that goes back to the client. */
type Outcome = "ok" | `page ${string}` | `back ${string}`;
type Outcomes = { readonly otherwise: Outcome } & { readonly [J in Junk]?: Outcome };

const invalid: Outcome = "back invalid_request";
const optional = { missing: "ok", empty: "ok" } as const;
/** Printable text that may be absent. */
const printable = { ...optional, html: "ok", percent: "ok", json: "ok", number: "ok" } as const;
/** Any text without control characters that may be absent. */
const text = { ...printable, unicode: "ok", surrogate: "ok" } as const;
const unsupported = (code: string): Outcomes => ({ ...optional, otherwise: `back ${code}` });

const OUTCOMES: Readonly<Record<string, Outcomes>> = {
  client_id: {
    missing: "page invalid_request",
    empty: "page invalid_request",
    twice: "page invalid_request",
    otherwise: "page unauthorized_client",
  },
  redirect_uri: { otherwise: "page invalid_request" },
  response_type: {
    missing: invalid,
    empty: invalid,
    twice: invalid,
    otherwise: "back unsupported_response_type",
  },
  scope: {
    twice: invalid,
    long: invalid,
    nul: invalid,
    crlf: invalid,
    // a well-formed scope that is unknown beside known ones is ignored
    percent: "ok",
    otherwise: "back invalid_scope",
  },
  state: { ...printable, otherwise: invalid },
  nonce: { ...printable, otherwise: invalid },
  code_challenge: { otherwise: invalid },
  code_challenge_method: { otherwise: invalid },
  response_mode: { ...optional, otherwise: invalid },
  prompt: { ...optional, otherwise: invalid },
  max_age: { ...optional, otherwise: invalid },
  login_hint: { ...text, otherwise: invalid },
  ui_locales: { ...text, otherwise: invalid },
  acr_values: { ...text, otherwise: invalid },
  // OpenID Connect Core §5.5: members that are not understood are ignored
  claims: { ...optional, json: "ok", otherwise: invalid },
  claims_locales: { ...text, otherwise: invalid },
  display: { otherwise: "ok", twice: invalid },
  resource: { ...optional, twice: "ok", otherwise: "back invalid_target" },
  request: { ...unsupported("request_not_supported"), twice: "ok" },
  request_uri: { ...unsupported("request_uri_not_supported"), twice: "ok" },
  registration: { ...unsupported("registration_not_supported"), twice: "ok" },
  // RFC 6749 §3.1: unknown parameters are ignored
  unknown: { otherwise: "ok" },
};

const GOOD = {
  client_id: "web",
  redirect_uri: CALLBACK,
  response_type: "code",
  scope: SCOPE,
  state: "state-0",
  nonce: "nonce-0",
  code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  code_challenge_method: "S256",
  response_mode: "query",
  prompt: "login",
  max_age: "60",
  login_hint: "alice",
  ui_locales: "de en",
  acr_values: "gold",
  claims: `{"userinfo":{"email":null}}`,
  claims_locales: "de en",
  display: "page",
  resource: "https://api.example.com",
};

async function hardServer(): Promise<TestServer> {
  const config = withClient("web", { redirect_uris: [CALLBACK] });
  return await testServer({ config, store: memoryStore() });
}

for (const method of ["GET", "POST"] as const) {
  Deno.test(`${method} /connect/authorize: junk in any parameter is refused with the right code, and nothing is stored`, async () => {
    await using server = await hardServer();
    for (const [name, outcomes] of Object.entries(OUTCOMES)) {
      for (const junk of KINDS_OF_JUNK) {
        const sent = encode(GOOD, name, junk);
        const before = await dump(server.store);
        const response = method === "GET"
          ? await server.fetch(`/connect/authorize?${sent}`)
          : await server.fetch("/connect/authorize", post(sent));
        const body = await response.text();
        const because = `${name}, ${junk}: ${response.status} ${response.headers.get("Location")}`;
        assertNothingReflected(response.headers, body);
        // a form past the limit isn't read, so nothing in it is proven
        const tooLong = method === "POST" && junk === "long";
        const outcome = tooLong ? "page invalid_request" : outcomes[junk] ?? outcomes.otherwise;
        const [kind, code = ""] = outcome.split(" ");
        if (kind === "ok") {
          assert.equal(response.status, 303, because);
          const location = response.headers.get("Location") ?? "";
          assert.ok(location.startsWith(`${server.issuer}/`), because);
          continue;
        }
        if (kind === "page") {
          assert.equal(response.status, tooLong ? 413 : 400, because);
          assert.match(body, new RegExp(`id="error"[^]*<code>${code}</code>`), because);
          assert.ok(response.headers.has("Content-Security-Policy"));
        } else assertRefusal(server, response, code, { name, junk });
        assert.deepEqual(await dump(server.store), before, because);
      }
    }
  });
}

/** RFC 6749 §4.1.2.1 and RFC 9207 §2: the client gets `error`, `state` and `iss`. */
function assertRefusal(
  { issuer }: TestServer,
  response: Response,
  code: string,
  { name, junk }: { name: string; junk: Junk },
): void {
  const because = `${name}, ${junk}`;
  assert.equal(response.status, 303, because);
  const location = new URL(response.headers.get("Location") ?? "");
  assert.equal(location.origin + location.pathname, CALLBACK, because);
  const { searchParams: answer } = location;
  assert.equal(answer.get("error"), code, because);
  assert.equal(answer.get("iss"), issuer, because);
  assert.equal(answer.get("state"), name === "state" ? null : GOOD.state, because);
  assert.equal(answer.get("code"), null, because);
  assert.match(answer.get("error_description") ?? "", /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/, because);
}

Deno.test("RFC 6749 §4.1.2.1: state goes back as it came, by each response mode, whatever is in it", async () => {
  await using server = await hardServer();
  const state = `"><script>alert(1)</script>&error=none#x=%00%0d%0a'\`\${}\\`;
  for (const response_mode of ["query", "fragment", "form_post"]) {
    const sent = encode({ ...GOOD, state, response_mode, prompt: "none" });
    const response = await server.fetch(`/connect/authorize?${sent}`);
    const body = await response.text();
    assertNothingReflected(response.headers, body);
    if (response_mode === "form_post") {
      const [, value = ""] = /name="state" value="([^"]*)"/.exec(body) ?? [];
      assert.equal(unescaped(value), state);
      continue;
    }
    const location = new URL(response.headers.get("Location") ?? "");
    const answer = response_mode === "query"
      ? location.searchParams
      : new URLSearchParams(location.hash.slice(1));
    assert.deepEqual(answer.getAll("state"), [state]);
    assert.deepEqual(answer.getAll("error"), ["login_required"]);
  }
});

function unescaped(value: string): string {
  return value.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

Deno.test("RFC 9700 §4.1: nothing near a registered redirect URI is redirected to", async () => {
  await using server = await hardServer();
  const near = [
    "https://rp.example.com",
    "https://rp.example.com/",
    "https://rp.example.com/callback/",
    "https://rp.example.com/callback?",
    "https://rp.example.com/callback#",
    "https://rp.example.com/callback?a=b",
    "https://rp.example.com/callback/../callback",
    "https://rp.example.com//callback",
    "https://rp.example.com/Callback",
    "https://rp.example.com/callbac%6B",
    "https://RP.example.com/callback",
    "https://rp.example.com:443/callback",
    "https://rp.example.com./callback",
    "https://rp.example.com@evil.example/callback",
    "https://evil.example\\@rp.example.com/callback",
    "https://evil.example/?https://rp.example.com/callback",
    "https://rp.example.com.evil.example/callback",
    "http://rp.example.com/callback",
    "//rp.example.com/callback",
    "/callback",
    " https://rp.example.com/callback",
    "https://rp.example.com/callback ",
    "https://rp.example.com/callback\t",
    "https://rp.example.com/ca\nllback",
    "https://rp.еxample.com/callback",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "https://rp.example.com/callback https://evil.example",
  ];
  const before = await dump(server.store);
  for (const redirect_uri of near) {
    const sent = encode({ ...GOOD, redirect_uri });
    const response = await server.fetch(`/connect/authorize?${sent}`);
    const body = await response.text();
    assert.equal(response.status, 400, redirect_uri);
    assert.equal(response.headers.get("Location"), null);
    assert.ok(!body.includes("evil.example"));
    assertNothingReflected(response.headers, body);
  }
  assert.deepEqual(await dump(server.store), before);
});
