/** Whether OpenID Connect Front-Channel Logout 1.0 is kept: what the last page loads, and what it lets nobody else do. */

import assert from "node:assert/strict";
import { agent, attribute, type Visit } from "../support/agent.ts";
import { authorizeUrl, passThrough } from "../support/flow.ts";
import { START, testEnv } from "../support/env.ts";
import {
  endSessionUrl,
  GOODBYE,
  idTokenFor,
  listeningClients,
  logoutConfig,
} from "../support/logout.ts";
import { testServer } from "../support/server.ts";

const RP = "https://rp.example.com";
const OTHER = "https://other.example.com";

const MEMBERS = {
  web: {
    frontchannel_logout_uri: `${RP}/web?tenant=a%26b`,
    frontchannel_logout_session_required: true,
    require_consent: false,
  },
  spa: { frontchannel_logout_uri: `${RP}/spa`, frontchannel_logout_session_required: true },
  post: {
    redirect_uris: [`${RP}/callback`, `${OTHER}/callback`],
    frontchannel_logout_uri: `${OTHER}/post`,
  },
};

/** The addresses of the iframes of a page, in order. */
function framesOf({ html }: Visit): string[] {
  return [...html.matchAll(/<iframe[^>]*>/g)].map(([tag]) => attribute(tag, "src")).sort();
}

const policyOf = ({ headers }: Visit) => headers.get("Content-Security-Policy") ?? "";

Deno.test("OpenID Connect Front-Channel Logout §2, §3: each client of the session has an iframe, with iss and sid where it wants them", async () => {
  await using server = await testServer({ config: logoutConfig(MEMBERS) });
  const browser = agent(server);
  const { id_token, sid } = await idTokenFor(server, browser);
  for (const client_id of ["web", "post"]) await idTokenFor(server, browser, client_id);
  const visit = await browser.open(endSessionUrl(server, { id_token_hint: id_token }));
  const query = new URLSearchParams({ iss: server.issuer, sid });
  // §2: a query of the registered URI is kept
  const expected = [`${RP}/web?tenant=a%26b&${query}`, `${RP}/spa?${query}`, `${OTHER}/post`];
  assert.deepEqual(framesOf(visit), expected.sort());
  const [, sources = ""] = /frame-src ([^;]*)/.exec(policyOf(visit)) ?? [];
  assert.deepEqual(sources.split(" ").sort(), [OTHER, RP]);
  for (const [tag] of visit.html.matchAll(/<iframe[^>]*>/g)) {
    assert.match(tag, / hidden=""/);
    assert.match(tag, / sandbox="allow-scripts allow-same-origin"/);
    assert.match(tag, / referrerpolicy="no-referrer"/);
  }
  // There is nowhere to go on to, so nothing runs.
  assert.doesNotMatch(visit.html, /<script|http-equiv/);
  assert.doesNotMatch(policyOf(visit), /script-src/);
});

Deno.test("OpenID Connect Front-Channel Logout §3: who took no part has no iframe, nor does who was switched off meanwhile", async () => {
  await using server = await testServer({ config: logoutConfig(MEMBERS) });
  const browser = agent(server);
  const { id_token } = await idTokenFor(server, browser);
  await idTokenFor(server, browser, "post");
  const { env, store } = server;
  const post = { ...MEMBERS.post, enabled: false };
  await using changed = await testServer({
    env,
    store,
    config: logoutConfig({ ...MEMBERS, post }),
  });
  const response = await changed.fetch(endSessionUrl(server, { id_token_hint: id_token }), {
    headers: { Cookie: [...browser.cookies].map((pair) => pair.join("=")).join("; ") },
  });
  await response.body?.cancel();
  const visit = await browser.open(response.headers.get("Location") ?? "");
  // The page is made with the configuration of whichever instance is asked.
  assert.equal(framesOf(visit).length, 2);
  const again = await changed.fetch(visit.url, {
    headers: { Cookie: [...browser.cookies].map((pair) => pair.join("=")).join("; ") },
  });
  assert.equal((await again.text()).match(/<iframe/g)?.length, 1);
});

Deno.test("OpenID Connect Front-Channel Logout §3: without iframes the browser goes on at once", async () => {
  await using server = await testServer({ config: logoutConfig() });
  const browser = agent(server);
  const { id_token } = await idTokenFor(server, browser);
  const url = endSessionUrl(server, { id_token_hint: id_token, post_logout_redirect_uri: GOODBYE });
  const response = await browser.send(url);
  await response.body?.cancel();
  assert.deepEqual([response.status, response.headers.get("Location")], [303, GOODBYE]);
});

Deno.test("OpenID Connect Front-Channel Logout §3: the page that goes on escapes where to, and its script has a nonce", async () => {
  await using server = await testServer({ config: logoutConfig(MEMBERS) });
  const browser = agent(server);
  const { id_token } = await idTokenFor(server, browser);
  const state = `"><script>alert(1)</script>&'`;
  const url = endSessionUrl(server, {
    id_token_hint: id_token,
    post_logout_redirect_uri: GOODBYE,
    state,
  });
  const visit = await browser.open(url);
  const [link = ""] = /<a[^>]*id="submit"[^>]*>/.exec(visit.html) ?? [];
  assert.equal(new URL(attribute(link, "href")).searchParams.get("state"), state);
  const [meta = ""] = /<noscript><meta[^>]*><\/noscript>/.exec(visit.html) ?? [];
  assert.equal(attribute(meta, "content"), `3; url=${attribute(link, "href")}`);
  assert.equal(visit.html.match(/<script/g)?.length, 1);
  const nonce = attribute(/<script[^>]*>/.exec(visit.html)?.[0] ?? "", "nonce");
  assert.ok(policyOf(visit).includes(`script-src 'nonce-${nonce}'`));
});

Deno.test("OpenID Connect Front-Channel Logout §3: the page belongs to one browser, and tells nothing once somebody has logged in again", async () => {
  await using server = await testServer({ config: logoutConfig(MEMBERS) });
  const browser = agent(server);
  const { id_token } = await idTokenFor(server, browser);
  const visit = await browser.open(endSessionUrl(server, { id_token_hint: id_token }));
  assert.equal(framesOf(visit).length, 1);
  assert.equal(framesOf(await browser.open(visit.url)).length, 1);
  assert.equal(framesOf(await agent(server).open(visit.url)).length, 0);
  await passThrough(browser, authorizeUrl(server));
  assert.equal(framesOf(await browser.open(visit.url)).length, 0);
});

Deno.test("OpenID Connect Front-Channel Logout §3: whoever presses again while clients of the back channel are told finds the iframes all the same", async () => {
  const slow = { ...MEMBERS.spa, backchannel_logout_uri: `${RP}/backchannel` };
  for (const way of ["confirmed", "proven"]) {
    for (const late of [false, true]) {
      const told = Promise.withResolvers<void>();
      const answered = Promise.withResolvers<Response>();
      const { fetch } = listeningClients(() => {
        told.resolve();
        return answered.promise;
      });
      const config = logoutConfig({ ...MEMBERS, spa: slow });
      await using server = await testServer({ env: testEnv(START, fetch), config, late });
      const browser = agent(server);
      const { id_token } = await idTokenFor(server, browser);
      const hint = way === "proven" ? { id_token_hint: id_token } : {};
      const url = endSessionUrl(server, {
        ...hint,
        post_logout_redirect_uri: GOODBYE,
        client_id: "spa",
      });
      // Where the browser is when its clients are told, and what it does there again.
      let here = url;
      const page = way === "confirmed" ? await browser.open(url) : undefined;
      const press = () => page ? browser.submit(page, { action: "logout" }) : browser.open(here);
      if (page === undefined) {
        const response = await browser.send(url);
        await response.body?.cancel();
        here = new URL(response.headers.get("Location") ?? "");
      }
      const first = press();
      await told.promise;
      assert.equal(framesOf(await press()).length, 1, `${way} ${late}`);
      answered.resolve(new Response());
      assert.equal(framesOf(await first).length, 1);
    }
  }
});
