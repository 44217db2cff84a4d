/** Whether people get through it all in a real browser: with and without script, by mouse and by keyboard, back and forth. */

import assert from "node:assert/strict";
import type { BrowserContextOptions, Response as Loaded } from "playwright-core";
import {
  answer,
  landed,
  logIn,
  path,
  type Play,
  playAll,
  redeem,
  TRIES,
} from "../support/scene.ts";

const plays: Play[] = [];

function scene(name: string, options: BrowserContextOptions, play: Play["play"]): void {
  plays.push({ name, options, play });
}

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
      const { code, session_state: _state, ...others } = answer(client);
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
  const { code, session_state: _state, ...others } = answer(client);
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
  assert.match(await page.textContent("#error") ?? "", /is finished[^]*invalid_request/);
  assert.equal(client.answers.length, 1);
  await page.goForward();
  await page.goto(request());
  await landed(page);
});

scene(
  "a refused request's page has a link for whoever runs the server, and tells no more",
  {},
  async (scene) => {
    const { page, request } = scene;
    const refused = await page.goto(request({ redirect_uri: "https://elsewhere.example/" }));
    assert.equal(refused?.status(), 400);
    const reference = await page.textContent("#error dl > div:last-child code") ?? "";
    await page.click("#check");
    await page.waitForSelector("#checked");
    assert.ok((await page.textContent("main") ?? "").includes(reference));
  },
);

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
  assert.match(await stale.textContent("#error") ?? "", /is finished/);
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
  const responses: Loaded[] = [];
  page.on("response", (response) => responses.push(response));
  for (const address of framed) {
    await page.goto(address);
    assert.ok(await page.locator("#username, #error").count() > 0);
  }
  const documents = responses.filter((response) =>
    response.status() !== 303 && response.request().resourceType() === "document"
  );
  assert.equal(documents.length, framed.length);
  for (const response of documents) {
    const headers = response.headers();
    assert.equal(headers["x-frame-options"], "DENY");
    assert.match(headers["content-security-policy"] ?? "", /frame-ancestors 'none'/);
    assert.equal(headers["referrer-policy"], "no-referrer");
    assert.equal(headers["cache-control"], "no-store");
    assert.equal(headers["x-content-type-options"], "nosniff");
  }
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
  await page.waitForSelector("#username:focus");
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

playAll("Chromium: people get in, and stay out", plays);
