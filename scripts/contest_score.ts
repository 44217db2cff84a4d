/** What came of a contest: how many won, lost and failed, and whether anything was won twice. */

import type { Attempt } from "./contest_worker.ts";

/** What came of a contest. */
export interface Score {
  handles: number;
  redemptions: number;
  /** 200, and `invalid_grant`. */
  successes: number;
  refusals: number;
  /** 5xx, no response, and errors that nobody should see here. */
  failures: number;
  others: number;
  /** Handles that gave different tokens to different callers; with grace: different refresh tokens. */
  doubles: number;
  /** Handles that nobody got; with grace: that somebody was refused. */
  unredeemed: number;
  /** Handles for which all processes were under way at the same moment. */
  contested: number;
  /** How many handles each process was the first to get. */
  won_by: number[];
}

/** No contest yet. */
export function newScore(): Score {
  return {
    handles: 0,
    redemptions: 0,
    successes: 0,
    refusals: 0,
    failures: 0,
    others: 0,
    doubles: 0,
    unredeemed: 0,
    contested: 0,
    won_by: [],
  };
}

/** Counts what all processes made of one handle: the tries of each. With grace every success must carry one and the same successor. */
export function count(
  score: Score,
  attempts: readonly (readonly Attempt[])[],
  grace: boolean,
): void {
  const all = attempts.flat();
  const won = all.filter(({ status }) => status === 200);
  const refused = all.filter(({ status, error }) => status === 400 && error === "invalid_grant");
  const failed = all.filter(({ status }) => status === 0 || status >= 500);
  score.handles++;
  score.redemptions += all.length;
  score.successes += won.length;
  score.refusals += refused.length;
  score.failures += failed.length;
  score.others += all.length - won.length - refused.length - failed.length;
  const different = grace
    ? new Set(won.map(({ refresh_token }) => refresh_token)).size
    : won.length;
  if (different > 1) score.doubles++;
  if (won.length === 0 || (grace && won.length < all.length)) score.unredeemed++;
  const [first] = won.toSorted((left, right) => left.ended - right.ended);
  for (const [n, tries] of attempts.entries()) {
    score.won_by[n] = (score.won_by[n] ?? 0) + (first && tries.includes(first) ? 1 : 0);
  }
  const spans = attempts.map((tries) => ({
    began: Math.min(...tries.map(({ began }) => began)),
    ended: Math.max(...tries.map(({ ended }) => ended)),
  }));
  const together = spans.every(({ began }) => spans.every(({ ended }) => began < ended));
  if (together) score.contested++;
}

/** Whether everything was as it must be. */
export function isClean({ failures, others, doubles, unredeemed }: Score): boolean {
  return failures + others + doubles + unredeemed === 0;
}
