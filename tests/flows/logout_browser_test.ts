/** Whether a logout reaches everybody in a real browser: clients in iframes, the session iframe, and people with and without script. */

import assert from "node:assert/strict";
import type { BrowserContextOptions, Page } from "playwright-core";
import { age } from "../support/old_browser.ts";
import { endSessionUrl } from "../support/logout.ts";
import { freePort } from "../support/process.ts";
import {
  answer,
  landed,
  logIn,
  path,
  type Play,
  playAll,
  redeem,
  type RelyingParty,
  type Scene,
} from "../support/scene.ts";

const plays: Play[] = [];

/** Two clients at two origins that are one server, each with its own place for iframes. */
const clients = (client: RelyingParty) => {
  const [web, spa] = [new URL(client.redirect_uri).origin, client.otherSite.slice(0, -1)];
  return {
    web: {
      redirect_uris: [`${web}/callback`],
      post_logout_redirect_uris: [`${web}/goodbye`],
      frontchannel_logout_uri: `${web}/frame?tenant=1`,
      frontchannel_logout_session_required: true,
      require_consent: false,
    },
    spa: {
      redirect_uris: [`${spa}/callback`],
      frontchannel_logout_uri: `${spa}/frame`,
    },
  };
};

function scene(
  name: string,
  play: Play["play"],
  options: BrowserContextOptions = {},
  members: Play["clients"] = clients,
): void {
  plays.push({ name, options, play, clients: members });
}

/** The pages of the clients; `frame` answers for the iframes. */
function serve(
  client: RelyingParty,
  frame: () => Response | Promise<Response> = () => served("gone"),
): void {
  client.serve = ({ pathname }) =>
    pathname === "/goodbye" ? served("<p>bye</p>") : pathname === "/frame" ? frame() : undefined;
}

function served(html: string): Response {
  return new Response(`<!doctype html><title>x</title><link rel="icon" href="data:,">${html}`, {
    headers: { "Content-Type": "text/html; charset=utf-8" },
  });
}

/** Logs alice in to both clients; where a browser has to go to log out of both, and the `sid`. */
async function logInToBoth(scene: Scene): Promise<{ logout: string; sid: string }> {
  const { server, client, page, request } = scene;
  await page.goto(request());
  await logIn(page);
  await landed(page);
  const { tokens } = await redeem(server, client, answer(client)["code"]);
  await page.goto(request({ client_id: "spa", redirect_uri: `${client.otherSite}callback` }));
  await landed(page);
  const { found } = await server.server.records.session.find("sub", "sub-alice");
  const logout = endSessionUrl(server, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: new URL("/goodbye", client.redirect_uri).href,
    state: "s",
  });
  return { logout: logout.href, sid: found[0]!.record.sid };
}

/** What the iframes of the clients were loaded with. */
const framesOf = ({ visits }: RelyingParty) =>
  visits.filter(({ pathname }) => pathname === "/frame").map(({ href }) => href).sort();

const GOODBYE = /\/goodbye\?state=s$/;

for (const javaScriptEnabled of [true, false]) {
  scene(
    `OpenID Connect Front-Channel Logout §2, §3: two clients are told by iframes, then the browser goes on ${
      javaScriptEnabled ? "with" : "without"
    } script`,
    async (scene) => {
      const { server, client, page } = scene;
      serve(client);
      const { logout, sid } = await logInToBoth(scene);
      await page.goto(logout);
      await page.waitForURL(GOODBYE);
      const { origin } = new URL(client.redirect_uri);
      const query = new URLSearchParams({ iss: server.issuer, sid });
      assert.deepEqual(
        framesOf(client),
        [
          `${origin}/frame?tenant=1&${query}`,
          `${client.otherSite}frame`,
        ].sort(),
      );
      assert.equal((await server.server.records.session.find("sid", sid)).found.length, 0);
    },
    { javaScriptEnabled },
  );

  scene(
    `OpenID Connect RP-Initiated Logout §2: somebody is asked, stays, is asked again and leaves ${
      javaScriptEnabled ? "with" : "without"
    } script`,
    async ({ server, page, request }) => {
      await page.goto(request());
      await logIn(page);
      await landed(page);
      const alone = endSessionUrl(server, { client_id: "web" }).href;
      await page.goto(alone);
      assert.equal(path(page), "/account/logout");
      await page.click("#cancel");
      await page.waitForSelector("#account");
      await page.goto(alone);
      await page.click("#confirm-logout");
      await page.waitForSelector("#logged-out");
      await page.reload();
      await page.waitForSelector("#logged-out");
      await page.goto(request());
      assert.equal(path(page), "/account/login");
    },
    { javaScriptEnabled },
    (client) => ({ web: { ...clients(client).web, frontchannel_logout_uri: undefined } }),
  );
}

scene("a browser that knows only ES5 goes on by itself, too", async (scene) => {
  const { client, page, browser } = scene;
  serve(client);
  await age(browser);
  const { logout } = await logInToBoth(scene);
  await page.goto(logout);
  await page.waitForURL(GOODBYE, { timeout: 2900 });
  assert.equal(framesOf(client).length, 2);
});

/** How long it takes until the browser has gone on, in milliseconds. */
async function timeTo(page: Page, logout: string): Promise<number> {
  const begun = performance.now();
  await page.goto(logout, { waitUntil: "commit" });
  await page.waitForURL(GOODBYE);
  return performance.now() - begun;
}

scene("a client that hangs in its iframe is waited for three seconds", async (scene) => {
  const { client, page } = scene;
  const over = Promise.withResolvers<Response>();
  serve(client, () => over.promise);
  const { logout } = await logInToBoth(scene);
  const took = await timeTo(page, logout);
  over.resolve(new Response());
  assert.ok(took > 2900 && took < 6000, `${took} ms`);
});

scene("without script nobody waits for a client that hangs: the link is there", async (scene) => {
  const { client, page } = scene;
  const over = Promise.withResolvers<Response>();
  serve(client, () => over.promise);
  const { logout } = await logInToBoth(scene);
  await page.goto(logout, { waitUntil: "commit" });
  await page.click("#submit");
  await page.waitForURL(GOODBYE);
  over.resolve(new Response());
}, { javaScriptEnabled: false });

const nobody = freePort();
scene(
  "a client that is down holds nobody up",
  async (scene) => {
    const { client, page } = scene;
    serve(client);
    const { logout } = await logInToBoth(scene);
    assert.ok(await timeTo(page, logout) < 2900);
    assert.equal(framesOf(client).length, 1);
  },
  {},
  (client) => {
    const { web, spa } = clients(client);
    const redirect_uris = [...spa.redirect_uris, `http://127.0.0.1:${nobody}/`];
    const frontchannel_logout_uri = `http://127.0.0.1:${nobody}/frame`;
    return { web, spa: { redirect_uris, frontchannel_logout_uri } };
  },
);

plays.push({
  name: "a client can neither leave its iframe nor be told the address it is in",
  options: {},
  clients,
  complaint: /^Unsafe attempt to initiate navigation/,
  play: async (scene) => {
    const { client, page } = scene;
    const seen: string[] = [];
    client.serve = ({ pathname, searchParams }) => {
      if (pathname === "/goodbye") {
        return new Response("<p>bye", { headers: { "Content-Type": "text/html" } });
      }
      if (pathname === "/seen") seen.push(String(searchParams.get("referrer")));
      return pathname !== "/frame" ? undefined : new Response(
        `<!doctype html><script>
      try { top.location = "/stolen"; } catch (error) {}
      new Image().src = "/seen?referrer=" + encodeURIComponent(document.referrer);
      </script>`,
        { headers: { "Content-Type": "text/html" } },
      );
    };
    const { logout } = await logInToBoth(scene);
    await page.goto(logout);
    await page.waitForURL(GOODBYE);
    assert.ok(client.visits.every(({ pathname }) => pathname !== "/stolen"));
    assert.ok(seen.every((referrer) => referrer === ""));
  },
});

/** A page of a client that asks the session iframe: `ask(message)` answers what that says. */
const watching = (issuer: string) => `
  <iframe id="op" src="${issuer}/connect/checksession"></iframe>
  <script>
    function ask(message) {
      return new Promise(function (resolve) {
        addEventListener("message", function (event) {
          if (event.origin === ${JSON.stringify(issuer)}) resolve(event.data);
        }, { once: true });
        document.getElementById("op").contentWindow.postMessage(message, ${JSON.stringify(issuer)});
      });
    }
  </script>`;

scene(
  "OpenID Connect Session Management §3: the iframe says unchanged, and changed once somebody has logged out",
  async ({ server, client, browser, page, request }) => {
    const html = watching(server.issuer);
    client.serve = ({ pathname }) => pathname === "/watch" ? served(html) : undefined;
    await page.goto(request());
    await logIn(page);
    await landed(page);
    const { session_state } = answer(client);
    await page.goto(new URL("/watch", client.redirect_uri).href);
    const ask = (message: string) => page.evaluate(`ask(${JSON.stringify(message)})`);
    assert.equal(await ask(`web ${session_state}`), "unchanged");
    assert.equal(await ask(`spa ${session_state}`), "changed");
    assert.equal(await ask("web"), "error");
    // The same person logs in again, in another tab: nothing has changed.
    const tab = await browser.newPage();
    await tab.goto(request({ prompt: "login" }));
    await logIn(tab);
    await landed(tab);
    assert.equal(await ask(`web ${session_state}`), "unchanged");
    await tab.goto(endSessionUrl(server).href);
    await tab.click("#confirm-logout");
    await tab.waitForSelector("#logged-out");
    assert.equal(await ask(`web ${session_state}`), "changed");
    // Nor does it say of nobody what it says of somebody.
    await tab.goto(request({ prompt: "none" }));
    await landed(tab);
    assert.equal(await ask(`web ${answer(client)["session_state"]}`), "unchanged");
    await tab.goto(request());
    await logIn(tab, "bob");
    await landed(tab);
    assert.equal(await ask(`web ${session_state}`), "changed");
  },
  {},
  (client) => ({ web: { ...clients(client).web, frontchannel_logout_uri: undefined } }),
);

scene(
  "OpenID Connect Session Management §5: where the browser keeps its cookies from another site's iframe, that says changed, and a silent request of the whole page how things are",
  async ({ server, client, page, request }) => {
    const html = watching(server.issuer);
    client.serve = ({ pathname }) => pathname === "/watch" ? served(html) : undefined;
    const elsewhere = { client_id: "spa", redirect_uri: `${client.otherSite}callback` };
    await page.goto(request(elsewhere));
    await logIn(page);
    await landed(page);
    const { session_state } = answer(client);
    await page.goto(`${client.otherSite}watch`);
    assert.equal(await page.evaluate(`ask("spa ${session_state}")`), "changed");
    await page.goto(request({ ...elsewhere, prompt: "none" }));
    await landed(page);
    assert.ok(answer(client)["code"]);
  },
);

/** A page of a client as it was written for a browser of 2010: what the iframe says of `message` stands in `#said`. */
const watchingOnce = (issuer: string, message: string) => `
  <p>asking</p>
  <script>
    window.addEventListener("message", function (event) {
      if (event.origin !== ${JSON.stringify(issuer)}) return;
      document.body.innerHTML = "<p id=said>" + event.data + "</p>";
    });
    function ask(frame) {
      frame.contentWindow.postMessage(${JSON.stringify(message)}, ${JSON.stringify(issuer)});
    }
  </script>
  <iframe src="${issuer}/connect/checksession" onload="ask(this)"></iframe>`;

scene(
  "OpenID Connect Session Management §3.2: the iframe answers in a browser that knows only ES5, where people sign out too",
  async ({ server, client, browser, page, request }) => {
    await age(browser);
    let html = "";
    client.serve = ({ pathname }) => pathname === "/watch" ? served(html) : undefined;
    await page.goto(request());
    await logIn(page);
    await landed(page);
    const { session_state } = answer(client);
    const said = async (message: string) => {
      html = watchingOnce(server.issuer, message);
      await page.goto(new URL("/watch", client.redirect_uri).href);
      return await page.locator("#said").textContent();
    };
    assert.equal(await said(`web ${session_state}`), "unchanged");
    assert.equal(await said("web"), "error");
    await page.goto(endSessionUrl(server).href);
    await page.click("#confirm-logout");
    await page.waitForSelector("#logged-out");
    assert.equal(await said(`web ${session_state}`), "changed");
  },
  {},
  (client) => ({ web: { ...clients(client).web, frontchannel_logout_uri: undefined } }),
);

playAll("Chromium: a logout reaches everybody", plays);
