/** Whether people answer a device in a real browser, with or without JavaScript, while oauth4webapi polls (RFC 8628). */

import assert from "node:assert/strict";
import * as oauth from "oauth4webapi";
import type { Page } from "playwright-core";
import { logIn, path, type Play, playAll, type Scene } from "../support/scene.ts";

const client: oauth.Client = { client_id: "tv" };
const insecure = { [oauth.allowInsecureRequests]: true };

/** A device that has asked for codes. */
interface Device {
  readonly codes: oauth.DeviceAuthorizationResponse;
  /** Polls once, late enough: the tokens, or the error code. */
  poll(): Promise<oauth.TokenEndpointResponse | string>;
}

async function startDevice({ server }: Scene): Promise<Device> {
  const issuer = new URL(server.issuer);
  const discovered = await oauth.discoveryRequest(issuer, insecure);
  const as = await oauth.processDiscoveryResponse(issuer, discovered);
  const codes = await oauth.processDeviceAuthorizationResponse(
    as,
    client,
    await oauth.deviceAuthorizationRequest(
      as,
      client,
      oauth.None(),
      new URLSearchParams({ scope: "openid profile" }),
      insecure,
    ),
  );
  // oauth4webapi looks at its own clock, the server at that of the test.
  const skewed = { ...client, [oauth.clockSkew]: server.env.now() - Math.floor(Date.now() / 1000) };
  return {
    codes,
    async poll() {
      server.env.advance(5);
      skewed[oauth.clockSkew] += 5;
      const { device_code } = codes;
      const response = await oauth.deviceCodeGrantRequest(
        as,
        skewed,
        oauth.None(),
        device_code,
        insecure,
      );
      try {
        return await oauth.processDeviceCodeResponse(as, skewed, response);
      } catch (error) {
        if (error instanceof oauth.ResponseBodyError) return error.error;
        throw error;
      }
    },
  };
}

/** What is granted when the person has said yes. */
async function assertTokens(device: Device): Promise<void> {
  const tokens = await device.poll();
  assert.ok(typeof tokens !== "string", String(tokens));
  assert.equal(oauth.getValidatedIdTokenClaims(tokens)?.sub, "sub-alice");
}

const heading = (page: Page) => page.locator("h1").innerText();

const SCRIPTS = { on: "", off: ", without JavaScript" };

const plays: Play[] = [
  ...Object.entries(SCRIPTS).map(([script, how]): Play => ({
    name: `follows verification_uri_complete, logs in and approves a device${how}`,
    options: { javaScriptEnabled: script === "on" },
    async play(scene) {
      const { page } = scene;
      const device = await startDevice(scene);
      await page.goto(device.codes.verification_uri_complete ?? "");
      assert.equal(await page.inputValue("#user_code"), device.codes.user_code);
      assert.equal(await device.poll(), "authorization_pending");
      await page.click("#submit");
      await logIn(page);
      await page.waitForSelector("#allow");
      assert.equal(path(page), "/device/confirm");
      assert.equal(await page.innerText("#device-code"), device.codes.user_code);
      assert.ok(await page.isVisible("#phishing"));
      assert.equal(await device.poll(), "authorization_pending");
      await page.click("#allow");
      await page.waitForSelector("#device-done");
      assert.equal(await heading(page), "You can go back to your device");
      await assertTokens(device);
      await page.goBack();
      await page.waitForSelector("#device-done");
    },
  })),
  {
    name: "types a code in on a phone, and denies a device",
    options: { viewport: { width: 390, height: 800 }, colorScheme: "dark", locale: "de-DE" },
    async play(scene) {
      const { page } = scene;
      const device = await startDevice(scene);
      await page.goto(`${scene.server.issuer}/`);
      await page.click("#device");
      assert.equal(await page.evaluate("document.activeElement.id"), "user_code");
      await page.keyboard.type("bbbb bbbb");
      await page.keyboard.press("Enter");
      await page.waitForSelector("#problem");
      await page.fill("#user_code", device.codes.user_code.toLowerCase().replace("-", " "));
      await page.click("#submit");
      await logIn(page);
      await page.click("#deny");
      await page.waitForSelector("#device-done");
      assert.equal(await heading(page), "Es wurde nichts erlaubt");
      assert.equal(await device.poll(), "access_denied");
    },
  },
  {
    name: "leaves a device to somebody else, who approves it",
    options: {},
    async play(scene) {
      const { page } = scene;
      const device = await startDevice(scene);
      await page.goto(device.codes.verification_uri_complete ?? "");
      await page.click("#submit");
      await logIn(page, "bob");
      await page.click("#another");
      await logIn(page, "alice");
      await page.waitForSelector("text=Alice Example");
      await page.click("#allow");
      await page.waitForSelector("#device-done");
      await assertTokens(device);
    },
  },
  {
    name: "finds one tab too late when the other has answered, whichever button is pressed there",
    options: {},
    async play(scene) {
      const { page, browser } = scene;
      const device = await startDevice(scene);
      const other = await browser.newPage();
      for (const tab of [page, other]) {
        await tab.goto(device.codes.verification_uri_complete ?? "");
        await tab.click("#submit");
        if (path(tab) === "/account/login") await logIn(tab);
        await tab.waitForSelector("#allow");
      }
      await page.click("#allow");
      await page.waitForSelector("#device-done");
      await other.click("#deny");
      await other.waitForSelector("#error");
      assert.equal(await heading(other), "This code is no longer good");
      await assertTokens(device);
    },
  },
  {
    name: "answers nothing because of another site, which may show the QR code and frame no page",
    options: {},
    complaint: /frame-ancestors|Refused to (display|frame)|violates the following/,
    async play(scene) {
      const { page, client, server } = scene;
      const device = await startDevice(scene);
      const { verification_uri, verification_uri_complete = "", user_code } = device.codes;
      const src = `${server.issuer}/device/qr?user_code=${user_code}`;
      client.html =
        `<img id="qr" src="${src}"><iframe src="${verification_uri_complete}"></iframe>`;
      await page.goto(client.otherSite);
      await page.waitForFunction("document.getElementById('qr').naturalWidth > 0");
      assert.equal(await page.frameLocator("iframe").locator("#user_code").count(), 0);
      client.html = `<form method="post" action="${verification_uri}">
        <input name="user_code" value="${user_code}"><button id="go">go</button></form>`;
      await page.goto(client.otherSite);
      await page.click("#go");
      await page.waitForSelector("#error");
      assert.equal(await device.poll(), "authorization_pending");
    },
  },
];

playAll("Chromium: people answer a device", plays);
