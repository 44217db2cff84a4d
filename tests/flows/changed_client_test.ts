/** Whether a request that has waited, pushed or for its person, is held against its client as that is configured by then. */

import assert from "node:assert/strict";
import { agent, logIn } from "../support/agent.ts";
import {
  CALLBACK,
  type RawConfig,
  RESOURCES,
  withClient,
  withResource,
} from "../support/config.ts";
import { answerOf, authorizeUrl, type Fields, passThrough } from "../support/flow.ts";
import { push, pushedUrl, requestUriOf } from "../support/pushed.ts";
import { testServer } from "../support/server.ts";

interface Change {
  /** What the client asks for. */
  readonly asked: Fields;
  readonly before: RawConfig;
  readonly after: RawConfig;
  /** What it hears. */
  readonly error: string | undefined;
}

const post = (members: RawConfig) => withClient("post", members);
const implicit = { grant_types: ["authorization_code", "implicit", "refresh_token"] };

const CHANGES: Readonly<Record<string, Change>> = {
  "a scope is the client's no more": {
    asked: { scope: "openid email" },
    before: {},
    after: post({ scope: "openid profile" }),
    error: "invalid_scope",
  },
  "a scope leads to its resource no more": {
    asked: { scope: "openid invoices.read", resource: RESOURCES.api },
    before: {},
    after: withResource("api", { scopes: ["invoices.write"] }),
    error: "invalid_target",
  },
  "the client may use its response_type no more": {
    asked: { response_type: "code id_token", nonce: "nonce-1" },
    before: post({ ...implicit, response_types: ["code", "code id_token"] }),
    after: post({ ...implicit, response_types: ["code", "id_token"] }),
    error: "unauthorized_client",
  },
  "the client has to use PKCE": {
    asked: { code_challenge: undefined, code_challenge_method: undefined },
    before: post({ require_pkce: false }),
    after: post({ require_pkce: true }),
    error: "invalid_request",
  },
  "nothing of it has changed": {
    asked: { scope: "openid email" },
    before: {},
    after: post({ scope: "openid email", client_name: "Another Name" }),
    error: undefined,
  },
};

for (const [what, { asked, before, after, error }] of Object.entries(CHANGES)) {
  Deno.test(`RFC 9126 §7.4: ${what} when a pushed request is used`, async () => {
    await using server = await testServer({ config: before });
    const { env, store } = server;
    const request_uri = requestUriOf(await push(server, "post", asked));
    await using changed = await testServer({ env, store, config: after });
    const browser = agent(changed);
    await passThrough(browser, authorizeUrl(changed));
    const url = pushedUrl(changed, request_uri, { client_id: "post" });
    const visit = await browser.open(url);
    assert.equal(visit.url.href.split(/[?#]/, 1)[0], CALLBACK);
    assert.deepEqual([answerOf(visit)["error"], answerOf(visit)["state"]], [error, "state-1"]);
    // RFC 9126 §7.3: that was its answer
    assert.equal((await browser.open(url)).status, 400);
  });

  Deno.test(`RFC 6749 §4.1.2.1: ${what} when the person of a request has logged in`, async () => {
    await using server = await testServer({ config: before });
    const { env, store } = server;
    const began = agent(server);
    const visit = await began.open(authorizeUrl(server, { client_id: "post", ...asked }));
    await using changed = await testServer({ env, store, config: after });
    const goesOn = agent(changed);
    for (const [name, value] of began.cookies) goesOn.cookies.set(name, value);
    const { error: heard, state } = answerOf(await logIn(goesOn, visit, "alice"));
    assert.deepEqual([heard, state], [error, "state-1"]);
  });
}
