/** Whether people get through it all in a real browser: with and without script, by mouse and by keyboard, back and forth. */

import assert from "node:assert/strict";
import type { BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { browserNote, chromium, launch } from "../support/browser.ts";
import { SECRETS } from "../support/config.ts";
import { basic, encode, post } from "../support/hostile.ts";
import { listeningServer, type TestServer } from "../support/server.ts";

const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const TRIES = 3;

/** The client's own server: it notes what arrives at its callback. */
interface RelyingParty {
  readonly redirect_uri: string;
  /** The origin under another name, which makes it another site. */
  readonly otherSite: string;
  /** The parameters of each answer, and the method that brought it. */
  readonly answers: { readonly method: string; readonly parameters: URLSearchParams }[];
  /** What `otherSite` serves. */
  html: string;
}

interface Scene {
  readonly server: TestServer;
  readonly client: RelyingParty;
  readonly browser: BrowserContext;
  readonly page: Page;
  /** The address of an authorization request of `web`. */
  request(parameters?: Record<string, string>): string;
}

/** What happens in a browser of its own, at a server of its own. */
function scene(
  name: string,
  options: BrowserContextOptions,
  play: (scene: Scene) => Promise<void>,
): void {
  scenes.push({ name, options, play });
}

const scenes: {
  readonly name: string;
  readonly options: BrowserContextOptions;
  readonly play: (scene: Scene) => Promise<void>;
}[] = [];

Deno.test({
  name: `Chromium: people get in, and stay out${browserNote}`,
  ignore: chromium === undefined,
  async fn(t) {
    const chromium = await launch();
    try {
      for (const { name, options, play } of scenes) {
        await t.step(name, async () => {
          await using server = await listeningServer({
            config: {
              security: { login: { tries_per_account: TRIES } },
              keys: { managed: { algorithms: ["RS256"] } },
            },
          });
          const relyingParty = serveClient();
          const { client } = relyingParty;
          const browser = await chromium.newContext(options);
          browser.setDefaultTimeout(10_000);
          const complaints = listen(browser);
          try {
            const page = await browser.newPage();
            await play({ server, client, browser, page, request: requestOf(server, client) });
            assert.deepEqual(complaints, []);
          } finally {
            await browser.close();
            await relyingParty.shutdown();
          }
        });
      }
    } finally {
      await chromium.close();
    }
  },
});

/** What any page of a browser complains of: violations of the policy, errors of scripts. A refusal's status is none. */
function listen(browser: BrowserContext): string[] {
  const complaints: string[] = [];
  browser.on("console", (message) => {
    const expected = /^Failed to load resource: .* status of 4\d\d/.test(message.text());
    if (["error", "warning"].includes(message.type()) && !expected) complaints.push(message.text());
  });
  browser.on("weberror", (error) => complaints.push(String(error.error())));
  return complaints;
}

function serveClient(): { client: RelyingParty; shutdown(): Promise<void> } {
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  const server = Deno.serve(options, async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const { method } = request;
    if (pathname === "/callback") {
      const parameters = method === "POST"
        ? new URLSearchParams(await request.text())
        : searchParams;
      client.answers.push({ method, parameters });
    }
    const html = pathname === "/callback" ? `<p id="landed">landed</p>` : client.html;
    return new Response(
      `<!doctype html><title>Client</title><link rel="icon" href="data:,">${html}`,
      {
        headers: { "Content-Type": "text/html; charset=utf-8" },
      },
    );
  });
  const { port } = server.addr;
  const client: RelyingParty = {
    redirect_uri: `http://127.0.0.1:${port}/callback`,
    otherSite: `http://localhost:${port}/`,
    answers: [],
    html: "",
  };
  return { client, shutdown: () => server.shutdown() };
}

function requestOf({ issuer }: TestServer, { redirect_uri }: RelyingParty) {
  return (parameters: Record<string, string> = {}) =>
    `${issuer}/connect/authorize?${
      encode({
        client_id: "web",
        redirect_uri,
        response_type: "code",
        scope: "openid profile offline_access invoices.read",
        state: "state-0",
        code_challenge: CHALLENGE,
        code_challenge_method: "S256",
        ...parameters,
      })
    }`;
}

async function logIn(page: Page, username = "alice", password = username): Promise<void> {
  await page.fill("#username", username);
  await page.fill("#password", password);
  await page.click("#submit");
}

async function landed(page: Page): Promise<void> {
  await page.waitForSelector("#landed");
}

/** The last answer that the client got. */
function answer({ answers }: RelyingParty): Record<string, string> {
  return Object.fromEntries(answers.at(-1)?.parameters ?? []);
}

async function redeem({ issuer }: TestServer, { redirect_uri }: RelyingParty, code = "") {
  const form = { grant_type: "authorization_code", code, redirect_uri, code_verifier: VERIFIER };
  const response = await fetch(
    `${issuer}/connect/token`,
    post(encode(form), basic("web", SECRETS.web)),
  );
  return { status: response.status, tokens: await response.json() };
}

const path = (page: Page) => new URL(page.url()).pathname;

for (const javaScriptEnabled of [true, false]) {
  scene(
    `alice logs in and allows, the code redeems, and next time nothing is asked ${
      javaScriptEnabled ? "with" : "without"
    } script`,
    { javaScriptEnabled },
    async ({ server, client, page, request }) => {
      await page.goto(request());
      assert.equal(path(page), "/account/login");
      await logIn(page);
      await page.waitForSelector("#allow");
      assert.equal(path(page), "/account/consent");
      assert.equal(await page.isChecked("#remember"), true);
      await page.click("#allow");
      await landed(page);
      const { code, ...others } = answer(client);
      assert.deepEqual(others, { state: "state-0", iss: server.issuer });
      const { status, tokens } = await redeem(server, client, code);
      assert.equal(status, 200);
      assert.ok(tokens.id_token && tokens.refresh_token);
      await page.goto(request({ state: "state-1" }));
      await landed(page);
      assert.equal(answer(client)["state"], "state-1");
      assert.equal((await redeem(server, client, answer(client)["code"])).status, 200);
    },
  );

  scene(
    `deny and cancel tell the client access_denied ${
      javaScriptEnabled ? "with" : "without"
    } script`,
    { javaScriptEnabled },
    async ({ server, client, page, request }) => {
      await page.goto(request());
      await page.click("#cancel");
      await landed(page);
      const { error, state, iss, code } = answer(client);
      const denied = ["access_denied", "state-0", server.issuer, undefined];
      assert.deepEqual([error, state, iss, code], denied);
      await page.goto(request());
      await logIn(page);
      await page.click("#deny");
      await landed(page);
      assert.equal(client.answers.length, 2);
      assert.equal(answer(client)["error"], "access_denied");
      // what was denied is asked again
      await page.goto(request());
      await page.waitForSelector("#allow");
    },
  );
}

scene(
  "a consent that is not to be remembered is asked for again",
  {},
  async ({ page, request }) => {
    await page.goto(request());
    await logIn(page);
    await page.uncheck("#remember");
    await page.click("#allow");
    await landed(page);
    await page.goto(request());
    await page.waitForSelector("#allow");
  },
);

scene("a wrong password is told on the page, and the right one still works", {}, async (scene) => {
  const { page, client, request } = scene;
  await page.goto(request());
  await logIn(page, "alice", "wrong");
  await page.waitForSelector("[role=alert]");
  assert.equal(path(page), "/account/login");
  assert.equal(await page.inputValue("#username"), "alice");
  assert.equal(await page.inputValue("#password"), "");
  assert.deepEqual(client.answers, []);
  await page.fill("#password", "alice");
  await page.click("#submit");
  await page.waitForSelector("#allow");
});

scene(
  "after several wrong passwords one has to wait, even with the right one",
  {},
  async (scene) => {
    const { server, page, request } = scene;
    await page.goto(request());
    const alert = () => page.textContent("[role=alert]");
    for (let tried = 0; tried < TRIES; tried++) {
      await logIn(page, "alice", `wrong-${tried}`);
      assert.doesNotMatch(await alert() ?? "", /wait/i);
    }
    await logIn(page);
    assert.match(await alert() ?? "", /wait/i);
    assert.equal(path(page), "/account/login");
    server.env.advance(61);
    await logIn(page);
    await page.waitForSelector("#allow");
  },
);

scene("form_post posts itself", {}, async ({ server, client, page, request }) => {
  await page.goto(request({ response_mode: "form_post" }));
  await logIn(page);
  await page.click("#allow");
  await landed(page);
  assert.equal(client.answers.at(-1)?.method, "POST");
  const { code, ...others } = answer(client);
  assert.deepEqual(others, { state: "state-0", iss: server.issuer });
  assert.equal((await redeem(server, client, code)).status, 200);
});

scene("form_post has a button without script", { javaScriptEnabled: false }, async (scene) => {
  const { server, client, page, request } = scene;
  await page.goto(request({ response_mode: "form_post" }));
  await logIn(page);
  await page.click("#allow");
  await page.click("#submit");
  await landed(page);
  assert.equal(client.answers.at(-1)?.method, "POST");
  assert.equal((await redeem(server, client, answer(client)["code"])).status, 200);
});

scene("the fragment arrives, and stays in the browser", {}, async ({ client, page, request }) => {
  await page.goto(request({ response_mode: "fragment" }));
  await page.click("#cancel");
  await landed(page);
  assert.deepEqual(answer(client), {});
  assert.match(new URL(page.url()).hash, /^#error=access_denied&/);
});

scene("the back button leads to a page that helps", {}, async ({ client, page, request }) => {
  await page.goto(request());
  await logIn(page);
  await page.waitForSelector("#allow");
  // in the middle: the login page is there again, and works again
  const again = await page.goBack();
  assert.equal(again?.status(), 200);
  await logIn(page);
  await page.click("#allow");
  await landed(page);
  // at the end: the flow is over, and the page says so
  const over = await page.goBack();
  assert.equal(over?.status(), 400);
  assert.match(await page.textContent("#error") ?? "", /has ended[^]*invalid_request/);
  assert.equal(client.answers.length, 1);
  await page.goForward();
  await page.goto(request());
  await landed(page);
});

scene("a form that was left open in another tab does no harm", {}, async (scene) => {
  const { browser, client, page, request } = scene;
  await page.goto(request());
  const stale = await browser.newPage();
  await stale.goto(page.url());
  await logIn(page);
  await page.click("#allow");
  await landed(page);
  await logIn(stale);
  await stale.waitForSelector("#error");
  assert.match(await stale.textContent("#error") ?? "", /has ended/);
  assert.equal(client.answers.length, 1);
});

scene("two logins in two tabs end each at its own answer", {}, async (scene) => {
  const { browser, client, page, request } = scene;
  const other = await browser.newPage();
  await page.goto(request({ state: "one" }));
  await other.goto(request({ state: "two" }));
  await logIn(page);
  await page.waitForSelector("#allow");
  await logIn(other, "bob");
  await other.waitForSelector("#allow");
  // bob has the browser now, so what alice was shown can't be allowed
  await page.click("#allow");
  await page.waitForSelector("#error");
  assert.deepEqual(client.answers, []);
  await other.click("#allow");
  await landed(other);
  assert.equal(answer(client)["state"], "two");
  await page.goto(request({ state: "three" }));
  await landed(page);
  assert.equal(answer(client)["state"], "three");
});

scene("the pages speak German to whose browser does", { locale: "de-DE" }, async (scene) => {
  const { page, request } = scene;
  await page.goto(request());
  assert.equal(await page.getAttribute("html", "lang"), "de");
  assert.equal((await page.textContent("#submit"))?.trim(), "Anmelden");
  await logIn(page, "alice", "falsch");
  assert.match(await page.textContent("[role=alert]") ?? "", /passen nicht/);
  await logIn(page);
  assert.equal((await page.textContent("#allow"))?.trim(), "Zustimmen");
  await page.goto(request({ client_id: "nobody" }));
  assert.match(await page.textContent("#error") ?? "", /nicht bekannt[^]*unauthorized_client/);
  await page.goto(request({ ui_locales: "fr en", prompt: "login" }));
  assert.equal(await page.getAttribute("html", "lang"), "en");
});

scene(
  "ui_locales chooses the language of every page of a flow",
  { locale: "en-GB" },
  async (scene) => {
    const { page, request } = scene;
    await page.goto(request({ ui_locales: "de" }));
    assert.equal(await page.getAttribute("html", "lang"), "de");
    await logIn(page, "alice", "falsch");
    assert.match(await page.textContent("[role=alert]") ?? "", /passen nicht/);
    await logIn(page);
    assert.equal((await page.textContent("#allow"))?.trim(), "Zustimmen");
  },
);

scene("no page can be framed, and each says so", {}, async ({ client, browser, page, request }) => {
  const framed = [
    request(),
    request({ client_id: "nobody" }),
    request({ response_mode: "form_post" }),
  ];
  const statuses: number[] = [];
  page.on("response", (response) => {
    if (!response.url().includes("/connect/") && !response.url().includes("/account/")) return;
    const headers = response.headers();
    if (response.status() === 303) return;
    statuses.push(response.status());
    assert.equal(headers["x-frame-options"], "DENY");
    assert.match(headers["content-security-policy"] ?? "", /frame-ancestors 'none'/);
    assert.equal(headers["referrer-policy"], "no-referrer");
    assert.equal(headers["cache-control"], "no-store");
    assert.equal(headers["x-content-type-options"], "nosniff");
  });
  for (const address of framed) {
    await page.goto(address);
    assert.ok(await page.locator("#username, #error").count() > 0);
  }
  assert.equal(statuses.length, framed.length);
  client.html = framed.map((address) =>
    `<iframe src="${address.replaceAll("&", "&amp;")}"></iframe>`
  )
    .join("");
  const outside = await browser.newPage();
  // the browser's own words for its refusal are no complaint of ours
  browser.removeAllListeners("console");
  await outside.goto(client.otherSite);
  const frames = outside.frames().filter((frame) => frame !== outside.mainFrame());
  assert.equal(frames.length, framed.length);
  for (const frame of frames) {
    await frame.waitForLoadState();
    assert.match(frame.url(), /^chrome-error:/);
    assert.equal(await frame.locator("#username, #error").count(), 0);
  }
});

scene("a keyboard is enough", {}, async ({ client, page, request }) => {
  await page.goto(request());
  await page.keyboard.type("alice");
  await page.keyboard.press("Tab");
  await page.keyboard.type("alice");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#allow");
  const focused = () => page.evaluate("document.activeElement.id");
  for (let pressed = 0; pressed < 10 && await focused() !== "remember"; pressed++) {
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Space");
  assert.equal(await page.isChecked("#remember"), false);
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "allow");
  await page.keyboard.press("Enter");
  await landed(page);
  assert.ok(answer(client)["code"]);
});

scene("another site's POST begins a login, and finds one that there is", {}, async (scene) => {
  const { client, page, request } = scene;
  const url = new URL(request());
  const fields = [...url.searchParams].map(([name, value]) =>
    `<input name="${name}" value="${value}">`
  );
  client.html = `<form method="post" action="${url.origin}${url.pathname}">${fields.join("")}
    <button id="go">go</button></form>`;
  await page.goto(client.otherSite);
  await page.click("#go");
  await logIn(page);
  await page.click("#allow");
  await landed(page);
  await page.goto(client.otherSite);
  await page.click("#go");
  await landed(page);
  assert.equal(client.answers.length, 2);
});

scene("another site can't send our forms, and no script reads our cookies", {}, async (scene) => {
  const { server, client, browser, page, request } = scene;
  await page.goto(request());
  assert.equal(await page.evaluate("document.cookie"), "");
  const hidden = await page.locator("form:has(#submit) input[type=hidden]").evaluateAll((inputs) =>
    inputs.map((input) => input.outerHTML)
  );
  assert.ok(hidden.length >= 2);
  client.html = `<form method="post" action="${server.issuer}/account/login">${hidden.join("")}
    <input name="username" value="bob"><input name="password" value="bob">
    <button id="go">go</button></form>`;
  const outside = await browser.newPage();
  await outside.goto(client.otherSite);
  await outside.click("#go");
  await outside.waitForSelector("#error");
  assert.ok(!server.env.events.some(({ message }) => message.startsWith("login.")));
  for (const cookie of await browser.cookies()) {
    assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, "Lax"], cookie.name);
  }
});
