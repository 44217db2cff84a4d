/** Whether people get through with a browser of 2010: one that knows ECMAScript 5 and nothing that came later. */

import assert from "node:assert/strict";
import type { BrowserContext } from "playwright-core";
import { answer, landed, logIn, type Play, playAll } from "../support/scene.ts";

const plays: Play[] = [];

/** Takes away what came with ECMAScript 2015 and later, and the DOM's newer ways; whoever uses one fails. */
const FORGET = `
  var later = ["Promise", "Symbol", "Map", "Set", "WeakMap", "WeakSet", "WeakRef", "Proxy", "Reflect", "BigInt",
    "fetch", "Request", "Response", "Headers", "URL", "URLSearchParams", "TextEncoder", "TextDecoder", "AbortController",
    "Uint8Array", "Uint32Array", "ArrayBuffer", "DataView", "queueMicrotask", "structuredClone",
    "MutationObserver", "IntersectionObserver", "customElements", "crypto", "Intl"];
  for (var i = 0; i < later.length; i++) Object.defineProperty(window, later[i], { value: undefined });
  var methods = [[Object, "assign entries values fromEntries is"], [Array, "from of"],
    [Array.prototype, "find findIndex includes fill flat flatMap at copyWithin"],
    [String.prototype, "includes startsWith endsWith repeat padStart padEnd replaceAll matchAll at"],
    [Element.prototype, "closest matches append remove replaceWith"], [NodeList.prototype, "forEach"],
    [HTMLFormElement.prototype, "requestSubmit"]];
  for (var j = 0; j < methods.length; j++) {
    var names = methods[j][1].split(" ");
    for (var k = 0; k < names.length; k++) delete methods[j][0][names[k]];
  }
  document.addEventListener("DOMContentLoaded", function () {
    document.documentElement.className = "knows-" + typeof Promise + "-" + typeof Array.from;
  });
`;

/** Makes a browser an old one. */
async function age(browser: BrowserContext): Promise<void> {
  await browser.addInitScript(FORGET);
}

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
