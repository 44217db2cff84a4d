/** What the Dynamic plan of the OpenID Foundation demands (oidcc-dynamic-certification-test-plan), of clients that the configuration registers. */

import assert from "node:assert/strict";
import { ConfigError } from "../../src/config/problem.ts";
import { agent, logIn } from "../support/agent.ts";
import { type RawConfig, testConfig } from "../support/config.ts";
import {
  type Op,
  SUITE,
  suiteConfig,
  suiteKey,
  suiteServer,
  type Variant,
} from "../support/conformance.ts";
import { addressOf, refusedByPage, requestOf, succeed } from "../support/conformance_flow.ts";
import { type Module, MODULES } from "../support/conformance_modules.ts";
import { privateJwk, rsaJwk } from "../support/signing_keys.ts";

/** The plan's clients sign, and answers are codes. */
const VARIANT: Variant = { response_type: "code", key: await suiteKey("suite-1") };

/** A module, and what its clients are registered with besides. */
interface DynamicModule extends Module {
  readonly members?: RawConfig;
}

const REDIRECT_URI = `${SUITE}/callback`;

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
  "oidcc-registration-logo-uri": seen("logo_uri", `${SUITE}/logo.png`),
  "oidcc-registration-policy-uri": seen("policy_uri", `${SUITE}/policy`),
  "oidcc-registration-tos-uri": seen("tos_uri", `${SUITE}/terms`),
};

for (const [name, { rule, members, run }] of Object.entries(DYNAMIC)) {
  Deno.test(`${name} (code, private_key_jwt): ${rule}`, async () => {
    await using op = await suiteServer(VARIANT, members);
    await run(op);
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
