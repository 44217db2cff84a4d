/** Whether a running server changes the keys of its ring while people are logged in. */

import assert from "node:assert/strict";
import { base64url } from "../../src/lib/bytes.ts";
import { agent } from "../support/agent.ts";
import { authorizeUrl, passThrough, silently } from "../support/flow.ts";
import { configure, freePort, startServer, temporaryFolder, until } from "../support/process.ts";

Deno.test("serve: SIGHUP brings a new key of the ring and later drops the old one, and nobody is logged out", async () => {
  await using folder = await temporaryFolder();
  const port = freePort();
  const ring = (...names: readonly string[]) => ({
    data_protection: { keys: names.map((env) => ({ env })) },
  });
  const { config, issuer } = await configure(folder.path, port, ring("OLD"));
  const key = (fill: number) => base64url(new Uint8Array(32).fill(fill));
  await using server = startServer(folder.path, {
    args: ["--config", config],
    variables: { OLD: key(1), NEW: key(2) },
  });
  await server.ready;
  const here = {
    issuer,
    fetch: (url: string | URL | Request, init?: RequestInit) => fetch(url, init),
  };
  const browser = agent(here);
  await passThrough(browser, authorizeUrl(here));
  const jwks = async () =>
    await (await fetch(`${issuer}/.well-known/openid-configuration/jwks`)).json();
  const keys = await jwks();
  const reload = async (...names: readonly string[]) => {
    await configure(folder.path, port, ring(...names));
    const before = reloads();
    server.signal("SIGHUP");
    await until(async () => await jwks() && reloads() > before);
  };
  const reloads = () => server.stderr().filter((line) => line.includes("config.reload")).length;
  for (const names of [["NEW", "OLD"], ["NEW"]]) {
    const before = browser.cookies.get("latchkey-session");
    await reload(...names);
    assert.equal(await silently(here, browser), undefined, names.join());
    assert.equal(browser.cookies.get("latchkey-session") !== before, names.length === 2);
    assert.deepEqual(await jwks(), keys);
  }
  await reload("OLD");
  assert.ok(server.stderr().some((line) => line.includes("config.reload_failed")));
  assert.equal(await silently(here, browser), undefined);
});
