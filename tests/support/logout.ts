/** What clients do in tests about logouts: they log somebody in, ask for the end of it, and hear of it. */

import assert from "node:assert/strict";
import { decodeJwt } from "jose";
import type { Agent } from "./agent.ts";
import { RAW_CONFIG, type RawConfig } from "./config.ts";
import { authorizeUrl, codeFor, encode, type Fields, redeem, tokensOf } from "./flow.ts";
import type { TestServer } from "./server.ts";

type Http = Pick<TestServer, "fetch" | "issuer">;

/** Where the clients of `logoutConfig` want browsers after a logout. */
export const GOODBYE = "https://rp.example.com/goodbye";

/** `RAW_CONFIG`, its clients that may use codes with a registered place to go to, and whatever a test adds. */
export function logoutConfig(members: Readonly<Record<string, RawConfig>> = {}): RawConfig {
  const clients = (RAW_CONFIG["clients"] as RawConfig[]).map((client) => ({
    ...client,
    ..."redirect_uris" in client ? { post_logout_redirect_uris: [GOODBYE] } : {},
    ...members[String(client["client_id"])],
  }));
  return { clients };
}

/** The address of a logout request. */
export function endSessionUrl({ issuer }: Pick<TestServer, "issuer">, fields: Fields = {}): URL {
  const url = new URL(`${issuer}/connect/endsession`);
  url.search = encode(fields).toString();
  return url;
}

/** Logs somebody in to a client, and answers the ID token with what it says of the session. */
export async function idTokenFor(
  server: Http,
  browser: Agent,
  client_id = "spa",
  changes: Fields = {},
): Promise<{ readonly id_token: string; readonly sid: string; readonly sub: string }> {
  const code = await codeFor(server, { client_id, ...changes }, browser);
  const { id_token } = tokensOf(await redeem(server, code, {}, client_id));
  const { sid, sub } = decodeJwt(id_token);
  return { id_token, sid: String(sid), sub: String(sub) };
}

/** Whether somebody is logged in with a browser. */
export async function isLoggedIn(server: Http, browser: Agent): Promise<boolean> {
  const visit = await browser.open(authorizeUrl(server, { prompt: "none" }));
  assert.equal(visit.status, 0);
  return visit.url.searchParams.has("code");
}

/** A logout token as a client got it. */
export interface HeardNotice {
  readonly url: string;
  readonly logout_token: string;
}

/** The back-channel endpoints of clients: they note what they hear and answer what the test wants. */
export function listeningClients(
  answer: (url: string) => Response | Promise<Response> = () => new Response(),
): { readonly fetch: typeof globalThis.fetch; readonly heard: HeardNotice[] } {
  const heard: HeardNotice[] = [];
  const fetch = async (input: URL | RequestInfo, init?: RequestInit) => {
    const request = new Request(input, init);
    assert.equal(request.method, "POST");
    const form = new URLSearchParams(await request.text());
    assert.deepEqual([...form.keys()], ["logout_token"]);
    heard.push({ url: request.url, logout_token: form.get("logout_token") ?? "" });
    const aborted = Promise.withResolvers<never>();
    // Whoever gives up has hung up, as a real connection is.
    init?.signal?.addEventListener("abort", () => aborted.reject(new Error("aborted")));
    return await Promise.race([answer(request.url), aborted.promise]);
  };
  return { fetch, heard };
}
