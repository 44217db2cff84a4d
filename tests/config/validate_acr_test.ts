/** Which ladders of what logins reach are refused or doubted. */

import assert from "node:assert/strict";
import { load } from "../support/config_files.ts";

async function findings(ladder: string, more = "") {
  const text =
    `issuer: http://127.0.0.1:9000\nsecurity: {login: {acr_ladder: ${ladder}}}\n${more}\n`;
  const { problems, warnings } = await load({ "c.yaml": text });
  return { problems, warnings: warnings.map((text) => text.replace(/^\S+ /, "")) };
}

Deno.test("acr_ladder: a good one has nothing wrong with it", async () => {
  const good = "[{acr: a, methods: [pwd]}, {acr: b, methods: [pwd], max_age: 10m}]";
  assert.deepEqual(await findings(good), { problems: [], warnings: [] });
});

Deno.test("acr_ladder: an empty one, names given twice, and methods that don't exist are refused", async () => {
  const problems = async (ladder: string) => (await findings(ladder)).problems;
  assert.deepEqual(await problems("[]"), [
    "c.yaml:2:32: security.login.acr_ladder: expected at least one rung",
  ]);
  assert.deepEqual(
    await problems("[{acr: a, methods: [pwd]}, {acr: a, methods: [pwd], max_age: 1m}]"),
    ["c.yaml:2:65: security.login.acr_ladder[1].acr: given twice; c.yaml:2:39 has it already"],
  );
  for (
    const rung of [
      "{acr: a, methods: []}",
      "{acr: a, methods: [sms]}",
      "{acr: a b, methods: [pwd]}",
    ]
  ) {
    assert.equal((await problems(`[${rung}]`)).length, 1, rung);
  }
});

Deno.test("acr_ladder: a rung that nobody hears of is a warning", async () => {
  const ladder = "[{acr: b, methods: [pwd], max_age: 10m}, {acr: a, methods: [pwd]}]";
  assert.deepEqual((await findings(ladder)).warnings, [
    "security.login.acr_ladder[0]: whatever reaches it reaches a higher one; is the ladder upside down?",
  ]);
});

Deno.test("default_acr_values: what is no rung is a warning", async () => {
  const clients =
    `clients: [{client_id: a, token_endpoint_auth_method: none, redirect_uris: ["https://a.example/"], default_acr_values: [gold, glod]}]`;
  assert.deepEqual((await findings("[{acr: gold, methods: [pwd]}]", clients)).warnings, [
    "clients[0].default_acr_values[1]: no rung of security.login.acr_ladder is called so; did you mean gold?",
  ]);
});
