/** Whether whoever is told that something went wrong can be helped: by the log, under the reference that the page gives. */

import assert from "node:assert/strict";
import { StoreError } from "../../src/store/store.ts";
import { messagesOf } from "../../src/pages/language.ts";
import type { Explanation } from "../../src/pages/error.tsx";
import { agent, type Visit } from "../support/agent.ts";
import { withClient } from "../support/config.ts";
import { authorizeUrl } from "../support/flow.ts";
import { type TestServer, testServer } from "../support/server.ts";

const HTML = { Accept: "text/html,application/xhtml+xml;q=0.9" };

/** Checks which page it is, and that the log has its reference; answers that line. */
function assertPage(server: TestServer, { html }: Visit, explanation: Explanation) {
  const { title } = messagesOf("en").error.explanation[explanation];
  assert.ok(html.includes(`<h1>${title}</h1>`), html);
  const [, trace_id] = /<dt>Reference<\/dt><dd><code>([0-9a-f]{32})<\/code>/.exec(html) ?? [];
  const lines = server.env.events.filter(({ members }) => members["trace_id"] === trace_id);
  assert.equal(lines.length, 1);
  return lines[0]!;
}

Deno.test("RFC 9110 §15.5.5: an address where nothing is, is a page with a reference, or JSON", async () => {
  await using server = await testServer();
  const visit = await agent(server).open("/nowhere?token=s3cr3t", { headers: HTML });
  assert.equal(visit.status, 404);
  const { message, members } = assertPage(server, visit, "not_found");
  assert.deepEqual([message, members["path"], members["error"]], [
    "request.refused",
    "/nowhere",
    "not_found",
  ]);
  assert.ok(!JSON.stringify(server.env.events).includes("s3cr3t"));
  const json = await server.fetch("/nowhere");
  assert.deepEqual([json.status, await json.json()], [404, { error: "not_found" }]);
  // RFC 9110 §15.1: a cache may else keep a 404 or 405, and answer whoever accepts something else
  assert.equal(json.headers.get("Cache-Control"), "no-store");
  const long = await agent(server).open(`/${"x".repeat(5000)}`, { headers: HTML });
  const line = assertPage(server, long, "not_found");
  assert.equal(String(line.members["path"]).length, 255);
});

Deno.test("RFC 9110 §15.5.6: a method that isn't for an address is a page with a reference, or JSON, and Allow", async () => {
  await using server = await testServer();
  for (
    const [path, method, allow] of [
      ["/connect/token", "GET", "POST"],
      ["/account/login", "DELETE", "GET, HEAD, POST"],
      ["/.well-known/openid-configuration", "POST", "GET, HEAD"],
    ] as const
  ) {
    const visit = await agent(server).open(path, { method, headers: HTML });
    assert.deepEqual([visit.status, visit.headers.get("Allow")], [405, allow]);
    assertPage(server, visit, "method_not_allowed");
    const json = await server.fetch(path, { method });
    assert.deepEqual([json.status, json.headers.get("Allow")], [405, allow]);
    assert.equal(json.headers.get("Cache-Control"), "no-store");
    assert.equal((await json.json()).error, "invalid_request");
  }
});

Deno.test("errors: what an application sent and what our own page sent are told apart", async () => {
  await using server = await testServer();
  const post = (path: string) =>
    agent(server).open(path, {
      method: "POST",
      body: "{}",
      headers: { "Content-Type": "application/json" },
    });
  assertPage(server, await post("/connect/authorize"), "request");
  assertPage(server, await post("/connect/endsession"), "request");
  assertPage(server, await post("/account/login"), "form");
  assertPage(server, await post("/account"), "form");
  const cross = await agent(server).open("/account/login", {
    method: "POST",
    body: new URLSearchParams({ action: "login" }),
    headers: { "Sec-Fetch-Site": "cross-site" },
  });
  assertPage(server, cross, "other_site");
});

Deno.test("errors: the log's line of a refused authorization request names its client", async () => {
  await using server = await testServer();
  for (const client_id of ["spa", "nobody", "x".repeat(5000)]) {
    const url = authorizeUrl(server, { client_id, redirect_uri: "https://evil.example/" });
    const visit = await agent(server).open(url);
    const explanation = client_id === "spa" ? "redirect_uri" : "client";
    const { members } = assertPage(server, visit, explanation);
    assert.equal(members["client_id"], client_id.slice(0, 255));
  }
});

Deno.test("OpenID Connect RP-Initiated Logout §3: the log says in what an unregistered post_logout_redirect_uri differs, the page nothing", async () => {
  const bye = "https://rp.example.com/bye";
  const config = withClient("spa", { post_logout_redirect_uris: [bye] });
  await using server = await testServer({ config });
  const asked = "https://me:s3cr3t@rp.example.com/bye/?token=s3cr3t";
  const query = new URLSearchParams({ client_id: "spa", post_logout_redirect_uri: asked });
  const visit = await agent(server).open(`/connect/endsession?${query}`);
  const { members } = assertPage(server, visit, "post_logout_redirect_uri");
  const { client_id, post_logout_redirect_uri, closest, differs_in } = members;
  assert.deepEqual({ client_id, post_logout_redirect_uri, closest, differs_in }, {
    client_id: "spa",
    post_logout_redirect_uri: `${bye}/`,
    closest: bye,
    differs_in: ["user", "trailing slash", "query"],
  });
  assert.ok(!visit.html.includes("rp.example.com"));
  assert.ok(!JSON.stringify(members).includes("s3cr3t"));
});

Deno.test("errors: a store that is away is a page that says for how many seconds to wait", async () => {
  await using server = await testServer();
  const failing = {
    ...server.store,
    get: () => Promise.reject(new StoreError("away")),
    commit: () => Promise.reject(new StoreError("away")),
    list: () => Promise.reject(new StoreError("away")),
  };
  const url = authorizeUrl(server);
  const browser = agent(server);
  await browser.open(url);
  Object.assign(server.store, failing);
  const visit = await browser.open(url);
  assert.deepEqual([visit.status, visit.headers.get("Retry-After")], [503, "5"]);
  assertPage(server, visit, "unavailable");
  assert.match(visit.html, /Wait 5 seconds, then try again\./);
  assert.ok(!visit.html.includes('id="check"'));
});

Deno.test("OpenID Connect Core §3.1.2.1: ui_locales choose the language of the error page too", async () => {
  await using server = await testServer();
  const url = authorizeUrl(server, { client_id: "nobody", ui_locales: "de" });
  const { html } = await agent(server).open(url);
  assert.match(html, /<html lang="de">/);
  assert.match(html, /Wer dran ist<\/dt><dd><strong>Die Entwickler der Anwendung/);
});
