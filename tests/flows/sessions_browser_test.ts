/** Whether people sign out in a real browser, here and elsewhere, also without JavaScript or with that of 2010. */

import assert from "node:assert/strict";
import { age } from "../support/old_browser.ts";
import { logIn, type Play, playAll } from "../support/scene.ts";

/** What becomes of a browser's script. */
const SCRIPTS = { on: "", off: ", without JavaScript", old: ", in a browser that knows only ES5" };

const plays: Play[] = Object.entries(SCRIPTS).map(([script, how]) => ({
  name: `signs out on another device, then here${how}`,
  options: { javaScriptEnabled: script !== "off" },
  async play({ server, browser, page }) {
    if (script === "old") await age(browser);
    const account = `${server.issuer}/account`;
    const elsewhere = await browser.browser()!.newContext();
    try {
      const other = await elsewhere.newPage();
      for (const one of [other, page]) {
        await one.goto(account);
        await logIn(one);
        await one.waitForSelector("#sign-out");
      }
      assert.equal(await page.locator(".session").count(), 2);
      assert.match(
        await page.locator(".session").first().innerText(),
        /Chrome, Linux\s+This device/,
      );
      await page.click("#sign-out-2");
      await page.waitForSelector("#signed-out");
      assert.equal(await page.locator(".session").count(), 1);
      assert.equal(await page.locator("#sign-out-everywhere").count(), 0);
      await other.reload();
      await other.waitForSelector("#username");
    } finally {
      await elsewhere.close();
    }
    await page.click("#sign-out");
    await page.waitForSelector("#logged-out");
    await page.goto(account);
    await page.waitForSelector("#username");
  },
}));

playAll("Chromium: people sign out here and elsewhere", plays);
