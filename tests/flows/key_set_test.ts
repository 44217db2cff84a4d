/** What those who check tokens see of the keys in the course of time, at every instance. */

import assert from "node:assert/strict";
import type { JWK } from "jose";
import { memoryStore } from "../support/memory_store.ts";
import { type TestServer, testServer, type TestServerOptions } from "../support/server.ts";
import { testEnv } from "../support/env.ts";
import { temporaryFolder } from "../support/process.ts";
import { privateJwk } from "../support/signing_keys.ts";

const JWKS = "/.well-known/openid-configuration/jwks";
const DAY = 86_400;
/** All instances are granted a little longer than one needs. */
const MARGIN = 300;

/** Servers without anybody, whose keys are quick to make. */
function quick(options: TestServerOptions = {}, managed: Record<string, unknown> = {}) {
  return testServer({
    ...options,
    config: {
      clients: [],
      resources: [],
      keys: { managed: { algorithms: ["ES256"], ...managed } },
      tokens: { access_token_signed_response_alg: "ES256" },
      ...options.config,
    },
  });
}

async function keySet(server: TestServer, headers: Record<string, string> = {}) {
  const response = await server.fetch(JWKS, { headers });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    kids: response.status === 200
      ? (JSON.parse(text).keys as JWK[]).map(({ kid }) => String(kid))
      : [],
  };
}

Deno.test("RFC 9111 §5.2.2.1: the key set may be kept for as long as propagation allows", async () => {
  const cases = [
    [{}, "public, max-age=3600"],
    [{ propagation: "1h" }, "public, max-age=900"],
    [{ propagation: "5m" }, "public, max-age=75"],
  ] as const;
  for (const [managed, expected] of cases) {
    await using server = await quick({}, managed);
    const { headers } = await keySet(server);
    assert.equal(headers.get("Cache-Control"), expected);
    assert.equal(headers.get("Content-Type"), "application/json");
    const not = await keySet(server, { "If-None-Match": headers.get("ETag") ?? "" });
    assert.deepEqual([not.status, not.headers.get("Cache-Control")], [304, expected]);
  }
  await using fixed = await testServer();
  assert.equal((await keySet(fixed)).headers.get("Cache-Control"), "public, max-age=300");
});

Deno.test("OpenID Connect Core §10.1.1: a key is published before it signs, and stays for what it has signed", async () => {
  await using server = await quick();
  const { env, server: { keys } } = server;
  const seen = async () => {
    await keys.tend();
    const { kids, headers } = await keySet(server);
    return { kids, signing: keys.signing("ES256")?.kid, tag: headers.get("ETag") };
  };
  const first = await seen();
  assert.deepEqual(first.kids, [first.signing]);
  env.advance(89 * DAY);
  const announced = await seen();
  assert.equal(announced.kids.length, 2);
  assert.equal(announced.kids[0], first.signing);
  assert.equal(announced.signing, first.signing);
  assert.notEqual(announced.tag, first.tag);
  env.advance(DAY + MARGIN);
  const rotated = await seen();
  assert.deepEqual([rotated.kids, rotated.tag], [announced.kids, announced.tag]);
  assert.equal(rotated.signing, announced.kids[1]);
  env.advance(14 * DAY + MARGIN);
  const retired = await seen();
  assert.deepEqual(retired.kids, [rotated.signing]);
});

Deno.test("RFC 9110 §8.8.3: instances that know the same give the same bytes and the same entity tag", async () => {
  const [store, env] = [memoryStore(), testEnv()];
  const config = { keys: { managed: { algorithms: ["ES256", "EdDSA"] } } };
  await using one = await quick({ store, env, config });
  await using two = await quick({ store, env, config });
  for (let round = 0; round < 4; round++) {
    for (const { server } of round % 2 === 0 ? [one, two] : [two, one]) await server.keys.tend();
    const [here, there] = [await keySet(one), await keySet(two)];
    assert.equal(here.text, there.text);
    assert.equal(here.headers.get("ETag"), there.headers.get("ETag"));
    env.advance(89.5 * DAY);
  }
});

Deno.test("OpenID Connect Discovery §3: the metadata names the algorithms of the keys that there are, also once a folder has changed", async () => {
  await using folder = await temporaryFolder();
  const write = (name: string, jwk: JWK) =>
    Deno.writeTextFile(`${folder.path}/${name}`, JSON.stringify(jwk), { mode: 0o600 });
  await write("a.json", await privateJwk("ES256"));
  await using server = await quick({ config: { keys: { directory: folder.path } } });
  const metadata = async () => {
    const response = await server.fetch("/.well-known/openid-configuration");
    const { headers } = response;
    const body: Record<string, unknown> = await response.json();
    assert.equal(headers.get("Cache-Control"), "public, max-age=300");
    return { tag: headers.get("ETag"), body };
  };
  const named = [
    "id_token_signing_alg_values_supported",
    "userinfo_signing_alg_values_supported",
    "introspection_signing_alg_values_supported",
  ];
  const before = await metadata();
  for (const name of named) assert.deepEqual(before.body[name], ["ES256"], name);
  const announced = { ...await privateJwk("ES512"), not_before: "2026-02-01" };
  await write("b.json", await privateJwk("PS256"));
  await write("c.json", announced);
  assert.equal(await server.server.keys.reload(), true);
  const after = await metadata();
  // the announced one is in the key set, but signs nothing yet
  for (const name of named) assert.deepEqual(after.body[name], ["PS256", "ES256"], name);
  assert.notEqual(after.tag, before.tag);
  assert.equal((await keySet(server)).kids.length, 3);
  server.env.advance(31 * DAY);
  const later = await metadata();
  for (const name of named) assert.deepEqual(later.body[name], ["PS256", "ES256", "ES512"], name);
});

Deno.test("RFC 9110 §9.3.2: HEAD says of the key set what GET does, and sends none", async () => {
  await using server = await quick();
  const get = await keySet(server);
  const head = await server.fetch(JWKS, { method: "HEAD" });
  assert.equal(await head.text(), "");
  for (const name of ["ETag", "Cache-Control", "Content-Type"]) {
    assert.equal(head.headers.get(name), get.headers.get(name), name);
  }
});
