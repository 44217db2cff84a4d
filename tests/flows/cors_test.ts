/** Which scripts of other origins may read what: documents all, tokens those that a client lists, pages none. */

import assert from "node:assert/strict";
import { basic, tokensFor } from "../support/flow.ts";
import { withClient } from "../support/config.ts";
import { listeningServer, type TestServer } from "../support/server.ts";

const LISTED = "https://rp.example.com";
const DOCUMENTS = [
  "/.well-known/openid-configuration",
  "/.well-known/oauth-authorization-server",
  "/.well-known/openid-configuration/jwks",
];
const ENDPOINTS = [
  "/connect/token",
  "/connect/par",
  "/connect/deviceauthorization",
  "/connect/userinfo",
  "/connect/revocation",
];

async function send(server: TestServer, path: string, init: RequestInit): Promise<Response> {
  const response = await server.fetch(path, init);
  await response.arrayBuffer();
  // Fetch §3.2.5: without this header no browser sends cookies along.
  assert.equal(response.headers.get("Access-Control-Allow-Credentials"), null);
  return response;
}

function preflight(server: TestServer, path: string, origin: string, method = "POST") {
  return send(server, path, {
    method: "OPTIONS",
    headers: {
      "Origin": origin,
      "Access-Control-Request-Method": method,
      "Access-Control-Request-Headers": "authorization,content-type",
    },
  });
}

Deno.test("Fetch §3.2: documents are open to any origin", async () => {
  await using server = await listeningServer();
  for (const path of DOCUMENTS) {
    const { headers, status } = await send(server, path, {
      headers: { Origin: "https://any.example" },
    });
    assert.deepEqual([status, headers.get("Access-Control-Allow-Origin")], [200, "*"]);
    const known = { "Origin": "null", "If-None-Match": headers.get("ETag") ?? "" };
    const again = await send(server, path, { headers: known });
    assert.deepEqual([again.status, again.headers.get("Access-Control-Allow-Origin")], [304, "*"]);
    const asked = await preflight(server, path, "https://any.example", "GET");
    assert.equal(asked.status, 204);
    assert.equal(asked.headers.get("Access-Control-Allow-Origin"), "*");
  }
});

Deno.test("Fetch §3.2: a listed origin may call token, userinfo, revocation, push and devices, and read their errors", async () => {
  await using server = await listeningServer();
  const { access_token } = await tokensFor(server);
  const bearer = { Authorization: `Bearer ${access_token}` };
  const form = (fields: Record<string, string>) => ({
    method: "POST",
    body: new URLSearchParams(fields),
  });
  const calls: readonly (readonly [number, string, RequestInit])[] = [
    [200, "/connect/userinfo", { headers: bearer }],
    [401, "/connect/userinfo", {}],
    [401, "/connect/userinfo", { headers: { Authorization: "Bearer x" } }],
    [
      400,
      "/connect/token",
      form({ client_id: "spa", grant_type: "authorization_code", code: "x" }),
    ],
    [401, "/connect/token", form({ client_id: "nobody" })],
    [401, "/connect/token", { ...form({}), headers: { Authorization: basic("web", "wrong") } }],
    [405, "/connect/token", { method: "GET" }],
    [400, "/connect/par", form({ client_id: "spa" })],
    [401, "/connect/par", form({ client_id: "nobody" })],
    [405, "/connect/par", { method: "GET" }],
    [400, "/connect/deviceauthorization", form({ client_id: "spa" })],
    [401, "/connect/deviceauthorization", form({ client_id: "nobody" })],
    [405, "/connect/deviceauthorization", { method: "GET" }],
    [200, "/connect/revocation", form({ client_id: "spa", token: "x" })],
    [400, "/connect/revocation", form({ client_id: "spa" })],
  ];
  for (const [expected, path, init] of calls) {
    const headers = new Headers(init.headers);
    headers.set("Origin", LISTED);
    const response = await send(server, path, { ...init, headers });
    assert.equal(response.status, expected, path);
    assert.equal(response.headers.get("Access-Control-Allow-Origin"), LISTED, path);
    assert.match(response.headers.get("Vary") ?? "", /\bOrigin\b/i);
    const exposed = response.headers.get("Access-Control-Expose-Headers");
    assert.match(exposed ?? "", /WWW-Authenticate/);
    assert.match(exposed ?? "", /Retry-After/);
  }
});

Deno.test("Fetch §3.2: other origins get the same answers without leave to read them", async () => {
  await using server = await listeningServer();
  const others = [
    "https://evil.example",
    "https://rp.example.com.evil.example",
    "http://rp.example.com",
    "https://rp.example.com:8443",
    "https://sub.rp.example.com",
    "null",
  ];
  for (const origin of others) {
    for (const path of ENDPOINTS) {
      const response = await send(server, path, {
        method: "POST",
        body: new URLSearchParams({ client_id: "spa", token: "x" }),
        headers: { Origin: origin },
      });
      assert.equal(response.headers.get("Access-Control-Allow-Origin"), null, `${origin} ${path}`);
      assert.match(response.headers.get("Vary") ?? "", /\bOrigin\b/i);
      const asked = await preflight(server, path, origin);
      assert.equal(asked.headers.get("Access-Control-Allow-Origin"), null, `${origin} ${path}`);
    }
  }
});

Deno.test("Fetch §3.2: an answer without an origin varies by it too, so that no cache mixes them up", async () => {
  await using server = await listeningServer();
  const { headers } = await send(server, "/connect/userinfo", {});
  assert.match(headers.get("Vary") ?? "", /\bOrigin\b/i);
  assert.equal(headers.get("Access-Control-Allow-Origin"), null);
});

Deno.test("Fetch §3.2.2: a preflight of a listed origin allows what the endpoints take", async () => {
  await using server = await listeningServer();
  for (const path of ENDPOINTS) {
    const { status, headers } = await preflight(server, path, LISTED);
    assert.equal(status, 204);
    assert.equal(headers.get("Access-Control-Allow-Origin"), LISTED);
    const methods = path === "/connect/userinfo" ? "GET,POST" : "POST";
    assert.equal(headers.get("Access-Control-Allow-Methods"), methods, path);
    const allowed = headers.get("Access-Control-Allow-Headers")?.toLowerCase() ?? "";
    assert.ok(allowed.includes("authorization") && allowed.includes("content-type"));
  }
});

Deno.test("allowed_cors_origins: those of a disabled client don't count", async () => {
  await using server = await listeningServer({ config: withClient("spa", { enabled: false }) });
  const { headers } = await preflight(server, "/connect/token", LISTED);
  assert.equal(headers.get("Access-Control-Allow-Origin"), null);
});

Deno.test("Fetch §3.2: pages, the authorization endpoint and introspection are for no script", async () => {
  await using server = await listeningServer();
  const closed = [
    "/connect/authorize",
    "/connect/introspect",
    "/account/login",
    "/account/consent",
  ];
  for (const path of closed) {
    for (const origin of [LISTED, "https://evil.example"]) {
      const { headers } = await send(server, path, { headers: { Origin: origin } });
      assert.equal(headers.get("Access-Control-Allow-Origin"), null);
      const asked = await preflight(server, path, origin);
      assert.equal(asked.headers.get("Access-Control-Allow-Origin"), null);
    }
  }
});
