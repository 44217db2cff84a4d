/** Does a key sign with every algorithm that the configuration asks for? */

import { formatPath } from "../config/problem.ts";
import type { RequiredAlgorithm } from "../config/required_algorithms.ts";
import { dateTime } from "../lib/date_time.ts";
import type { SigningAlgorithm } from "../oauth/client.ts";
import type { TimedKey } from "./timetable.ts";

/** A member of the configuration that names an algorithm that no key signs with. */
export interface MissingAlgorithm extends Pick<RequiredAlgorithm, "path"> {
  readonly message: string;
}

/** The configuration names algorithms that no key signs with. */
export class MissingKey extends Error {
  override readonly name = "MissingKey";
  /** Each that is missing, as a line for people. */
  readonly problems: readonly string[];

  /** `missing` are at least one. */
  constructor(readonly missing: readonly MissingAlgorithm[]) {
    const problems = missing.map(({ path, message }) => `${formatPath(path)}: ${message}`);
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/** What is asked: which algorithms a key signs with, and which keys there are, at the same moment. */
export interface PresentKeys {
  readonly algorithms: readonly SigningAlgorithm[];
  readonly list: readonly Pick<TimedKey, "alg" | "signs_from" | "signs_until">[];
}

/** Throws a `MissingKey` for all that no key signs with at `now`. */
export function requireKeys(
  required: readonly RequiredAlgorithm[],
  present: PresentKeys,
  now: number,
): void {
  const missing = missingAlgorithms(required, present, now);
  if (missing.length > 0) throw new MissingKey(missing);
}

/** What no key signs with at `now`; it says when one will, or when one has done so last. */
export function missingAlgorithms(
  required: readonly RequiredAlgorithm[],
  { algorithms, list }: PresentKeys,
  now: number,
): readonly MissingAlgorithm[] {
  return required.filter(({ algorithm }) => !algorithms.includes(algorithm))
    .map(({ path, algorithm }) => {
      const there = list.filter(({ alg }) => alg === algorithm);
      const begins = Math.min(
        ...there.map(({ signs_from }) => signs_from).filter((at) => at > now),
      );
      const ended = Math.max(
        ...there.map(({ signs_until }) => signs_until).filter((at) => at <= now),
      );
      const why = Number.isFinite(begins)
        ? `; the one that is there begins at ${dateTime(begins)}`
        : Number.isFinite(ended)
        ? `; the one that is there ended at ${dateTime(ended)}`
        : "";
      return { path, message: `no key signs with ${algorithm}${why}` };
    });
}
