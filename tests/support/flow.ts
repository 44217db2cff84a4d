/** What a client does in tests, spelled out in HTTP: sends a person, reads the answer, asks for tokens. */

import assert from "node:assert/strict";
import { base64url, sha256 } from "../../src/lib/bytes.ts";
import { type Agent, agent, logIn, type Visit } from "./agent.ts";
import { CALLBACK, RESOURCES, SECRETS } from "./config.ts";
import type { TestServer } from "./server.ts";

type Http = Pick<TestServer, "fetch" | "issuer">;

/** The `code_verifier` of all tests, and its challenge. */
export const VERIFIER = "v".repeat(43);
export const CHALLENGE = base64url(sha256(VERIFIER));

/** Parameters of a request; `undefined` leaves out a default. */
export type Fields = Readonly<Record<string, string | undefined>>;

/** The address of an authorization request: that of `spa` for `openid`, with PKCE and state, unless the test says otherwise. */
export function authorizeUrl({ issuer }: Pick<TestServer, "issuer">, changes: Fields = {}): URL {
  const url = new URL(`${issuer}/connect/authorize`);
  url.search = encode({ ...REQUEST, ...changes }).toString();
  return url;
}

/** What `authorizeUrl` asks for. */
export const REQUEST: Fields = {
  client_id: "spa",
  redirect_uri: CALLBACK,
  response_type: "code",
  scope: "openid",
  state: "state-1",
  code_challenge: CHALLENGE,
  code_challenge_method: "S256",
};

/** The parameters with which a browser has arrived at the client, by query or fragment. */
export function answerOf(visit: Visit): Record<string, string> {
  assert.equal(visit.status, 0, `still at the server: ${visit.url.pathname} ${visit.html}`);
  const { hash, searchParams } = visit.url;
  return Object.fromEntries(hash === "" ? searchParams : new URLSearchParams(hash.slice(1)));
}

/** The step of the flow that a page belongs to. */
export function pageOf({ url, status }: Visit): string {
  return status === 0 ? "client" : url.pathname.replace(/.*\//, "");
}

/** Opens an authorization request and does what is asked until the browser is at the client. */
export async function passThrough(
  browser: Agent,
  url: URL,
  username = "alice",
): Promise<Record<string, string>> {
  let visit = await browser.open(url);
  if (pageOf(visit) === "login") visit = await logIn(browser, visit, username);
  if (pageOf(visit) === "consent") {
    visit = await browser.submit(visit, { action: "allow", remember: "true" });
  }
  return answerOf(visit);
}

/** A code for an authorization request, by default in a new browser. */
export async function codeFor(
  server: Http,
  changes: Fields = {},
  browser: Agent = agent(server),
): Promise<string> {
  const { code } = await passThrough(browser, authorizeUrl(server, changes));
  assert.ok(code !== undefined);
  return code;
}

/** The error of a request with prompt=none; `undefined`: there was a code. */
export async function silently(
  server: Http,
  browser: Agent,
  changes: Fields = {},
): Promise<string | undefined> {
  const visit = await browser.open(authorizeUrl(server, { prompt: "none", ...changes }));
  const { code, error, state, iss } = answerOf(visit);
  assert.deepEqual([state, iss], ["state-1", server.issuer]);
  assert.ok((code === undefined) !== (error === undefined));
  return error;
}

/** A response of an API endpoint. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Empty where the body is no JSON. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** Posts a form. */
export async function post(
  server: Http,
  path: string,
  form: Fields,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const init = { method: "POST", body: encode(form), headers };
  return await answer(await server.fetch(server.issuer + path, init));
}

/** Posts to the token endpoint as one of the test clients. */
export function requestToken(server: Http, client_id: string, form: Fields): Promise<Answer> {
  const proof = proofOf(client_id);
  return post(server, "/connect/token", { ...proof.form, ...form }, proof.headers);
}

/** Redeems a code of `codeFor`. */
export function redeem(server: Http, code: string, form: Fields = {}, client_id = "spa") {
  return requestToken(server, client_id, {
    grant_type: "authorization_code",
    code,
    redirect_uri: CALLBACK,
    code_verifier: VERIFIER,
    ...form,
  });
}

/** Uses a refresh token. */
export function refresh(server: Http, refresh_token: string, form: Fields = {}, client_id = "spa") {
  return requestToken(server, client_id, { grant_type: "refresh_token", refresh_token, ...form });
}

/** Checks that an answer is this refusal (RFC 6749 §5.2). */
export function assertRefused(
  { status, body, headers }: Answer,
  error = "invalid_grant",
  expected = 400,
): void {
  assert.deepEqual([body["error"], status], [error, expected]);
  assert.match(String(body["error_description"]), /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
  assertNotCached(headers);
}

/** Checks that no cache may keep an answer (RFC 6749 §5.1). */
export function assertNotCached(headers: Headers): void {
  assert.equal(headers.get("Cache-Control"), "no-store");
  assert.equal(headers.get("Pragma"), "no-cache");
}

/** The tokens of an answer; empty where one is missing. */
export interface Tokens {
  readonly access_token: string;
  readonly id_token: string;
  readonly refresh_token: string;
  readonly scope: string;
}

/** The tokens of an answer that must be a success. */
export function tokensOf({ status, body }: Answer): Tokens {
  assert.equal(status, 200, JSON.stringify(body));
  const text = (name: string) => String(body[name] ?? "");
  return {
    access_token: text("access_token"),
    id_token: text("id_token"),
    refresh_token: text("refresh_token"),
    scope: text("scope"),
  };
}

/** Alice's tokens, from an authorization request to the answer of the token endpoint. */
export async function tokensFor(server: Http, changes: Fields = {}): Promise<Tokens> {
  const code = await codeFor(server, changes);
  return tokensOf(await redeem(server, code, {}, changes["client_id"]));
}

/** Asks for userinfo. */
export async function userinfo(server: Http, access_token: string): Promise<Answer> {
  const headers = { Authorization: `Bearer ${access_token}` };
  return await answer(await server.fetch(`${server.issuer}/connect/userinfo`, { headers }));
}

/** Asks about a token, as a test client or as one of `RESOURCES`. */
export function introspect(
  server: Http,
  asker: keyof typeof RESOURCES | "web" | "post" | "machine",
  token: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const proof = asker === "api" || asker === "calendar"
    ? resourceProof(RESOURCES[asker], SECRETS[asker])
    : proofOf(asker);
  return post(server, "/connect/introspect", { ...proof.form, token }, {
    ...proof.headers,
    ...headers,
  });
}

function resourceProof(resource: string, secret: string) {
  return { form: {}, headers: { Authorization: basic(encodeURIComponent(resource), secret) } };
}

/** The header of `client_secret_basic`. */
export function basic(client_id: string, secret: string): string {
  return `Basic ${btoa(`${client_id}:${secret}`)}`;
}

/** A response, its body read. */
export async function answer(response: Response): Promise<Answer> {
  const text = await response.text();
  const json = response.headers.get("Content-Type")?.startsWith("application/json");
  return {
    status: response.status,
    headers: response.headers,
    body: json ? JSON.parse(text) : {},
  };
}

/** How the clients of `RAW_CONFIG` prove themselves. */
export function proofOf(client_id: string): { form: Fields; headers: Record<string, string> } {
  switch (client_id) {
    case "web":
    case "machine":
      return { form: {}, headers: { Authorization: basic(client_id, SECRETS[client_id]) } };
    case "post":
      return { form: { client_id, client_secret: SECRETS.post }, headers: {} };
    default:
      return { form: { client_id }, headers: {} };
  }
}

/** Fields as a form or a query. */
export function encode(fields: Fields): URLSearchParams {
  return new URLSearchParams(
    Object.entries(fields).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}
