/** What runs in the iframe by which a client's page asks whether the login is still the same (OpenID Connect Session Management §3.2). */

import { SHA_256_SCRIPT } from "./sha_256_script.ts";

/**
 * The page as HTML, and its one script, for a policy that allows it by its hash. It reads the OP browser state from the
 * cookie of that name, and answers who asks with `client_id session_state`: `unchanged`, `changed` or `error`.
 */
export function renderCheckSession(
  cookie: string,
): { readonly html: string; readonly script: string } {
  const script = writeScript(cookie);
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Session</title>` +
    `<script>${script}</script></head><body></body></html>`;
  return { html, script };
}

// ECMAScript 5, as the pages of clients run wherever people are
const writeScript = (cookie: string) =>
  `(function () {
${SHA_256_SCRIPT}
  function browserState() {
    var cookies = document.cookie.split("; ");
    for (var i = 0; i < cookies.length; i++) {
      var at = cookies[i].indexOf("=");
      if (cookies[i].slice(0, at) === ${JSON.stringify(cookie)}) return cookies[i].slice(at + 1);
    }
    return "";
  }
  // whose page has this iframe, as far as the browser tells; not every one knows ancestorOrigins
  function parentOrigin() {
    var parents = location.ancestorOrigins;
    if (parents && parents.length > 0 && parents[0] !== "null") return parents[0];
    var from = /^https?:\\/\\/[^\\/]+/.exec(document.referrer);
    return from === null ? "" : from[0];
  }
  function answer(message, origin) {
    var asked = /^([^ ]+) ([^ .]+)\\.([^ .]+)$/.exec(message);
    if (asked === null) return "error";
    try {
      var now = browserState();
      var state = sha256(asked[1] + " " + origin + " " + now + " " + asked[3]);
      // a state that everybody knows would tell any page that nobody is logged in
      return now !== "" && state === asked[2] ? "unchanged" : "changed";
    } catch (error) {
      return "error";
    }
  }
  window.addEventListener("message", function (event) {
    var parent = parentOrigin();
    // only that page may ask; where nothing tells, the origin in the digest keeps others from learning anything
    if (parent !== "" && parent !== event.origin) return;
    // a sandboxed page has no origin that could be answered
    if (event.source === null || event.origin === "null") return;
    event.source.postMessage(answer(event.data, event.origin), event.origin);
  });
})();`;
