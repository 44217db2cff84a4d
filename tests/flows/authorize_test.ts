/** Whether a wrong authorization request is told to the person or to the client, and with which code. */

import assert from "node:assert/strict";
import { agent } from "../support/agent.ts";
import { CALLBACK, withClient } from "../support/config.ts";
import { answerOf, authorizeUrl, type Fields, passThrough } from "../support/flow.ts";
import { listeningServer, type TestServer } from "../support/server.ts";

/** The error that a page shows. */
function shownError(html: string): string | undefined {
  return /<div id="error">.*<code>([a-z_]+)<\/code>/s.exec(html)?.[1];
}

async function assertPage(server: TestServer, url: URL, error: string): Promise<void> {
  for (const method of ["GET", "POST"]) {
    const response = method === "GET"
      ? await server.fetch(url)
      : await server.fetch(new URL(url.pathname, url), { method, body: url.searchParams });
    const html = await response.text();
    assert.equal(response.status, 400, method);
    assert.equal(response.headers.get("Location"), null);
    assert.equal(response.headers.get("Refresh"), null);
    assert.match(response.headers.get("Content-Type") ?? "", /^text\/html/);
    assert.equal(shownError(html), error);
    assert.doesNotMatch(html, /evil/);
  }
}

Deno.test("RFC 6749 §4.1.2.1: an unknown or disabled client is told to the person, and nothing is redirected", async () => {
  await using server = await listeningServer({ config: withClient("post", { enabled: false }) });
  await assertPage(server, authorizeUrl(server, { client_id: "nobody" }), "unauthorized_client");
  await assertPage(server, authorizeUrl(server, { client_id: "post" }), "unauthorized_client");
  await assertPage(server, authorizeUrl(server, { client_id: undefined }), "invalid_request");
  const twice = authorizeUrl(server);
  twice.searchParams.append("client_id", "web");
  await assertPage(server, twice, "invalid_request");
});

const unregistered: readonly string[] = [
  "https://evil.example/callback",
  `${CALLBACK}/`,
  `${CALLBACK}/../evil`,
  `${CALLBACK}?evil=1`,
  `${CALLBACK}#evil`,
  `${CALLBACK}%2e`,
  "https://rp.example.com/callbac",
  "https://RP.example.com/callback",
  "https://rp.example.com:443/callback",
  "https://rp.example.com@evil.example/callback",
  "https://rp.example.com.evil.example/callback",
  "https://rp.example.com\\@evil.example/callback",
  "http://rp.example.com/callback",
  "//rp.example.com/callback",
  "/callback",
  "http://localhost/callback",
  "http://127.0.0.1:80@evil.example/callback",
  "http://127.0.0.1:99999/callback",
  "http://127.0.0.1:8080/evil",
  "http://127.0.0.1.evil.example/callback",
  "http://[::1]/callback",
  "javascript:alert(1)",
  "data:text/html,evil",
  `${CALLBACK}\r\nX: evil`,
  `${CALLBACK}\0`,
];
Deno.test("RFC 9700 §4.1.3: a redirect URI that is not registered to the letter is a page, never a redirect", async () => {
  await using server = await listeningServer();
  for (const redirect_uri of unregistered) {
    await assertPage(server, authorizeUrl(server, { redirect_uri }), "invalid_request");
  }
  const twice = authorizeUrl(server);
  twice.searchParams.append("redirect_uri", "https://evil.example/");
  await assertPage(server, twice, "invalid_request");
});

Deno.test("OpenID Connect Core §3.1.2.1: redirect_uri may not be left out with openid, nor where there are several", async () => {
  await using server = await listeningServer({
    config: withClient("post", { redirect_uris: [CALLBACK] }),
  });
  const missing = { redirect_uri: undefined };
  await assertPage(server, authorizeUrl(server, missing), "invalid_request");
  const several = { ...missing, scope: "invoices.read" };
  await assertPage(server, authorizeUrl(server, several), "invalid_request");
  await assertPage(
    server,
    authorizeUrl(server, { ...missing, client_id: "post" }),
    "invalid_request",
  );
});

const refused: readonly (readonly [string, Fields, string])[] = [
  [
    "RFC 6749 §4.1.2.1: an unknown response_type",
    { response_type: "token" },
    "unsupported_response_type",
  ],
  ["RFC 6749 §3.1.1: no response_type", { response_type: undefined }, "invalid_request"],
  ["RFC 7636 §4.4.1: no code_challenge", {
    code_challenge: undefined,
    code_challenge_method: undefined,
  }, "invalid_request"],
  [
    "RFC 7636 §4.4.1: code_challenge_method plain",
    { code_challenge_method: "plain" },
    "invalid_request",
  ],
  ["RFC 7636 §4.3: no code_challenge_method, which means plain", {
    code_challenge_method: undefined,
  }, "invalid_request"],
  ["RFC 7636 §4.2: a malformed code_challenge", { code_challenge: "short" }, "invalid_request"],
  ["RFC 6749 §3.3: no scope", { scope: undefined }, "invalid_scope"],
  [
    "RFC 6749 §3.3: a scope that the client may not have",
    { scope: "openid calendar.read" },
    "invalid_scope",
  ],
  ["RFC 6749 §3.3: a malformed scope", { scope: "openid  email" }, "invalid_scope"],
  [
    "OpenID Connect Core §3.1.2.1: prompt=none with another value",
    { prompt: "none login" },
    "invalid_request",
  ],
  [
    "OpenID Connect Prompt Create §4.1.1: an unknown prompt",
    { prompt: "dance" },
    "invalid_request",
  ],
  ["OpenID Connect Core §3.1.2.1: a malformed max_age", { max_age: "-1" }, "invalid_request"],
  ["OpenID Connect Core §6: a request object", { request: "e30.e30." }, "request_not_supported"],
  ["OpenID Connect Core §6: a request_uri", {
    request_uri: "https://rp.example.com/request",
  }, "request_uri_not_supported"],
  [
    "OpenID Connect Core §7.2.1: a registration",
    { registration: "{}" },
    "registration_not_supported",
  ],
  ["RFC 8707 §2: an unknown resource", { resource: "https://evil.example" }, "invalid_target"],
];
Deno.test("RFC 6749 §4.1.2.1: other errors go to the client, with state and iss, by GET and POST", async (t) => {
  await using server = await listeningServer();
  for (const [rule, changes, error] of refused) {
    await t.step(rule, async () => {
      const url = authorizeUrl(server, changes);
      const answers = [
        await agent(server).open(url),
        await agent(server).open(url.pathname, { method: "POST", body: url.searchParams }),
      ].map(answerOf);
      for (const answer of answers) {
        const { error_description, ...rest } = answer;
        assert.deepEqual(rest, { error, state: "state-1", iss: server.issuer });
        assert.match(error_description ?? "", /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
      }
    });
  }
});

Deno.test("RFC 6749 §4.1.2.1: a client that may not use response_type=code is told so", async () => {
  const members = { grant_types: ["client_credentials"], redirect_uris: [CALLBACK] };
  await using server = await listeningServer({
    config: withClient("web", { ...members, scope: "invoices.read" }),
  });
  const visit = await agent(server).open(authorizeUrl(server, { client_id: "web" }));
  assert.equal(answerOf(visit)["error"], "unauthorized_client");
});

Deno.test("RFC 6749 §3.1: a parameter given twice is invalid_request, save resource", async () => {
  const scope = "openid invoices.read calendar.read";
  await using server = await listeningServer({ config: withClient("spa", { scope }) });
  for (const name of ["scope", "nonce", "state", "prompt", "unknown"]) {
    const url = authorizeUrl(server, { [name]: "openid" });
    url.searchParams.append(name, "openid");
    const answer = answerOf(await agent(server).open(url));
    assert.equal(answer["error"], "invalid_request", name);
  }
  const url = authorizeUrl(server, { scope, resource: "https://api.example.com" });
  url.searchParams.append("resource", "https://calendar.example.com");
  assert.ok((await passThrough(agent(server), url))["code"]);
});
