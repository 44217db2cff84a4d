/** Whether a running server changes the keys of its ring while people are logged in. */

import assert from "node:assert/strict";
import { base64url } from "../../src/lib/bytes.ts";
import { openCollections } from "../../src/store/collection.ts";
import { openKvStore } from "../../src/store/kv.ts";
import { agent } from "../support/agent.ts";
import { run } from "../support/cli.ts";
import { testEnv } from "../support/env.ts";
import { authorizeUrl, passThrough, silently } from "../support/flow.ts";
import { configure, freePort, startServer, temporaryFolder, until } from "../support/process.ts";

/** A browser in which somebody has logged in at a server that is a process of its own. */
async function loggedIn(issuer: string) {
  const here = {
    issuer,
    fetch: (url: string | URL | Request, init?: RequestInit) => fetch(url, init),
  };
  const browser = agent(here);
  await passThrough(browser, authorizeUrl(here));
  return { here, browser };
}

async function keySet(issuer: string): Promise<{ readonly keys: readonly unknown[] }> {
  return await (await fetch(`${issuer}/.well-known/openid-configuration/jwks`)).json();
}

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
  const { here, browser } = await loggedIn(issuer);
  const jwks = () => keySet(issuer);
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

/** The clock of the processes, for commands beside them. */
const presently = () => testEnv(Math.floor(Date.now() / 1000));

Deno.test("serve: keys that are rotated beside it, and keys of one's own on the way there and back, log nobody out", async () => {
  await using folder = await temporaryFolder();
  const port = freePort();
  const { config, issuer } = await configure(folder.path, port);
  const variables = { OWN: base64url(new Uint8Array(32).fill(5)) };
  await using server = startServer(folder.path, { args: ["--config", config], variables });
  await server.ready;
  const { here, browser } = await loggedIn(issuer);
  const jwks = () => keySet(issuer);
  const keys = await jwks();
  const reloads = () => server.stderr().filter((line) => line.includes("config.reload")).length;
  const reload = async () => {
    const before = reloads();
    server.signal("SIGHUP");
    await until(async () => await jwks() && reloads() > before);
    assert.ok(!server.stderr().some((line) => line.includes("reload_failed")));
  };
  const ring = async (...args: string[]) => {
    const command = ["data-protection", ...args, "--json", "--config", config];
    const { code, stdout, stderr } = await run(command, { env: presently(), variables });
    assert.deepEqual([code, stderr], [0, ""]);
    return JSON.parse(stdout);
  };
  const before = browser.cookies.get("latchkey-session");
  const { id } = await ring("rotate", "--now");
  await reload();
  assert.equal(await silently(here, browser), undefined);
  assert.notEqual(browser.cookies.get("latchkey-session"), before);
  const sealing = (await ring("list")).find(({ phase }: { phase: string }) => phase === "sealing");
  assert.deepEqual([sealing.id, sealing.managed_keys], [id, 2]);
  for (
    const members of [{ data_protection: { keys: [{ env: "OWN" }], accept_stored: true } }, {}]
  ) {
    await configure(folder.path, port, members);
    await reload();
    assert.equal(await silently(here, browser), undefined);
    assert.deepEqual(await jwks(), keys);
  }
});

Deno.test("serve: with the ring lost it says so in a line, exits with 1 and makes nothing; with the ring back all is as it was", async () => {
  await using folder = await temporaryFolder();
  const { config, issuer } = await configure(folder.path, freePort());
  const args = ["--config", config];
  const variables = { OTHER: base64url(new Uint8Array(32).fill(6)) };
  const jwks = async () => {
    await using server = startServer(folder.path, { args });
    await server.ready;
    const published = await keySet(issuer);
    server.signal("SIGTERM");
    await server.ended;
    return published;
  };
  const published = await jwks();
  const env = presently();
  const store = await openKvStore(env, { url: `${folder.path}/latchkey.kv` });
  try {
    const { ring } = openCollections(store, env);
    const [stored] = (await ring.list()).found;
    await ring.delete("data_protection");
    const contents = async () =>
      (await store.list([], { limit: 1000 })).map(({ key, version }) => [key, version]);
    const before = await contents();
    const other = { data_protection: { keys: [{ env: "OTHER" }] } };
    for (const members of [{}, other]) {
      await configure(folder.path, Number(new URL(issuer).port), members);
      await using server = startServer(folder.path, { args, variables });
      assert.equal((await server.ended).code, 1);
      const said = server.stderr().filter((line) => !line.includes("config.warning"));
      const [line = "", ...others] = said;
      assert.match(
        line,
        /^the data protection ring (is lost|does not open 2 managed).* keys retire --all/,
      );
      assert.deepEqual([others, server.stdout()], [[], ""]);
      assert.deepEqual(await contents(), before);
      await server.ready.catch(() => {});
    }
    await configure(folder.path, Number(new URL(issuer).port));
    await ring.put("data_protection", stored!.record);
  } finally {
    store.close();
  }
  assert.deepEqual(await jwks(), published);
});
