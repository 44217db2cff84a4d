/** Whether people are asked as often as they should be, and no more. */

import assert from "node:assert/strict";
import { rememberConsent, standingConsent } from "../../src/login/consent.ts";
import type { Client } from "../../src/oauth/client.ts";
import { openCollections } from "../../src/store/collection.ts";
import { someClient } from "../support/client.ts";
import { testEnv } from "../support/env.ts";
import { memoryStore } from "../support/memory_store.ts";

function server() {
  const env = testEnv();
  return { env, records: openCollections(memoryStore(), env) };
}

const WEB = someClient();

async function allowed(
  here: ReturnType<typeof server>,
  client: Client,
  sub: string,
  scope: readonly string[],
  redirect_uri = "https://rp.example.com/callback",
): Promise<boolean> {
  return await standingConsent(here, client, sub, { scope, redirect_uri }) !== undefined;
}

Deno.test("standingConsent: a first-party client never asks, any other one does", async () => {
  const here = server();
  assert.equal(
    await allowed(here, someClient({ require_consent: false }), "alice", ["openid"]),
    true,
  );
  assert.equal(await allowed(here, WEB, "alice", ["openid"]), false);
  assert.equal(await allowed(here, WEB, "alice", []), false);
});

Deno.test("rememberConsent: an answer covers its scopes, its person and its client alone", async () => {
  const here = server();
  await rememberConsent(here, WEB, "alice", ["openid", "email"]);
  const asked = (scope: string[], sub = "alice", client = WEB) => allowed(here, client, sub, scope);
  assert.equal(await asked(["openid"]), true);
  assert.equal(await asked(["email", "openid"]), true);
  assert.equal(await asked(["openid", "phone"]), false);
  assert.equal(await asked(["openid"], "bob"), false);
  assert.equal(await asked(["openid"], "alice", someClient({ client_id: "other" })), false);
});

Deno.test("rememberConsent: later answers add to earlier ones, at the same moment too", async () => {
  const here = server();
  await Promise.all(
    ["openid", "email", "phone"].map((name) => rememberConsent(here, WEB, "alice", [name])),
  );
  assert.equal(await allowed(here, WEB, "alice", ["openid", "email", "phone"]), true);
});

Deno.test("standingConsent: an answer is forgotten after consent_lifetime, and never without one", async () => {
  const here = server();
  const short = someClient({ client_id: "short", consent_lifetime: 100 });
  await rememberConsent(here, short, "alice", ["openid"]);
  await rememberConsent(here, WEB, "alice", ["openid"]);
  here.env.advance(99);
  assert.equal(await allowed(here, short, "alice", ["openid"]), true);
  here.env.advance(1);
  assert.equal(await allowed(here, short, "alice", ["openid"]), false);
  here.env.advance(10 * 365 * 86_400);
  assert.equal(await allowed(here, WEB, "alice", ["openid"]), true);
});

Deno.test("standingConsent: a client whose answers are no longer remembered asks again", async () => {
  const here = server();
  await rememberConsent(here, WEB, "alice", ["openid"]);
  const forgetful = someClient({ allow_remember_consent: false });
  assert.equal(await allowed(here, forgetful, "alice", ["openid"]), false);
});

Deno.test("rememberConsent: names that run into each other stay apart", async () => {
  const here = server();
  await rememberConsent(here, someClient({ client_id: "bc" }), "a", ["openid"]);
  assert.equal(await allowed(here, someClient({ client_id: "c" }), "ab", ["openid"]), false);
});

Deno.test("RFC 8252 §8.6: an app that any other could stand in for is asked about each time", async () => {
  const here = server();
  const app = someClient({ client_id: "app", token_endpoint_auth_method: "none" });
  await rememberConsent(here, app, "alice", ["openid"]);
  await rememberConsent(here, WEB, "alice", ["openid"]);
  for (const uri of ["http://127.0.0.1:5000/callback", "com.example.app:/callback"]) {
    assert.equal(await allowed(here, app, "alice", ["openid"], uri), false);
    assert.equal(await allowed(here, WEB, "alice", ["openid"], uri), true);
  }
  assert.equal(await allowed(here, app, "alice", ["openid"]), true);
});
