/** A person, a browser, a client and a server: what the tests in Chromium are played with. */

import assert from "node:assert/strict";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { browserNote, chromium, launch } from "./browser.ts";
import { RAW_CONFIG, type RawConfig, SECRETS } from "./config.ts";
import { TV } from "./device.ts";
import { authorizeUrl, VERIFIER } from "./flow.ts";
import { basic, encode, post } from "./hostile.ts";
import { listeningServer, type TestServer } from "./server.ts";

/** Wrong passwords before one has to wait. */
export const TRIES = 3;

/** ES256 alone: its keys are quicker to make than those of RSA, and each scene has its own. */
const ES256: RawConfig = {
  keys: { managed: { algorithms: ["ES256"] } },
  tokens: { access_token_signed_response_alg: "ES256" },
  clients: [...RAW_CONFIG["clients"] as RawConfig[], TV].map((client) => ({
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
  /** The address of every request, in order. */
  readonly visits: URL[];
  /** What it serves instead, where this answers something. */
  serve?: (url: URL) => Response | Promise<Response> | undefined;
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
  /** Members of the clients at the server, by `client_id`, where they depend on where the client is. */
  readonly clients?: (client: RelyingParty) => Readonly<Record<string, RawConfig>>;
  /** What the browser may complain of. */
  readonly complaint?: RegExp;
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
          const play = next;
          await t.step({ name: play.name, ...alone, fn: () => perform(chromium, play) });
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
  { options, clients, complaint, play }: Play,
): Promise<void> {
  const { client, shutdown } = serveClient();
  const login = { tries_per_account: TRIES };
  const config = { security: { login }, ...ES256, ...changed(clients?.(client)) };
  await using server = await listeningServer({ config });
  const browser = await chromium.newContext(options);
  browser.setDefaultTimeout(10_000);
  const complaints = listen(browser);
  try {
    const page = await browser.newPage();
    await play({ server, client, browser, page, request: requestOf(server, client) });
    assert.deepEqual(complaints.filter((one) => !complaint?.test(one)), []);
  } finally {
    await browser.close();
    await shutdown();
  }
}

/** The clients of the server with these members. */
function changed(members: Readonly<Record<string, RawConfig>> = {}): RawConfig {
  const clients = ES256["clients"] as RawConfig[];
  return {
    clients: clients.map((client) => ({ ...client, ...members[String(client["client_id"])] })),
  };
}

/** What any page of a browser complains of: violations of the policy, errors of scripts. A refusal's status is none, nor that somebody is down. */
function listen(browser: BrowserContext): string[] {
  const complaints: string[] = [];
  browser.on("console", (message) => {
    const expected = /^Failed to load resource: .*( status of 4\d\d|ERR_CONNECTION_REFUSED)/
      .test(message.text());
    if (["error", "warning"].includes(message.type()) && !expected) complaints.push(message.text());
  });
  browser.on("weberror", (error) => complaints.push(String(error.error())));
  return complaints;
}

function serveClient(): { client: RelyingParty; shutdown(): Promise<void> } {
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  const server = Deno.serve(options, async (request) => {
    const url = new URL(request.url);
    const { pathname, searchParams } = url;
    const { method } = request;
    client.visits.push(url);
    const served = client.serve?.(url);
    if (served !== undefined) return await served;
    if (pathname === "/callback") {
      const parameters = method === "POST"
        ? new URLSearchParams(await request.text())
        : searchParams;
      client.answers.push({ method, parameters });
    }
    const html = pathname === "/callback" ? `<p>landed</p>` : client.html;
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
    visits: [],
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

/** Waits until the browser is back at the client. By its address: whatever asks a page for an element sends a large script there first. */
export async function landed(page: Page): Promise<void> {
  await page.waitForURL(({ pathname }) => pathname === "/callback");
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
