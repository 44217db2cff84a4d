/** Whether the pages, their forms and their cookies stand what nobody sends in good faith. */

import assert from "node:assert/strict";
import { type Agent, agent, logIn, type Visit } from "../support/agent.ts";
import { CALLBACK } from "../support/config.ts";
import { askForCodes, toQuestion, withDevice } from "../support/device.ts";
import { assertNothingReflected, dump, encode, KINDS_OF_JUNK, post } from "../support/hostile.ts";
import { memoryStore } from "../support/memory_store.ts";
import { type TestServer, testServer } from "../support/server.ts";

const AUTHORIZE = `/connect/authorize?${
  encode({
    client_id: "web",
    redirect_uri: CALLBACK,
    response_type: "code",
    scope: "openid profile",
    state: "state-0",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method: "S256",
  })
}`;

async function hardServer(): Promise<TestServer> {
  const login = { tries_per_account: 10_000, tries_per_address: 10_000, longest_delay: 1 };
  const security = { login, limits: { user_code_tries: 10_000 } };
  return await testServer({ config: { ...withDevice(), security }, store: memoryStore() });
}

/** What the form of a page would send. */
function fields(visit: Visit): Record<string, string> {
  const inputs = visit.html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g);
  return Object.fromEntries([...inputs].map(([, name, value]) => [name ?? "", value ?? ""]));
}

function cookie(browser: Agent): Record<string, string> {
  return { Cookie: [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
}

function assertErrorPage(response: Response, body: string, status: number, because = ""): void {
  assert.equal(response.status, status, because);
  assert.match(body, /id="error"[^]*<code>invalid_request<\/code>/, because);
  assert.match(response.headers.get("Content-Security-Policy") ?? "", /default-src 'none'/);
  assertNothingReflected(response.headers, body);
}

Deno.test("GET of a page: junk in interaction is an error page, and nothing changes", async () => {
  await using server = await hardServer();
  const browser = agent(server);
  const { interaction = "" } = fields(await browser.open(AUTHORIZE));
  for (
    const path of [
      "/account/login",
      "/account/consent",
      "/device/confirm",
      "/connect/authorize/callback",
    ]
  ) {
    for (const junk of KINDS_OF_JUNK) {
      const before = await dump(server.store);
      const url = `${path}?${encode({ interaction }, "interaction", junk)}`;
      const response = await server.fetch(url, { headers: cookie(browser) });
      assertErrorPage(response, await response.text(), 400, `${path}, ${junk}`);
      assert.deepEqual(await dump(server.store), before, `${path}, ${junk}`);
    }
  }
});

Deno.test("POST /account/login: junk in any field logs nobody in", async () => {
  await using server = await hardServer();
  const browser = agent(server);
  const form = { ...fields(await browser.open(AUTHORIZE)), username: "alice", password: "alice" };
  for (const name of ["interaction", "csrf_token", "username", "password"]) {
    for (const junk of KINDS_OF_JUNK) {
      const because = `${name}, ${junk}`;
      const before = await dump(server.store, "throttle");
      const sent = post(encode({ ...form, action: "login" }, name, junk), cookie(browser));
      const response = await server.fetch("/account/login", sent);
      const body = await response.text();
      assertNothingReflected(response.headers, body);
      const asked = name === "username" || name === "password";
      const shown = asked && junk !== "long" && junk !== "twice";
      if (shown) {
        assert.equal(response.status, 400, because);
        assert.match(body, /role="alert"/, because);
      } else assertErrorPage(response, body, junk === "long" ? 413 : 400, because);
      assert.deepEqual(await dump(server.store, "throttle"), before, because);
      assert.deepEqual(response.headers.getSetCookie(), [], because);
    }
  }
});

Deno.test("POST /account/login: a password is no longer what it was with anything at its end", async () => {
  await using server = await hardServer();
  const browser = agent(server);
  const page = await browser.open(AUTHORIZE);
  for (const end of ["\0", " ", "\n", "\u200b", "\u0301", "\ufeff"]) {
    const refused = await logIn(browser, page, "alice", `alice${end}`);
    assert.equal(refused.status, 400, JSON.stringify(end));
  }
  // a name is not a secret: case, width and space round it don't count
  const entered = await logIn(browser, page, " ＡLice ", "alice");
  assert.equal(entered.url.pathname, "/account/consent");
});

Deno.test("POST /account/consent: junk in any field allows nothing", async () => {
  await using server = await hardServer();
  const browser = agent(server);
  await logIn(browser, await browser.open(AUTHORIZE), "alice");
  const page = await browser.open(AUTHORIZE);
  const form = { ...fields(page), remember: "true", action: "allow" };
  for (const name of ["interaction", "csrf_token"]) {
    for (const junk of KINDS_OF_JUNK) {
      const before = await dump(server.store);
      const sent = post(encode(form, name, junk), cookie(browser));
      const response = await server.fetch("/account/consent", sent);
      assertErrorPage(response, await response.text(), junk === "long" ? 413 : 400);
      assert.deepEqual(await dump(server.store), before, `${name}, ${junk}`);
    }
  }
  for (const junk of KINDS_OF_JUNK) {
    const again = fields(await browser.open(AUTHORIZE));
    const sent = post(encode({ ...form, ...again }, "action", junk), cookie(browser));
    const response = await server.fetch("/account/consent", sent);
    const body = await response.text();
    assertNothingReflected(response.headers, body);
    if (junk === "twice" || junk === "long") {
      assertErrorPage(response, body, junk === "long" ? 413 : 400);
      continue;
    }
    // whatever is not "allow" is "deny"
    const location = new URL(response.headers.get("Location") ?? "");
    assert.equal(location.searchParams.get("error"), "access_denied");
  }
  assert.deepEqual((await server.server.records.consent.list()).found, []);
});

Deno.test("GET /device: junk in user_code is not taken over, and nothing changes", async () => {
  await using server = await hardServer();
  const browser = agent(server);
  await browser.open("/device");
  for (const junk of KINDS_OF_JUNK) {
    const before = await dump(server.store);
    const url = `/device?${encode({ user_code: "WDJB-MJHT" }, "user_code", junk)}`;
    const response = await server.fetch(url, { headers: cookie(browser) });
    const body = await response.text();
    if (junk === "twice") assertErrorPage(response, body, 400, junk);
    else assert.equal(response.status, 200, junk);
    assertNothingReflected(response.headers, body);
    assert.deepEqual(await dump(server.store), before, junk);
  }
});

Deno.test("POST /device: junk in any field finds no device", async () => {
  await using server = await hardServer();
  const { user_code } = await askForCodes(server);
  const browser = agent(server);
  const form = { ...fields(await browser.open("/device")), user_code };
  for (const name of ["csrf_token", "user_code"]) {
    for (const junk of KINDS_OF_JUNK) {
      const because = `${name}, ${junk}`;
      const before = await dump(server.store, "throttle");
      const sent = post(encode(form, name, junk), cookie(browser));
      const response = await server.fetch("/device", sent);
      const body = await response.text();
      assertNothingReflected(response.headers, body);
      // Whatever stands beside the letters doesn't count.
      if (name === "user_code" && ["nul", "unicode", "surrogate"].includes(junk)) {
        assert.equal(response.status, 303);
      } else if (name === "user_code" && junk !== "long" && junk !== "twice") {
        assert.equal(response.status, 400, because);
        assert.match(body, /role="alert"/, because);
      } else assertErrorPage(response, body, junk === "long" ? 413 : 400, because);
      if (response.status !== 303) {
        assert.deepEqual(await dump(server.store, "throttle"), before, because);
      }
    }
  }
});

Deno.test("POST /device/confirm: junk in any field answers nothing", async () => {
  await using server = await hardServer();
  const browser = agent(server);
  const page = await toQuestion(browser, await askForCodes(server));
  const form = { ...fields(page), action: "allow" };
  for (const name of ["interaction", "csrf_token", "action"]) {
    for (const junk of KINDS_OF_JUNK) {
      const before = await dump(server.store);
      const sent = post(encode(form, name, junk), cookie(browser));
      const response = await server.fetch("/device/confirm", sent);
      assertErrorPage(response, await response.text(), junk === "long" ? 413 : 400, junk);
      assert.deepEqual(await dump(server.store), before, `${name}, ${junk}`);
    }
  }
});

Deno.test("cookies: junk in them is as good as none", async () => {
  await using server = await hardServer();
  const junk = [
    "",
    "a",
    "=",
    ";;;",
    "%00",
    "%zz",
    "%ED%A0%80",
    "\x80\xff",
    '"><script>alert(1)</script>',
    "a".repeat(40_000),
    "se_" + "A".repeat(43),
    "__proto__",
  ];
  for (const name of ["latchkey-session", "latchkey-browser", "latchkey-known", "__proto__"]) {
    for (const value of junk) {
      const headers = { Cookie: `${name}=${value}; ${name}=${value}` };
      const response = await server.fetch(AUTHORIZE, { headers });
      assert.equal(response.status, 303);
      assertNothingReflected(response.headers, await response.text());
      const location = response.headers.get("Location") ?? "";
      const set = response.headers.getSetCookie().map((one) => one.split(";")[0]);
      const page = await server.fetch(location, {
        headers: { Cookie: [headers.Cookie, ...set].join("; ") },
      });
      const body = await page.text();
      assert.ok(page.status === 200 || page.status === 400, `${name}=${value}: ${page.status}`);
      assertNothingReflected(page.headers, body);
    }
  }
  for (const value of junk) {
    const browser = agent(server);
    const page = await browser.open(AUTHORIZE);
    browser.cookies.set("latchkey-known", value);
    browser.cookies.set("latchkey-session", value);
    assert.equal((await logIn(browser, page, "alice")).url.pathname, "/account/consent", value);
  }
});

Deno.test("Accept-Language: junk in it is as good as none", async () => {
  await using server = await hardServer();
  const junk = [
    "",
    ";",
    ",",
    "*",
    "de;q=",
    "de;q=NaN",
    "de;q=1e9",
    "de;q=-1",
    "__proto__",
    "constructor,toString",
    "x-".repeat(20_000),
    ",".repeat(50_000),
    "\x80\xff",
    '"><script>alert(1)</script>',
  ];
  for (const value of junk) {
    const headers = { "Accept-Language": value };
    const response = await server.fetch("/connect/authorize", { headers });
    const body = await response.text();
    assertErrorPage(response, body, 400, value.slice(0, 40));
    assert.match(body, /<html lang="en">/);
  }
});
