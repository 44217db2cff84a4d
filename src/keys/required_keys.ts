/** Does a key sign with every algorithm that the configuration asks for? */

import { formatPath } from "../config/problem.ts";
import type { RequiredAlgorithm } from "../config/required_algorithms.ts";
import type { SigningAlgorithm } from "../oauth/client.ts";
import type { TimedKey } from "./timetable.ts";

/** The configuration names an algorithm that no key signs with. */
export class MissingKey extends Error {
  override readonly name = "MissingKey";
}

/** What is asked: which algorithms a key signs with, and which keys there are, at the same moment. */
export interface PresentKeys {
  readonly algorithms: readonly SigningAlgorithm[];
  readonly list: readonly Pick<TimedKey, "alg" | "signs_from" | "signs_until">[];
}

/** Throws a `MissingKey` for the first that no key signs with at `now`; it says when one will, or when one has done so last. */
export function requireKeys(
  required: readonly RequiredAlgorithm[],
  { algorithms, list }: PresentKeys,
  now: number,
): void {
  const missing = required.find(({ algorithm }) => !algorithms.includes(algorithm));
  if (missing === undefined) return;
  const { path, algorithm } = missing;
  const there = list.filter(({ alg }) => alg === algorithm);
  const begins = Math.min(...there.map(({ signs_from }) => signs_from).filter((at) => at > now));
  const ended = Math.max(...there.map(({ signs_until }) => signs_until).filter((at) => at <= now));
  const why = Number.isFinite(begins)
    ? `; the one that is there begins at ${dateTime(begins)}`
    : Number.isFinite(ended)
    ? `; the one that is there ended at ${dateTime(ended)}`
    : "";
  throw new MissingKey(`${formatPath(path)} is ${algorithm}, but no key signs with it${why}`);
}

/** A NumericDate as people read it. */
export function dateTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000", "");
}
