/** Whether a person does all that a request demands, and nothing old or foreign counts for it. */

import assert from "node:assert/strict";
import {
  type Demands,
  isTooOld,
  nextStep,
  parsePrompt,
  type Progress,
  type Prompt,
  PROMPTS,
  type Step,
  STEP_ERROR,
} from "../../src/oauth/prompt.ts";
import { refused } from "../support/refusal.ts";

const NOW = 1_000_000;

Deno.test("OpenID Connect Core §3.1.2.1: prompt is a list of known values", () => {
  assert.deepEqual(parsePrompt(undefined), []);
  for (const prompt of PROMPTS) assert.deepEqual(parsePrompt(prompt), [prompt]);
  assert.deepEqual(parsePrompt("consent login"), ["consent", "login"]);
  assert.deepEqual(parsePrompt("login login"), ["login"]);
  assert.deepEqual(parsePrompt("login consent select_account"), [
    "login",
    "consent",
    "select_account",
  ]);
});

Deno.test("OpenID Connect Core §3.1.2.1: none with any other value is invalid_request", () => {
  for (const other of PROMPTS) {
    if (other === "none") continue;
    refused("invalid_request", () => parsePrompt(`none ${other}`));
    refused("invalid_request", () => parsePrompt(`${other} none`));
  }
  assert.deepEqual(parsePrompt("none none"), ["none"]);
});

Deno.test("OpenID Connect Prompt Create §4.1.1: unknown values are invalid_request", () => {
  for (
    const text of [
      "create",
      "LOGIN",
      "login,consent",
      "login  consent",
      " login",
      "login ",
      "__proto__",
      "\0",
    ]
  ) {
    refused("invalid_request", () => parsePrompt(text));
  }
});

/** Somebody who logged in a minute ago and has done for the request what is named. */
function progress(
  done: Partial<NonNullable<Progress["interaction"]>> | undefined,
  { allowed = true, age = 60, sid = "S1", sub = "alice" } = {},
): Progress {
  return {
    session: { sid, sub, auth_time: NOW - age, amr: ["pwd"] },
    subject: sub,
    interaction: done &&
      { authenticated: undefined, selected: undefined, consented: undefined, ...done },
    allowed,
  };
}

const demands = (prompt: readonly Prompt[], max_age?: number, hinted_sub?: string): Demands => ({
  prompt,
  max_age,
  hinted_sub,
  claims: undefined,
  acr_values: [],
});

Deno.test("nextStep: the truth table of demands and what has been done for this request", () => {
  const none = undefined;
  const table: readonly [Demands, Progress, Step | undefined][] = [
    // Nothing is demanded.
    [demands([]), progress(none), undefined],
    [demands([]), progress(none, { allowed: false }), "consent"],
    [demands(["none"]), progress(none), undefined],
    [demands(["none"]), progress(none, { allowed: false }), "consent"],
    // prompt=login
    [demands(["login"]), progress(none), "login"],
    [demands(["login"]), progress(none, { age: 0 }), "login"],
    [demands(["login"]), progress({}), "login"],
    [demands(["login"]), progress({ selected: "S1", consented: "alice" }), "login"],
    [demands(["login"]), progress({ authenticated: "S1" }), undefined],
    [demands(["login"]), progress({ authenticated: "S1" }, { allowed: false }), "consent"],
    [demands(["login"]), progress({ authenticated: "S0" }), "login"],
    // prompt=select_account
    [demands(["select_account"]), progress(none), "select_account"],
    [demands(["select_account"]), progress({}), "select_account"],
    [demands(["select_account"]), progress({ selected: "S0" }), "select_account"],
    [demands(["select_account"]), progress({ authenticated: "S0" }), "select_account"],
    [demands(["select_account"]), progress({ selected: "S1" }), undefined],
    [demands(["select_account"]), progress({ authenticated: "S1" }), undefined],
    [demands(["select_account"]), progress({ selected: "S1" }, { allowed: false }), "consent"],
    // prompt=consent asks even where consent is remembered or not required
    [demands(["consent"]), progress(none), "consent"],
    [demands(["consent"]), progress({}), "consent"],
    [demands(["consent"]), progress({ consented: "bob" }), "consent"],
    [demands(["consent"]), progress({ consented: "alice" }), undefined],
    [demands([]), progress({ consented: "alice" }, { allowed: false }), undefined],
    [demands([]), progress({ consented: "bob" }, { allowed: false }), "consent"],
    // All of them, in order.
    [demands(["login", "consent", "select_account"]), progress({}), "login"],
    [demands(["login", "consent", "select_account"]), progress({ authenticated: "S1" }), "consent"],
    [
      demands(["login", "consent", "select_account"]),
      progress({ authenticated: "S1", consented: "alice" }),
      undefined,
    ],
    [demands(["consent", "select_account"]), progress({ consented: "alice" }), "select_account"],
    // max_age
    [demands([], 60), progress(none, { age: 60 }), undefined],
    [demands([], 60), progress(none, { age: 61 }), "login"],
    [demands([], 60), progress({ authenticated: "S1" }, { age: 60 }), undefined],
    [demands([], 60), progress({ authenticated: "S1" }, { age: 61 }), "login"],
    // A page takes a minute, however short max_age is; prompt=login names no age.
    [demands([], 5), progress({ authenticated: "S1" }, { age: 60 }), undefined],
    [demands([], 5), progress({ authenticated: "S1" }, { age: 61 }), "login"],
    [demands([], 0), progress({ authenticated: "S1" }, { age: 61 }), "login"],
    [demands(["login"]), progress({ authenticated: "S1" }, { age: 900 }), undefined],
    [demands([], 60), progress({ authenticated: "S0" }, { age: 61 }), "login"],
    [demands([], 60), progress({ selected: "S1" }, { age: 61 }), "login"],
    [demands(["none"], 60), progress(none, { age: 61 }), "login"],
    [demands([], 0), progress(none, { age: 0 }), "login"],
    // id_token_hint
    [demands([], undefined, "alice"), progress(none), undefined],
    [demands([], undefined, "bob"), progress(none), "login"],
    [demands(["none"], undefined, "bob"), progress(none), "login"],
    [demands([], undefined, "bob"), progress({ authenticated: "S1" }), "login"],
    [demands([], 0), progress({ authenticated: "S1" }, { age: 0 }), undefined],
  ];
  for (const [what, done, expected] of table) {
    assert.equal(nextStep([], what, done, NOW), expected, JSON.stringify([what, done]));
  }
});

Deno.test("OpenID Connect Core §3.1.2.1: max_age=0 is prompt=login, and prompt=login finds every login too old", () => {
  assert.ok(isTooOld(demands([], 0), NOW, NOW));
  assert.ok(isTooOld(demands(["login"]), NOW, NOW));
  assert.ok(isTooOld(demands(["login"], 3600), NOW, NOW));
  assert.ok(!isTooOld(demands([], 1), NOW, NOW));
  assert.ok(!isTooOld(demands([]), 0, NOW));
});

Deno.test("nextStep: a login for this request by somebody else whose session is not this browser's does not count", () => {
  const elsewhere = progress({ authenticated: "S1" }, { sid: "S2", sub: "bob" });
  assert.equal(nextStep([], demands(["login"]), elsewhere, NOW), "login");
});

Deno.test("nextStep: who comes after the person who consented is asked", () => {
  const bob = progress({ authenticated: "S2", consented: "alice" }, {
    sid: "S2",
    sub: "bob",
    allowed: false,
  });
  assert.equal(nextStep([], demands([]), bob, NOW), "consent");
});

Deno.test("OpenID Connect Core §3.1.2.6: each step has the error that prompt=none answers", () => {
  assert.deepEqual(STEP_ERROR, {
    login: "login_required",
    select_account: "account_selection_required",
    consent: "consent_required",
  });
});
