/** What people see of where they are signed in, and how they sign out there. */

import assert from "node:assert/strict";
import { type Agent, agent, attribute, formOf, logIn, type Visit } from "../support/agent.ts";
import { withClient, withUser } from "../support/config.ts";
import {
  authorizeUrl,
  codeFor,
  pageOf,
  passThrough,
  redeem,
  refresh,
  silently,
  tokensOf,
} from "../support/flow.ts";
import { dump } from "../support/hostile.ts";
import { memoryStore } from "../support/memory_store.ts";
import { type TestServer, testServer } from "../support/server.ts";
import { testEnv } from "../support/env.ts";

const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/604.1";

function here(): Promise<TestServer> {
  return testServer({ store: memoryStore() });
}

/** A browser that says what it is, in which somebody is logged in. */
async function device(
  server: Pick<TestServer, "fetch" | "issuer">,
  userAgent: string = FIREFOX,
  username = "alice",
): Promise<Agent> {
  const browser = agent({
    issuer: server.issuer,
    fetch(input, init) {
      const headers = new Headers(init?.headers);
      headers.set("User-Agent", userAgent);
      return server.fetch(input, { ...init, headers });
    },
  });
  await passThrough(browser, authorizeUrl(server), username);
  return browser;
}

/** Each session that a page shows: its device, what is told of it, and its `sid`. */
function sessionsOn({ html, status }: Visit) {
  assert.equal(status, 200, html);
  const items = html.match(/<li class="session">[^]*?<\/form><\/li>/g) ?? [];
  return items.map((item) => ({
    device: /<h3>([^<]*)<\/h3>/.exec(item)?.[1],
    facts: (/<p class="facts">([^]*?)<\/p>/.exec(item)?.[1] ?? "").replaceAll(/<[^>]+>/g, ""),
    sid: attribute(/<input[^>]*name="sid"[^>]*>/.exec(item)?.[0] ?? "", "value"),
  }));
}

/** Presses a button of the account page; `undefined` leaves out a field. */
function press(
  browser: Agent,
  page: Visit,
  fields: Readonly<Record<string, string | undefined>>,
  headers: Record<string, string> = {},
): Promise<Visit> {
  const { action, fields: hidden } = formOf(page, "sign_out");
  const merged = { csrf_token: hidden.get("csrf_token") ?? "", ...fields };
  const given = Object.entries(merged).filter((pair): pair is [string, string] =>
    pair[1] !== undefined
  );
  return browser.open(action, { method: "POST", body: new URLSearchParams(given), headers });
}

async function isLoggedIn(server: TestServer, browser: Agent): Promise<boolean> {
  const error = await silently(server, browser);
  assert.ok(error === undefined || error === "login_required", error);
  return error === undefined;
}

function endings({ env }: TestServer) {
  return env.events.filter(({ message }) => message === "session.ended").map(({ members }) => {
    const { trace_id, ...told } = members;
    assert.ok(trace_id);
    return told;
  });
}

Deno.test("account: one's sessions are shown by device, since when and when last used, this one first, nobody else's", async () => {
  await using server = await here();
  const phone = await device(server, IPHONE);
  server.env.advance(600);
  const desk = await device(server);
  await device(server, FIREFOX, "bob");
  const robot = await device(server, "curl/8.10.1");
  server.env.advance(3000);
  assert.ok(await isLoggedIn(server, robot));
  server.env.advance(125);
  const told = (visit: Visit) => sessionsOn(visit).map(({ device, facts }) => [device, facts]);
  assert.equal(pageOf(await phone.open("/account")), "login");
  assert.deepEqual(told(await desk.open("/account")), [
    ["Firefox, Linux", "This deviceSigned in 52 minutes ago"],
    ["Unknown device", "Signed in 52 minutes agoLast active 2 minutes ago"],
  ]);
});

Deno.test("account: signing out elsewhere ends that session alone, and what was granted in it", async () => {
  await using server = await here();
  const [desk, phone, other] = [
    await device(server),
    await device(server, IPHONE),
    await device(server),
  ];
  const offline = { client_id: "web", scope: "openid offline_access" };
  const spa = { scope: "openid offline_access" };
  const kept = tokensOf(await redeem(server, await codeFor(server, offline, phone), {}, "web"));
  const page = await desk.open("/account");
  const iphone = sessionsOn(page).find(({ device }) => device === "Safari, iPhone");
  assert.ok(iphone !== undefined);
  const unredeemed = await codeFor(server, spa, phone);
  const after = await press(desk, page, { action: "sign_out", sid: iphone.sid });
  assert.equal(after.url.pathname, "/account");
  assert.match(after.html, /id="signed-out" role="status"><strong>That device is signed out/);
  assert.deepEqual(sessionsOn(after).length, 2);
  assert.equal(await isLoggedIn(server, phone), false);
  assert.equal(pageOf(await phone.open("/account")), "login");
  assert.equal((await redeem(server, unredeemed)).status, 400);
  assert.equal((await refresh(server, kept.refresh_token, {}, "web")).status, 200);
  for (const browser of [desk, other]) assert.ok(await isLoggedIn(server, browser));
  assert.deepEqual(endings(server), [
    { sub: "sub-alice", sid: iphone.sid, reason: "account", clients: ["spa", "web"] },
  ]);
  // Pressed twice: the page shows how things are.
  const again = await press(desk, page, { action: "sign_out", sid: iphone.sid });
  assert.deepEqual([again.status, again.url.search], [200, ""]);
  assert.equal(endings(server).length, 1);
});

Deno.test("account: signing out here ends this session and forgets its cookie, and leads to the page that says so", async () => {
  await using server = await here();
  const [desk, phone] = [await device(server), await device(server, IPHONE)];
  const page = await desk.open("/account?ui_locales=de");
  const [mine] = sessionsOn(page);
  const before = desk.cookies.get("latchkey-session");
  const after = await press(desk, page, { action: "sign_out", sid: mine?.sid });
  assert.equal(after.url.pathname, "/account/logout");
  assert.match(after.html, /id="logged-out"/);
  assert.match(after.html, /<html lang="de"/);
  assert.ok(!desk.cookies.get("latchkey-session"));
  assert.equal(await isLoggedIn(server, desk), false);
  desk.cookies.set("latchkey-session", before ?? "");
  assert.equal(await isLoggedIn(server, desk), false);
  assert.ok(await isLoggedIn(server, phone));
  assert.deepEqual(endings(server).map(({ sid }) => sid), [mine?.sid]);
});

Deno.test("account: all others end, or all of them, and those of nobody else", async () => {
  for (const action of ["sign_out_others", "sign_out_everywhere"]) {
    await using server = await here();
    const [desk, phone, robot] = [
      await device(server),
      await device(server, IPHONE),
      await device(server, "curl/8.10.1"),
    ];
    const his = await device(server, FIREFOX, "bob");
    const after = await press(desk, await desk.open("/account"), { action });
    const everywhere = action === "sign_out_everywhere";
    assert.equal(after.url.pathname, everywhere ? "/account/logout" : "/account");
    if (!everywhere) {
      assert.match(after.html, /All other devices are signed out/);
      assert.deepEqual(sessionsOn(after).map(({ device }) => device), ["Firefox, Linux"]);
      assert.doesNotMatch(after.html, /sign_out_others/);
    }
    assert.equal(await isLoggedIn(server, desk), !everywhere);
    for (const browser of [phone, robot]) assert.equal(await isLoggedIn(server, browser), false);
    assert.ok(await isLoggedIn(server, his));
    assert.equal(endings(server).length, everywhere ? 3 : 2);
  }
});

Deno.test("account: nobody signs anybody else out, knowing their sid or not", async () => {
  await using server = await here();
  const [hers, his] = [await device(server), await device(server, FIREFOX, "bob")];
  const page = await hers.open("/account");
  const [theirs] = sessionsOn(await his.open("/account"));
  const before = await dump(server.store);
  for (const sid of [theirs?.sid, "x", "x".repeat(10_000), "<b>", "sid\0"]) {
    const after = await press(hers, page, { action: "sign_out", sid });
    assert.deepEqual([after.status, after.html], [200, page.html], sid);
  }
  for (const sid of [undefined, ""]) {
    assert.equal((await press(hers, page, { action: "sign_out", sid })).status, 400);
  }
  assert.deepEqual(await dump(server.store), before);
  assert.deepEqual(endings(server), []);
});

Deno.test("account: a sign-out without the page's token, or from another site, ends nothing", async () => {
  await using server = await here();
  const [desk, phone, his] = [
    await device(server),
    await device(server, IPHONE),
    await device(server, FIREFOX, "bob"),
  ];
  const page = await desk.open("/account");
  const tokenOf = (visit: Visit) => formOf(visit, "sign_out").fields.get("csrf_token") ?? "";
  const [ofPhone, ofHis] = [
    tokenOf(await phone.open("/account")),
    tokenOf(await his.open("/account")),
  ];
  const before = await dump(server.store);
  const actions = ["sign_out", "sign_out_others", "sign_out_everywhere"];
  for (const action of actions) {
    const fields = { action, sid: sessionsOn(page)[0]?.sid };
    for (const csrf_token of [undefined, "", "x".repeat(43), ofPhone, ofHis]) {
      assert.equal((await press(desk, page, { ...fields, csrf_token })).status, 400);
    }
    for (const site of ["cross-site", "same-site"]) {
      const refused = await press(desk, page, fields, { "Sec-Fetch-Site": site });
      assert.equal(refused.status, 400);
    }
    const url = new URL("/account", server.issuer);
    url.search = new URLSearchParams({ action, csrf_token: tokenOf(page) }).toString();
    assert.equal((await desk.open(url)).status, 200);
  }
  assert.deepEqual(await dump(server.store), before);
});

Deno.test("account: nobody else's link makes the page say that somebody was signed out", async () => {
  await using server = await here();
  const [desk, phone] = [await device(server), await device(server, IPHONE)];
  const plain = await desk.open("/account");
  const token = formOf(plain, "sign_out").fields.get("csrf_token") ?? "";
  for (const signed_out of ["one", "others", "<b>", "constructor"]) {
    for (const proof of ["", token, "x".repeat(43)]) {
      const query = new URLSearchParams({ signed_out, proof });
      assert.equal((await desk.open(`/account?${query}`)).html, plain.html);
    }
  }
  const done = await press(desk, plain, { action: "sign_out_others" });
  const after = await desk.open("/account");
  assert.notEqual(done.html, after.html);
  const forged = new URL(done.url);
  forged.searchParams.set("signed_out", "one");
  assert.equal((await desk.open(forged)).html, after.html);
  await logIn(phone, await phone.open("/account"), "alice");
  assert.equal((await phone.open(done.url)).html, (await phone.open("/account")).html);
});

Deno.test("OpenID Connect Back-Channel Logout §2.5: clients of the sessions that were ended elsewhere hear of each once", async () => {
  const heard: string[] = [];
  const env = testEnv(undefined, async (_, init) => {
    heard.push(String(await new Response(init?.body ?? "").text()).slice(0, 12));
    return new Response(null, { status: 200 });
  });
  const config = {
    ...withClient("spa", { backchannel_logout_uri: "http://127.0.0.1:1/logout" }),
    security: { outbound: { private_addresses: true } },
  };
  await using server = await testServer({ store: memoryStore(), env, config });
  const desk = await device(server);
  await device(server, IPHONE);
  await device(server, IPHONE);
  await press(desk, await desk.open("/account"), { action: "sign_out_everywhere" });
  assert.deepEqual(heard, ["logout_token", "logout_token", "logout_token"]);
  assert.deepEqual((await server.server.records.logout_notice.list()).found, []);
});

Deno.test("OpenID Connect Front-Channel Logout §3: signing out here tells the clients of this session by iframes, those of others not", async () => {
  const frontchannel_logout_uri = "https://rp.example.com/out";
  const members = { frontchannel_logout_uri, frontchannel_logout_session_required: true };
  await using server = await testServer({ config: withClient("spa", members) });
  const [desk] = [await device(server), await device(server, IPHONE)];
  const page = await desk.open("/account");
  const [mine, other] = sessionsOn(page);
  const elsewhere = await press(desk, page, { action: "sign_out", sid: other?.sid });
  assert.doesNotMatch(elsewhere.html, /<iframe/);
  const after = await press(desk, page, { action: "sign_out_everywhere" });
  const frames = [...after.html.matchAll(/<iframe[^>]*>/g)].map(([tag]) => attribute(tag, "src"));
  assert.deepEqual(frames.map((src) => new URL(src).searchParams.get("sid")), [mine?.sid]);
});

Deno.test("account: whoever is signed out there while they look at the page logs in first", async () => {
  await using server = await here();
  const [desk, phone] = [await device(server), await device(server, IPHONE)];
  const page = await phone.open("/account");
  await press(desk, await desk.open("/account"), { action: "sign_out_others" });
  const asked = await press(phone, page, { action: "sign_out_others" });
  assert.equal(pageOf(asked), "login");
  assert.ok(await isLoggedIn(server, desk));
});

Deno.test("account: of twenty presses at the same moment one ends the session", async () => {
  await using server = await testServer({ late: true });
  const [desk, phone] = [await device(server), await device(server, IPHONE)];
  const page = await desk.open("/account");
  const sid = sessionsOn(page)[1]?.sid;
  const visits = await Promise.all(
    Array.from({ length: 20 }, () => press(desk, page, { action: "sign_out", sid })),
  );
  assert.ok(visits.every(({ status }) => status === 200));
  assert.equal(endings(server).length, 1);
  assert.equal(await isLoggedIn(server, phone), false);
});

Deno.test("account: somebody who was switched off has no sessions to look at", async () => {
  const store = memoryStore();
  await using server = await testServer({ store });
  const desk = await device(server);
  await using without = await testServer({ store, config: withUser("alice", { enabled: false }) });
  const later = agent(without);
  for (const [name, value] of desk.cookies) later.cookies.set(name, value);
  assert.equal(pageOf(await later.open("/account")), "login");
});
