/** What the logout plans of the OpenID Foundation share: a login, a logout request, and whether it was heard. */

import { decodeProtectedHeader, type JWTHeaderParameters, SignJWT } from "jose";
import assert from "node:assert/strict";
import { type Agent, agent, type Visit } from "./agent.ts";
import { endpoint, type Op, SUITE, suiteServer, type Variant } from "./conformance.ts";
import { checkErrorResponse } from "./conformance_checks.ts";
import { arrive, type Outcome, requestOf, succeed } from "./conformance_flow.ts";
import type { RawConfig } from "./config.ts";
import { encode, type Fields } from "./flow.ts";
import type { TestServerOptions } from "./server.ts";

/** Where the suite wants browsers after a logout. */
export const POST_LOGOUT = `${SUITE}/post_logout_redirect`;

/** Somebody who has logged in to the suite's client. */
export interface LoggedIn extends AsyncDisposable {
  readonly op: Op;
  readonly browser: Agent;
  readonly outcome: Outcome;
  /** The logout request that the suite makes of it: what a module does otherwise is in `changes`. */
  endSession(changes?: Fields): Promise<Visit>;
}

/** A state of the length that the suite takes, with every character that it may have (RFC 6749 appendix A.5). */
export const STATE = Array.from({ length: 128 }, (_, index) => String.fromCharCode(32 + index % 95))
  .join("");

/** Logs somebody in at a server of its own, whose clients have these members besides. */
export async function logIn(
  variant: Variant,
  members: RawConfig = {},
  options: TestServerOptions = {},
): Promise<LoggedIn> {
  const registered = { post_logout_redirect_uris: [POST_LOGOUT], ...members };
  const op = await suiteServer(variant, registered, options);
  const browser = agent(op);
  const outcome = await succeed(op, {}, { browser });
  return {
    op,
    browser,
    outcome,
    endSession(changes = {}) {
      const url = new URL(endpoint(op, "end_session_endpoint"));
      url.search = encode({
        id_token_hint: outcome.id_token,
        post_logout_redirect_uri: POST_LOGOUT,
        state: STATE,
        ...changes,
      }).toString();
      return browser.open(url);
    },
    async [Symbol.asyncDispose]() {
      await op[Symbol.asyncDispose]();
    },
  };
}

/** OpenID Connect RP-Initiated Logout §3: the browser is at the client, which hears of its `state` and of nothing else. */
export function checkPostLogout(address: URL, state: string | undefined): void {
  assert.equal(address.origin + address.pathname + address.hash, POST_LOGOUT);
  assert.deepEqual([...address.searchParams], state === undefined ? [] : [["state", state]]);
}

/** The browser has come to the client by itself. */
export function checkLeft(visit: Visit, state: string | undefined): void {
  assert.equal(visit.status, 0, `still at the server: ${visit.url.pathname}`);
  checkPostLogout(visit.url, state);
}

/** An error page of the server, which leads nowhere. */
export function checkErrorPage({ op }: Pick<LoggedIn, "op">, visit: Visit): void {
  assert.deepEqual([visit.url.origin, visit.status], [op.issuer, 400]);
  assert.match(visit.html, /id="error"/);
  assert.ok(!visit.html.includes(SUITE));
}

/** The page that says that somebody is logged out, and leads nowhere. */
export function checkLoggedOutPage({ op }: Pick<LoggedIn, "op">, visit: Visit): void {
  assert.deepEqual([visit.url.origin, visit.status], [op.issuer, 200]);
  assert.match(visit.html, /id="logged-out"/);
  assert.ok(!visit.html.includes(SUITE));
}

/** Confirms a logout that nothing has proven. */
export function confirm({ op, browser }: LoggedIn, visit: Visit): Promise<Visit> {
  assert.equal(visit.url.origin, op.issuer);
  assert.match(visit.html, /id="confirm-logout"/);
  return browser.submit(visit, { action: "logout" });
}

/** Whether somebody is logged in, by prompt=none as the suite asks. */
export async function checkLogin({ op, browser }: LoggedIn, expected: boolean): Promise<void> {
  if (expected) {
    await succeed(op, { prompt: "none" }, { browser });
    return;
  }
  const request = requestOf(op, { prompt: "none" });
  const { parameters } = await arrive(op, browser, request);
  checkErrorResponse(op, parameters, request, "login_required");
}

/** The ID token as somebody else has made it: signed with `key` under the name of ours, or not signed at all. */
export async function forged(
  { outcome }: LoggedIn,
  key: CryptoKey | "none",
): Promise<string> {
  const [, payload = ""] = outcome.id_token.split(".");
  if (key === "none") {
    return `${btoa(JSON.stringify({ alg: "none" })).replace(/=+$/, "")}.${payload}.`;
  }
  const header = decodeProtectedHeader(outcome.id_token) as JWTHeaderParameters;
  return await new SignJWT(outcome.id_tokens.at(-1)).setProtectedHeader(header).sign(key);
}
