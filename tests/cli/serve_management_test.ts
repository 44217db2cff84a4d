/** Whether `serve` opens the management listener where one is configured, and ends it with the other. */

import assert from "node:assert/strict";
import { configure, freePort, listens, startServer, temporaryFolder } from "../support/process.ts";
import { parseMetrics } from "../support/prometheus.ts";

Deno.test("serve: /metrics is served where management is configured, until the server stops; a change needs a restart", async () => {
  await using folder = await temporaryFolder();
  const [port, inner] = [freePort(), freePort()];
  const { config, issuer } = await configure(folder.path, port, {
    management: { port: inner },
    keys: { managed: { algorithms: ["ES256", "RS256"] } },
  });
  await using server = startServer(folder.path, { args: ["--config", config] });
  await server.ready;
  const { signing } = JSON.parse(await server.logged("keys.loaded"));
  assert.deepEqual(signing.map(({ alg }: { alg: string }) => alg).sort(), ["ES256", "RS256"]);
  const scrape = async () => {
    const response = await fetch(`http://127.0.0.1:${inner}/metrics`);
    return parseMetrics(await response.text());
  };
  assert.equal((await scrape()).get("latchkey_keys")?.series.size, 2);
  const outside = await fetch(`${issuer}/metrics`);
  await outside.body?.cancel();
  assert.equal(outside.status, 404);

  // what SIGHUP brings is seen at the same listener
  await configure(folder.path, port, {
    management: { port: freePort() },
    keys: { managed: { algorithms: ["ES256", "RS256", "EdDSA"] } },
  });
  server.signal("SIGHUP");
  assert.deepEqual(JSON.parse(await server.logged("config.restart_needed")).members, [
    "management",
  ]);
  const rotated = JSON.parse(await server.logged("key.rotated"));
  assert.equal(rotated.alg, "EdDSA");
  // at once, and not only in the next round
  const reloaded = JSON.parse(await server.logged("config.reloaded"));
  assert.ok(Date.parse(rotated.time) - Date.parse(reloaded.time) < 1000, rotated.time);
  const changes = (await scrape()).get("latchkey_key_changes_total")?.series;
  assert.equal(changes?.get('event="key.rotated",alg="EdDSA"'), 1);

  server.signal("SIGTERM");
  assert.equal((await server.ended).code, 0);
  assert.equal(await listens(inner), false);
});

Deno.test("serve: a management port that is taken is exit code 1, with nobody listening at the other either", async () => {
  await using folder = await temporaryFolder();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = freePort();
  const management = { port: taken.addr.port };
  const { config } = await configure(folder.path, port, { management });
  await using server = startServer(folder.path, { args: ["--config", config] });
  assert.equal((await server.ended).code, 1);
  assert.equal(server.stdout(), "");
  const [line = ""] = server.stderr().filter((line) => !line.startsWith("{"));
  assert.match(line, new RegExp(`^can't listen on 127\\.0\\.0\\.1:${management.port}: `));
  assert.equal(await listens(port), false);
});
