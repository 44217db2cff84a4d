/** Whether the `check` link tells whoever runs the server what was wrong with a refused request, and a stranger nothing. */

import assert from "node:assert/strict";
import { base64url, fromBase64url, utf8 } from "../../src/lib/bytes.ts";
import { type Agent, agent, attribute, type Visit } from "../support/agent.ts";
import { clientKey } from "../support/client_key.ts";
import { CALLBACK, type RawConfig, withClient } from "../support/config.ts";
import { testEnv } from "../support/env.ts";
import { authorizeUrl, type Fields } from "../support/flow.ts";
import { push, pushedUrl, requestUriOf } from "../support/pushed.ts";
import { objectClaims, objectUrl, withSigner } from "../support/request_object.ts";
import { type TestServer, testServer } from "../support/server.ts";

const WRONG = "https://rp.example.com/callback/";
const SECRETS = {
  state: "s3cr3t-state",
  nonce: "s3cr3t-nonce",
  login_hint: "s3cr3t-hint@example.com",
  id_token_hint: "s3cr3t-token",
  client_secret: "s3cr3t-password",
};

/** The address of the link on the page of a refused request. */
function linkOf({ html, status }: Visit): string {
  assert.equal(status, 400, html);
  const [link = ""] = /<a id="check"[^>]*>/.exec(html) ?? [];
  assert.notEqual(link, "", html);
  return attribute(link, "href");
}

/** What the log has of what the link has found. */
function checked({ env }: TestServer): Record<string, unknown>[] {
  return env.events.filter(({ message }) => message === "authorization.checked").map(
    ({ level, members }) => ({ level, ...members }),
  );
}

async function refuse(server: TestServer, changes: Fields, browser: Agent = agent(server)) {
  const visit = await browser.open(authorizeUrl(server, changes));
  const refused = server.env.events.findLast(({ message }) => message === "request.refused");
  return { visit, link: linkOf(visit), trace_id: String(refused?.members["trace_id"]) };
}

async function follow(server: TestServer, link: string): Promise<Visit> {
  // Whoever runs the server has another browser than whoever was refused.
  return await agent(server).open(link);
}

Deno.test("check: the log has all that was wrong, under the reference of the page and one of its own", async () => {
  await using server = await testServer();
  const { visit, link, trace_id } = await refuse(server, {
    redirect_uri: WRONG,
    scope: "openid calendar.read",
    code_challenge_method: "plain",
  });
  assert.ok(visit.html.includes(`<code>${trace_id}</code>`));
  assert.equal((await follow(server, link)).status, 200);
  const [{ trace_id: own, ...event } = {}, ...others] = checked(server);
  assert.equal(others.length, 0);
  assert.match(String(own), /^[0-9a-f]{32}$/);
  assert.notEqual(own, trace_id);
  assert.deepEqual(event, {
    level: "info",
    refused_trace_id: trace_id,
    client_id: "spa",
    error: "invalid_request",
    error_description: "redirect_uri is not registered for this client",
    request: "plain",
    findings: [
      {
        parameter: "redirect_uri",
        problem: "redirect_uri is not registered for this client",
        asked: WRONG,
        registered_uris: 2,
        closest: CALLBACK,
        differs_in: ["trailing slash"],
        position: CALLBACK.length,
      },
      {
        parameter: "scope",
        problem: "the client may not ask for it",
        beyond: ["calendar.read"],
      },
      {
        parameter: "code_challenge",
        problem: "code_challenge_method must be S256",
        code_challenge_method: "plain",
        require_pkce: true,
      },
    ],
  });
});

Deno.test("check: a stranger sees the same page whatever is found, and nothing of any client on it", async () => {
  await using server = await testServer();
  const seen = new Set<string>();
  for (
    const changes of [
      { redirect_uri: WRONG },
      { redirect_uri: WRONG, client_id: "web" },
      { redirect_uri: "https://evil.example/" },
      { client_id: "nobody" },
      { client_id: undefined },
      { client_id: "machine" },
      { redirect_uri: undefined, client_id: "web", scope: "openid invoices.read" },
    ]
  ) {
    const { visit, link, trace_id } = await refuse(server, changes);
    const page = await follow(server, link);
    assert.ok(page.html.includes(`<code>${trace_id}</code>`));
    seen.add(page.html.replace(trace_id, "…"));
    for (const html of [visit.html, page.html]) {
      const words = html.replace(link.replaceAll("&", "&amp;"), "");
      for (
        const secret of ["rp.example.com", "127.0.0.1/callback", "Web Shop", "invoices"]
      ) {
        assert.ok(!words.includes(secret), `${secret}: ${words}`);
      }
    }
    server.env.advance(60);
  }
  assert.equal(seen.size, 1);
});

Deno.test("check: how long the link is tells no more than the page, which says the same of whatever is wrong with a request_uri", async () => {
  const hosted = "https://rp.example.com/request.jwt";
  const replies = [
    () => Promise.reject(new TypeError("nobody answers there")),
    () => Promise.resolve(new Response("", { status: 404 })),
    () => Promise.resolve(new Response("", { headers: { "Content-Type": "image/png" } })),
  ];
  let reply = 0;
  const env = testEnv(undefined, () => replies[reply++ % replies.length]!());
  const config = withSigner([await clientKey("ES256")], { request_uris: [hosted] });
  await using server = await testServer({ env, config });
  const pushed = async (client_id?: string) => requestUriOf(await push(server, client_id));
  const [foreign, own] = [await pushed("post"), await pushed()];
  // What somebody has begun with may still be told from what never was.
  await agent(server).open(pushedUrl(server, own));
  server.env.advance(60);
  const unknown = own.slice(0, -43) + "A".repeat(43);
  const strange = hosted.replace("rp", "qq");
  for (
    const uris of [[unknown, own, foreign, await pushed("post")], [hosted, hosted, hosted, strange]]
  ) {
    const seen = new Set<string>();
    const reasons = new Set<unknown>();
    for (const uri of uris) {
      const visit = await agent(server).open(pushedUrl(server, uri));
      const link = linkOf(visit);
      seen.add(visit.html.replaceAll(/[0-9a-f]{32}/g, "").replace(link, `${link.length}`));
      const { message, members } = server.env.events.at(-1) ?? assert.fail();
      assert.equal(message, "request.refused");
      reasons.add(members["reason"] ?? members["error_description"]);
      assert.equal((await follow(server, link)).status, 200);
    }
    assert.equal(seen.size, 1);
    assert.ok(reasons.size >= 3, [...reasons].join());
  }
});

Deno.test("check: the request is held against the client as it is configured now", async () => {
  await using server = await testServer();
  const { link } = await refuse(server, { redirect_uri: WRONG });
  const { env, store } = server;
  const config = withClient("spa", { redirect_uris: [CALLBACK, WRONG] });
  await using mended = await testServer({ env, store, config });
  await follow(server, link);
  await follow(mended, link);
  const found = checked(server).map(({ findings }) => (findings as unknown[]).length);
  assert.deepEqual(found, [1, 0]);
});

Deno.test("check: neither state, hints, tokens, secrets nor a query stand in the log", async () => {
  await using server = await testServer();
  for (const password of ["s3cr3t-1", "s3cr3t-1".repeat(80)]) {
    const redirect_uri = `https://me:${password}@rp.example.com/callback?token=s3cr3t-2#s3cr3t-3`;
    const { link } = await refuse(server, { ...SECRETS, redirect_uri });
    await follow(server, link);
  }
  assert.equal(checked(server).length, 2);
  assert.ok(!JSON.stringify(server.env.events).includes("s3cr3t"));
});

Deno.test("check: a posted request has the link too", async () => {
  await using server = await testServer();
  const { pathname, searchParams } = authorizeUrl(server, { redirect_uri: WRONG });
  const visit = await agent(server).open(pathname, { method: "POST", body: searchParams });
  await follow(server, linkOf(visit));
  assert.equal(checked(server).length, 1);
});

Deno.test("check: what is given twice is found", async () => {
  await using server = await testServer();
  const url = authorizeUrl(server, { redirect_uri: WRONG });
  url.searchParams.append("redirect_uri", CALLBACK);
  url.searchParams.append("client_id", "spa");
  await follow(server, linkOf(await agent(server).open(url)));
  const [event] = checked(server);
  assert.deepEqual(event?.["findings"], [
    { parameter: "client_id", problem: "is missing" },
    { parameter: "client_id", problem: "is given twice" },
    { parameter: "redirect_uri", problem: "is given twice" },
  ]);
});

Deno.test("RFC 9101: of a request object that can't be read the log has why, of one that can its own parameters", async () => {
  const key = await clientKey("ES256", { kid: "1" });
  const stranger = await clientKey("ES256", { kid: "1" });
  await using server = await testServer({ config: withSigner([key]) });
  const sign = (by: typeof key, members: RawConfig = {}) => by.sign(objectClaims(server, members));
  for (const request of ["x", await sign(stranger)]) {
    const url = objectUrl(server, { request });
    await follow(server, linkOf(await agent(server).open(url)));
    const { findings, request: form } = checked(server).at(-1) ?? {};
    const [finding, ...others] = findings as Record<string, unknown>[];
    assert.deepEqual([form, finding?.["error"], others], ["request", "invalid_request_object", []]);
    assert.equal(typeof finding?.["reason"], "string");
  }
  const wrong = await sign(key, { redirect_uri: WRONG, state: "s3cr3t" });
  await follow(server, linkOf(await agent(server).open(objectUrl(server, { request: wrong }))));
  const { findings } = checked(server).at(-1) ?? {};
  assert.deepEqual((findings as Record<string, unknown>[]).map((one) => one["differs_in"]), [
    ["trailing slash"],
  ]);
});

Deno.test("RFC 9126: of a pushed request that is none the log has why", async () => {
  await using server = await testServer();
  const url = authorizeUrl(server, {
    redirect_uri: undefined,
    request_uri: "urn:ietf:params:oauth:request_uri:pr_s3cr3t",
  });
  await follow(server, linkOf(await agent(server).open(url)));
  const { findings, request } = checked(server).at(-1) ?? {};
  assert.equal(request, "pushed");
  const [finding] = findings as Record<string, unknown>[];
  assert.equal(finding?.["error"], "invalid_request_uri");
  assert.ok(!JSON.stringify(server.env.events).includes("s3cr3t"));
});

Deno.test("check: a value that is old, changed, cut, of another purpose or another server logs nothing", async () => {
  await using server = await testServer();
  await using other = await testServer();
  const { link } = await refuse(server, { redirect_uri: WRONG });
  const value = new URL(link).searchParams.get("request") ?? "";
  const bytes = fromBase64url(value) ?? assert.fail();
  const flipped = [0, 3, 7, 30, bytes.length - 1].map((at) => {
    const changed = bytes.slice();
    changed[at]! ^= 1;
    return base64url(changed);
  });
  const { ring } = server.server;
  const forged = { trace_id: "x", asked: {}, exp: server.env.now() + 60 };
  const values = [
    "",
    "x",
    "%00",
    "=".repeat(100),
    "A".repeat(20_000),
    value.slice(0, -4),
    `${value}AAAA`,
    ...flipped,
    base64url(utf8(JSON.stringify(forged))),
    base64url(ring.seal("interaction", utf8(JSON.stringify(forged)))),
    base64url(other.server.ring.seal("authorization_check", utf8(JSON.stringify(forged)))),
  ];
  const before = await server.store.list([], { limit: 1000 });
  for (const bad of [undefined, ...values]) {
    const query = bad === undefined ? "" : `?request=${encodeURIComponent(bad)}`;
    const visit = await follow(server, `${server.issuer}/connect/authorize/check${query}`);
    assert.equal(visit.status, 400, bad);
    assert.match(visit.html, /<h1>This link can’t be used<\/h1>/);
  }
  const twice = `${link}&request=${value}`;
  assert.equal((await follow(server, twice)).status, 400);
  server.env.advance(899);
  assert.equal((await follow(server, link)).status, 200);
  server.env.advance(1);
  assert.equal((await follow(server, link)).status, 400);
  assert.equal(checked(server).length, 1);
  // Nothing but the count of that one good look.
  const after = await server.store.list([], { limit: 1000 });
  assert.equal(after.length - before.length, 1);
});

Deno.test("check: nothing is stored for a refused request, and links of whatever is asked can be followed", async () => {
  await using server = await testServer();
  const before = await server.store.list([], { limit: 1000 });
  const links: string[] = [];
  for (const long of ["\0", "ü", '"', "\\", "\u202e", "x", "😀"]) {
    const value = long.repeat(3000);
    const url = authorizeUrl(server, {
      redirect_uri: value,
      scope: value,
      response_type: value,
      code_challenge: value,
      code_challenge_method: value,
      response_mode: value,
      state: value,
      nonce: value,
    });
    links.push(linkOf(await agent(server).open(url)));
    url.searchParams.set("client_id", value);
    links.push(linkOf(await agent(server).open(url)));
  }
  assert.deepEqual(await server.store.list([], { limit: 1000 }), before);
  for (const link of links) {
    assert.ok(link.length < 8192, String(link.length));
    assert.equal((await follow(server, link)).status, 200);
    server.env.advance(10);
  }
  assert.equal(checked(server).length, links.length);
  for (const event of checked(server)) assert.ok(JSON.stringify(event).length < 8000);
});

Deno.test("RFC 6585 §4: an address has ten looks a minute, and then none is logged", async () => {
  await using server = await testServer();
  const { link } = await refuse(server, { redirect_uri: WRONG });
  const visits = await Promise.all(Array.from({ length: 30 }, () => follow(server, link)));
  assert.equal(visits.filter(({ status }) => status === 200).length, 10);
  assert.equal(checked(server).length, 10);
  const late = await follow(server, link);
  assert.equal(late.status, 429);
  assert.equal(late.headers.get("Retry-After"), "6");
  assert.match(late.html, /Wait 6 seconds, then try again\./);
  assert.ok(!late.html.includes('id="check"'));
  // Whoever runs the server looks from elsewhere, whatever strangers do.
  const { env, store } = server;
  await using elsewhere = await testServer({ env, store, address: "192.0.2.1" });
  assert.equal((await follow(elsewhere, link)).status, 200);
  server.env.advance(6);
  assert.equal((await follow(server, link)).status, 200);
});

Deno.test("check: pages that no client is to blame for have no link", async () => {
  await using server = await testServer();
  for (const path of ["/account/login", "/connect/authorize/callback", "/nowhere"]) {
    const { html } = await agent(server).open(path, { headers: { Accept: "text/html" } });
    assert.match(html, /id="error"/);
    assert.ok(!html.includes('id="check"'), path);
  }
});

Deno.test("check: the page speaks German to whoever does", async () => {
  await using server = await testServer();
  const { link } = await refuse(server, { redirect_uri: WRONG });
  const { html } = await agent(server).open(link, { headers: { "Accept-Language": "de" } });
  assert.match(html, /Es steht jetzt im Log/);
});
