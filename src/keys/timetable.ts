/** Which key signs with an algorithm, and in which phase is every other? */

import type { SigningAlgorithm } from "../oauth/client.ts";

/** Published and not signing yet; signing; published for what it has signed; gone. */
export type Phase = "announced" | "signing" | "retained" | "retired";

/** Where a key comes from. Those of the server's own follow one another; the others do as they are told. */
export type KeySource = "directory" | "jwks" | "managed";

/** A key and its times, NumericDates. */
export interface TimedKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly source: KeySource;
  /** From then on it may sign; `-Infinity` since ever. */
  readonly signs_from: number;
  /** From then on it may not; `Infinity` as long as no other follows. */
  readonly signs_until: number;
  /** From then on it is gone; `Infinity` as long as nobody has said when. */
  readonly retires_at: number;
}

/** What holds at a moment. */
export interface Timetable<K extends TimedKey> {
  /** The key that signs with each algorithm. */
  readonly signing: ReadonlyMap<SigningAlgorithm, K>;
  /** The phase of every key, by `kid`. */
  readonly phases: ReadonlyMap<string, Phase>;
  /** It holds from this second on … */
  readonly from: number;
  /** … and until this one, at which something changes; `Infinity`: for ever. */
  readonly until: number;
}

/**
 * What holds at `now`, the same on every instance that knows the same keys in the same order. Of an algorithm's keys
 * the configured ones come before the server's own; among each, the one that has begun last signs, then the first
 * of the list.
 */
export function timetable<K extends TimedKey>(keys: readonly K[], now: number): Timetable<K> {
  const there = keys.filter(({ retires_at }) => now < retires_at);
  const signing = new Map<SigningAlgorithm, K>();
  for (const { alg } of there) {
    if (signing.has(alg)) continue;
    const chosen = chosenOf(there.filter((key) => key.alg === alg), now);
    if (chosen !== undefined) signing.set(alg, chosen);
  }
  const phases = new Map(
    keys.map((key): [string, Phase] => [key.kid, phaseOf(key, there, signing.get(key.alg), now)]),
  );
  const times = keys.flatMap(({ signs_from, signs_until, retires_at }) => [
    signs_from,
    signs_until,
    retires_at,
  ]).filter((time) => time > now);
  return { signing, phases, from: now, until: Math.min(...times) };
}

/** Of one algorithm's keys the one that signs. */
function chosenOf<K extends TimedKey>(keys: readonly K[], now: number): K | undefined {
  const open = keys.filter(({ signs_from, signs_until }) => signs_from <= now && now < signs_until);
  const own = keys.filter(({ source, signs_until }) => source === "managed" && now < signs_until);
  return latest(open.filter(({ source }) => source !== "managed")) ??
    latest(open.filter(({ source }) => source === "managed")) ??
    // A clock that is far behind: the first of those to come signs rather than none.
    earliest(own);
}

function phaseOf(
  key: TimedKey,
  there: readonly TimedKey[],
  signing: TimedKey | undefined,
  now: number,
): Phase {
  if (now >= key.retires_at) return "retired";
  if (key === signing) return "signing";
  if (now < key.signs_from) return "announced";
  if (signing === undefined || signing.source === "managed") return "retained";
  // The server's own next key stands behind a configured one, and takes over from it.
  const next = latest(
    there.filter(({ alg, source, signs_from, signs_until }) =>
      alg === key.alg && source === "managed" && signs_from <= now && now < signs_until
    ),
  );
  return key === next ? "announced" : "retained";
}

function latest<K extends TimedKey>(keys: readonly K[]): K | undefined {
  return keys.toSorted((a, b) => compare(b.signs_from, a.signs_from))[0];
}

function earliest<K extends TimedKey>(keys: readonly K[]): K | undefined {
  return keys.toSorted((a, b) => compare(a.signs_from, b.signs_from))[0];
}

/** Infinities are equal to themselves, which subtracting them does not say. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
