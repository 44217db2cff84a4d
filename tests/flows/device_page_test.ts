/** Whether people answer a device as they mean to, and nobody gets one answered who should not (RFC 8628 §3.3, §5). */

import assert from "node:assert/strict";
import { agent, logIn, type Visit } from "../support/agent.ts";
import { CALLBACK, withUser } from "../support/config.ts";
import {
  askForCodes,
  type DeviceCodes,
  pollOnce,
  toQuestion,
  typeIn,
  withDevice,
} from "../support/device.ts";
import { authorizeUrl, pageOf, passThrough } from "../support/flow.ts";
import { dump } from "../support/hostile.ts";
import { interruptedStore } from "../support/interrupted_store.ts";
import { memoryStore } from "../support/memory_store.ts";
import { type TestServer, testServer, type TestServerOptions } from "../support/server.ts";

function deviceServer(options: TestServerOptions = {}): Promise<TestServer> {
  return testServer({ ...options, config: { ...withDevice(), ...options.config } });
}

/** What polling answers; a poll is always late enough. */
async function heard(server: TestServer, codes: DeviceCodes): Promise<unknown> {
  const { body } = await pollOnce(server, codes);
  return body["error"] ?? "tokens";
}

const DONE = /id="device-done"/;
const LOST = /id="error"[^]*This code is no longer good/;
const field = ({ html }: Visit) => /<input[^>]*id="user_code"[^>]*>/.exec(html)?.[0] ?? "";
const messages = ({ env }: TestServer) => env.events.map(({ message }) => message);

Deno.test("RFC 8628 §3.3: a code is typed in, the person logs in, sees what is asked, and allows it", async () => {
  await using server = await deviceServer();
  const codes = await askForCodes(server, { scope: "openid profile invoices.read" });
  const browser = agent(server);
  const login = await typeIn(browser, codes.user_code);
  assert.equal(pageOf(login), "login");
  assert.match(login.html, /to continue to Living Room TV/);
  const asked = await logIn(browser, login, "alice");
  assert.equal(asked.url.pathname, "/device/confirm");
  for (
    const text of ["Connect Living Room TV?", "<strong>Alice Example</strong>", "Read invoices"]
  ) assert.ok(asked.html.includes(text), text);
  assert.match(asked.html, new RegExp(`id="device-code">${codes.user_code}<`));
  assert.equal(await heard(server, codes), "authorization_pending");
  const done = await browser.submit(asked, { action: "allow" });
  assert.match(done.html, /id="device-done"[^]*You can go back to your device/);
  server.env.advance(5);
  assert.equal(await heard(server, codes), "tokens");
  // Loaded again it says the same, and nothing is done.
  assert.match((await browser.open(done.url)).html, DONE);
});

Deno.test("RFC 8628 §3.3: whoever says no is told that nothing was granted, and so is the device", async () => {
  await using server = await deviceServer();
  const codes = await askForCodes(server);
  const browser = agent(server);
  const done = await browser.submit(await toQuestion(browser, codes), { action: "deny" });
  assert.match(done.html, /id="device-done"[^]*Nothing was granted/);
  assert.equal(await heard(server, codes), "access_denied");
  assert.equal((await server.server.records.authorization.list()).found.length, 0);
  assert.equal((await typeIn(browser, codes.user_code)).status, 400);
});

Deno.test("RFC 8628 §6.1: a code is taken in any case, with whatever stands between its letters", async () => {
  await using server = await deviceServer();
  const { user_code } = await askForCodes(server);
  const [left = "", right = ""] = user_code.toLowerCase().split("-");
  for (const typed of [left + right, ` ${left} ${right} `, `${left}–${right}`, user_code]) {
    assert.equal(pageOf(await typeIn(agent(server), typed)), "login", typed);
  }
});

Deno.test("RFC 8628 §3.3.1: verification_uri_complete fills the field in, and has the person compare it", async () => {
  await using server = await deviceServer();
  const codes = await askForCodes(server);
  const visit = await agent(server).open(codes.verification_uri_complete);
  assert.match(field(visit), new RegExp(`value="${codes.user_code}"`));
  assert.match(visit.html, /Does your device show exactly this code\?/);
  // What can't be a code isn't taken over.
  for (const junk of ["abc", `"><script>alert(1)</script>`, "1".repeat(5000)]) {
    const other = await agent(server).open(`/device?user_code=${encodeURIComponent(junk)}`);
    assert.match(field(other), / value=""/, junk);
  }
  assert.match(field(await agent(server).open("/device?user_code=wdjbmjht")), /"WDJB-MJHT"/);
});

Deno.test("RFC 8628 §5.4: no GET or HEAD looks a code up, counts a try or grants anything, logged in or not", async () => {
  await using server = await deviceServer({ store: memoryStore() });
  const codes = await askForCodes(server);
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server));
  const before = await dump(server.store);
  const addresses = [
    codes.verification_uri_complete,
    `${codes.verification_uri}?user_code=BBBB-BBBB`,
    `/device/qr?user_code=${codes.user_code}`,
    `/device/confirm?user_code=${codes.user_code}&action=allow`,
  ];
  const pages = new Set<string>();
  for (const address of addresses) {
    for (const method of ["GET", "HEAD"]) {
      const response = await browser.send(address, {
        method,
        headers: { "Sec-Purpose": "prefetch" },
      });
      const html = await response.text();
      if (method === "GET" && address.includes("/device?")) {
        pages.add(html.replaceAll(/[A-Z]{4}-[A-Z]{4}/g, "CODE"));
      }
    }
  }
  assert.deepEqual(await dump(server.store), before);
  assert.equal(pages.size, 1, "a code that a device waits for looks like any other");
  const question = await toQuestion(browser, codes);
  for (const method of ["GET", "HEAD"]) {
    await (await browser.send(`${question.url}&action=allow`, { method })).body?.cancel();
  }
  assert.equal(await heard(server, codes), "authorization_pending");
});

Deno.test("RFC 8628 §5.1: wrong codes are counted before they are looked up, and then have to wait", async () => {
  await using server = await deviceServer({
    config: { security: { limits: { user_code_tries: 3 } } },
  });
  const codes = await askForCodes(server);
  const browser = agent(server);
  for (let tries = 0; tries < 3; tries++) {
    const wrong = await typeIn(browser, "BBBB-BBBB");
    assert.equal(wrong.status, 400);
    assert.match(wrong.html, /id="problem" role="alert">No device waits for this code/);
    assert.match(field(wrong), /value="BBBB-BBBB"/);
  }
  // What can't be a code isn't a guess.
  assert.match((await typeIn(browser, "123")).html, /role="alert">That is no code/);
  const late = await typeIn(browser, codes.user_code);
  assert.equal(late.status, 429);
  assert.equal(late.headers.get("Retry-After"), "1");
  assert.match(late.html, /Too many tries\. Wait a second/);
  server.env.advance(1);
  assert.equal(pageOf(await browser.submit(late, { user_code: codes.user_code })), "login");
  assert.ok(messages(server).filter((one) => one === "device.user_code.failed").length === 4);
});

Deno.test("RFC 8628 §5.1: right codes of one's own don't buy more wrong ones", async () => {
  await using server = await deviceServer({
    config: { security: { limits: { user_code_tries: 3 } } },
  });
  const { user_code } = await askForCodes(server);
  const browser = agent(server);
  for (let tries = 0; tries < 3; tries++) {
    assert.equal((await typeIn(browser, "BBBB-BBBB")).status, 400);
    if (tries < 2) assert.equal(pageOf(await typeIn(browser, user_code)), "login");
  }
  assert.equal((await typeIn(browser, "BBBB-BBBB")).status, 429);
});

Deno.test("RFC 8628 §5.1: strangers at the same address keep nobody waiting who has logged in before, and logins buy no guesses", async () => {
  await using server = await deviceServer({
    config: { security: { limits: { user_code_tries: 3 } } },
  });
  const { user_code } = await askForCodes(server);
  const enter = async (...cookies: string[]) => {
    const browser = agent(server);
    await passThrough(browser, authorizeUrl(server));
    for (const name of browser.cookies.keys()) {
      if (!cookies.includes(name)) browser.cookies.delete(name);
    }
    return browser;
  };
  const owner = await enter("latchkey-known");
  const stranger = agent(server);
  for (let tries = 0; tries < 4; tries++) await typeIn(stranger, "BBBB-BBBB");
  assert.equal((await typeIn(stranger, user_code)).status, 429);
  assert.equal(pageOf(await typeIn(owner, user_code)), "login");
  // However many browsers somebody logs in with, the tries are those of one.
  const statuses: number[] = [];
  for (let n = 0; n < 4; n++) {
    statuses.push((await typeIn(await enter("latchkey-known"), "BBBB-BBBB")).status);
  }
  assert.deepEqual(statuses, [400, 400, 400, 429]);
  // A cookie that we did not make is none.
  stranger.cookies.set("latchkey-known", "made-up");
  assert.equal((await typeIn(stranger, user_code)).status, 429);
});

Deno.test("RFC 8628 §5.4: it is always asked, whoever is logged in and whatever was remembered", async () => {
  await using server = await deviceServer({ config: withDevice({ require_consent: false }) });
  const browser = agent(server);
  for (let times = 0; times < 2; times++) {
    const codes = await askForCodes(server);
    const question = await toQuestion(browser, codes);
    assert.equal(await heard(server, codes), "authorization_pending");
    assert.match(
      (await browser.submit(question, { action: "allow", remember: "true" })).html,
      DONE,
    );
  }
  assert.equal((await server.server.records.consent.list()).found.length, 0);
});

Deno.test("RFC 8628 §5.4: the page warns of codes that others send, and says where the device is elsewhere", async () => {
  await using server = await deviceServer();
  const warned = async (address: string) => {
    const codes = await askForCodes({
      issuer: server.issuer,
      fetch: (input, init) => server.fetch(input, init),
    });
    const from = { "X-Forwarded-For": address };
    const browser = agent({
      issuer: server.issuer,
      fetch: (input, init = {}) =>
        server.fetch(input, {
          ...init,
          headers: { ...Object.fromEntries(new Headers(init.headers)), ...from },
        }),
    });
    const { html } = await toQuestion(browser, codes);
    assert.match(html, /id="phishing"[^]*If somebody sent you a code or a link/);
    return /id="elsewhere"/.test(html);
  };
  assert.equal(await warned("203.0.113.9"), false, "nobody is believed where there is no proxy");
  await using proxied = await deviceServer({
    config: { ...withDevice(), trusted_proxies: ["127.0.0.1"] },
  });
  const codes = await askForCodes(proxied);
  const browser = agent({
    issuer: proxied.issuer,
    fetch: (input, init = {}) => {
      const headers = new Headers(init.headers);
      headers.set("X-Forwarded-For", "203.0.113.9");
      return proxied.fetch(input, { ...init, headers });
    },
  });
  assert.match((await toQuestion(browser, codes)).html, /id="elsewhere"/);
});

Deno.test("OpenID Connect Registration §2: default_max_age has an older login made anew for a device, and age counts when the answer comes", async () => {
  await using server = await deviceServer({ config: withDevice({ default_max_age: 100 }) });
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server));
  server.env.advance(101);
  const codes = await askForCodes(server);
  const login = await typeIn(browser, codes.user_code);
  assert.equal(pageOf(login), "login");
  assert.match(login.html, /Confirm that it’s you/);
  // The page that asks is not reached by its address alone.
  const asked = `/device/confirm?interaction=${login.url.searchParams.get("interaction")}`;
  assert.equal(pageOf(await browser.open(asked)), "login");
  const question = await logIn(browser, login, "alice");
  assert.equal(pageOf(question), "confirm");
  server.env.advance(101);
  assert.equal(pageOf(await browser.submit(question, { action: "allow" })), "login");
  assert.equal(await heard(server, codes), "authorization_pending");
});

Deno.test("OpenID Connect Registration §2: what default_acr_values asks for, a device's person logs in for, and the grant has it", async () => {
  const acr_ladder = [{ acr: "gold", methods: ["pwd"], max_age: 60 }];
  await using server = await deviceServer({
    config: {
      ...withDevice({ default_acr_values: ["gold"] }),
      security: { login: { acr_ladder } },
    },
  });
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server));
  server.env.advance(61);
  const codes = await askForCodes(server);
  await browser.submit(await toQuestion(browser, codes), { action: "allow" });
  const [grant] = (await server.server.records.authorization.list()).found
    .filter(({ record }) => record.client_id === "tv");
  assert.equal(grant?.record.acr, "gold");
  assert.equal(grant?.record.sub, "sub-alice");
  assert.deepEqual(grant?.record.amr, ["pwd"]);
});

Deno.test("RFC 6749 §4.1.2.1: whoever may not use the client is not asked; a yes that comes all the same is a no", async () => {
  await using server = await deviceServer({ config: withDevice({ allowed_groups: ["staff"] }) });
  const codes = await askForCodes(server);
  const browser = agent(server);
  const page = await toQuestion(browser, codes, "bob");
  assert.match(page.html, /id="forbidden">Your account may not use Living Room TV/);
  assert.doesNotMatch(page.html, /id="allow"/);
  assert.equal(await heard(server, codes), "authorization_pending");
  // Somebody else may log in instead.
  const another = /id="another" href="([^"]*)"/.exec(page.html)?.[1] ?? "";
  const question = await logIn(browser, await browser.open(another), "alice");
  assert.match(question.html, /Alice Example[^]*id="allow"/);
  const back = await logIn(browser, await browser.open(another), "bob");
  const done = await browser.submit(back, { action: "allow" });
  assert.match(done.html, /id="device-done"[^]*Your account may not use Living Room TV/);
  server.env.advance(5);
  assert.equal(await heard(server, codes), "access_denied");
  assert.equal((await server.server.records.authorization.list()).found.length, 0);
});

Deno.test("RFC 9700 §4.7: another site, another browser, and another person's page answer nothing", async () => {
  await using server = await deviceServer({ store: memoryStore() });
  const codes = await askForCodes(server);
  const browser = agent(server);
  const question = await toQuestion(browser, codes);
  const interaction = question.url.searchParams.get("interaction") ?? "";
  const token = /name="csrf_token" value="([^"]*)"/.exec(question.html)?.[1] ?? "";
  const form = { interaction, csrf_token: token, action: "allow" };
  const send = (who: typeof browser, fields: Record<string, string>, headers = {}) =>
    who.open("/device/confirm", { method: "POST", body: new URLSearchParams(fields), headers });
  const before = await dump(server.store);
  const refused = [
    await send(browser, form, { "Sec-Fetch-Site": "cross-site" }),
    await send(browser, form, { Origin: "https://evil.example" }),
    await send(browser, { ...form, csrf_token: "" }),
    await send(browser, { ...form, csrf_token: token.slice(1) }),
    await send(browser, { ...form, action: "perhaps" }),
    await send(agent(server), form),
    await agent(server).open(question.url),
    await browser.open("/device", {
      method: "POST",
      body: new URLSearchParams({ user_code: codes.user_code }),
    }),
    await browser.open("/device", {
      method: "POST",
      body: new URLSearchParams({ user_code: codes.user_code, csrf_token: token }),
    }),
  ];
  assert.deepEqual(refused.map(({ status }) => status), refused.map(() => 400));
  for (const { html } of refused) assert.doesNotMatch(html, /Living Room TV|id="allow"/);
  assert.deepEqual(await dump(server.store), before);
  // Bob has logged in since in that browser: what Alice was shown isn't his answer.
  const login = await browser.open(`/account/login?interaction=${interaction}`);
  await logIn(browser, login, "bob");
  assert.equal((await send(browser, form)).status, 400);
  assert.equal(await heard(server, codes), "authorization_pending");
});

Deno.test("RFC 8628 §3.3: of two tabs and two persons one answers, and the others are told", async () => {
  await using server = await deviceServer();
  const codes = await askForCodes(server);
  const [alice, bob] = [agent(server), agent(server)];
  const first = await toQuestion(alice, codes);
  const second = await toQuestion(alice, codes);
  const his = await toQuestion(bob, codes, "bob");
  assert.match((await alice.submit(first, { action: "allow" })).html, DONE);
  for (const action of ["allow", "deny"]) {
    assert.match((await alice.submit(second, { action })).html, LOST);
    assert.match((await bob.submit(his, { action })).html, LOST);
  }
  assert.match((await bob.open(his.url)).html, LOST);
  // Pressed twice, or the other button after going back: the page says how things are.
  for (const action of ["allow", "deny"]) {
    assert.match((await alice.submit(first, { action })).html, /You can go back to your device/);
  }
  assert.equal(await heard(server, codes), "tokens");
  const { found } = await server.server.records.authorization.list();
  assert.deepEqual(found.map(({ record }) => record.sub), ["sub-alice"]);
});

Deno.test("RFC 8628 §3.3: a login page that is left open after the answer says that all is done", async () => {
  await using server = await deviceServer();
  const browser = agent(server);
  const login = await typeIn(browser, (await askForCodes(server)).user_code);
  await browser.submit(await logIn(browser, login, "alice"), { action: "allow" });
  for (const late of [await browser.open(login.url), await logIn(browser, login, "alice")]) {
    assert.equal(late.status, 400);
    assert.match(late.html, /id="error"[^]*already/);
  }
});

Deno.test("RFC 8628 §6.1: a page is about one device, also where another one has got that very code since", async () => {
  await using server = await deviceServer();
  const [mine, other] = [await askForCodes(server), await askForCodes(server)];
  const browser = agent(server);
  const question = await toQuestion(browser, mine);
  const { user_code } = server.server.records;
  const letters = ({ user_code }: DeviceCodes) => user_code.replace("-", "");
  const theirs = await user_code.get(letters(other));
  assert.ok(theirs !== undefined);
  await user_code.put(letters(mine), theirs);
  for (const action of ["allow", "deny"]) {
    assert.match((await browser.submit(question, { action })).html, LOST);
  }
  for (const codes of [mine, other]) {
    assert.equal(await heard(server, codes), "authorization_pending");
  }
});

Deno.test("OpenID Connect Session Management: an answer whose session ends before it is stored is none", async () => {
  const store = interruptedStore(memoryStore());
  await using server = await deviceServer({ store });
  const codes = await askForCodes(server);
  const browser = agent(server);
  const question = await toQuestion(browser, codes);
  const logout = await browser.open("/account/logout");
  store.interrupt(() => browser.submit(logout, { action: "logout" }));
  assert.equal(pageOf(await browser.submit(question, { action: "allow" })), "login");
  const { session, authorization } = server.server.records;
  assert.deepEqual((await session.list()).found, []);
  assert.deepEqual((await authorization.list()).found, []);
  assert.equal(await heard(server, codes), "authorization_pending");
});

Deno.test("RFC 8628 §3.5: an answer that meets a poll of its device, or the next use of its session, counts all the same", async () => {
  const store = interruptedStore(memoryStore());
  await using server = await deviceServer({ store });
  for (const action of ["allow", "deny"]) {
    const codes = await askForCodes(server);
    const browser = agent(server);
    const question = await toQuestion(browser, codes);
    server.env.advance(120);
    store.interrupt(async () => {
      await pollOnce(server, codes);
      await browser.open("/account");
    });
    assert.match((await browser.submit(question, { action })).html, DONE);
    server.env.advance(5);
    assert.equal(await heard(server, codes), action === "allow" ? "tokens" : "access_denied");
  }
});

Deno.test("RFC 8628 §3.2: a code that has ended is told at each step, and nothing is granted", async () => {
  await using server = await deviceServer({ config: { sessions: { idle_lifetime: 3600 } } });
  const codes = await askForCodes(server);
  const browser = agent(server);
  const login = await typeIn(browser, codes.user_code);
  const other = agent(server);
  const question = await toQuestion(other, codes);
  server.env.advance(codes.expires_in);
  assert.match((await logIn(browser, login, "alice")).html, LOST);
  assert.match((await other.submit(question, { action: "allow" })).html, LOST);
  assert.match((await other.open(question.url)).html, LOST);
  assert.equal((await typeIn(other, codes.user_code)).status, 400);
  assert.equal(await heard(server, codes), "expired_token");
});

Deno.test("OpenID Connect Session Management: whoever has logged out meanwhile logs in again before the answer counts", async () => {
  await using server = await deviceServer();
  const codes = await askForCodes(server);
  const browser = agent(server);
  const question = await toQuestion(browser, codes);
  await browser.submit(await browser.open("/account/logout"), { action: "logout" });
  const login = await browser.submit(question, { action: "allow" });
  assert.equal(pageOf(login), "login");
  assert.equal(await heard(server, codes), "authorization_pending");
  assert.equal(pageOf(await logIn(browser, login, "alice")), "confirm");
});

Deno.test("RFC 8628 §3.3: a person or a client that was locked, or may use devices no more, is not answered", async () => {
  const store = memoryStore();
  const codes: DeviceCodes[] = [];
  const browser = agent(await deviceServer({ store }));
  {
    await using before = await deviceServer({ store });
    for (let i = 0; i < 3; i++) codes.push(await askForCodes(before));
  }
  const [first] = codes;
  assert.ok(first !== undefined);
  const questions: Visit[] = [];
  for (const one of codes) questions.push(await toQuestion(browser, one));
  const after = async (config: Parameters<typeof deviceServer>[0], question?: Visit) => {
    await using server = await deviceServer({ store, ...config });
    const moved = agent(server);
    for (const [name, value] of browser.cookies) moved.cookies.set(name, value);
    assert.ok(question !== undefined);
    return await moved.submit(question, { action: "allow" });
  };
  const locked = await after({ config: withUser("alice", { enabled: false }) }, questions[0]);
  assert.equal(pageOf(locked), "login");
  const gone = await after({ config: withDevice({ enabled: false }) }, questions[1]);
  assert.match(gone.html, LOST);
  const members = {
    grant_types: ["authorization_code", "refresh_token"],
    redirect_uris: [CALLBACK],
  };
  const other = await after({ config: withDevice(members) }, questions[2]);
  assert.match(other.html, LOST);
  {
    // Whoever types its code in learns no more than of one that nobody has.
    await using server = await deviceServer({ store, config: withDevice({ enabled: false }) });
    const typed = await typeIn(agent(server), first.user_code);
    assert.equal(typed.status, 400);
    assert.match(typed.html, /No device waits for this code/);
  }
  await using server = await deviceServer({ store });
  assert.equal(await heard(server, first), "authorization_pending");
  assert.equal((await server.server.records.authorization.list()).found.length, 0);
});

Deno.test("RFC 8628 §3.3: cancelling the login leaves the device waiting, and leads home", async () => {
  await using server = await deviceServer();
  const codes = await askForCodes(server);
  const browser = agent(server);
  const home = await browser.submit(await typeIn(browser, codes.user_code), { action: "cancel" });
  assert.equal(home.url.pathname, "/");
  assert.match(home.html, /id="device" href="[^"]*\/device"/);
  assert.equal(await heard(server, codes), "authorization_pending");
  assert.equal(pageOf(await typeIn(browser, codes.user_code)), "login");
});

Deno.test("RFC 8628 §3.3: an instance that takes over goes on where the person was", async () => {
  const store = memoryStore();
  const codes = await askForCodes(await deviceServer({ store }));
  const [first, second] = [await deviceServer({ store }), await deviceServer({ store })];
  const cookies = agent(first);
  const login = await typeIn(cookies, codes.user_code);
  const other = agent(second);
  for (const [name, value] of cookies.cookies) other.cookies.set(name, value);
  const question = await logIn(other, await other.open(login.url), "alice");
  assert.match((await other.submit(question, { action: "allow" })).html, DONE);
  assert.equal(await heard(second, codes), "tokens");
});

Deno.test("OpenID Connect Core §3.1.2.1: the pages of a device speak the language of ui_locales to the end", async () => {
  await using server = await deviceServer();
  const { user_code } = await askForCodes(server);
  const browser = agent(server);
  const page = await browser.open(`/device?ui_locales=de&user_code=${user_code}`);
  assert.match(page.html, /Gerät verbinden/);
  assert.match((await browser.submit(page, { user_code: "123" })).html, /Das ist kein Code/);
  const login = await browser.submit(page, { user_code });
  assert.match(login.html, /Anmelden/);
  const question = await logIn(browser, login, "alice");
  assert.match(question.html, /Living Room TV verbinden\?/);
  const done = await browser.submit(question, { action: "deny" });
  assert.match(done.html, /Es wurde nichts erlaubt/);
});

Deno.test("RFC 8628 §5: no code stands in the log, in an address that is gone to, or open in the store", async () => {
  await using server = await deviceServer({ store: memoryStore() });
  const codes = await askForCodes(server);
  const browser = agent(server);
  const question = await toQuestion(browser, codes);
  await typeIn(browser, "BBBB-BBBC");
  const done = await browser.submit(question, { action: "allow" });
  const letters = codes.user_code.replace("-", "");
  const logged = JSON.stringify(server.env.events);
  for (const secret of [codes.user_code, letters, codes.device_code, "BBBB-BBBC", "BBBBBBBC"]) {
    assert.ok(!logged.includes(secret));
    assert.ok(!question.url.href.includes(secret) && !done.url.href.includes(secret));
    assert.ok(!JSON.stringify(await dump(server.store)).includes(secret));
  }
  const approved = server.env.events.find(({ message }) =>
    message === "device.authorization.approved"
  );
  const { trace_id: _, ...members } = approved?.members ?? {};
  assert.deepEqual(members, { client_id: "tv", sub: "sub-alice", scope: "openid profile" });
  for (const { headers } of [question, done]) {
    assert.equal(headers.get("Referrer-Policy"), "no-referrer");
    assert.match(headers.get("Content-Security-Policy") ?? "", /frame-ancestors 'none'/);
    assert.equal(headers.get("Cache-Control"), "no-store");
  }
});

Deno.test("GET /: the way to /device is shown where some client has devices", async () => {
  await using plain = await testServer();
  assert.doesNotMatch((await agent(plain).open("/")).html, /id="device"/);
  await using server = await deviceServer();
  const browser = agent(server);
  const account = await logIn(browser, await browser.open("/account"), "alice");
  assert.match(account.html, /id="device" href="[^"]*\/device"/);
});
