/** How a plan of the OpenID Foundation's conformance suite is run: its modules one by one. */

import type { ResponseType } from "../../src/oauth/client.ts";
import { suiteServer, type Variant } from "./conformance.ts";
import { LOGIN_MODULES } from "./conformance_login_modules.ts";
import { type Module, MODULES } from "./conformance_modules.ts";
import { REQUEST_MODULES } from "./conformance_request_modules.ts";

const ALL = { ...MODULES, ...LOGIN_MODULES, ...REQUEST_MODULES };

type ModuleName = keyof typeof ALL;

/** The modules that every plan has, whatever its response type. */
const EVERY: readonly ModuleName[] = [
  "oidcc-server",
  "oidcc-idtoken-signature",
  "oidcc-scope-profile",
  "oidcc-scope-email",
  "oidcc-scope-address",
  "oidcc-scope-phone",
  "oidcc-scope-all",
  "oidcc-ensure-other-scope-order-succeeds",
  "oidcc-display-page",
  "oidcc-display-popup",
  "oidcc-prompt-login",
  "oidcc-prompt-none-not-logged-in",
  "oidcc-prompt-none-logged-in",
  "oidcc-max-age-1",
  "oidcc-max-age-10000",
  "oidcc-ensure-request-with-unknown-parameter-succeeds",
  "oidcc-id-token-hint",
  "oidcc-login-hint",
  "oidcc-ui-locales",
  "oidcc-claims-locales",
  "oidcc-ensure-request-with-acr-values-succeeds",
  "oidcc-ensure-registered-redirect-uri",
  "oidcc-claims-essential",
  "oidcc-ensure-request-object-with-redirect-uri",
  "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported",
  "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported",
];

/** Those where a code comes. */
const WITH_CODE: readonly ModuleName[] = [
  "oidcc-server-client-secret-post",
  "oidcc-codereuse",
  "oidcc-codereuse-30seconds",
  "oidcc-refresh-token",
];

/** Those where an access token comes. */
const WITH_USERINFO: readonly ModuleName[] = [
  "oidcc-userinfo-get",
  "oidcc-userinfo-post-header",
  "oidcc-userinfo-post-body",
];

/** Those that say the same for every response type, so that the suite runs them once a plan. */
const ONCE: readonly ModuleName[] = ["oidcc-response-type-missing"];

const NONCE: readonly ModuleName[] = ["oidcc-ensure-request-without-nonce-fails"];
const NO_NONCE: readonly ModuleName[] = [
  "oidcc-ensure-request-without-nonce-succeeds-for-code-flow",
];
const PKCE: readonly ModuleName[] = ["oidcc-ensure-request-with-valid-pkce-succeeds"];

/** The certification plans of OpenID Connect Core: the response types of each, and their modules. */
const PLANS = {
  "oidcc-basic": {
    "code": [
      ...EVERY,
      ...WITH_CODE,
      ...WITH_USERINFO,
      ...ONCE,
      ...NO_NONCE,
      ...PKCE,
      "oidcc-idtoken-unsigned",
      "oidcc-ensure-post-request-succeeds",
    ],
  },
  "oidcc-implicit": {
    "id_token": [...EVERY, ...NONCE],
    "id_token token": [...EVERY, ...NONCE, ...WITH_USERINFO, ...ONCE],
  },
  "oidcc-hybrid": {
    "code id_token": [...EVERY, ...NONCE, ...WITH_CODE, ...WITH_USERINFO, ...ONCE, ...PKCE],
    "code token": [...EVERY, ...NO_NONCE, ...WITH_CODE, ...WITH_USERINFO],
    "code id_token token": [...EVERY, ...NONCE, ...WITH_CODE, ...WITH_USERINFO],
  },
} satisfies Record<string, Partial<Record<ResponseType, readonly ModuleName[]>>>;

/** Runs the modules of a plan for each of its response types, each at a server of its own. */
export function runPlan(plan: keyof typeof PLANS, more: Omit<Variant, "response_type"> = {}): void {
  for (
    const [response_type, names] of Object.entries(PLANS[plan]) as [ResponseType, ModuleName[]][]
  ) {
    const variant: Variant = { response_type, ...more };
    const how = [
      response_type,
      ...variant.form_post ? ["form_post"] : [],
      ...variant.require_consent ? ["asked"] : [],
    ].join(", ");
    for (const name of names) {
      const { rule, run }: Module = ALL[name];
      Deno.test(`${name} (${how}): ${rule}`, async () => {
        await using op = await suiteServer(variant);
        await run(op);
      });
    }
  }
}
