/** Whether the claims of a client assertion are checked, each of them. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { CLOCK_SKEW, validateAssertionClaims } from "../../src/oauth/assertion.ts";
import { OAuthError } from "../../src/oauth/error.ts";
import { refused } from "../support/refusal.ts";

const NOW = 1_767_225_600;
const ISSUER = "https://id.example.com";
const EXPECTED = { client_id: "web", audiences: [ISSUER, `${ISSUER}/connect/token`], now: NOW };
const GOOD = { iss: "web", sub: "web", aud: ISSUER, exp: NOW + 60, iat: NOW, nbf: NOW, jti: "j1" };

const validate = (claims: Record<string, unknown>) => validateAssertionClaims(claims, EXPECTED);

Deno.test("RFC 7523 §3: a good assertion gives the jti that it uses up, and until when", () => {
  assert.deepEqual(validate(GOOD), { jti: "j1", exp: NOW + 60 });
  const { iat: _iat, nbf: _nbf, ...least } = GOOD;
  assert.deepEqual(validate(least), { jti: "j1", exp: NOW + 60 });
  assert.equal(validate({ ...GOOD, exp: NOW + 60.2 }).exp, NOW + 61);
});

Deno.test("RFC 7523 §3: aud is the issuer or the token endpoint, alone or among others", () => {
  for (
    const aud of [ISSUER, `${ISSUER}/connect/token`, [ISSUER], ["https://other.example", ISSUER]]
  ) validate({ ...GOOD, aud });
  for (
    const aud of [
      undefined,
      null,
      "",
      "https://other.example",
      `${ISSUER}/`,
      ISSUER.toUpperCase(),
      `${ISSUER}/connect/revocation`,
      [],
      [[ISSUER]],
      { 0: ISSUER },
      ["https://other.example"],
      1,
    ]
  ) refused("invalid_client", () => validate({ ...GOOD, aud }));
});

Deno.test("RFC 7523 §3: iss and sub are both the client", () => {
  for (const name of ["iss", "sub"]) {
    for (const value of [undefined, null, "", "other", "WEB", ["web"], { toString: "web" }, 0]) {
      refused("invalid_client", () => validate({ ...GOOD, [name]: value }));
    }
  }
});

Deno.test("RFC 7519 §4.1.4: exp is required, ahead but not far, with a minute for clocks that are off", () => {
  for (const exp of [NOW + 1, NOW, NOW - CLOCK_SKEW + 1, NOW + 3600, NOW + 3600 + CLOCK_SKEW]) {
    validate({ ...GOOD, exp });
  }
  for (
    const exp of [
      undefined,
      null,
      String(NOW + 60),
      NaN,
      Infinity,
      -Infinity,
      0,
      -1,
      NOW - CLOCK_SKEW,
      NOW + 3600 + CLOCK_SKEW + 1,
      1e300,
      [NOW + 60],
    ]
  ) refused("invalid_client", () => validate({ ...GOOD, exp }));
});

Deno.test("RFC 7519 §4.1.5, §4.1.6: iat and nbf are numbers that are not ahead", () => {
  for (const name of ["iat", "nbf"]) {
    for (const time of [NOW + CLOCK_SKEW, NOW - 86_400, 0]) validate({ ...GOOD, [name]: time });
    for (const time of [NOW + CLOCK_SKEW + 1, null, String(NOW), Infinity, {}]) {
      refused("invalid_client", () => validate({ ...GOOD, [name]: time }));
    }
  }
});

Deno.test("OpenID Connect Core §9: jti is required, a text of bounded length", () => {
  validate({ ...GOOD, jti: "x".repeat(512) });
  for (const jti of [undefined, null, "", 1, ["j"], "x".repeat(513)]) {
    refused("invalid_client", () => validate({ ...GOOD, jti }));
  }
});

Deno.test("validateAssertionClaims: every refusal says the same to the client and its reason to the log", () => {
  const refusals = [
    { ...GOOD, iss: "x" },
    { ...GOOD, aud: "x" },
    { ...GOOD, exp: 1 },
    { ...GOOD, iat: NOW + 999 },
    { ...GOOD, jti: "" },
    {},
  ].map((claims) => refused("invalid_client", () => validate(claims)));
  assert.deepEqual([...new Set(refusals.map((error) => error.message))], [
    "client authentication failed",
  ]);
  assert.ok(refusals.every((error) => typeof error.detail["reason"] === "string"));
});

Deno.test("validateAssertionClaims: no claims throw anything but an OAuthError", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...Object.keys(GOOD)), fc.jsonValue()), (claims) => {
      try {
        validate({ ...GOOD, ...claims });
      } catch (error) {
        if (!(error instanceof OAuthError)) throw error;
      }
    }),
  );
});
