/** Whether request objects are fetched from where the client has registered, and from nowhere else (RFC 9101 §5.2, OpenID Connect Core §6.2). */

import assert from "node:assert/strict";
import { systemEnv } from "../../src/lib/env.ts";
import { sha256 } from "../../src/lib/bytes.ts";
import { agent } from "../support/agent.ts";
import { clientKey, web } from "../support/client_key.ts";
import { CALLBACK, type RawConfig } from "../support/config.ts";
import { START, type TestEnv, testEnv } from "../support/env.ts";
import { answerOf, authorizeUrl, passThrough } from "../support/flow.ts";
import { objectClaims, objectUrl, withSigner } from "../support/request_object.ts";
import { listeningServer, type TestServer, testServer } from "../support/server.ts";

const KEY = await clientKey("ES256", { kid: "1" });
const URI = "https://rp.example.com/request.jwt";

function config(members: RawConfig = {}): RawConfig {
  return withSigner([KEY], { request_uris: [URI, `${URI}?n=1`], ...members });
}

/** A server, and the web on which the client publishes. */
async function world(env?: (net: typeof globalThis.fetch) => TestEnv) {
  const net = web();
  const server = await testServer({
    env: env?.(net.fetch) ?? testEnv(START, net.fetch),
    config: config(),
  });
  const publish = async (
    changes: Readonly<Record<string, unknown>> = {},
    { uri = URI, type = "application/oauth-authz-req+jwt" } = {},
  ): Promise<string> => {
    const object = await KEY.sign(objectClaims(server, changes));
    net.pages.set(uri, () => new Response(object, { headers: { "Content-Type": type } }));
    return object;
  };
  return { ...net, server, publish };
}

/** The error that the client hears, by redirect. */
async function errorOf(server: TestServer, request_uri: string): Promise<string | undefined> {
  const outer = { request_uri, redirect_uri: CALLBACK, state: "outer-state" };
  const answer = answerOf(await agent(server).open(objectUrl(server, outer)));
  assert.equal(answer["code"], undefined);
  assert.equal(answer["state"], "outer-state");
  return answer["error"];
}

async function passes(server: TestServer, request_uri: string) {
  const answer = await passThrough(agent(server), objectUrl(server, { request_uri }));
  assert.ok(answer["code"] !== undefined);
  assert.equal(answer["state"], "inner-state");
}

Deno.test("RFC 9101 §5.2: the object is fetched, and its members alone count", async () => {
  const { server, publish, asked } = await world();
  await using _ = server;
  await publish();
  const outer = { request_uri: URI, scope: "openid profile", state: "outer-state", prompt: "none" };
  const answer = await passThrough(agent(server), objectUrl(server, outer));
  assert.deepEqual([answer["error"], answer["state"]], [undefined, "inner-state"]);
  assert.ok(answer["code"] !== undefined);
  // Once: what has been read waits in the store while the person logs in.
  assert.deepEqual(asked, [URI]);
});

Deno.test("RFC 9101 §5.2.3: the media type is that of request objects, of JWTs, plain or left out", async () => {
  const { server, publish, pages } = await world();
  await using _ = server;
  for (
    const type of [
      "application/oauth-authz-req+jwt",
      "Application/JWT; charset=utf-8",
      "text/plain;charset=UTF-8",
    ]
  ) {
    await publish({}, { type });
    await passes(server, URI);
  }
  const object = new TextEncoder().encode(`${await publish()}\n`);
  pages.set(URI, () => new Response(object));
  await passes(server, URI);
  for (const type of ["text/html", "application/json", "image/png"]) {
    await publish({}, { type });
    assert.equal(await errorOf(server, URI), "invalid_request_uri", type);
  }
});

Deno.test("OpenID Connect Core §6.2: a client without request_uris hears request_uri_not_supported", async () => {
  const net = web();
  const env = testEnv(START, net.fetch);
  await using server = await testServer({ env, config: withSigner([KEY]) });
  for (const uri of [URI, "urn:example:request", "x"]) {
    assert.equal(await errorOf(server, uri), "request_uri_not_supported");
  }
  // RFC 9126 §2.2: that of a pushed request is looked up, and never fetched
  const pushed = "urn:ietf:params:oauth:request_uri:abc";
  assert.equal(await errorOf(server, pushed), "invalid_request_uri");
  assert.deepEqual(net.asked, []);
});

Deno.test("RFC 9101 §10.4: what is not registered, character by character, is not fetched", async () => {
  const { server, publish, asked } = await world();
  await using _ = server;
  await publish();
  for (
    const uri of [
      "https://rp.example.com/request",
      "https://rp.example.com/request.jwt/",
      "https://rp.example.com/request.jwt?n=2",
      "https://rp.example.com:443/request.jwt",
      "https://RP.example.com/request.jwt",
      "http://rp.example.com/request.jwt",
      "https://rp.example.com/./request.jwt",
      "https://me@rp.example.com/request.jwt",
      "https://evil.example/request.jwt",
      "https://127.0.0.1/",
      "https://169.254.169.254/latest/meta-data",
      "file:///etc/passwd",
      "data:application/jwt,x",
      "urn:ietf:params:oauth:request_uri:abc",
      "//rp.example.com/request.jwt",
      "x",
      "#",
    ]
  ) assert.equal(await errorOf(server, uri), "invalid_request_uri", uri);
  assert.deepEqual(asked, []);
});

Deno.test("OpenID Connect Core §6.2: a fragment is the hash of what is fetched", async () => {
  const { server, publish } = await world();
  await using _ = server;
  const hashOf = (object: string) =>
    sha256(object).toBase64({ alphabet: "base64url", omitPadding: true });
  const object = await publish();
  await passes(server, `${URI}#${hashOf(object)}`);
  const other = await KEY.sign(objectClaims(server, { scope: "openid profile" }));
  for (const fragment of [hashOf(other), "", `${hashOf(object)}=`, `${hashOf(object)}#x`]) {
    assert.equal(await errorOf(server, `${URI}#${fragment}`), "invalid_request_uri", fragment);
  }
});

Deno.test("RFC 9101 §6: a fetched object is verified as one by value is", async () => {
  const { server, publish, pages } = await world();
  await using _ = server;
  const object = await publish();
  const [header, payload] = object.split(".");
  const stranger = await clientKey("ES256", { kid: "1" });
  const bodies: Record<string, BodyInit> = {
    "no signature": `${header}.${payload}.`,
    "another's key": await stranger.sign(objectClaims(server)),
    "no JWT": "<html>",
    "nothing": "",
    "no text": new Uint8Array([0xff, 0xfe]),
  };
  for (const [what, body] of Object.entries(bodies)) {
    pages.set(URI, () => new Response(body, { headers: { "Content-Type": "application/jwt" } }));
    assert.equal(await errorOf(server, URI), "invalid_request_object", what);
  }
  for (const changes of [{ aud: "https://other.example" }, { exp: START - 60 }, { iss: "web" }]) {
    await publish(changes);
    assert.equal(await errorOf(server, URI), "invalid_request_object", JSON.stringify(changes));
  }
});

Deno.test("RFC 9101 §10.4.1: what can't be fetched, redirects, is too long or leads inside is invalid_request_uri", async () => {
  const { server, publish, pages } = await world();
  await using _ = server;
  assert.equal(await errorOf(server, URI), "invalid_request_uri", "404");
  const object = await publish({}, { uri: "https://rp.example.com/other" });
  const jwt = { headers: { "Content-Type": "application/jwt" } };
  const answers: Record<string, () => Response | Promise<Response>> = {
    "a redirect": () => Response.redirect("https://rp.example.com/other"),
    "500": () => new Response(object, { status: 500, ...jwt }),
    "204": () => new Response(null, { status: 204 }),
    "too long": () => new Response(" ".repeat(70_000) + object, jwt),
    "no connection": () => Promise.reject(new TypeError("connection refused")),
  };
  for (const [what, answer] of Object.entries(answers)) {
    pages.set(URI, answer);
    assert.equal(await errorOf(server, URI), "invalid_request_uri", what);
  }
  const inside = await world((fetch) => ({
    ...testEnv(START, fetch),
    resolve: () => Promise.resolve(["10.0.0.1"]),
  }));
  await using _inside = inside.server;
  await inside.publish();
  assert.equal(await errorOf(inside.server, URI), "invalid_request_uri");
  assert.deepEqual(inside.asked, []);
});

Deno.test("RFC 9101 §10.4.1: a client that hangs holds its own request alone, and not for long", async () => {
  const never = () => new Promise<never>(() => {});
  const { server, asked } = await world((fetch) => ({
    ...testEnv(START, (input) => fetch(input).then(never)),
    // Of all that is waited for, the deadline of the fetch alone comes early.
    sleep: (milliseconds, signal) =>
      systemEnv(console).sleep(milliseconds === 5000 ? 50 : milliseconds, signal),
  }));
  await using _ = server;
  const [hanging, other] = await Promise.all([
    errorOf(server, URI),
    passThrough(agent(server), authorizeUrl(server)),
  ]);
  assert.equal(hanging, "invalid_request_uri");
  assert.ok(other["code"] !== undefined);
  assert.deepEqual(asked, [URI]);
  assert.ok(JSON.stringify(server.env.events).includes('"reason":"timeout"'));
});

Deno.test("RFC 9101 §10.4.1: however many ask, one object is fetched by few at once, and others are not held up", async () => {
  const slow = Promise.withResolvers<void>();
  let waits = true;
  const { server, asked, publish } = await world((fetch) =>
    testEnv(START, async (input) => {
      if (waits && String(input) === URI) await slow.promise;
      return await fetch(input);
    })
  );
  await using _ = server;
  await publish();
  await publish({}, { uri: `${URI}?n=1` });
  const url = objectUrl(server, { request_uri: URI, redirect_uri: CALLBACK });
  const flood = Array.from({ length: 100 }, () => agent(server).open(url));
  await passes(server, `${URI}?n=1`);
  waits = false;
  slow.resolve();
  const refused = (await Promise.all(flood)).filter(({ status }) => status === 503);
  assert.equal(refused.length, 70);
  assert.ok(refused.every(({ headers }) => headers.get("Retry-After") === "5"));
  assert.equal(asked.filter((one) => one === URI).length, 30);
  await passes(server, URI);
});

Deno.test("request_uri: over the real network, on loopback, where the issuer is too", async () => {
  const objects: string[] = [];
  await using rp = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response(objects[0], { headers: { "Content-Type": "application/jwt" } }),
  );
  const request_uri = `http://127.0.0.1:${rp.addr.port}/request`;
  const env = testEnv(START, globalThis.fetch);
  const members = { request_uris: [request_uri] };
  await using server = await listeningServer({ env, config: config(members) });
  objects.push(await KEY.sign(objectClaims(server)));
  await passes(server, request_uri);
});
