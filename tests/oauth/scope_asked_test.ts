/** Which scopes people are asked about where claims are asked for one by one. */

import assert from "node:assert/strict";
import { STANDARD_CLAIMS } from "../../src/oauth/claims.ts";
import { scopeAsked } from "../../src/oauth/scope_asked.ts";

const CATALOG = new Map([
  ...Object.entries(STANDARD_CLAIMS),
  ["contact", ["email", "phone_number", "address"]] as const,
  ["mail", ["email"]] as const,
]);
const asked = (allowed: string, scope: string, userinfo: object, id_token: object = {}) =>
  scopeAsked(CATALOG, { scope: allowed.split(" ") }, {
    scope: scope.split(" "),
    claims: { userinfo: { ...userinfo }, id_token: { ...id_token } },
  }).join(" ");

Deno.test("OpenID Connect Core §5.5: a claim is asked about by the narrowest scope that the client may have", () => {
  const all = "openid profile email contact mail";
  assert.equal(asked(all, "openid", { email: {} }), "openid mail");
  assert.equal(asked("openid contact email", "openid", { email: {} }), "openid email");
  assert.equal(asked("openid contact", "openid", {}, { "email#de": {} }), "openid contact");
  assert.equal(asked(all, "openid contact", { email: {} }), "openid contact");
  assert.equal(asked(all, "openid", { name: {}, nickname: {} }), "openid profile");
  assert.equal(asked("openid", "openid", { email: {}, sub: {} }, { acr: {} }), "openid");
  const client = { scope: ["openid", "email"] };
  assert.deepEqual(scopeAsked(CATALOG, client, { scope: ["openid"], claims: undefined }), [
    "openid",
  ]);
});
