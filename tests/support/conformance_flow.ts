/** The way that the OpenID Foundation's conformance suite goes through a flow, checking whatever it gets. */

import type { JWTPayload } from "jose";
import assert from "node:assert/strict";
import { CLIENT_ASSERTION_TYPE } from "../../src/oauth/assertion.ts";
import { type Agent, agent, formOf, logIn, type Visit } from "./agent.ts";
import { endpoint, type Op, type SuiteClient } from "./conformance.ts";
import {
  checkAccessToken,
  checkCode,
  checkIdToken,
  checkTokenResponse,
  checkUserinfo,
  checkUserinfoJwt,
} from "./conformance_checks.ts";
import { type Answer, answer, basic, encode, type Fields, pageOf } from "./flow.ts";

/** Where a browser has brought an answer. */
export interface Arrival {
  readonly parameters: Readonly<Record<string, string>>;
  /** The pages that the person saw on the way. */
  readonly pages: readonly string[];
}

/** A request of a client: what the suite always sends, with a state and a nonce of its own. */
export function requestOf(
  op: Op,
  changes: Fields = {},
  { client_id, redirect_uri }: SuiteClient = op.clients.client,
): Fields {
  const { response_type, form_post } = op;
  return {
    client_id,
    redirect_uri,
    scope: "openid",
    state: crypto.randomUUID(),
    nonce: crypto.randomUUID(),
    response_type,
    response_mode: form_post ? "form_post" : undefined,
    ...changes,
  };
}

/** The address of an authorization request. */
export function addressOf(op: Op, request: Fields): URL {
  const url = new URL(endpoint(op, "authorization_endpoint"));
  url.search = encode(request).toString();
  return url;
}

/** Follows a browser from a visit on to where the server leaves it: it logs in and allows whatever is asked. */
export async function follow(
  browser: Agent,
  visit: Visit,
): Promise<{ readonly visit: Visit; readonly pages: readonly string[] }> {
  const pages: string[] = [];
  for (let page = pageOf(visit); page === "login" || page === "consent"; page = pageOf(visit)) {
    pages.push(page);
    assert.ok(pages.length < 4, `asked without end: ${pages}`);
    visit = page === "login"
      ? await logIn(browser, visit, "alice")
      : await browser.submit(visit, { action: "allow", remember: "true" });
  }
  return { visit, pages };
}

/** Sends a request with a browser, in the way that `sent` has it, and reads the answer where the request wants it. */
export async function arrive(
  op: Op,
  browser: Agent,
  request: Fields,
  sent: Fields = request,
): Promise<Arrival> {
  const { visit, pages } = await follow(browser, await browser.open(addressOf(op, sent)));
  return { parameters: answerAt(op, visit, request), pages };
}

/** The answer of a request at the place where it belongs, and nowhere else. */
export function answerAt(op: Op, visit: Visit, request: Fields): Record<string, string> {
  if (request["response_mode"] === "form_post") return postedAnswer(op, visit, request);
  assert.equal(visit.status, 0, `still at the server: ${visit.url.pathname}`);
  const registered = new URL(request["redirect_uri"] ?? "");
  assert.equal(visit.url.origin + visit.url.pathname, registered.origin + registered.pathname);
  // What the redirect URI brings along is still there, once.
  const query = [...visit.url.searchParams];
  const own = [...registered.searchParams];
  assert.deepEqual(query.slice(0, own.length), own);
  const added = query.slice(own.length);
  const fragment = [...new URLSearchParams(visit.url.hash.slice(1))];
  const inQuery = (request["response_type"] ?? "code") === "code";
  assert.deepEqual(inQuery ? fragment : added, []);
  return unique(inQuery ? added : fragment);
}

/** OAuth 2.0 Form Post Response Mode §2: a form that a browser posts to the client, urlencoded, and that no cache keeps. */
function postedAnswer({ issuer }: Op, visit: Visit, request: Fields): Record<string, string> {
  assert.deepEqual([visit.url.origin, visit.status], [issuer, 200], visit.url.href);
  const [form = ""] = /<form[^>]*>/.exec(visit.html) ?? [];
  assert.match(form, /method="post"/);
  assert.doesNotMatch(form, /enctype/);
  assert.match(visit.headers.get("Cache-Control") ?? "", /no-store/);
  assert.match(visit.html, /<script nonce="[^"]+">/);
  const { action, fields } = formOf(visit);
  assert.equal(action.href, request["redirect_uri"]);
  return unique([...fields]);
}

function unique(parameters: readonly [string, string][]): Record<string, string> {
  const record = Object.fromEntries(parameters);
  assert.equal(Object.keys(record).length, parameters.length, "a parameter comes twice");
  return record;
}

/** Sends a request that is answered by an error page of the server; nothing comes to the client. */
export async function refusedByPage(op: Op, request: Fields, error: string): Promise<void> {
  const visit = await agent(op).open(addressOf(op, request));
  assert.deepEqual([visit.url.origin, visit.status], [op.issuer, 400]);
  assert.match(visit.html, new RegExp(`id="error"[^]*${error}`));
}

/** All that a client has once a flow has come to its end. */
export interface Outcome extends Arrival {
  readonly request: Fields;
  /** The claims of the ID tokens: that of the front channel first. */
  readonly id_tokens: readonly JWTPayload[];
  /** The last of them as it came. */
  readonly id_token: string;
  /** What the token endpoint answered; empty where there was no code. */
  readonly tokens: Readonly<Record<string, string>>;
  /** The last access token. */
  readonly access_token: string | undefined;
  /** What it brings at the userinfo endpoint; empty where there is none. */
  readonly userinfo: Readonly<Record<string, unknown>>;
}

/** What a flow does unlike others. */
export interface Unlike {
  readonly client?: SuiteClient;
  readonly browser?: Agent;
  /** Members of the token request besides. */
  readonly token_request?: Fields;
}

/** A whole flow, all of whose answers are checked. */
export async function succeed(
  op: Op,
  changes: Fields = {},
  { client = op.clients.client, browser = agent(op), token_request = {} }: Unlike = {},
): Promise<Outcome> {
  const request = requestOf(op, changes, client);
  const arrival = await arrive(op, browser, request);
  return await complete(op, request, arrival, client, token_request);
}

/** The rest of a flow, from the answer of the authorization endpoint on. */
export async function complete(
  op: Op,
  request: Fields,
  arrival: Arrival,
  client: SuiteClient = op.clients.client,
  token_request: Fields = {},
): Promise<Outcome> {
  const { parameters } = arrival;
  checkMembers(op, parameters, request);
  const { code, access_token: early } = parameters;
  const facts = { client_id: client.client_id, nonce: request["nonce"], state: request["state"] };
  const id_tokens: JWTPayload[] = [];
  if (op.response_type.includes("id_token")) {
    const came = { ...facts, front: true, access_token: early, code };
    id_tokens.push(await checkIdToken(op, parameters["id_token"], came));
  }
  let [tokens, access_token]: [Outcome["tokens"], string | undefined] = [{}, early];
  if (code !== undefined) {
    checkCode(code);
    tokens = checkTokenResponse(await redeemCode(op, request, code, client, token_request));
    access_token = tokens["access_token"];
    const came = { ...facts, front: false, access_token, code };
    id_tokens.push(await checkIdToken(op, tokens["id_token"], came));
  }
  const id_token = tokens["id_token"] ?? parameters["id_token"] ?? "";
  const [{ sub } = {}] = id_tokens;
  assert.deepEqual(new Set(id_tokens.map((one) => one.sub)), new Set([sub]));
  let userinfo = {};
  for (const token of new Set([early, access_token].filter((one) => one !== undefined))) {
    checkAccessToken(token);
    userinfo = checkUserinfo(await askUserinfo(op, token), sub);
  }
  return { ...arrival, request, id_tokens, id_token, tokens, access_token, userinfo };
}

/** OpenID Connect Core §3.1.2.5, §3.2.2.5, §3.3.2.5: just what was asked for has come. */
function checkMembers(op: Op, parameters: Record<string, string>, request: Fields): void {
  const { error_description, state, iss, session_state, ...others } = parameters;
  assert.equal(others["error"], undefined, error_description);
  assert.deepEqual([state, iss], [request["state"], op.issuer]);
  // OpenID Connect Session Management §2
  assert.match(session_state ?? "", /^[^ ]+$/);
  const { code, id_token, access_token, token_type, expires_in, scope: _, ...unknown } = others;
  assert.deepEqual(unknown, {});
  const asked = op.response_type.split(" ");
  assert.deepEqual(
    [code, id_token, access_token].map((one) => one !== undefined),
    ["code", "id_token", "token"].map((name) => asked.includes(name)),
  );
  if (!asked.includes("token")) return;
  assert.equal(token_type, "Bearer");
  assert.match(expires_in ?? "", /^[1-9]\d*$/);
}

/** Presents a code at the token endpoint. */
export function redeemCode(
  op: Op,
  { redirect_uri }: Fields,
  code: string,
  client: SuiteClient = op.clients.client,
  more: Fields = {},
): Promise<Answer> {
  const form = { grant_type: "authorization_code", code, redirect_uri, ...more };
  return requestTokens(op, form, client);
}

/** How a client proves itself. */
const PROOFS: Readonly<
  Record<SuiteClient["method"], (op: Op, client: SuiteClient) => Promise<[HeadersInit, Fields]>>
> = {
  client_secret_basic: (_op, { client_id, client_secret }) =>
    Promise.resolve([{ Authorization: basic(client_id, client_secret) }, {}]),
  client_secret_post: (_op, { client_id, client_secret }) =>
    Promise.resolve([{}, { client_id, client_secret }]),
  // OpenID Connect Core §9, with the issuer as audience
  async private_key_jwt(op, { client_id, key }) {
    const now = op.env.now();
    const claims = { iss: client_id, sub: client_id, aud: op.issuer, jti: crypto.randomUUID() };
    const client_assertion = await key.sign({ ...claims, iat: now, exp: now + 60 });
    return [{}, { client_assertion, client_assertion_type: CLIENT_ASSERTION_TYPE }];
  },
};

/** Posts to the token endpoint in the name of a client. */
export async function requestTokens(
  op: Op,
  form: Fields,
  client: SuiteClient = op.clients.client,
): Promise<Answer> {
  const [headers, proof] = await PROOFS[client.method](op, client);
  const init = { method: "POST", headers, body: encode({ ...form, ...proof }) };
  return await answer(await op.fetch(endpoint(op, "token_endpoint"), init));
}

/** Asks for userinfo, by a GET with the token in a header unless `init` says otherwise; the body of a JWT is its claims. */
export async function askUserinfo(
  op: Op,
  access_token: string,
  init: RequestInit = { headers: { Authorization: `Bearer ${access_token}` } },
): Promise<Answer> {
  const response = await op.fetch(endpoint(op, "userinfo_endpoint"), init);
  if (response.headers.get("Content-Type") !== "application/jwt") return await answer(response);
  const { status, headers } = response;
  return { status, headers, body: await checkUserinfoJwt(op, await response.text()) };
}
