/** Whether the keys that clients publish are fetched when they are needed, and no more often (OpenID Connect Registration §2). */

import assert from "node:assert/strict";
import type { JWK } from "jose";
import { NoClientKeys } from "../../src/clients/client_keys.ts";
import { someClientKeys } from "../support/client.ts";
import { web } from "../support/client_key.ts";
import { START, testEnv } from "../support/env.ts";

const URI = "https://rp.example.com/jwks";
const OWNER = { client_id: "robot", jwks_uri: URI };
const PAGE = (...kids: readonly string[]) => () =>
  Response.json({ keys: kids.map((kid) => ({ kty: "EC", crv: "P-256", x: "x", y: "y", kid })) });

function world() {
  const net = web();
  const env = testEnv(START, net.fetch);
  const keys = someClientKeys(env);
  const of = async (kid: string) =>
    (await keys.of(OWNER, (key) => key.kid === kid)).keys.map((key) => key.kid);
  return { ...net, env, keys, of };
}

Deno.test("jwks: the keys that a client registered are its keys; nothing is fetched", async () => {
  const { keys, asked } = world();
  const jwks = { keys: [{ kty: "EC", kid: "a" }] };
  assert.equal(await keys.of({ client_id: "robot", jwks }, () => false), jwks);
  await assert.rejects(keys.of({ client_id: "robot" }, () => true), NoClientKeys);
  assert.deepEqual(asked, []);
});

Deno.test("jwks_uri: keys are fetched once and kept for a quarter of an hour", async () => {
  const { of, env, pages, asked } = world();
  pages.set(URI, PAGE("a"));
  for (const seconds of [0, 1, 400, 498]) {
    env.advance(seconds);
    assert.deepEqual(await of("a"), ["a"]);
  }
  assert.equal(asked.length, 1);
  env.advance(1);
  pages.set(URI, PAGE("b"));
  assert.deepEqual(await of("a"), ["b"], "a key that was withdrawn is gone");
  assert.equal(asked.length, 2);
});

Deno.test("jwks_uri: an unknown kid fetches anew, at most once a minute", async () => {
  const { of, env, pages, asked } = world();
  pages.set(URI, PAGE("a"));
  await of("a");
  pages.set(URI, PAGE("a", "b"));
  assert.deepEqual(await of("b"), ["a"], "a moment after the last request");
  env.advance(59);
  assert.deepEqual(await of("b"), ["a"]);
  assert.equal(asked.length, 1);
  env.advance(1);
  assert.deepEqual(await of("b"), ["a", "b"]);
  for (const kid of ["c", "d", "e"]) assert.deepEqual(await of(kid), ["a", "b"]);
  assert.equal(asked.length, 2);
});

Deno.test("jwks_uri: whoever waits for the same keys waits for one request", async () => {
  const { of, pages, asked } = world();
  const answer = Promise.withResolvers<Response>();
  pages.set(URI, () => answer.promise);
  const all = Promise.all(["a", "b", "a", "c"].map(of));
  await new Promise((resolve) => setTimeout(resolve, 5));
  answer.resolve(PAGE("a", "b")());
  assert.deepEqual(await all, Array(4).fill(["a", "b"]));
  assert.equal(asked.length, 1);
});

Deno.test("jwks_uri: keys that can't be fetched anew stay for a day", async () => {
  const { of, env, pages, asked } = world();
  pages.set(URI, PAGE("a"));
  await of("a");
  pages.set(URI, () => new Response("", { status: 500 }));
  env.advance(900);
  assert.deepEqual(await of("a"), ["a"]);
  assert.deepEqual(await of("a"), ["a"]);
  assert.equal(asked.length, 2, "the failure is not repeated at once");
  assert.deepEqual(env.events.at(-1), {
    level: "warn",
    message: "client.keys.fetch_failed",
    members: { client_id: "robot", reason: "status 500" },
  });
  env.advance(86_400 - 900 - 1);
  assert.deepEqual(await of("a"), ["a"]);
  env.advance(1);
  await assert.rejects(of("a"), NoClientKeys);
  env.advance(60);
  pages.set(URI, PAGE("b"));
  assert.deepEqual(await of("b"), ["b"]);
});

Deno.test("jwks_uri: where nothing is kept a failure is repeated after ten seconds", async () => {
  const { of, env, pages, asked } = world();
  await assert.rejects(of("a"), NoClientKeys);
  await assert.rejects(of("a"), NoClientKeys);
  assert.equal(asked.length, 1);
  env.advance(10);
  pages.set(URI, PAGE("a"));
  assert.deepEqual(await of("a"), ["a"]);
});

Deno.test("jwks_uri: what is no JWK set, too long, redirects or stays out is no set of keys", async () => {
  const answers: Record<string, () => Response> = {
    "not a JWK set": () => new Response("<html>"),
    "not a JWK set ": () => Response.json([]),
    "not a JWK set  ": () => Response.json({ keys: {} }),
    "not a JWK set   ": () => new Response(new Uint8Array([0xff, 0xfe])),
    "too_large": () => Response.json({ keys: [{ kty: "EC", x: "x".repeat(70_000) }] }),
    "redirect": () => Response.redirect("https://rp.example.com/other"),
    "status 204": () => new Response(null, { status: 204 }),
  };
  for (const [reason, answer] of Object.entries(answers)) {
    const { of, env, pages } = world();
    pages.set(URI, answer);
    await assert.rejects(of("a"), NoClientKeys);
    assert.equal(env.events[0]?.members["reason"], reason.trim());
  }
});

Deno.test("RFC 7517 §5: keys that are not understood are ignored, symmetric and private ones too", async () => {
  const { keys, pages } = world();
  const good = { kty: "OKP", crv: "Ed25519", x: "x" };
  const others = [
    { kty: "oct", k: "c2VjcmV0" },
    { kty: "EC", crv: "P-256", x: "x", y: "y", d: "d" },
    { kty: "new" },
    { kty: "RSA", n: "n", e: "e", kid: 7 },
    null,
    "key",
    [],
  ];
  pages.set(URI, () => Response.json({ keys: [...others, good] }));
  const set = await keys.of(OWNER, () => true);
  assert.deepEqual(set.keys, [good as JWK]);
});

Deno.test("jwks_uri: the memory of keys is bounded, and the one used longest ago goes", async () => {
  const { keys, pages, asked } = world();
  const uri = (index: number) => `https://rp${index}.example.com/`;
  for (let index = 0; index < 1001; index++) {
    pages.set(uri(index), PAGE("a"));
    await keys.of({ client_id: "robot", jwks_uri: uri(index) }, () => true);
    await keys.of({ client_id: "robot", jwks_uri: uri(0) }, () => true);
  }
  assert.equal(asked.length, 1001);
  await keys.of({ client_id: "robot", jwks_uri: uri(1) }, () => true);
  assert.equal(asked.length, 1002);
});
