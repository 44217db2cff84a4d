/** What the Session Management plan of the OpenID Foundation demands (oidcc-session-management-certification-test-plan). */

import assert from "node:assert/strict";
import { RESPONSE_TYPES } from "../../src/oauth/client.ts";
import { endpoint, SUITE, suiteServer } from "../support/conformance.ts";
import { checkLeft, type LoggedIn, logIn, STATE } from "../support/conformance_logout.ts";

Deno.test("oidcc-session-management-discovery-endpoint-verification: the iframe and end_session_endpoint are https", async () => {
  await using op = await suiteServer();
  for (const name of ["check_session_iframe", "end_session_endpoint"]) {
    assert.equal(new URL(endpoint(op, name)).protocol, "https:");
  }
});

/** What the iframe answers to a page of the client that asks about a `session_state`: its script runs in a window of our making. */
async function ask({ op, browser }: LoggedIn, session_state: string): Promise<unknown> {
  const response = await op.fetch(endpoint(op, "check_session_iframe"));
  assert.equal(response.status, 200);
  // The page of another site may have it in an iframe.
  assert.equal(response.headers.get("X-Frame-Options"), null);
  const policy = response.headers.get("Content-Security-Policy") ?? "";
  assert.doesNotMatch(policy, /frame-ancestors/);
  const [, script = ""] = /<script[^>]*>([^]*)<\/script>/.exec(await response.text()) ?? [];

  const answers: unknown[] = [];
  const { origin } = new URL(SUITE);
  let listener = (_event: object) => {};
  const window = {
    addEventListener(type: string, act: typeof listener) {
      if (type === "message") listener = act;
    },
  };
  const document = { cookie: browser.documentCookie() };
  new Function("window", "document", "location", script)(window, document, {
    ancestorOrigins: [origin],
  });
  const source = { postMessage: (...said: unknown[]) => answers.push(said) };
  listener({ data: `${op.clients.client.client_id} ${session_state}`, origin, source });
  assert.equal(answers.length, 1);
  const [[word, to]] = answers as [[unknown, unknown]];
  assert.equal(to, origin);
  return word;
}

for (const response_type of RESPONSE_TYPES) {
  Deno.test(`oidcc-session-management-rp-initiated-logout (${response_type}): the iframe says unchanged before the logout, and changed after it`, async () => {
    await using login = await logIn({ response_type });
    const { session_state = "" } = login.outcome.parameters;
    assert.match(session_state, /^[^ ]+$/);
    assert.equal(await ask(login, session_state), "unchanged");
    checkLeft(await login.endSession(), STATE);
    assert.equal(await ask(login, session_state), "changed");
    assert.equal(await ask(login, "nonsense"), "error");
  });
}
