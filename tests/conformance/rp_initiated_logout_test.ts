/** What the RP-Initiated Logout plan of the OpenID Foundation demands (oidcc-rp-initiated-logout-certification-test-plan). */

import { importJWK } from "jose";
import assert from "node:assert/strict";
import type { ResponseType } from "../../src/oauth/client.ts";
import { endpoint, suiteServer } from "../support/conformance.ts";
import {
  checkErrorPage,
  checkLeft,
  checkLoggedOutPage,
  checkLogin,
  confirm,
  forged,
  type LoggedIn,
  logIn,
  POST_LOGOUT,
  STATE,
} from "../support/conformance_logout.ts";
import type { Fields } from "../support/flow.ts";
import { rsaJwk } from "../support/signing_keys.ts";

interface LogoutModule {
  readonly rule: string;
  run(login: LoggedIn): Promise<void>;
}

/** A request that is wrong: an error page, nobody is sent anywhere, and nobody is logged out. */
const refused = (rule: string, changes: (login: LoggedIn) => Fields | Promise<Fields>) => ({
  rule,
  async run(login: LoggedIn) {
    checkErrorPage(login, await login.endSession(await changes(login)));
    await checkLogin(login, true);
  },
});

let made: Promise<CryptoKey> | undefined;

/** A key that is not the server's, made once. */
function somebodysKey(): Promise<CryptoKey> {
  return made ??= rsaJwk(2048).then((jwk) => importJWK(jwk, "RS256") as Promise<CryptoKey>);
}

const NOTHING = { id_token_hint: undefined, post_logout_redirect_uri: undefined, state: undefined };

const MODULES: Readonly<Record<string, LogoutModule>> = {
  "oidcc-rp-initiated-logout": {
    rule: "an ID token of the session ends it, and the browser comes back with the state",
    async run(login) {
      checkLeft(await login.endSession(), STATE);
      await checkLogin(login, false);
    },
  },
  "oidcc-rp-initiated-logout-no-state": {
    rule: "without a state it comes back without any",
    async run(login) {
      checkLeft(await login.endSession({ state: undefined }), undefined);
      await checkLogin(login, false);
    },
  },
  "oidcc-rp-initiated-logout-bad-post-logout-redirect-uri": refused(
    "nobody is sent to a URI that is not registered",
    () => ({ post_logout_redirect_uri: `${POST_LOGOUT}/${crypto.randomUUID()}` }),
  ),
  "oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri": refused(
    "nor to one with a query that is not registered",
    () => ({ post_logout_redirect_uri: `${POST_LOGOUT}?foo=bar` }),
  ),
  "oidcc-rp-initiated-logout-modified-id-token-hint": refused(
    "an ID token whose algorithm was changed to none is no hint",
    async (login) => ({ id_token_hint: await forged(login, "none") }),
  ),
  "oidcc-rp-initiated-logout-bad-id-token-hint": refused(
    "an ID token that somebody else signed is no hint",
    async (login) => ({ id_token_hint: await forged(login, await somebodysKey()) }),
  ),
  "oidcc-rp-initiated-logout-no-id-token-hint": refused(
    "nobody is sent anywhere where nothing says whose request it is",
    () => ({ id_token_hint: undefined }),
  ),
  "oidcc-rp-initiated-logout-no-params": {
    rule: "without parameters whoever confirms is logged out, and stays",
    async run(login) {
      checkLoggedOutPage(login, await confirm(login, await login.endSession(NOTHING)));
      await checkLogin(login, false);
    },
  },
  "oidcc-rp-initiated-logout-only-state": {
    rule: "with a state alone whoever confirms is logged out, and stays",
    async run(login) {
      const visit = await login.endSession({ ...NOTHING, state: STATE });
      checkLoggedOutPage(login, await confirm(login, visit));
      await checkLogin(login, false);
    },
  },
  "oidcc-rp-initiated-logout-no-post-logout-redirect-uri": {
    rule: "without a place to go the page says that one is logged out",
    async run(login) {
      checkLoggedOutPage(login, await login.endSession({ post_logout_redirect_uri: undefined }));
      await checkLogin(login, false);
    },
  },
};

Deno.test("oidcc-rp-initiated-logout-discovery-endpoint-verification: end_session_endpoint is https", async () => {
  await using op = await suiteServer();
  assert.equal(new URL(endpoint(op, "end_session_endpoint")).protocol, "https:");
});

for (const response_type of ["code", "id_token", "code id_token token"] satisfies ResponseType[]) {
  for (const [name, { rule, run }] of Object.entries(MODULES)) {
    Deno.test(`${name} (${response_type}): ${rule}`, async () => {
      await using login = await logIn({ response_type });
      await run(login);
    });
  }
}
