/** Whether whoever runs the server can measure what becomes of its keys, and nobody else can. */

import assert from "node:assert/strict";
import { createManagementApp } from "../../src/app.ts";
import { METRICS } from "../../src/lib/metrics.ts";
import { openPrometheus } from "../../src/lib/prometheus.ts";
import { tendForever } from "../../src/keys/tend.ts";
import { StoreError } from "../../src/store/store.ts";
import { START, testEnv } from "../support/env.ts";
import { parseMetrics } from "../support/prometheus.ts";
import { privateJwk } from "../support/signing_keys.ts";
import { type TestServer, testServer, type TestServerOptions } from "../support/server.ts";
import { followChanges } from "../../src/keys/changes.ts";

const DAY = 86_400;

/** A server whose management listener is open on a free port. */
async function managed(options: TestServerOptions = {}) {
  const prometheus = await openPrometheus();
  const env = { ...testEnv(), metrics: prometheus };
  const server = await testServer({
    env,
    config: {
      clients: [],
      resources: [],
      keys: { managed: { algorithms: ["ES256", "EdDSA"] } },
      tokens: { access_token_signed_response_alg: "ES256" },
      ...options.config,
    },
    ...options.variables === undefined ? {} : { variables: options.variables },
  });
  const app = createManagementApp(() => server.server, prometheus);
  const listener = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, app.fetch);
  const origin = `http://127.0.0.1:${listener.addr.port}`;
  return {
    ...server,
    origin,
    async scrape() {
      const response = await fetch(`${origin}/metrics`);
      assert.equal(response.status, 200);
      return parseMetrics(await response.text());
    },
    async [Symbol.asyncDispose]() {
      await listener.shutdown();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** One round of the background, as `serve` has it: what would wait for the next one ends it. */
async function round(
  { server }: Pick<TestServer, "server">,
  look: Parameters<typeof tendForever>[1],
): Promise<void> {
  const stop = new AbortController();
  const env = { ...server.env, sleep: () => Promise.resolve(stop.abort()) };
  await tendForever(() => ({ ...server, env }), look, stop.signal);
}

Deno.test("GET /metrics: the text format of Prometheus, kept by nobody, readable by no page, without cookies", async () => {
  await using server = await managed();
  const response = await fetch(`${server.origin}/metrics`, {
    headers: { Origin: "https://evil.example" },
  });
  const metrics = parseMetrics(await response.text());
  const { headers } = response;
  assert.equal(headers.get("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  assert.equal(headers.get("Cache-Control"), "no-store");
  for (const name of ["Access-Control-Allow-Origin", "Set-Cookie"]) {
    assert.equal(headers.get(name), null, name);
  }
  assert.deepEqual(
    [...metrics].map(([name, { type, help }]) => [name, type, help]).sort(),
    Object.entries(METRICS).map(([name, { kind, help }]) => [`latchkey_${name}`, kind, help])
      .sort(),
  );
});

Deno.test("management: there is nothing but GET /metrics, and nothing of it where clients ask", async () => {
  await using server = await managed();
  const cases = [
    ["POST", "/metrics"],
    ["OPTIONS", "/metrics"],
    ["DELETE", "/metrics"],
    ["GET", "/"],
    ["GET", "/metrics/"],
    ["GET", "/connect/token"],
    ["GET", "/.well-known/openid-configuration"],
  ] as const;
  for (const [method, path] of cases) {
    const response = await fetch(server.origin + path, { method });
    assert.equal(await response.text(), '{"error":"not_found"}', `${method} ${path}`);
    assert.equal(response.status, 404);
  }
  assert.equal((await server.fetch("/metrics")).status, 404);
});

Deno.test("metrics: keys by algorithm, source and phase, their ages, and when the next thing happens", async () => {
  await using server = await managed();
  const look = followChanges(server.server);
  await round(server, look);
  const series = async (name: string) => {
    const metric = (await server.scrape()).get(`latchkey_${name}`);
    return Object.fromEntries(metric?.series ?? []);
  };
  const signing = { 'alg="ES256",source="managed",phase="signing"': 1 };
  const eddsa = { 'alg="EdDSA",source="managed",phase="signing"': 1 };
  assert.deepEqual(await series("keys"), { ...signing, ...eddsa });
  assert.deepEqual(await series("signing_key_age_seconds"), { 'alg="ES256"': 0, 'alg="EdDSA"': 0 });
  // A counter that first appears with 1 has not increased, for Prometheus.
  const none = ["announced", "rotated", "retained", "retired"].flatMap((event) =>
    ["ES256", "EdDSA"].map((alg) => [`event="key.${event}",alg="${alg}"`, 0])
  );
  assert.deepEqual(await series("key_changes_total"), {
    'event="key.created",alg="ES256"': 1,
    'event="key.created",alg="EdDSA"': 1,
    ...Object.fromEntries(none),
  });
  assert.equal(
    (await series("data_protection_changes_total"))['event="data_protection.rotated"'],
    0,
  );
  assert.deepEqual(await series("static_key_not_after_timestamp_seconds"), {});
  assert.deepEqual(await series("key_tended_timestamp_seconds"), { "": START });

  assert.deepEqual(await series("keys_fresh"), { "": 1 });
  server.env.advance(-DAY - 1);
  // Nobody knows what has become of them, and the clock says that none has begun.
  assert.deepEqual(await series("keys_fresh"), { "": 0 });
  assert.deepEqual(await series("signing_key_age_seconds"), { 'alg="ES256"': 0, 'alg="EdDSA"': 0 });
  server.env.advance(DAY + 1);
  server.env.advance(89 * DAY);
  await round(server, look);
  const announced = await series("keys");
  assert.equal(announced['alg="ES256",source="managed",phase="announced"'], 1);
  assert.equal(Object.values(announced).length, 4);
  const rotates = START + 90 * DAY;
  const next = await series("keys_next_change_timestamp_seconds");
  assert.ok(Math.abs((next['alg="ES256"'] ?? 0) - rotates) <= 300, JSON.stringify(next));

  server.env.advance(DAY + 300);
  await round(server, look);
  const age = (await series("signing_key_age_seconds"))['alg="ES256"'] ?? NaN;
  assert.ok(age >= 0 && age <= 600, String(age));
  server.env.advance(15 * DAY);
  await round(server, look);
  assert.deepEqual(await series("keys"), { ...signing, ...eddsa });
  assert.deepEqual(await series("data_protection_keys"), {
    'source="stored",phase="opening"': 1,
    'source="stored",phase="sealing"': 1,
  });
  const ring = await series("data_protection_changes_total");
  assert.ok((ring['event="data_protection.rotated"'] ?? 0) > 0, JSON.stringify(ring));
  const changes = await series("key_changes_total");
  for (const alg of ["ES256", "EdDSA"]) {
    assert.equal(changes[`event="key.created",alg="${alg}"`], 2, alg);
  }
  for (const event of ["announced", "rotated", "retained", "retired"]) {
    for (const alg of ["ES256", "EdDSA"]) {
      assert.equal(changes[`event="key.${event}",alg="${alg}"`], 1, `${event} ${alg}`);
    }
  }
});

Deno.test("metrics: a key of one's own has its end, a store that is away its failures, and no key its kid", async () => {
  const jwk = { ...await privateJwk("ES256"), not_after: "2026-02-01T00:00:00Z" };
  await using server = await managed({
    config: { keys: { jwks: { env: "KEYS" } } },
    variables: { KEYS: JSON.stringify({ keys: [jwk] }) },
  });
  const ends = Date.UTC(2026, 1, 1) / 1000;
  const look = followChanges(server.server);
  const { keys } = server.server;
  const broken = {
    ...server.server,
    keys: { ...keys, tend: () => Promise.reject(new StoreError("away")) },
  };
  await round({ server: broken }, look);
  const metrics = await server.scrape();
  const of = (name: string) => Object.fromEntries(metrics.get(`latchkey_${name}`)?.series ?? []);
  assert.deepEqual(of("static_key_not_after_timestamp_seconds"), { 'alg="ES256"': ends });
  assert.deepEqual(of("keys_next_change_timestamp_seconds"), { 'alg="ES256"': ends });
  assert.deepEqual(of("keys"), { 'alg="ES256",source="jwks",phase="signing"': 1 });
  assert.deepEqual(of("signing_key_age_seconds"), {});
  assert.deepEqual(of("key_tend_failures_total"), { "": 1 });
  const text = await (await fetch(`${server.origin}/metrics`)).text();
  assert.ok(!text.includes(String(server.server.keys.jwks.keys[0]?.kid)));
});
