/** What logins reach on a ladder, and when that is enough. */

import assert from "node:assert/strict";
import {
  acrDemand,
  acrOf,
  type AcrVerdict,
  judgeAcr,
  type Ladder,
  type LoginMethod,
  satisfies,
} from "../../src/oauth/acr.ts";

const pwd: readonly LoginMethod[] = ["pwd"];
const LADDER: Ladder = [
  { acr: "bronze", methods: pwd },
  { acr: "silver", methods: pwd, max_age: 600 },
  { acr: "gold", methods: pwd, max_age: 60 },
];
const login = (age: number, amr: readonly string[] = pwd) => ({ amr, age });
const want = (values: string, essential = false) => ({ values: values.split(" "), essential });

Deno.test("OpenID Connect Core §2: a login reaches the highest rung for its method and age", () => {
  const reached = (age: number, amr?: readonly string[]) =>
    acrOf(LADDER, undefined, login(age, amr));
  assert.equal(reached(0), "gold");
  assert.equal(reached(60), "gold");
  assert.equal(reached(61), "silver");
  assert.equal(reached(600), "silver");
  assert.equal(reached(601), "bronze");
  assert.equal(reached(0, ["sms"]), undefined);
  assert.equal(reached(0, ["sms", "pwd"]), "gold");
  assert.equal(acrOf([], undefined, login(0)), undefined);
});

Deno.test("OpenID Connect Core §5.5.1.1: a rung is as good as those below it, and is called what was asked for", () => {
  const called = (values: string, age: number) => acrOf(LADDER, want(values), login(age));
  assert.equal(called("silver", 0), "silver");
  assert.equal(called("bronze silver", 0), "bronze");
  assert.equal(called("gold silver", 0), "gold");
  assert.equal(called("gold silver", 100), "silver");
  assert.equal(called("gold", 100), "silver");
  assert.equal(called("platinum", 0), "gold");
  assert.ok(satisfies(LADDER, want("bronze"), login(0)));
  assert.ok(satisfies(LADDER, want("platinum silver"), login(600)));
  assert.ok(!satisfies(LADDER, want("gold silver"), login(601)));
  assert.ok(!satisfies(LADDER, want("platinum"), login(0)));
});

Deno.test("OpenID Connect Core §5.5.1.1: enough, another login, or none that can", () => {
  const table: readonly [string, boolean, number | undefined, AcrVerdict][] = [
    ["silver", false, 0, "enough"],
    ["silver", true, 0, "enough"],
    ["silver", false, 601, "another"],
    ["silver", true, 601, "another"],
    ["silver", true, undefined, "another"],
    ["platinum", false, 0, "enough"],
    ["platinum", false, undefined, "enough"],
    ["platinum", true, 0, "unmet"],
    ["platinum", true, undefined, "unmet"],
    ["platinum silver", true, 601, "another"],
  ];
  for (const [values, essential, age, expected] of table) {
    const made = age === undefined ? undefined : login(age);
    const verdict = judgeAcr(LADDER, want(values, essential), { login: made, instead: login(0) });
    assert.equal(verdict, expected, JSON.stringify([values, essential, age]));
  }
  const nothing = { login: undefined, instead: login(0) };
  assert.equal(judgeAcr(LADDER, undefined, nothing), "enough");
  assert.equal(judgeAcr([], want("gold"), nothing), "enough");
  assert.equal(judgeAcr([], want("gold", true), nothing), "unmet");
  // Whoever can only do what does not reach it is not asked to.
  const weak = { login: login(0, ["sms"]), instead: login(0, ["sms"]) };
  assert.equal(judgeAcr(LADDER, want("gold"), weak), "enough");
  assert.equal(judgeAcr(LADDER, want("gold", true), weak), "unmet");
});

Deno.test("OpenID Connect Core §3.1.2.1, §5.5.1.1: acr_values is voluntary, the claim acr is what it says", () => {
  const demand = (acr: object | undefined, ...acr_values: string[]) =>
    acrDemand({
      claims: acr && { userinfo: {}, id_token: { acr } },
      acr_values,
    });
  assert.equal(demand(undefined), undefined);
  assert.deepEqual(demand(undefined, "a", "b"), want("a b"));
  assert.deepEqual(demand({ value: "c" }, "a"), want("c"));
  assert.deepEqual(demand({ values: ["c", "d"], essential: true }), want("c d", true));
  assert.deepEqual(demand({ essential: true }, "a"), want("a"));
  assert.equal(demand({ essential: true }), undefined);
  assert.equal(demand({ values: [1, null], essential: true }), undefined);
});
