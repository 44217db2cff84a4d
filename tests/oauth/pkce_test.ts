/** Whether only who began a flow can end it (RFC 7636). */

import assert from "node:assert/strict";
import { readParameters } from "../../src/oauth/parameters.ts";
import { parseCodeChallenge, validateCodeVerifier } from "../../src/oauth/pkce.ts";
import { refused } from "../support/refusal.ts";

// RFC 7636 appendix B
const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

const challenge = (encoded: string, require_pkce = true) =>
  parseCodeChallenge({ require_pkce }, readParameters(encoded));

Deno.test("RFC 7636 appendix B: its verifier belongs to its challenge", () => {
  validateCodeVerifier(CHALLENGE, VERIFIER);
  assert.equal(challenge(`code_challenge=${CHALLENGE}&code_challenge_method=S256`), CHALLENGE);
});

Deno.test("RFC 7636 §4.4.1: a required challenge that is missing is invalid_request", () => {
  refused("invalid_request", () => challenge(""));
  refused("invalid_request", () => challenge("code_challenge="));
  assert.equal(challenge("", false), undefined);
});

Deno.test("RFC 9700 §2.1.1: plain is refused, said or unsaid, even where no challenge is required", () => {
  for (const require_pkce of [true, false]) {
    for (
      const method of [
        "",
        "&code_challenge_method=plain",
        "&code_challenge_method=s256",
        "&code_challenge_method=S512",
      ]
    ) {
      refused(
        "invalid_request",
        () => challenge(`code_challenge=${CHALLENGE}${method}`, require_pkce),
      );
    }
  }
});

Deno.test("RFC 7636 §4.3: a method without a challenge is refused", () => {
  for (const require_pkce of [true, false]) {
    refused("invalid_request", () => challenge("code_challenge_method=S256", require_pkce));
  }
});

Deno.test("RFC 7636 §4.2: a challenge is the BASE64URL of 32 bytes", () => {
  for (
    const text of [
      CHALLENGE.slice(1),
      `${CHALLENGE}A`,
      `${CHALLENGE}%3D`,
      CHALLENGE.replace("-", "%2B"),
      "x",
    ]
  ) {
    refused(
      "invalid_request",
      () => challenge(`code_challenge=${text}&code_challenge_method=S256`),
    );
  }
  refused(
    "invalid_request",
    () =>
      challenge(
        `code_challenge=${CHALLENGE}&code_challenge=${CHALLENGE}&code_challenge_method=S256`,
      ),
  );
});

Deno.test("RFC 7636 §4.6: a missing, malformed or wrong verifier is invalid_grant", () => {
  for (
    const verifier of [
      undefined,
      "",
      VERIFIER.slice(1),
      `${VERIFIER}A`,
      VERIFIER.toLowerCase(),
      CHALLENGE,
      "a".repeat(42),
      "a".repeat(43),
      "a".repeat(128),
      "a".repeat(129),
      `${VERIFIER.slice(1)} `,
      `${VERIFIER}\n`,
      "ä".repeat(43),
    ]
  ) refused("invalid_grant", () => validateCodeVerifier(CHALLENGE, verifier));
});

Deno.test("RFC 9700 §4.8.2: a verifier without a challenge is a downgrade and refused", () => {
  refused("invalid_grant", () => validateCodeVerifier(undefined, VERIFIER));
  refused("invalid_grant", () => validateCodeVerifier(undefined, "x"));
  validateCodeVerifier(undefined, undefined);
});
