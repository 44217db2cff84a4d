/** A browser of 2010: Chromium without what came after ECMAScript 5. */

import type { BrowserContext } from "playwright-core";

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
export async function age(browser: BrowserContext): Promise<void> {
  await browser.addInitScript(FORGET);
}
