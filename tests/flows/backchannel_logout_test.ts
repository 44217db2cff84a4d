/** Whether OpenID Connect Back-Channel Logout 1.0 is kept: what clients are told, when, how often, and what doesn't hold anybody up. */

import assert from "node:assert/strict";
import {
  compactDecrypt,
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  jwtVerify,
} from "jose";
import { endSession } from "../../src/login/end_session.ts";
import { sendNotices } from "../../src/login/logout_notices.ts";
import { deliverDue, deliverForever } from "../../src/login/logout_outbox.ts";
import type { Env } from "../../src/lib/env.ts";
import { type Agent, agent, logIn } from "../support/agent.ts";
import { clientKey } from "../support/client_key.ts";
import { authorizeUrl, codeFor } from "../support/flow.ts";
import { START, testEnv } from "../support/env.ts";
import {
  endSessionUrl,
  GOODBYE,
  type HeardNotice,
  idTokenFor,
  isLoggedIn,
  listeningClients,
  logoutConfig,
} from "../support/logout.ts";
import { type TestServer, testServer } from "../support/server.ts";
import { type TwoServers, twoServers } from "../support/two_servers.ts";

const urlOf = (client_id: string) => `https://${client_id}.example.com/backchannel`;
const backchannel = (client_id: string) => ({ backchannel_logout_uri: urlOf(client_id) });
const CONFIG = logoutConfig({
  web: backchannel("web"),
  spa: backchannel("spa"),
  post: { ...backchannel("post"), id_token_signed_response_alg: "ES256" },
});

/** A server whose clients answer like this. */
async function serverWith(answer?: (url: string) => Response | Promise<Response>) {
  const { fetch, heard } = listeningClients(answer);
  const env = testEnv(START, fetch);
  const server = await testServer({ env, config: CONFIG });
  return { ...server, heard };
}

/** Logs alice out; how long that took, in milliseconds, and that the browser got back to the client. */
async function logOut(server: TestServer, browser: Agent, id_token_hint: string): Promise<number> {
  const begun = performance.now();
  const url = endSessionUrl(server, { id_token_hint, post_logout_redirect_uri: GOODBYE });
  assert.equal((await browser.open(url)).url.href, GOODBYE);
  return performance.now() - begun;
}

const logged = ({ env }: TestServer, name: string) =>
  env.events.filter(({ message }) => message === name);

const waiting = async ({ server }: TestServer) =>
  (await server.records.logout_notice.list()).found.map(({ record }) => record);

/** Writes a notice that is due as the end of a session does. */
function putNotice({ server }: TestServer, jti: string, client_id: string): Promise<void> {
  const notice = { jti, client_id, sub: "sub-alice", sid: "s", created_at: START };
  const times = { tries: 0, due_at: START, expires_at: START + 172_800 };
  return server.records.logout_notice.put(jti, { ...notice, ...times });
}

/** An answer that never comes. */
const hang = () => new Promise<Response>(() => {});

Deno.test("OpenID Connect Back-Channel Logout §2.4, §2.6: a logout token says who, where and what has happened, and is signed as ID tokens are", async () => {
  await using server = await serverWith();
  const browser = agent(server);
  const { sid, id_token } = await idTokenFor(server, browser);
  await idTokenFor(server, browser, "post");
  await logOut(server, browser, id_token);
  const jwks = await (await server.fetch("/.well-known/openid-configuration/jwks")).json();
  assert.deepEqual(server.heard.map(({ url }) => url).sort(), [urlOf("post"), urlOf("spa")]);
  for (const { url, logout_token } of server.heard) {
    const client_id = url === urlOf("spa") ? "spa" : "post";
    const { payload, protectedHeader } = await jwtVerify(logout_token, createLocalJWKSet(jwks), {
      issuer: server.issuer,
      audience: client_id,
      typ: "logout+jwt",
      currentDate: new Date(START * 1000),
    });
    assert.equal(protectedHeader.alg, client_id === "spa" ? "RS256" : "ES256");
    const { jti, ...claims } = payload;
    assert.match(String(jti), /^[\w-]{22}$/);
    assert.deepEqual(claims, {
      iss: server.issuer,
      sub: "sub-alice",
      aud: client_id,
      iat: START,
      exp: START + 120,
      sid,
      events: { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
  }
});

Deno.test("OpenID Connect Back-Channel Logout §2.6: a logout token is encrypted where ID tokens are, and a key that can't be had holds nobody up", async () => {
  const key = await clientKey("ECDH-ES", { kid: "enc" }, "P-256");
  for (const published of [true, false]) {
    const { fetch, heard } = listeningClients();
    const late = Promise.withResolvers<Response>();
    const keys = published
      ? { jwks: { keys: [key.jwk] } }
      : { jwks_uri: "https://web.example.com/jwks" };
    const env = testEnv(
      START,
      (input, init) => init?.method === "POST" ? fetch(input, init) : late.promise,
    );
    const members = { ...backchannel("web"), ...keys, id_token_encrypted_response_alg: "ECDH-ES" };
    await using server = await testServer({ env, config: logoutConfig({ web: members }) });
    const browser = agent(server);
    await codeFor(server, { client_id: "web" }, browser);
    const begun = performance.now();
    const visit = await browser.open(endSessionUrl(server));
    await browser.submit(visit, { action: "logout" });
    // The five seconds that keys may take are not waited for, however slow the machine is.
    assert.ok(performance.now() - begun < 4000);
    assert.equal(heard.length, published ? 1 : 0);
    assert.equal((await waiting(server)).length, published ? 0 : 1);
    for (const { logout_token } of heard) {
      const { plaintext } = await compactDecrypt(logout_token, key.privateKey);
      assert.equal(decodeProtectedHeader(new TextDecoder().decode(plaintext)).typ, "logout+jwt");
    }
    // The keys come at last, when nobody waits for them: what is tried again by then is not sent besides.
    late.resolve(Response.json({ keys: [key.jwk] }));
    await env.sleep(500);
    assert.equal(heard.length, published ? 1 : 0);
  }
});

Deno.test("OpenID Connect Core §8.1: a pairwise client is told of the person by the name that it knows", async () => {
  const { fetch, heard } = listeningClients();
  await using server = await testServer({
    env: testEnv(START, fetch),
    variables: { SALT: "0123456789abcdef0123456789abcdef" },
    config: {
      ...logoutConfig({
        web: {
          ...backchannel("web"),
          subject_type: "pairwise",
          redirect_uris: ["https://rp.example.com/callback"],
        },
      }),
      tokens: { pairwise_salt: { env: "SALT" } },
    },
  });
  const browser = agent(server);
  const { id_token, sub, sid } = await idTokenFor(server, browser, "web");
  const { found: [read] } = await server.server.records.session.list();
  await logOut(server, browser, id_token);
  assert.notEqual(sub, "sub-alice");
  assert.notEqual(sid, read?.record.sid);
  const told = heard.map(({ logout_token }) => decodeJwt(logout_token));
  assert.deepEqual(told.map((claims) => [claims.sub, claims["sid"]]), [[sub, sid]]);
});

Deno.test("OpenID Connect Back-Channel Logout §2.3, §2.5: whoever took part in the session hears, nobody else, once the session has ended", async () => {
  let living: number | undefined;
  await using server = await serverWith(async () => {
    living = (await server.server.records.session.find("sub", "sub-alice")).found.length;
    return new Response();
  });
  const [browser, other] = [agent(server), agent(server)];
  const { id_token } = await idTokenFor(server, browser);
  await logIn(other, await other.open(authorizeUrl(server, { client_id: "web" })), "bob");
  await logOut(server, browser, id_token);
  assert.deepEqual(server.heard.map(({ url }) => url), [urlOf("spa")]);
  assert.equal(living, 0);
  assert.deepEqual(await waiting(server), []);
  const [sent] = logged(server, "logout.notice.sent");
  assert.equal(sent?.members["client_id"], "spa");
  const [event] = logged(server, "session.ended");
  assert.deepEqual(event?.members["clients"], ["spa"]);
});

Deno.test("OpenID Connect Back-Channel Logout §2.5: clients that hang delay a logout by no more than 2.5 s, all together, and hear later, once", async () => {
  let down = true;
  await using server = await serverWith(() => down ? hang() : new Response());
  const browser = agent(server);
  const { id_token, sid } = await idTokenFor(server, browser);
  await idTokenFor(server, browser, "web");
  await idTokenFor(server, browser, "post");
  const before = server.env.sleeps.length;
  const took = await logOut(server, browser, id_token);
  // Two seconds each, and two waits in a row would be four: whatever is beyond is the machine's.
  assert.ok(Math.max(...server.env.sleeps.slice(before)) <= 2000);
  assert.ok(took > 1800 && took < 4000, `${took} ms`);
  assert.equal(await isLoggedIn(server, browser), false);
  assert.equal(server.heard.length, 3);
  assert.deepEqual(logged(server, "logout.notice.failed").map(({ members }) => members["reason"]), [
    "timeout",
    "timeout",
    "timeout",
  ]);
  // They are still the notices of whoever has ended the session.
  await deliverDue(server.server);
  assert.equal(server.heard.length, 3);
  down = false;
  server.env.advance(10);
  await deliverDue(server.server);
  assert.equal(server.heard.length, 6);
  await deliverDue(server.server);
  server.env.advance(3600);
  await deliverDue(server.server);
  assert.equal(server.heard.length, 6);
  assert.deepEqual(await waiting(server), []);
  // §2.4: jti names the event, however often it is told; the token itself is a fresh one.
  const ids = Map.groupBy(server.heard, ({ logout_token }) => decodeJwt(logout_token).jti);
  assert.equal(ids.size, 3);
  for (const tries of ids.values()) {
    const claims = tries.map(({ logout_token }) => decodeJwt(logout_token));
    assert.deepEqual(claims.map(({ iat }) => iat), [START, START + 10]);
    assert.deepEqual(claims.map((one) => one["sid"]), [sid, sid]);
  }
});

for (
  const [what, answer, reason] of [
    ["answers 500", () => new Response(null, { status: 500 }), "status 500"],
    ["answers 400", () => new Response("{}", { status: 400 }), "status 400"],
    ["answers 201", () => new Response(null, { status: 201 }), "status 201"],
    ["redirects", () => Response.redirect("https://elsewhere.example/", 307), "redirect"],
    ["is down", () => Promise.reject(new TypeError("connection refused")), "unreachable"],
  ] as const
) {
  Deno.test(`OpenID Connect Back-Channel Logout §2.8: a client that ${what} has heard nothing, and is told later`, async () => {
    let broken = true;
    await using server = await serverWith(() => broken ? answer() : new Response());
    const browser = agent(server);
    const { id_token } = await idTokenFor(server, browser);
    assert.ok(await logOut(server, browser, id_token) < 1000);
    assert.deepEqual(server.heard.map(({ url }) => url), [urlOf("spa")]);
    assert.equal(logged(server, "logout.notice.failed")[0]?.members["reason"], reason);
    broken = false;
    server.env.advance(10);
    await deliverDue(server.server);
    assert.equal(server.heard.length, 2);
    assert.deepEqual(await waiting(server), []);
  });
}

Deno.test("OpenID Connect Back-Channel Logout §2.8: 200 and 204 are success", async () => {
  for (const status of [200, 204]) {
    await using server = await serverWith(() => new Response(null, { status }));
    const browser = agent(server);
    await logOut(server, browser, (await idTokenFor(server, browser)).id_token);
    assert.deepEqual(await waiting(server), []);
  }
});

Deno.test("outbox: the pauses grow to an hour, and after a day it is given up, which the log says once", async () => {
  await using server = await serverWith(() => new Response(null, { status: 503 }));
  const browser = agent(server);
  await logOut(server, browser, (await idTokenFor(server, browser)).id_token);
  const tries: number[] = [0];
  for (let second = 0; second < 92_000; second += 5) {
    server.env.advance(5);
    const before = server.heard.length;
    await deliverDue(server.server);
    if (server.heard.length > before) tries.push(server.env.now() - START);
  }
  const pauses = tries.slice(1).map((at, index) => at - tries[index]!);
  const expected = [10, 30, 120, 600, 1800];
  for (const [index, pause] of pauses.entries()) {
    const due = index === 0 ? 10 : expected[index] ?? 3600;
    assert.ok(pause >= due * 0.8 && pause <= due * 1.2 + 5, `${index}: ${pause}`);
  }
  assert.ok(tries.length > 24 && tries.length < 36, `${tries.length} tries`);
  assert.ok(tries.at(-1)! <= 86_400);
  assert.deepEqual(await waiting(server), []);
  const [given, ...more] = logged(server, "logout.notice.abandoned");
  assert.deepEqual(more, []);
  assert.equal(given?.level, "error");
  assert.deepEqual(given.members["tries"], tries.length);
});

/** Two servers on one file, and what the clients of both hear. */
async function pair(
  answer?: () => Response | Promise<Response>,
): Promise<TwoServers & { readonly heard: readonly HeardNotice[] }> {
  const { fetch, heard } = listeningClients(answer);
  return { ...await twoServers({ env: testEnv(START, fetch), config: CONFIG }), heard };
}

Deno.test("outbox: a notice whose sender died is sent by another instance, once, but not before it may be", async () => {
  await using servers = await pair();
  const { one, two, heard } = servers;
  const { sid } = await idTokenFor(one, agent(one));
  // It dies between the commit that ends the session and the first byte that it sends.
  assert.equal((await endSession(one.server, sid, 10))?.notices.length, 1);
  one.env.advance(9);
  await Promise.all([one, two].map(({ server }) => deliverDue(server)));
  assert.equal(heard.length, 0);
  one.env.advance(1);
  await Promise.all([one, two, two, one].map(({ server }) => deliverDue(server)));
  assert.equal(heard.length, 1);
  one.env.advance(86_400);
  await Promise.all([one, two].map(({ server }) => deliverDue(server)));
  assert.equal(heard.length, 1);
});

Deno.test("outbox: of many that are due, each is sent by one of two instances that look at the same moment", async () => {
  await using servers = await pair();
  const { one, two, heard } = servers;
  for (let count = 0; count < 20; count++) await putNotice(one, String(count), "spa");
  await Promise.all([one, two].map(({ server }) => deliverDue(server)));
  assert.equal(heard.length, 20);
  assert.deepEqual(await waiting(one), []);
});

Deno.test("outbox: while one instance waits for a client that hangs, the other doesn't try it too", async () => {
  let answers = 0;
  await using servers = await pair(() => answers++ === 0 ? hang() : new Response());
  const { one, two, heard } = servers;
  const { sid } = await idTokenFor(one, agent(one));
  await endSession(one.server, sid, 0);
  const hanging = deliverDue(one.server);
  while (heard.length === 0) await one.env.sleep(5);
  await deliverDue(two.server);
  assert.equal(heard.length, 1);
  await hanging;
  one.env.advance(12);
  await deliverDue(two.server);
  assert.equal(heard.length, 2);
  assert.deepEqual(await waiting(two), []);
});

Deno.test("outbox: a client that hangs with many notices lets no other client wait behind it", async () => {
  let down = true;
  await using server = await serverWith((url) =>
    down && url === urlOf("spa") ? hang() : new Response()
  );
  for (let count = 0; count < 100; count++) {
    await putNotice(server, String(count), count % 25 ? "spa" : "web");
  }
  const begun = performance.now();
  await deliverDue(server.server);
  assert.ok(performance.now() - begun < 4000, "one wait for all of them");
  assert.equal(server.heard.filter(({ url }) => url === urlOf("web")).length, 4);
  const tried = (await waiting(server)).filter(({ tries }) => tries > 0);
  assert.ok(tried.length <= 20, `${tried.length}`);
  // Once it is there again it hears of all of them, each once.
  down = false;
  const before = server.heard.length;
  for (let look = 0; look < 20; look++) {
    server.env.advance(5);
    await deliverDue(server.server);
  }
  assert.equal(server.heard.length - before, 96);
  assert.deepEqual(await waiting(server), []);
});

Deno.test("outbox: whoever is no longer a client, or no longer wants to hear, is not told", async () => {
  const { fetch, heard } = listeningClients();
  const env = testEnv(START, fetch);
  await using server = await testServer({ env, config: CONFIG });
  const { sid } = await idTokenFor(server, agent(server));
  await endSession(server.server, sid, 0);
  for (const spa of [{ enabled: false }]) {
    const config = logoutConfig({ spa });
    await using changed = await testServer({ env, config, store: server.store });
    await deliverDue(changed.server);
  }
  assert.equal(heard.length, 0);
  assert.deepEqual(await waiting(server), []);
  assert.equal(logged(server, "logout.notice.dropped").length, 1);
});

Deno.test("OpenID Connect Back-Channel Logout §2.5: who logs in as somebody else in the same browser ends the session before, and its clients hear", async () => {
  await using server = await serverWith();
  const browser = agent(server);
  const { sid } = await idTokenFor(server, browser);
  await logIn(browser, await browser.open(authorizeUrl(server, { prompt: "login" })), "bob");
  assert.equal(logged(server, "session.ended")[0]?.members["reason"], "replaced");
  await deliverDue(server.server);
  assert.deepEqual(server.heard.map(({ logout_token }) => decodeJwt(logout_token)["sid"]), [sid]);
});

Deno.test("deliverForever: works with the server as it is now, survives a store that fails, and ends when it is told to", async () => {
  await using server = await serverWith();
  const { sid } = await idTokenFor(server, agent(server));
  await endSession(server.server, sid, 0);
  const stop = new AbortController();
  const rests: number[] = [];
  const env: Env = {
    ...server.env,
    sleep(milliseconds, signal) {
      // What a client may take.
      if (milliseconds === 2000 || milliseconds === 1900) {
        return server.env.sleep(milliseconds, signal);
      }
      rests.push(milliseconds);
      if (rests.length === 3) stop.abort();
      return Promise.resolve();
    },
  };
  const { logout_notice } = server.server.records;
  const broken = { ...logout_notice, list: () => Promise.reject(new Error("away")) };
  let looks = 0;
  await deliverForever(
    () => {
      const records = { ...server.server.records, logout_notice: looks++ ? logout_notice : broken };
      return { ...server.server, env, records };
    },
    "own",
    stop.signal,
  );
  assert.equal(server.heard.length, 1);
  assert.equal(logged(server, "logout.outbox_failed").length, 1);
  assert.ok(rests.every((rest) => rest >= 4000 && rest <= 6000), `${rests}`);
  assert.equal(decodeProtectedHeader(server.heard[0]!.logout_token).typ, "logout+jwt");
});

Deno.test("sendNotices: who ends hundreds of sessions at once opens no hundreds of connections, and the rest is sent soon", async () => {
  let [open, most] = [0, 0];
  await using server = await serverWith(async () => {
    most = Math.max(most, ++open);
    await server.env.sleep(20);
    open--;
    return new Response();
  });
  const { logout_notice } = server.server.records;
  // Those of a client whose tokens are signed fast: each has two seconds, on a busy machine too.
  const notices = Array.from({ length: 300 }, (_, n) => ({
    ...{ jti: `${n}`, client_id: "post", sub: "sub-alice", sid: `${n}`, created_at: START },
    ...{ tries: 1, due_at: START + 10, expires_at: START + 172_800 },
  }));
  for (const notice of notices) await logout_notice.put(notice.jti, notice);
  await sendNotices(server.server, notices);
  assert.ok(most <= 100, `${most}`);
  assert.ok(server.heard.length >= 100);
  server.env.advance(10);
  await deliverDue(server.server);
  assert.equal(server.heard.length, 300);
  assert.deepEqual(await waiting(server), []);
});

Deno.test("logout.notice.failed: where a client is inside, the log names the setting that opens the way", async () => {
  const { fetch, heard } = listeningClients();
  const env = { ...testEnv(START, fetch), resolve: () => Promise.resolve(["10.0.0.1"]) };
  await using server = await testServer({ env, config: CONFIG });
  const browser = agent(server);
  const { id_token } = await idTokenFor(server, browser);
  await logOut(server, browser, id_token);
  assert.equal(heard.length, 0);
  const [failed] = logged(server, "logout.notice.failed");
  const { reason, setting } = failed?.members ?? {};
  assert.deepEqual([reason, setting], ["address", "security.outbound.private_addresses"]);
});
