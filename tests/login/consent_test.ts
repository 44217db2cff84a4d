/** Whether people are asked as often as they should be, and no more. */

import assert from "node:assert/strict";
import {
  forgetConsent,
  listConsents,
  rememberConsent,
  standingConsent,
  withdrawConsents,
} from "../../src/login/consent.ts";
import type { Client } from "../../src/oauth/client.ts";
import { openCollections } from "../../src/store/collection.ts";
import { someClient } from "../support/client.ts";
import { START, testEnv } from "../support/env.ts";
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

Deno.test("rememberConsent: exactly the scopes that were allowed, and a wider request asks again without losing them", async () => {
  const here = server();
  const asked = (...scope: string[]) => allowed(here, WEB, "alice", scope);
  await rememberConsent(here, WEB, "alice", ["openid"]);
  assert.equal(await asked("openid", "email"), false);
  assert.equal(await asked("email"), false);
  assert.equal(await asked("openid"), true);
  await rememberConsent(here, WEB, "alice", ["openid", "email"]);
  assert.equal(await asked("openid", "email"), true);
  assert.equal(await asked("openid", "email", "offline_access"), false);
  // A narrower answer takes nothing back: nobody was asked about the rest.
  await rememberConsent(here, WEB, "alice", ["openid"]);
  assert.equal(await asked("email"), true);
});

Deno.test("rememberConsent: each scope lives as long as the answer that it was in", async () => {
  const here = server();
  const lasting = (consent_lifetime?: number) => someClient({ consent_lifetime });
  const asked = (...scope: string[]) => allowed(here, WEB, "alice", scope);
  await rememberConsent(here, lasting(100), "alice", ["openid", "email"]);
  here.env.advance(50);
  await rememberConsent(here, lasting(200), "alice", ["openid", "profile"]);
  await rememberConsent(here, lasting(), "alice", ["phone"]);
  here.env.advance(49);
  assert.equal(await asked("openid", "email", "profile", "phone"), true);
  here.env.advance(1);
  assert.equal(await asked("email"), false);
  assert.equal(await asked("openid", "profile", "phone"), true);
  here.env.advance(150);
  assert.equal(await asked("openid"), false);
  assert.equal(await asked("profile"), false);
  here.env.advance(10 * 365 * 86_400);
  assert.equal(await asked("phone"), true);
});

Deno.test("rememberConsent: an answer for a shorter time replaces a longer one", async () => {
  const here = server();
  await rememberConsent(here, WEB, "alice", ["openid"]);
  await rememberConsent(here, someClient({ consent_lifetime: 10 }), "alice", ["openid"]);
  here.env.advance(10);
  assert.equal(await allowed(here, WEB, "alice", ["openid"]), false);
  assert.deepEqual(await listConsents(here, { sub: "alice" }), []);
});

Deno.test("standingConsent: its check fails once the answer has changed", async () => {
  const here = server();
  const request = { scope: ["openid"], redirect_uri: "https://rp.example.com/callback" };
  await rememberConsent(here, WEB, "alice", ["openid"]);
  const before = await standingConsent(here, WEB, "alice", request);
  const first = await here.records.consent.read("alice\0web");
  assert.deepEqual(before, { check: first?.check });
  await withdrawConsents(here, { sub: "alice", client_id: "web" });
  await rememberConsent(here, WEB, "alice", ["openid"]);
  const after = await standingConsent(here, WEB, "alice", request);
  assert.notDeepEqual(after?.check, before?.check);
  const first_party = someClient({ require_consent: false });
  assert.deepEqual(await standingConsent(here, first_party, "alice", request), {});
});

Deno.test("forgetConsent: forgets these scopes alone, and nothing where nothing was", async () => {
  const here = server();
  await forgetConsent(here, WEB, "alice", ["openid"]);
  assert.deepEqual(await listConsents(here, { sub: "alice" }), []);
  await rememberConsent(here, WEB, "alice", ["openid", "email"]);
  await forgetConsent(here, WEB, "alice", ["email", "phone"]);
  assert.equal(await allowed(here, WEB, "alice", ["email"]), false);
  assert.equal(await allowed(here, WEB, "alice", ["openid"]), true);
  await forgetConsent(here, WEB, "alice", ["openid"]);
  assert.equal(await allowed(here, WEB, "alice", ["openid"]), false);
  assert.deepEqual(await listConsents(here, { sub: "alice" }), []);
});

Deno.test("listConsents, withdrawConsents: by person, by client, by both; an empty filter is refused", async () => {
  const here = server();
  const APP = someClient({ client_id: "app" });
  for (const [client, sub] of [[WEB, "alice"], [APP, "alice"], [WEB, "bob"]] as const) {
    await rememberConsent(here, client, sub, ["openid"]);
    here.env.advance(10);
  }
  const list = async (filter: { sub?: string; client_id?: string }) =>
    (await listConsents(here, filter)).map(({ sub, client_id }) => `${sub} ${client_id}`).sort();
  assert.deepEqual(await list({ sub: "alice" }), ["alice app", "alice web"]);
  assert.deepEqual(await list({ client_id: "web" }), ["alice web", "bob web"]);
  assert.deepEqual(await list({ sub: "bob", client_id: "web" }), ["bob web"]);
  assert.deepEqual(await list({ sub: "bob", client_id: "app" }), []);
  await assert.rejects(listConsents(here, {}), TypeError);
  await assert.rejects(withdrawConsents(here, { sub: undefined }), TypeError);

  assert.equal(await withdrawConsents(here, { sub: "alice", client_id: "web" }), 1);
  assert.equal(await withdrawConsents(here, { sub: "alice", client_id: "web" }), 0);
  assert.equal(await allowed(here, WEB, "alice", ["openid"]), false);
  assert.equal(await allowed(here, APP, "alice", ["openid"]), true);
  assert.equal(await withdrawConsents(here, { client_id: "web" }), 1);
  assert.deepEqual(await list({ sub: "alice" }), ["alice app"]);
  assert.deepEqual(await list({ sub: "bob" }), []);
});

Deno.test("listConsents: says what is remembered, and since when, of living answers alone", async () => {
  const here = server();
  await rememberConsent(here, someClient({ consent_lifetime: 100 }), "alice", ["email"]);
  here.env.advance(50);
  await rememberConsent(here, someClient({ consent_lifetime: 100 }), "alice", ["openid"]);
  const consent = { client_id: "web", sub: "alice" };
  const both = { ...consent, scope: ["email", "openid"], created_at: START };
  assert.deepEqual(await listConsents(here, { sub: "alice" }), [both]);
  here.env.advance(50);
  const one = { ...consent, scope: ["openid"], created_at: START + 50 };
  assert.deepEqual(await listConsents(here, { sub: "alice" }), [one]);
  here.env.advance(50);
  assert.deepEqual(await listConsents(here, { sub: "alice" }), []);
});
