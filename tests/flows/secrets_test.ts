/** Whether any secret of a login, an answer through the browser, a signed request or a logout stands in the log or the store. */

import assert from "node:assert/strict";
import { type Agent, agent } from "../support/agent.ts";
import { clientKey } from "../support/client_key.ts";
import { CALLBACK } from "../support/config.ts";
import { eavesdrop, type TappedServer } from "../support/eavesdrop.ts";
import { START, testEnv } from "../support/env.ts";
import { authorizeUrl, passThrough, redeem, tokensOf, userinfo } from "../support/flow.ts";
import { endSessionUrl, GOODBYE, listeningClients, logoutConfig } from "../support/logout.ts";
import { push, pushedUrl, requestUriOf } from "../support/pushed.ts";
import { objectClaims, objectUrl } from "../support/request_object.ts";
import { dump, found } from "../support/secrets.ts";
import { testServer } from "../support/server.ts";

const SALT = "a-pairwise-salt-that-nobody-may-see";
const KEY = await clientKey("ES256", { kid: "1" });
const RP = "https://rp.example.com";

/** Clients with tokens in the front channel, keys, iframes and back channels; `spa` is pairwise. */
const CONFIG = {
  ...logoutConfig({
    web: {
      grant_types: ["authorization_code", "implicit", "refresh_token"],
      response_types: ["code", "code id_token token"],
      require_consent: false,
      jwks: { keys: [KEY.jwk] },
      backchannel_logout_uri: `${RP}/web/backchannel`,
      frontchannel_logout_uri: `${RP}/web/gone`,
      frontchannel_logout_session_required: true,
    },
    post: {
      backchannel_logout_uri: `${RP}/post/backchannel`,
      userinfo_signed_response_alg: "RS256",
    },
    spa: { subject_type: "pairwise", sector_identifier_uri: "https://spa.example/sector.json" },
  }),
  tokens: { pairwise_salt: { env: "SALT" } },
};

/** Somebody gets tokens in every way, and logs out in every way; what is not right is refused. */
async function live(server: TappedServer): Promise<void> {
  const nonce = { nonce: "nonce-1" };
  const everything = { client_id: "web", response_type: "code id_token token", ...nonce };
  const visit = async (browser: Agent, changes = {}) => {
    const answer = await passThrough(browser, authorizeUrl(server, changes));
    assert.equal(answer["error"], undefined);
    return answer;
  };
  for (const response_mode of ["fragment", "form_post"]) {
    const browser = agent(server);
    const hybrid = await visit(browser, everything);
    tokensOf(await redeem(server, hybrid["code"] ?? "", {}, "web"));
    const { code = "" } = await visit(browser, { client_id: "post" });
    const tokens = tokensOf(await redeem(server, code, {}, "post"));
    await userinfo(server, tokens.access_token);
    await visit(browser);
    await browser.open(authorizeUrl(server, { ...everything, response_mode }));
    await browser.open(authorizeUrl(server, { id_token_hint: tokens.id_token, prompt: "none" }));
    const request = await KEY.sign(objectClaims(server, { client_id: "web" }));
    const outer = { client_id: "web", redirect_uri: CALLBACK };
    await browser.open(objectUrl(server, { ...outer, request }));
    await browser.open(objectUrl(server, { ...outer, request: `${request.slice(0, -4)}AAAA` }));
    for (const client_id of ["web", "post", "spa"]) {
      const pushed = [{}, { id_token_hint: tokens.id_token }, { request }].map((changes) =>
        push(server, client_id, { ...nonce, ...changes })
      );
      for (const { status, body } of await Promise.all(pushed)) {
        // Two of them are refused: a hint of another client, and an object.
        if (status !== 201) continue;
        const url = pushedUrl(server, requestUriOf({ status, body } as never), { client_id });
        await browser.open(url);
        await browser.open(url);
      }
    }
    const hint = { id_token_hint: tokens.id_token, post_logout_redirect_uri: GOODBYE };
    await browser.open(endSessionUrl(server, { ...hint, client_id: "web" }));
    await browser.open(endSessionUrl(server, { ...hint, id_token_hint: `${tokens.id_token}x` }));
    await browser.open("/account");
    await browser.open(endSessionUrl(server, response_mode === "fragment" ? hint : {}));
    if (response_mode === "form_post") {
      await browser.submit(await browser.open("/account/logout"), { action: "logout" });
    }
    server.env.advance(60);
  }
}

Deno.test("log and store: no cookie, code, token, hint, request object, logout token or salt stands in either", async () => {
  let refusing = true;
  const { fetch, heard } = listeningClients(() =>
    new Response(null, { status: refusing ? 500 : 200 })
  );
  const env = testEnv(START, fetch);
  await using inner = await testServer({ env, config: CONFIG, variables: { SALT } });
  const server = eavesdrop(inner);
  await live(server);
  refusing = false;
  await live(server);
  // The password of a test's user is its name, which may stand anywhere.
  const secrets = [...server.seen].filter(([, name]) => name !== "password");
  const seen = new Map([...secrets, [SALT, "pairwise_salt"]]);
  assert.ok(heard.length >= 8, `${heard.length}`);
  for (const { logout_token } of heard) seen.set(logout_token, "logout_token");
  const counts = Map.groupBy(seen.values(), (name) => name);
  for (
    const name of [
      "cookie",
      "code",
      "access_token",
      "id_token",
      "id_token_hint",
      "request",
      "request_uri",
    ]
  ) {
    assert.ok((counts.get(name)?.length ?? 0) >= 4, name);
  }
  const log = env.events.map((event) => JSON.stringify(event)).join("\n");
  for (
    const event of [
      "session.ended",
      "logout.notice.failed",
      "request.refused",
      "authorization.pushed",
    ]
  ) {
    assert.ok(log.includes(event), event);
  }
  assert.deepEqual(found(log, seen), []);
  assert.deepEqual(found(await dump(server.store), seen), []);
});
