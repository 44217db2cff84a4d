/** Which configured keys will soon sign no more, and what becomes of their algorithm then? */

import { dateTime } from "../lib/date_time.ts";
import type { SigningAlgorithm } from "../oauth/client.ts";
import { timetable } from "./timetable.ts";
import type { PhasedKey } from "./view.ts";

const DAY = 86_400;
/** From so many seconds before the end on it is said … */
const WARNED = 30 * DAY;
/** … and from then on as an error, where no other key takes over. */
const URGENT = 7 * DAY;

/** What comes to an end, or has. */
export interface Expiring {
  readonly key: Pick<PhasedKey, "kid" | "alg" | "place">;
  /** What ends: the key's own time, or that of its certificates; or these haven't begun. */
  readonly reason: "not_after" | "certificate" | "certificate_not_before";
  /** When: a NumericDate. */
  readonly at: number;
  /** Whole days until then; 0 where it is past. */
  readonly days_left: number;
  /** Whether another key signs with the algorithm then. */
  readonly followed: boolean;
  readonly urgent: boolean;
}

/** What is to be said of configured keys at `now`. The server's own keys of the algorithms in `managed` will be there even where `list` has none. */
export function expiringKeys(
  list: readonly PhasedKey[],
  managed: readonly SigningAlgorithm[],
  now: number,
): readonly Expiring[] {
  const signsAt = (alg: SigningAlgorithm, at: number) =>
    managed.includes(alg) || timetable(list, at).signing.has(alg);
  return list.filter(({ source }) => source !== "managed").flatMap((key): Expiring[] => {
    const { kid, alg, place, phase, signs_until, certificate } = key;
    const found = (
      reason: Expiring["reason"],
      at: number,
      followed = true,
    ): Expiring => ({
      key: { kid, alg, place },
      reason,
      at,
      days_left: Math.max(0, Math.floor((at - now) / DAY)),
      followed,
      urgent: !followed && at - now <= URGENT,
    });
    // What signs no more is of interest only as long as nothing else signs in its place.
    if (phase === "retained" && (signs_until > now || signsAt(alg, now))) return [];
    const all: Expiring[] = [];
    if (signs_until - now <= WARNED) {
      const followed = signsAt(alg, Math.max(signs_until, now));
      all.push(found("not_after", signs_until, followed));
    }
    if (certificate !== undefined && phase !== "retained") {
      const { not_before, not_after } = certificate;
      if (not_after - now <= WARNED) all.push(found("certificate", not_after));
      if (not_before > now && phase === "signing") {
        all.push(found("certificate_not_before", not_before));
      }
    }
    return all;
  });
}

/** The same for people. */
export function sentence({ key: { kid, alg, place }, reason, at, followed }: Expiring): string {
  const name = `${place}: the ${alg} key ${kid}`;
  if (reason === "certificate") return `${name} has a certificate that ends at ${dateTime(at)}`;
  if (reason === "certificate_not_before") {
    return `${name} has a certificate that is good from ${dateTime(at)} on`;
  }
  const then = followed ? "another takes over" : `no other key signs with ${alg} then`;
  return `${name} signs until ${dateTime(at)}; ${then}`;
}
