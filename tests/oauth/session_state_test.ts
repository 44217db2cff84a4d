/** Whether session_state is what OpenID Connect Session Management makes of it. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { browserState, sessionState } from "../../src/oauth/session_state.ts";

Deno.test("OpenID Connect Session Management §3.2: session_state is the digest of client, origin, browser state and salt, and the salt", () => {
  const made = sessionState("spa", "https://rp.example.com:8443/a/b?c", "state", "salt");
  const text = "spa https://rp.example.com:8443 state salt";
  const digest = createHash("sha256").update(text).digest("base64url");
  assert.equal(made, `${digest}.salt`);
});

Deno.test("OpenID Connect Session Management §2: it differs by client, origin, browser state and salt, and has no space", () => {
  const [uri, other] = ["https://rp.example.com/a", "https://other.example.com/a"];
  const all = [
    sessionState("spa", uri, "x", "1"),
    sessionState("web", uri, "x", "1"),
    sessionState("spa", other, "x", "1"),
    sessionState("spa", uri, "", "1"),
    sessionState("spa", uri, "x", "2"),
  ];
  assert.equal(new Set(all).size, all.length);
  for (const one of all) assert.match(String(one), /^[\w-]{43}\.[12]$/);
});

Deno.test("sessionState: a redirect URI of an app has no origin from which a script could ask", () => {
  assert.equal(sessionState("app", "com.example.app:/callback", "x", "1"), undefined);
});

Deno.test("browserState: is that of the session, and tells nobody its sid", () => {
  const state = browserState({ sid: "sid" });
  assert.match(state, /^[\w-]{43}$/);
  assert.equal(state, browserState({ sid: "sid" }));
  assert.notEqual(state, browserState({ sid: "other" }));
  assert.notEqual(state, createHash("sha256").update("sid").digest("base64url"));
  assert.notEqual(browserState({ sid: "sid" }, "secret"), state);
});
