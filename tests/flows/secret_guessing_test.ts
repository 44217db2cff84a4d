/** Whether the secrets of clients and APIs can't be guessed over HTTP, at whatever endpoint and instance. */

import assert from "node:assert/strict";
import { statuses, times } from "../support/caller.ts";
import { RESOURCES, SECRETS } from "../support/config.ts";
import { type TestServer, testServer } from "../support/server.ts";
import { twoServers } from "../support/two_servers.ts";

const config = { security: { limits: { client_secret_tries: 5 } } };

const post = (
  { fetch }: Pick<TestServer, "fetch">,
  path: string,
  [name, secret]: readonly [name: string, secret: string],
  form: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
) =>
  fetch(`/connect/${path}`, {
    method: "POST",
    body: new URLSearchParams(form),
    headers: {
      Authorization: `Basic ${btoa(`${encodeURIComponent(name)}:${secret}`)}`,
      ...headers,
    },
  });

const token = (
  server: Pick<TestServer, "fetch">,
  secret: string,
  headers: Readonly<Record<string, string>> = {},
  name = "machine",
) => post(server, "token", [name, secret], { grant_type: "client_credentials" }, headers);

Deno.test("RFC 6749 §2.3.1: of 100 guesses at the same moment at two instances five are compared", async () => {
  await using servers = await twoServers({ config });
  const { one, two } = servers;
  const answers = times(100, (n) => token([one, two][n % 2]!, `guess-${n}`));
  assert.deepEqual(await statuses(answers), { 401: 5, 429: 95 });
});

Deno.test("RFC 6585 §4: whoever has to wait hears how long, the same for a right secret, and no more", async () => {
  await using server = await testServer({ config });
  await statuses(times(5, (n) => token(server, `wrong-${n}`)));
  const answers = await Promise.all(
    ["wrong-5", SECRETS.machine].map((secret) => token(server, secret)),
  );
  for (const answer of answers) {
    assert.equal(answer.status, 429);
    assert.equal(answer.headers.get("Retry-After"), "1");
    assert.equal(answer.headers.get("Cache-Control"), "no-store");
    assert.equal(answer.headers.get("WWW-Authenticate"), null);
    assert.deepEqual(await answer.json(), {
      error: "temporarily_unavailable",
      error_description: "too many requests: try again later",
    });
  }
  server.env.advance(1);
  assert.deepEqual(await statuses([token(server, SECRETS.machine)]), { 200: 1 });
});

Deno.test("a client that starts with 60 requests at once at two instances gets its tokens", async () => {
  await using servers = await twoServers({ config });
  const { one, two } = servers;
  const answers = times(60, (n) => token([one, two][n % 2]!, SECRETS.machine));
  assert.deepEqual(await statuses(answers), { 200: 60 });
});

Deno.test("client.authentication.failed: the log says who had to wait, and nothing secret", async () => {
  await using server = await testServer({ config });
  await statuses(times(6, (n) => token(server, `wrong-s3cr3t-${n}`)));
  await statuses(times(6, (n) => token(server, `wrong-s3cr3t-${n}`, {}, "nobody")));
  const failed = server.env.events.filter(({ message }) =>
    message === "client.authentication.failed"
  );
  assert.equal(failed.length, 12);
  assert.deepEqual(
    failed.filter(({ members }) => members["reason"] === "throttled").map(({ members }) => [
      members["client_id"],
      typeof members["client_id_sha256"],
      members["method"],
      members["path"],
    ]),
    [
      ["machine", "undefined", "client_secret_basic", "/connect/token"],
      [undefined, "string", "client_secret_basic", "/connect/token"],
    ],
  );
  assert.ok(!JSON.stringify(server.env.events).includes("s3cr3t"));
});

Deno.test("RFC 6749 §2.3.1: guesses are counted together at every endpoint that takes a secret", async () => {
  await using server = await testServer({ config });
  const endpoints = ["token", "revocation", "introspect", "par", "deviceauthorization"];
  const guessEverywhere = () =>
    statuses(endpoints.map((path) => post(server, path, ["web", `wrong-${path}`], { token: "t" })));
  assert.deepEqual(await guessEverywhere(), { 401: 5 });
  assert.deepEqual(await guessEverywhere(), { 429: 5 });
});

Deno.test("RFC 7662 §2.1: guesses at the secret of an API are counted too", async () => {
  await using servers = await twoServers({ config });
  const { one, two } = servers;
  const ask = (server: TestServer, secret: string) =>
    post(server, "introspect", [RESOURCES.api, secret], { token: "unknown" });
  const answers = times(100, (n) => ask([one, two][n % 2]!, `guess-${n}`));
  assert.deepEqual(await statuses(answers), { 401: 5, 429: 95 });
  one.env.advance(1);
  assert.deepEqual(await statuses([ask(one, SECRETS.api)]), { 200: 1 });
});

Deno.test("trusted_proxies: strangers elsewhere keep no client waiting, whatever addresses they claim", async () => {
  await using server = await testServer({ config: { ...config, trusted_proxies: ["127.0.0.1"] } });
  const from = (address: string, secret: string) =>
    token(server, secret, { "X-Forwarded-For": address });
  // What stands left of the hop that the proxy added is the stranger's own word.
  const guesses = times(50, (n) => from(`93.184.215.${n}, 198.51.100.7`, `wrong-${n}`));
  assert.deepEqual(await statuses(guesses), { 401: 5, 429: 45 });
  assert.deepEqual(await statuses([from("93.184.215.7", SECRETS.machine)]), { 200: 1 });
});

Deno.test("trusted_proxies: the header of a proxy that nobody declared gives no address of one's own", async () => {
  await using server = await testServer({ config });
  const guesses = times(
    50,
    (n) => token(server, `wrong-${n}`, { "X-Forwarded-For": `198.51.100.${n}` }),
  );
  assert.deepEqual(await statuses(guesses), { 401: 5, 429: 45 });
});

Deno.test("RFC 6177 §2: an IPv6 network does not get the tries of all its addresses", async () => {
  await using server = await testServer({ config: { ...config, trusted_proxies: ["127.0.0.1"] } });
  const guesses = times(
    50,
    (n) => token(server, `wrong-${n}`, { "X-Forwarded-For": `2606:4700:1:1::${n.toString(16)}` }),
  );
  assert.deepEqual(await statuses(guesses), { 401: 5, 429: 45 });
});

Deno.test("RFC 6749 §3.2.1, RFC 7523 §3: public clients and those with keys have no secret that could be guessed", async () => {
  await using server = await testServer({ config });
  const spa = () =>
    server.fetch("/connect/token", {
      method: "POST",
      body: new URLSearchParams({ client_id: "spa", grant_type: "authorization_code", code: "c" }),
    });
  assert.deepEqual(await statuses(times(20, spa)), { 400: 20 });
  const type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
  const keys = () =>
    server.fetch("/connect/token", {
      method: "POST",
      body: new URLSearchParams({
        client_id: "nobody",
        grant_type: "client_credentials",
        client_assertion_type: type,
        client_assertion: "e30.e30.x",
      }),
    });
  assert.deepEqual(await statuses(times(20, keys)), { 401: 20 });
});

Deno.test("random client ids leave one record for an address, and lock nobody out", async () => {
  await using server = await testServer({ config });
  const guesses = times(100, (n) => token(server, `wrong-${n}`, {}, `nobody-${n}`));
  assert.deepEqual(await statuses(guesses), { 401: 5, 429: 95 });
  assert.equal((await server.store.list(["throttle"], { limit: 10 })).length, 1);
  assert.deepEqual(await statuses([token(server, SECRETS.machine)]), { 200: 1 });
});
