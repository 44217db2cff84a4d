/** Whether a client hears of a logout, once, although the process that was telling it was killed. */

import assert from "node:assert/strict";
import { decodeJwt } from "jose";
import { openCollections } from "../../src/store/collection.ts";
import { openKvStore } from "../../src/store/kv.ts";
import { agent } from "../support/agent.ts";
import { testEnv } from "../support/env.ts";
import { endSessionUrl, idTokenFor, logoutConfig } from "../support/logout.ts";
import { configure, freePort, startServer, temporaryFolder } from "../support/process.ts";

Deno.test("serve: a client that hangs while its teller is killed is told by another instance, once", async () => {
  await using folder = await temporaryFolder();
  const heard: string[] = [];
  const [told, killed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const client = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const form = new URLSearchParams(await request.text());
    heard.push(form.get("logout_token") ?? "");
    told.resolve();
    // The first answer comes when nobody waits for it any more.
    if (heard.length === 1) await killed.promise;
    return new Response();
  });
  try {
    const { port } = client.addr;
    const uri = `http://127.0.0.1:${port}/backchannel`;
    const members = logoutConfig({ spa: { backchannel_logout_uri: uri } });
    const { config, issuer } = await configure(folder.path, freePort(), members);
    const other = String(freePort());
    await using one = startServer(folder.path, { args: ["--config", config] });
    await one.ready;
    await using two = startServer(folder.path, {
      args: ["--config", config],
      variables: { LATCHKEY_LISTEN__PORT: other },
    });
    await two.ready;
    const browser = agent({ fetch, issuer });
    const { id_token, sid } = await idTokenFor({ fetch, issuer }, browser);
    const url = endSessionUrl({ issuer }, { id_token_hint: id_token });
    const logout = fetch(url, {
      headers: { Cookie: [...browser.cookies].map((pair) => pair.join("=")).join("; ") },
      redirect: "manual",
    });
    const broken = assert.rejects(logout);
    await told.promise;
    one.signal("SIGKILL");
    await one.ended;
    await broken;
    killed.resolve();
    const line = await two.logged("logout.notice.sent");
    assert.equal(JSON.parse(line).sid, sid);
    assert.equal(heard.length, 2);
    const [first, second] = heard.map((token) => decodeJwt(token));
    assert.equal(first?.jti, second?.jti);
    assert.ok(second!.iat! >= first!.iat! + 8);
    // Nothing is left to be said a third time.
    two.signal("SIGTERM");
    await two.ended;
    const env = testEnv();
    const store = await openKvStore(env, { url: `${folder.path}/latchkey.kv` });
    const { found } = await openCollections(store, env).logout_notice.list();
    store.close();
    assert.deepEqual(found, []);
    assert.deepEqual(two.stderr().filter((line) => line.includes("logout.notice.failed")), []);
  } finally {
    killed.resolve();
    await client.shutdown();
  }
});
