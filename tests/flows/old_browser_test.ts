/** Whether people get through with a browser of 2010: one that knows ECMAScript 5 and nothing that came later. */

import assert from "node:assert/strict";
import { age } from "../support/old_browser.ts";
import { answer, landed, logIn, type Play, playAll } from "../support/scene.ts";

const plays: Play[] = [];

for (const response_mode of ["form_post", "query"]) {
  plays.push({
    name: `a login with response_mode=${response_mode}`,
    options: {},
    async play({ browser, client, page, request }) {
      await age(browser);
      await page.goto(request({ response_mode }));
      assert.equal(await page.locator("html").getAttribute("class"), "knows-undefined-undefined");
      await logIn(page);
      await page.click("#allow");
      await landed(page);
      assert.ok(answer(client)["code"]);
    },
  });
}

playAll("Chromium without what came after ES5: people get in", plays);
