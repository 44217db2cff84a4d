/** A person, a browser, a client and a server: what the tests in Chromium are played with. */

import assert from "node:assert/strict";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { browserNote, chromium, launch } from "./browser.ts";
import { RAW_CONFIG, type RawConfig, SECRETS } from "./config.ts";
import { authorizeUrl, VERIFIER } from "./flow.ts";
import { basic, encode, post } from "./hostile.ts";
import { listeningServer, type TestServer } from "./server.ts";

/** Wrong passwords before one has to wait. */
export const TRIES = 3;

/** ES256 alone: its keys are quicker to make than those of RSA, and each scene has its own. */
const ES256: RawConfig = {
  keys: { managed: { algorithms: ["ES256"] } },
  tokens: { access_token_signed_response_alg: "ES256" },
  clients: (RAW_CONFIG["clients"] as RawConfig[]).map((client) => ({
    ...client,
    id_token_signed_response_alg: "ES256",
  })),
};

/** The client's own server: it notes what arrives at its callback. */
export interface RelyingParty {
  readonly redirect_uri: string;
  /** The origin under another name, which makes it another site. */
  readonly otherSite: string;
  /** The parameters of each answer, and the method that brought it. */
  readonly answers: { readonly method: string; readonly parameters: URLSearchParams }[];
  /** What `otherSite` serves. */
  html: string;
}

export interface Scene {
  readonly server: TestServer;
  readonly client: RelyingParty;
  readonly browser: BrowserContext;
  readonly page: Page;
  /** The address of an authorization request of `web`. */
  request(parameters?: Record<string, string>): string;
}

/** What happens in a browser of its own, at a server of its own. */
export interface Play {
  readonly name: string;
  readonly options: BrowserContextOptions;
  readonly play: (scene: Scene) => Promise<void>;
}

/** A test that plays all of them, two at a time. */
export function playAll(name: string, plays: readonly Play[]): void {
  Deno.test({
    name: name + browserNote,
    ignore: chromium === undefined,
    async fn(t) {
      const chromium = await launch();
      // what leaks out of them is found when all are over
      const alone = { sanitizeOps: false, sanitizeResources: false, sanitizeExit: false };
      const left = [...plays];
      const playNext = async () => {
        for (let next = left.shift(); next !== undefined; next = left.shift()) {
          const { name, options, play } = next;
          await t.step({ name, ...alone, fn: () => perform(chromium, options, play) });
        }
      };
      try {
        await Promise.all([playNext(), playNext()]);
      } finally {
        await chromium.close();
      }
    },
  });
}

async function perform(
  chromium: Browser,
  options: BrowserContextOptions,
  play: (scene: Scene) => Promise<void>,
): Promise<void> {
  const login = { tries_per_account: TRIES };
  await using server = await listeningServer({ config: { security: { login }, ...ES256 } });
  const { client, shutdown } = serveClient();
  const browser = await chromium.newContext(options);
  browser.setDefaultTimeout(10_000);
  const complaints = listen(browser);
  try {
    const page = await browser.newPage();
    await play({ server, client, browser, page, request: requestOf(server, client) });
    assert.deepEqual(complaints, []);
  } finally {
    await browser.close();
    await shutdown();
  }
}

/** What any page of a browser complains of: violations of the policy, errors of scripts. A refusal's status is none. */
function listen(browser: BrowserContext): string[] {
  const complaints: string[] = [];
  browser.on("console", (message) => {
    const expected = /^Failed to load resource: .* status of 4\d\d/.test(message.text());
    if (["error", "warning"].includes(message.type()) && !expected) complaints.push(message.text());
  });
  browser.on("weberror", (error) => complaints.push(String(error.error())));
  return complaints;
}

function serveClient(): { client: RelyingParty; shutdown(): Promise<void> } {
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  const server = Deno.serve(options, async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const { method } = request;
    if (pathname === "/callback") {
      const parameters = method === "POST"
        ? new URLSearchParams(await request.text())
        : searchParams;
      client.answers.push({ method, parameters });
    }
    const html = pathname === "/callback" ? `<p id="landed">landed</p>` : client.html;
    return new Response(
      `<!doctype html><title>Client</title><link rel="icon" href="data:,">${html}`,
      {
        headers: { "Content-Type": "text/html; charset=utf-8" },
      },
    );
  });
  const { port } = server.addr;
  const client: RelyingParty = {
    redirect_uri: `http://127.0.0.1:${port}/callback`,
    otherSite: `http://localhost:${port}/`,
    answers: [],
    html: "",
  };
  return { client, shutdown: () => server.shutdown() };
}

function requestOf(server: TestServer, { redirect_uri }: RelyingParty) {
  const scope = "openid profile offline_access invoices.read";
  const web = { client_id: "web", redirect_uri, scope, state: "state-0" };
  return (parameters: Record<string, string> = {}) =>
    authorizeUrl(server, { ...web, ...parameters }).href;
}

/** Fills in the login page and sends it. */
export async function logIn(page: Page, username = "alice", password = username): Promise<void> {
  await page.fill("#username", username);
  await page.fill("#password", password);
  await page.click("#submit");
}

/** Waits until the browser is back at the client. */
export async function landed(page: Page): Promise<void> {
  await page.waitForSelector("#landed");
}

/** The last answer that the client got. */
export function answer({ answers }: RelyingParty): Record<string, string> {
  return Object.fromEntries(answers.at(-1)?.parameters ?? []);
}

/** Redeems a code as client `web`. */
export async function redeem({ issuer }: TestServer, { redirect_uri }: RelyingParty, code = "") {
  const form = { grant_type: "authorization_code", code, redirect_uri, code_verifier: VERIFIER };
  const response = await fetch(
    `${issuer}/connect/token`,
    post(encode(form), basic("web", SECRETS.web)),
  );
  return { status: response.status, tokens: await response.json() };
}

/** The path of the address that the browser shows. */
export const path = (page: Page) => new URL(page.url()).pathname;
