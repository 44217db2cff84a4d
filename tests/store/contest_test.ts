/** Whether what may be used once is used once, however many processes try, and whether a contest would tell. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { count, isClean, newScore } from "../../scripts/contest_score.ts";
import type { Attempt } from "../../scripts/contest_worker.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/contest.ts", import.meta.url));

Deno.test("contest: two processes that redeem the same codes, device codes and refresh tokens get each once, and its replay kills it, save that of a device code", async () => {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--quiet", SCRIPT, "400", "2"],
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert.equal(code, 0, text);
  const numbers = (name: string) =>
    [...text.matchAll(new RegExp(`^  ${name} +(.*)$`, "gm"))].map(([, value]) => value);
  assert.deepEqual(numbers("redemptions"), ["400", "400", "400", "400"]);
  assert.deepEqual(numbers("successes"), ["100", "100", "100", "400"]);
  assert.deepEqual(numbers("doubles"), ["0", "0", "0", "0"]);
  assert.deepEqual(numbers("failures"), ["0", "0", "0", "0"]);
  assert.deepEqual(numbers("winners looked at"), ["100", "100", "100", "100"]);
  assert.ok(text.endsWith("\nclean\n"));
});

/** What two processes made of one handle, each try by its status and the refresh token that it got. */
function scoreOf(grace: boolean, ...attempts: readonly (readonly [number, string?])[][]) {
  const score = newScore();
  const tries = attempts.map((own, process) =>
    own.map(([status, refresh_token], n): Attempt => ({
      status,
      error: status === 400 ? "invalid_grant" : undefined,
      access_token: undefined,
      refresh_token,
      began: process,
      ended: 10 + n,
    }))
  );
  count(score, tries, grace);
  return score;
}

Deno.test("contest: a handle that two get, nobody gets, or that fails is told", () => {
  const rightly = scoreOf(false, [[400], [200, "a"]], [[400], [400]]);
  assert.ok(isClean(rightly));
  assert.deepEqual([rightly.successes, rightly.refusals, rightly.contested], [1, 3, 1]);
  assert.deepEqual(rightly.won_by, [1, 0]);
  assert.equal(scoreOf(false, [[200, "a"]], [[200, "b"]]).doubles, 1);
  assert.equal(scoreOf(false, [[200, "a"]], [[200, "a"]]).doubles, 1);
  assert.equal(scoreOf(false, [[400]], [[400]]).unredeemed, 1);
  assert.equal(scoreOf(false, [[200, "a"]], [[503]]).failures, 1);
  assert.equal(scoreOf(false, [[200, "a"]], [[0]]).failures, 1);
  assert.equal(scoreOf(false, [[200, "a"]], [[401]]).others, 1);
});

Deno.test("contest: with grace everybody gets one and the same successor", () => {
  assert.ok(isClean(scoreOf(true, [[200, "a"]], [[200, "a"]])));
  assert.equal(scoreOf(true, [[200, "a"]], [[200, "b"]]).doubles, 1);
  assert.equal(scoreOf(true, [[200, "a"]], [[400]]).unredeemed, 1);
});
