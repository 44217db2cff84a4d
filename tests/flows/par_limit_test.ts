/** Whether the pushed requests of each client are bounded, and nobody uses up what is another's (RFC 9126 §2.3). */

import assert from "node:assert/strict";
import { createApp } from "../../src/app.ts";
import { clientKey } from "../support/client_key.ts";
import { type RawConfig, withClient } from "../support/config.ts";
import { testEnv } from "../support/env.ts";
import { type Answer, assertRefused } from "../support/flow.ts";
import { dump } from "../support/hostile.ts";
import { memoryStore } from "../support/memory_store.ts";
import { push, requestUriOf } from "../support/pushed.ts";
import { objectClaims, withSigner } from "../support/request_object.ts";
import { type TestServer, testServer, type TestServerOptions } from "../support/server.ts";
import { twoServers } from "../support/two_servers.ts";

/** So many at once, one more every fifteen seconds. */
const CONFIG: RawConfig = { security: { limits: { pushed_requests: 4 } } };

function assertTooMany(answer: Answer, retry_after: number): void {
  assertRefused(answer, "temporarily_unavailable", 429);
  assert.equal(answer.headers.get("Retry-After"), String(retry_after));
}

async function pushes(server: TestServer, client_id: string, times: number): Promise<void> {
  for (let n = 0; n < times; n++) assert.equal((await push(server, client_id)).status, 201);
}

Deno.test("RFC 9126 §2.3: past the limit 429 with Retry-After, nothing is stored, and then it is good again", async () => {
  await using server = await testServer({ config: CONFIG });
  await pushes(server, "web", 4);
  const before = await dump(server.store);
  for (let n = 0; n < 3; n++) assertTooMany(await push(server, "web"), 15);
  assert.deepEqual(await dump(server.store), before);
  server.env.advance(14);
  assertTooMany(await push(server, "web"), 1);
  server.env.advance(1);
  await pushes(server, "web", 1);
  assertTooMany(await push(server, "web"), 15);
  server.env.advance(60);
  await pushes(server, "web", 4);
});

Deno.test("RFC 9126 §2.3: what is refused for another reason doesn't count, and each client has a limit of its own", async () => {
  await using server = await testServer({ config: CONFIG });
  for (let n = 0; n < 6; n++) {
    assertRefused(await push(server, "web", { scope: "unknown" }), "invalid_scope");
    const wrong = await push(server, "post", { client_secret: "wrong-0123456789abcdef" });
    assert.equal(wrong.status === 401 || wrong.status === 429, true);
  }
  await pushes(server, "web", 4);
  assertTooMany(await push(server, "web"), 15);
  await pushes(server, "spa", 4);
  assertTooMany(await push(server, "spa"), 15);
});

Deno.test("RFC 9126 §2.3: neither a confidential client nor a public one uses up what is another's", async () => {
  const { clients } = withClient("spa", {}) as { clients: RawConfig[] };
  const other = { ...clients.find(({ client_id }) => client_id === "spa"), client_id: "other" };
  await using server = await testServer({ config: { ...CONFIG, clients: [...clients, other] } });
  for (const client_id of ["web", "spa"]) {
    await pushes(server, client_id, 4);
    assertTooMany(await push(server, client_id), 15);
  }
  for (const client_id of ["post", "other"]) await pushes(server, client_id, 4);
});

/** Servers on one store, each reached from another address. */
async function from(
  addresses: readonly string[],
  options: TestServerOptions,
): Promise<TestServer[]> {
  const [env, store] = [testEnv(), memoryStore()];
  return await Promise.all(
    addresses.map((address) => testServer({ config: CONFIG, env, store, address, ...options })),
  );
}

Deno.test("RFC 9126 §2.3: a stranger who pushes in the name of a public client uses up his own address alone", async () => {
  const [stranger, victim] = await from(["192.0.2.1", "192.0.2.2"], {});
  await pushes(stranger!, "spa", 4);
  assertTooMany(await push(stranger!, "spa"), 15);
  await pushes(victim!, "spa", 4);
  // A confidential client has one count, from wherever it pushes.
  await pushes(stranger!, "web", 2);
  await pushes(victim!, "web", 2);
  assertTooMany(await push(stranger!, "web"), 15);
});

Deno.test("trusted_proxies: whoever speaks through a Unix socket is a proxy, and what it says of addresses counts", async () => {
  await using server = await testServer({ config: CONFIG });
  const app = createApp(server.server);
  const behind = (address: string): Pick<TestServer, "fetch" | "issuer"> => ({
    issuer: server.issuer,
    async fetch(input, init) {
      const headers = new Headers(init?.headers);
      headers.set("X-Forwarded-For", address);
      return await app.fetch(new Request(new URL(`${input}`), { ...init, headers }), {});
    },
  });
  const [stranger, victim] = [behind("198.51.100.7, 192.0.2.1"), behind("192.0.2.2")];
  for (let n = 0; n < 4; n++) requestUriOf(await push(stranger));
  assertTooMany(await push(stranger), 15);
  assertTooMany(await push(behind("192.0.2.1")), 15);
  requestUriOf(await push(victim));
});

Deno.test("RFC 9126 §2.3: an IPv6 /64 counts as one address, and a /48 has five times as much", async () => {
  const addresses = Array.from({ length: 7 }, (_, n) => `2001:db8:1:${n}::1`);
  const [first, ...others] = await from(addresses, {});
  const [neighbour, elsewhere] = await from(["2001:db8:1:0::2", "2001:db8:2::1"], {
    env: first!.env,
    store: first!.store,
  });
  await pushes(first!, "spa", 3);
  await pushes(neighbour!, "spa", 1);
  assertTooMany(await push(first!, "spa"), 15);
  for (const other of others.slice(0, 4)) await pushes(other, "spa", 4);
  // 20 of one /48; one more comes back every three seconds
  assertTooMany(await push(others[4]!, "spa"), 3);
  await pushes(elsewhere!, "spa", 4);
});

Deno.test("two servers: 60 parallel pushes at both against a limit of 4 store 4", async () => {
  await using servers = await twoServers({ config: CONFIG });
  const { one, two } = servers;
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, n) => push(n % 2 === 0 ? one : two, "web")),
  );
  const statuses = answers.map(({ status }) => status).toSorted();
  assert.deepEqual(statuses, [...Array(4).fill(201), ...Array(56).fill(429)]);
  assert.equal((await one.server.records.pushed_request.list()).found.length, 4);
});

Deno.test("RFC 9126 §2.3: a signed request that comes too often isn't used up by that", async () => {
  const key = await clientKey("ES256");
  await using server = await testServer({ config: { ...CONFIG, ...withSigner([key]) } });
  await pushes(server, "spa", 4);
  const request = await key.sign(objectClaims(server, { jti: "j" }));
  assertTooMany(await push(server, "spa", { request }), 15);
  server.env.advance(15);
  assert.equal((await push(server, "spa", { request })).status, 201);
});
