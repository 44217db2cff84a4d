/** Whether clients hear of sessions that end because nobody used them, once, where that is configured. */

import assert from "node:assert/strict";
import { decodeJwt } from "jose";
import { endExpired, endExpiredForever } from "../../src/login/expired_sessions.ts";
import { deliverDue } from "../../src/login/logout_outbox.ts";
import { agent } from "../support/agent.ts";
import { START, testEnv } from "../support/env.ts";
import { redeem, refresh, tokensOf } from "../support/flow.ts";
import { codeFor } from "../support/flow.ts";
import { idTokenFor, listeningClients, logoutConfig } from "../support/logout.ts";
import { someSession } from "../support/some_records.ts";
import { type TestServer, testServer } from "../support/server.ts";

const IDLE = 3600;

async function serverWith(told = true) {
  const { fetch, heard } = listeningClients();
  const config = {
    ...logoutConfig({ spa: { backchannel_logout_uri: "https://spa.example.com/backchannel" } }),
    sessions: { expired_sessions_trigger_backchannel_logout: told },
  };
  const server = await testServer({ env: testEnv(START, fetch), config });
  return { ...server, heard, config };
}

const ended = ({ env }: TestServer) =>
  env.events.filter(({ message }) => message === "session.ended").map(({ members }) => members);

Deno.test("expired sessions: their clients hear of the end, once, whichever instances look", async () => {
  await using one = await serverWith();
  await using two = await testServer({ env: one.env, config: one.config, store: one.store });
  const { sid } = await idTokenFor(one, agent(one));
  one.env.advance(IDLE + 59);
  await endExpired(one.server);
  assert.deepEqual(ended(one), []);
  one.env.advance(1);
  await Promise.all([one, two, one, two].map(({ server }) => endExpired(server)));
  assert.deepEqual(ended(one), [
    { sub: "sub-alice", sid, reason: "expired", clients: ["spa"] },
  ]);
  await Promise.all([one, two].map(({ server }) => deliverDue(server)));
  assert.deepEqual(one.heard.map(({ logout_token }) => decodeJwt(logout_token)["sid"]), [sid]);
});

Deno.test("expired sessions: what was granted in one ends with it, save offline_access", async () => {
  await using server = await serverWith();
  const code = await codeFor(server, { scope: "openid offline_access" });
  const { refresh_token } = tokensOf(await redeem(server, code));
  const { sid } = await idTokenFor(server, agent(server));
  server.env.advance(IDLE + 60);
  await endExpired(server.server);
  assert.equal((await server.server.records.authorization.find("sid", sid)).found.length, 0);
  assert.equal((await refresh(server, refresh_token)).status, 200);
});

Deno.test("expired sessions: one lives as long as any of its records does", async () => {
  await using server = await serverWith();
  const { session } = server.server.records;
  const record = someSession({ clients: ["spa"], expires_at: START + 10 });
  await session.put("se_1", record);
  await session.put("se_2", { ...record, expires_at: START + 500 });
  server.env.advance(80);
  await endExpired(server.server);
  assert.deepEqual(ended(server), []);
  server.env.advance(500);
  await endExpired(server.server);
  assert.equal(ended(server).length, 1);
  assert.equal((await session.list({ ended: true })).found.length, 0);
});

Deno.test("expired sessions: where it is not configured no session is looked at", async () => {
  await using server = await serverWith(false);
  await idTokenFor(server, agent(server));
  server.env.advance(IDLE + 60);
  const stop = new AbortController();
  let rounds = 0;
  const sleep = () => {
    if (++rounds === 2) stop.abort();
    return Promise.resolve();
  };
  const env = { ...server.env, sleep };
  await endExpiredForever(() => ({ ...server.server, env }), "own", stop.signal);
  assert.deepEqual(ended(server), []);
  assert.equal((await server.server.records.session.list({ ended: true })).found.length, 1);
});

Deno.test("endExpiredForever: a store that fails is logged, and the next round succeeds", async () => {
  await using server = await serverWith();
  await idTokenFor(server, agent(server));
  server.env.advance(IDLE + 60);
  const stop = new AbortController();
  const rests: number[] = [];
  const env = {
    ...server.env,
    sleep(milliseconds: number) {
      if (rests.push(milliseconds) === 2) stop.abort();
      return Promise.resolve();
    },
  };
  const { session } = server.server.records;
  const broken = { ...session, list: () => Promise.reject(new Error("away")) };
  let looks = 0;
  await endExpiredForever(
    () => {
      const records = { ...server.server.records, session: looks++ ? session : broken };
      return { ...server.server, env, records };
    },
    "paid",
    stop.signal,
  );
  assert.equal(ended(server).length, 1);
  const failures = server.env.events.filter(({ message }) => message === "session.expiry_failed");
  assert.equal(failures.length, 1);
  assert.ok(rests.every((rest) => rest >= 480_000 && rest <= 720_000), `${rests}`);
});
