/** What the Dynamic plan of the OpenID Foundation demands (oidcc-dynamic-certification-test-plan), of clients that the configuration registers. */

import assert from "node:assert/strict";
import { ConfigError } from "../../src/config/problem.ts";
import { agent, logIn } from "../support/agent.ts";
import { clientKey, keysPage, type Web, web } from "../support/client_key.ts";
import { type RawConfig, testConfig } from "../support/config.ts";
import {
  type Op,
  PERSON,
  SUITE,
  suiteConfig,
  suiteServer,
  type Variant,
} from "../support/conformance.ts";
import {
  checkErrorResponse,
  checkRefreshedIdToken,
  checkTokenResponse,
} from "../support/conformance_checks.ts";
import {
  addressOf,
  arrive,
  askUserinfo,
  complete,
  refusedByPage,
  requestOf,
  requestTokens,
  succeed,
} from "../support/conformance_flow.ts";
import { MODULES } from "../support/conformance_modules.ts";
import {
  beside,
  REQUEST_MODULES,
  REQUEST_URI,
  signedObject,
  unsignedObject,
} from "../support/conformance_request_modules.ts";
import { START, testEnv } from "../support/env.ts";
import { privateJwk, rsaJwk } from "../support/signing_keys.ts";

const KEY = await clientKey("RS256", { kid: "suite-1" });

/** The plan's clients sign, and answers are codes. */
const VARIANT: Variant = { response_type: "code", key: KEY };

/** A module, and what its clients are registered with besides. */
interface DynamicModule {
  readonly rule: string;
  readonly members?: RawConfig;
  run(op: Op, suite: Web): Promise<unknown>;
}

const REDIRECT_URI = `${SUITE}/callback`;
const JWKS_URI = `${SUITE}/jwks`;

/** A request whose redirect URI is not the one that is registered. */
const refused = (rule: string, registered: string, redirect_uri?: string): DynamicModule => ({
  rule,
  members: { redirect_uris: [registered] },
  run: (op) => refusedByPage(op, requestOf(op, { redirect_uri }), "invalid_request"),
});

/** Something of the client that the person sees before allowing anything. */
const seen = (member: string, url: string): DynamicModule => ({
  rule: `${member} is shown to whoever is asked`,
  members: { require_consent: true, [member]: url },
  async run(op) {
    const browser = agent(op);
    const page = await logIn(browser, await browser.open(addressOf(op, requestOf(op))), "alice");
    assert.ok(page.html.includes(`="${url}"`));
  },
});

const DYNAMIC: Readonly<Record<string, DynamicModule>> = {
  "oidcc-server": MODULES["oidcc-server"],
  "oidcc-refresh-token": MODULES["oidcc-refresh-token"],
  "oidcc-idtoken-unsigned": MODULES["oidcc-idtoken-unsigned"],
  "oidcc-ensure-client-assertion-with-iss-aud-succeeds": {
    rule: "the issuer is a good audience of an assertion",
    run: (op) => succeed(op),
  },
  "oidcc-idtoken-rs256": {
    rule: "who registered RS256 gets it",
    members: { id_token_signed_response_alg: "RS256" },
    run: (op) => succeed(op),
  },
  "oidcc-ensure-redirect-uri-in-authorization-request": refused(
    "a request of OpenID Connect without redirect_uri is told to the person",
    REDIRECT_URI,
  ),
  "oidcc-redirect-uri-query-OK": {
    rule: "a query that is registered is kept in the answer",
    run: (op) => succeed(op, {}, { client: op.clients.client2 }),
  },
  "oidcc-redirect-uri-query-mismatch": refused(
    "another query than the registered one is told to the person",
    `${REDIRECT_URI}?foo=bar`,
    `${REDIRECT_URI}?bar=foo`,
  ),
  "oidcc-redirect-uri-query-added": refused(
    "a query that is not registered is told to the person",
    REDIRECT_URI,
    `${REDIRECT_URI}?foo=bar`,
  ),
  "oidcc-userinfo-rs256": {
    rule: "who registered RS256 for userinfo gets it as a JWT",
    members: { userinfo_signed_response_alg: "RS256" },
    async run(op) {
      const { access_token = "" } = await succeed(op, { scope: "openid email" });
      const { headers, body } = await askUserinfo(op, access_token);
      assert.equal(headers.get("Content-Type"), "application/jwt");
      assert.equal(body["email"], PERSON.email.email);
    },
  },
  "oidcc-registration-jwks-uri": {
    rule: "a client is known by the keys that it publishes",
    members: { jwks: undefined, jwks_uri: JWKS_URI },
    run: (op) => succeed(op),
  },
  "oidcc-refresh-token-rp-key-rotation": {
    rule: "a client refreshes with a key that it has published since",
    members: { jwks: undefined, jwks_uri: JWKS_URI },
    async run(op, suite) {
      const { id_tokens, tokens } = await succeed(op, { scope: "openid offline_access" });
      const fresh = await clientKey("RS256", { kid: "suite-2" });
      suite.pages.set(JWKS_URI, keysPage(fresh));
      op.env.advance(60);
      const { refresh_token } = tokens;
      const form = { grant_type: "refresh_token", refresh_token };
      const answer = await requestTokens(op, form, { ...op.clients.client, key: fresh });
      await checkRefreshedIdToken(op, id_tokens.at(-1) ?? {}, checkTokenResponse(answer));
    },
  },
  "oidcc-request-uri-signed-rs256": {
    rule: "a signed request is fetched from where the client has registered",
    members: { request_uris: [REQUEST_URI] },
    async run(op, suite) {
      const request = requestOf(op);
      const object = await signedObject(op, request);
      suite.pages.set(REQUEST_URI, () => new Response(object));
      const sent = { ...beside(request), request_uri: REQUEST_URI };
      await complete(op, request, await arrive(op, agent(op), request, sent));
      assert.deepEqual(suite.asked, [REQUEST_URI]);
    },
  },
  "oidcc-request-uri-unsigned": {
    rule: "a request that nobody signed is refused, from wherever it is fetched",
    members: { request_uris: [REQUEST_URI] },
    async run(op, suite) {
      const request = requestOf(op);
      suite.pages.set(REQUEST_URI, () => new Response(unsignedObject(op, request)));
      const sent = { ...request, request_uri: REQUEST_URI };
      const { parameters } = await arrive(op, agent(op), request, sent);
      checkErrorResponse(op, parameters, request, "invalid_request_object");
    },
  },
  "oidcc-ensure-request-object-with-redirect-uri":
    REQUEST_MODULES["oidcc-ensure-request-object-with-redirect-uri"],
  "oidcc-registration-logo-uri": seen("logo_uri", `${SUITE}/logo.png`),
  "oidcc-registration-policy-uri": seen("policy_uri", `${SUITE}/policy`),
  "oidcc-registration-tos-uri": seen("tos_uri", `${SUITE}/terms`),
};

for (const [name, { rule, members, run }] of Object.entries(DYNAMIC)) {
  Deno.test(`${name} (code, private_key_jwt): ${rule}`, async () => {
    const suite = web();
    suite.pages.set(JWKS_URI, keysPage(KEY));
    await using op = await suiteServer(VARIANT, members, { env: testEnv(START, suite.fetch) });
    await run(op, suite);
  });
}

Deno.test("oidcc-redirect-uri-regfrag: a redirect URI with a fragment is not registered", async () => {
  const config = suiteConfig(VARIANT, { redirect_uris: [`${REDIRECT_URI}#foobar`] });
  await assert.rejects(testConfig(config), ConfigError);
});

Deno.test("oidcc-server-rotate-keys: a new key is published beside the old one, and both are good", async () => {
  await using op = await suiteServer(VARIANT);
  const before = await succeed(op);
  const fresh = { ...await rsaJwk(2048), alg: "RS256" };
  const others = await Promise.all((["RS256", "ES256", "EdDSA"] as const).map(privateJwk));
  const rotated: Op = {
    ...op,
    ...await suiteServer(VARIANT, {}, {
      store: op.store,
      env: op.env,
      config: { keys: { jwks: { env: "ROTATED" } } },
      variables: { ROTATED: JSON.stringify({ keys: [fresh, ...others] }) },
    }),
  };
  const kids = ({ jwks }: Pick<Op, "jwks">) => jwks.keys.map(({ kid }) => kid);
  assert.equal(kids(rotated).length, kids(op).length + 1);
  assert.ok(kids(op).every((kid) => kids(rotated).includes(kid)));
  const after = await succeed(rotated, { id_token_hint: before.id_token });
  const [one = "", two = ""] = [before.id_token, after.id_token].map((jwt) => jwt.split(".")[0]);
  assert.notEqual(one, two);
});
