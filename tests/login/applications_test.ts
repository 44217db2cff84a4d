/** Whether people are told of all that has access to them, and whether it ends when they say so. */

import assert from "node:assert/strict";
import { endApplication, listApplications } from "../../src/login/applications.ts";
import type { Commit, Store } from "../../src/store/store.ts";
import { listGrants } from "../../src/tokens/stored_grants.ts";
import { agent } from "../support/agent.ts";
import { withClient } from "../support/config.ts";
import { START } from "../support/env.ts";
import { authorizeUrl, codeFor, passThrough, redeem, silently, tokensOf } from "../support/flow.ts";
import { memoryStore } from "../support/memory_store.ts";
import { type TestServer, testServer } from "../support/server.ts";

const WEB = { client_id: "web" };

function applications({ server }: TestServer, sub = "sub-alice") {
  return listApplications(server, sub);
}

async function grant(
  server: TestServer,
  client_id: string,
  scope: string,
  browser = agent(server),
) {
  const code = await codeFor(server, { client_id, scope }, browser);
  return tokensOf(await redeem(server, code, {}, client_id));
}

Deno.test("listApplications: grants and the remembered answer of a client are one application", async () => {
  await using server = await testServer({ store: memoryStore() });
  await grant(server, "web", "openid email");
  server.env.advance(100);
  await grant(server, "web", "openid profile offline_access");
  const [web, ...others] = await applications(server);
  assert.deepEqual(others, []);
  assert.deepEqual({ ...web, scope: web?.scope.toSorted() }, {
    client_id: "web",
    scope: ["email", "offline_access", "openid", "profile"],
    since: START,
    used_at: START + 100,
    offline: true,
    remembered: true,
  });
  assert.deepEqual(await applications(server, "sub-bob"), []);
});

Deno.test("OpenID Connect Core §5.5: an application has what it asked for by claims, too", async () => {
  await using server = await testServer({ store: memoryStore() });
  const claims = JSON.stringify({ userinfo: { email: null }, id_token: { "name#de": null } });
  await codeFor(server, { client_id: "spa", claims });
  const [spa] = await applications(server);
  assert.deepEqual(spa?.scope, ["openid", "email", "profile"]);
});

Deno.test("listApplications: offline is who has a living refresh token, remembered whose answer was to be", async () => {
  const config = withClient("web", { refresh_token_lifetime: "10m", access_token_lifetime: "1h" });
  await using server = await testServer({ config, store: memoryStore() });
  const one = async () => {
    const [only, ...others] = await applications(server);
    assert.deepEqual(others, []);
    return [only?.client_id, only?.offline, only?.remembered];
  };
  const code = await codeFor(server, { ...WEB, scope: "openid offline_access" });
  assert.deepEqual(await one(), ["web", false, true]);
  await redeem(server, code, {}, "web");
  server.env.advance(599);
  assert.deepEqual(await one(), ["web", true, true]);
  server.env.advance(1);
  assert.deepEqual(await one(), ["web", false, true]);
  await using other = await testServer({ store: memoryStore() });
  await grant(other, "spa", "openid");
  const [spa] = await applications(other);
  assert.deepEqual([spa?.client_id, spa?.offline, spa?.remembered], ["spa", false, false]);
});

Deno.test("listApplications: the latest used comes first, and what is only remembered last", async () => {
  await using server = await testServer({ store: memoryStore() });
  const names = async () => (await applications(server)).map(({ client_id }) => client_id);
  await grant(server, "web", "openid");
  server.env.advance(400 * 86_400);
  const [web] = await applications(server);
  assert.deepEqual([web?.used_at, web?.since, web?.offline], [undefined, START, false]);
  await grant(server, "spa", "openid");
  server.env.advance(1);
  await grant(server, "post", "openid");
  assert.deepEqual(await names(), ["post", "spa", "web"]);
  server.env.advance(1);
  await grant(server, "spa", "openid");
  assert.deepEqual(await names(), ["spa", "post", "web"]);
  await grant(server, "web", "openid");
  await grant(server, "post", "openid");
  server.env.advance(1);
  await grant(server, "web", "email");
  assert.equal((await names())[0], "web");
});

Deno.test("listApplications: however many there are, none is left out", async () => {
  await using server = await testServer({ store: memoryStore() });
  await grant(server, "spa", "openid");
  const { grants: [one] } = await listGrants(server.server, { sub: "sub-alice" });
  assert.ok(one !== undefined);
  for (let count = 1; count <= 1200; count++) {
    const other = { ...one, grant_id: `az_${count}`, client_id: `client-${count}` };
    await server.server.records.authorization.put(other.grant_id, other);
  }
  assert.equal((await applications(server)).length, 1201);
});

Deno.test("endApplication: all of one client for one person, and nothing of anybody else", async () => {
  await using server = await testServer({ store: memoryStore() });
  await grant(server, "web", "openid");
  await grant(server, "web", "openid email");
  await grant(server, "spa", "openid");
  const bob = agent(server);
  await passThrough(bob, authorizeUrl(server, WEB), "bob");
  const before = await applications(server, "sub-bob");
  const of = { sub: "sub-alice", client_id: "web" };
  assert.deepEqual(await endApplication(server.server, of), { consents: 1, grants: 2 });
  assert.deepEqual((await applications(server)).map(({ client_id }) => client_id), ["spa"]);
  assert.deepEqual(await applications(server, "sub-bob"), before);
  assert.deepEqual(await endApplication(server.server, of), { consents: 0, grants: 0 });
  for (const client_id of ["", "unknown", "web\0", "__proto__"]) {
    const none = await endApplication(server.server, { ...of, client_id });
    assert.deepEqual(none, { consents: 0, grants: 0 }, client_id);
  }
  assert.equal((await applications(server)).length, 1);
});

Deno.test("endApplication: no request that comes in between, at whatever moment, keeps or gives access", async () => {
  const inner = memoryStore();
  let between: (() => Promise<unknown>) | undefined;
  const store: Store = {
    ...inner,
    async commit(commit: Commit) {
      const act = between;
      between = undefined;
      await act?.();
      if (act !== undefined) between = act;
      return await inner.commit(commit);
    },
  };
  await using server = await testServer({ store });
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server, WEB));
  const outcomes: (string | undefined)[] = [];
  between = async () => outcomes.push(await silently(server, browser, WEB));
  await endApplication(server.server, { sub: "sub-alice", client_id: "web" });
  between = undefined;
  assert.ok(outcomes.includes("consent_required"), "there was a moment in between");
  assert.deepEqual(await applications(server), []);
});

Deno.test("listApplications: an answer that is forgotten does not say since when", async () => {
  const config = withClient("web", { consent_lifetime: "100s" });
  await using server = await testServer({ config, store: memoryStore() });
  const browser = agent(server);
  await codeFor(server, { client_id: "web", scope: "openid" }, browser);
  server.env.advance(90);
  await codeFor(server, { client_id: "web", scope: "email" }, browser);
  server.env.advance(20);
  const [web] = await applications(server);
  assert.deepEqual([web?.scope.includes("openid"), web?.remembered], [false, true]);
  assert.equal(web?.since, START + 90);
});
