/** What the session iframe says on another site's page over https, where browsers send it its cookie and where they don't (OpenID Connect Session Management §5). */

import assert from "node:assert/strict";
import type { BrowserContext, Page } from "playwright-core";
import { browserNote, chromium, launchOwn } from "../support/browser.ts";
import { makeCertificate, openssl, opensslNote } from "../support/certificate.ts";
import { withClient } from "../support/config.ts";
import { authorizeUrl } from "../support/flow.ts";
import { endSessionUrl } from "../support/logout.ts";
import { freePort, temporaryFolder } from "../support/process.ts";
import { landed, logIn } from "../support/scene.ts";
import { testServer } from "../support/server.ts";

/** A client's page with the iframe: `ask(message)` answers what that says, `silent(url)` where an iframe of that address ends. */
const pageOf = (issuer: string) =>
  `<!doctype html><link rel="icon" href="data:,">
  <iframe id="op" src="${issuer}/connect/checksession"></iframe>
  <script>
    const heard = (act, is) => new Promise((resolve) => {
      addEventListener("message", function listen({ data }) {
        if (!is(data)) return;
        removeEventListener("message", listen);
        resolve(data);
      });
      act();
    });
    const ask = (message) => heard(() => {
      document.getElementById("op").contentWindow.postMessage(message, ${JSON.stringify(issuer)});
    }, (data) => !data.startsWith("https:"));
    const silent = (url) => heard(() => {
      document.body.append(Object.assign(document.createElement("iframe"), { src: url }));
    }, (data) => data.startsWith("https:"));
  </script>`;

/** Where answers arrive; in an iframe it tells the page around it. */
const CALLBACK_PAGE = `<!doctype html><link rel="icon" href="data:,"><p>landed</p>
  <script>if (parent !== window) parent.postMessage(location.href, "*");</script>`;

interface Play {
  readonly browser: BrowserContext;
  readonly page: Page;
  /** The address of an authorization request. */
  request(changes?: Record<string, string>): string;
  /** Where the client's page with the iframe is. */
  readonly watch: string;
  readonly logout: string;
}

/** Plays at a server on https://localhost with a client on https://127.0.0.1, which is another site. */
async function perform(
  profile: Readonly<Record<string, unknown>>,
  play: (play: Play) => Promise<void>,
): Promise<void> {
  await using folder = await temporaryFolder();
  const paths = await makeCertificate(folder.path);
  const [cert, key] = [
    await Deno.readTextFile(paths.certificate),
    await Deno.readTextFile(paths.key),
  ];
  const secured = { hostname: "127.0.0.1", cert, key, onListen() {} };
  const issuer = `https://localhost:${freePort()}`;
  const client = Deno.serve({ ...secured, port: 0 }, ({ url }) => {
    const html = new URL(url).pathname === "/watch" ? pageOf(issuer) : CALLBACK_PAGE;
    return new Response(html, { headers: { "Content-Type": "text/html; charset=utf-8" } });
  });
  const origin = `https://127.0.0.1:${client.addr.port}`;
  const redirect_uri = `${origin}/callback`;
  await using server = await testServer({
    config: { ...withClient("spa", { redirect_uris: [redirect_uri] }), issuer },
  });
  const port = Number(new URL(issuer).port);
  const listener = Deno.serve({ ...secured, port }, (request) => server.fetch(request));
  const own = await Deno.makeTempDir();
  const browser = await launchOwn(own, profile);
  try {
    await play({
      browser,
      page: await browser.newPage(),
      request: (changes = {}) => authorizeUrl(server, { redirect_uri, ...changes }).href,
      watch: `${origin}/watch`,
      logout: endSessionUrl(server).href,
    });
  } finally {
    await browser.close();
    await Promise.all([client.shutdown(), listener.shutdown()]);
    await Deno.remove(own, { recursive: true });
  }
}

/** Logs alice in, and opens the client's page; answers what that asks the iframe with. */
async function logInAndWatch({ page, request, watch }: Play): Promise<string> {
  await page.goto(request());
  await logIn(page);
  await landed(page);
  const session_state = new URL(page.url()).searchParams.get("session_state");
  assert.ok(session_state);
  await page.goto(watch);
  return `ask("spa ${session_state}")`;
}

async function leave({ browser, logout }: Play): Promise<void> {
  const tab = await browser.newPage();
  await tab.goto(logout);
  await tab.click("#confirm-logout");
  await tab.waitForSelector("#logged-out");
}

async function silently({ page, request }: Play): Promise<string | null> {
  const url = JSON.stringify(request({ prompt: "none" }));
  const landed = new URL(await page.evaluate(`silent(${url})`));
  return landed.searchParams.get("error");
}

const options = {
  ignore: !openssl || chromium === undefined,
  // the browser's own connections end after its window
  sanitizeOps: false,
  sanitizeResources: false,
};

Deno.test({
  name:
    `OpenID Connect Session Management §3.2: on another site's page the iframe says unchanged until somebody signs out${browserNote}${opensslNote}`,
  ...options,
  async fn() {
    await perform({ block_third_party_cookies: false, cookie_controls_mode: 0 }, async (play) => {
      const ask = await logInAndWatch(play);
      assert.equal(await play.page.evaluate(ask), "unchanged");
      // The session's cookie is Lax, so a silent request of an iframe finds nobody, and leaves the state as it is.
      assert.equal(await silently(play), "login_required");
      assert.equal(await play.page.evaluate(ask), "unchanged");
      // Nor does an image that is none, on whatever page.
      await play.page.evaluate(`new Promise((resolve) => {
        document.body.append(Object.assign(new Image(), { src: "${play.logout}", onerror: resolve }));
      })`);
      assert.equal(await play.page.evaluate(ask), "unchanged");
      await leave(play);
      assert.equal(await play.page.evaluate(ask), "changed");
    });
  },
});

Deno.test({
  name:
    `OpenID Connect Session Management §5: a browser that blocks third-party cookies says changed, and a request of the whole page how things are${browserNote}${opensslNote}`,
  ...options,
  async fn() {
    await perform({ block_third_party_cookies: true, cookie_controls_mode: 1 }, async (play) => {
      const ask = await logInAndWatch(play);
      assert.equal(await play.page.evaluate(ask), "changed");
      await play.page.goto(play.request({ prompt: "none" }));
      await landed(play.page);
      assert.ok(new URL(play.page.url()).searchParams.has("code"));
    });
  },
});
