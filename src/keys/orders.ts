/** How does an operator replace and end the server's own keys, beside the servers that run? */

import type { KeyPolicy } from "../config/key_policy.ts";
import type { Ring } from "../lib/sealing.ts";
import type { SigningAlgorithm } from "../oauth/client.ts";
import type { ScheduledKey } from "../store/records.ts";
import {
  signingKids,
  successorOf,
  withoutAll,
  withoutKey,
  withSuccessors,
} from "./change_schedule.ts";
import { sealedKeys } from "./reseal.ts";
import { commitSchedule, type ManagedKeysServer } from "./schedule.ts";
import { whatIsLeft } from "./schedule_shape.ts";

/** What became of an algorithm. */
export interface Rotation {
  readonly alg: SigningAlgorithm;
  /** The key that follows, or has followed. */
  readonly kid: string;
  readonly signs_from: number;
  /** Whether this order has changed anything: another one may have been faster, or earlier. */
  readonly changed: boolean;
  /** The key that signed before; `undefined` where none did. */
  readonly previous: string | undefined;
}

/**
 * A successor for the key of each algorithm, announced or signing at once. Of several who order it at the same moment
 * one makes it, and the others are told. Event `key.created`. Throws `KeyError` where there are too many keys already,
 * `StoreError` as the store does.
 */
export async function rotateKeys(
  server: ManagedKeysServer,
  policy: KeyPolicy,
  algorithms: readonly SigningAlgorithm[],
  atOnce: boolean,
): Promise<readonly Rotation[]> {
  const now = server.env.now();
  let seen: ReadonlyMap<SigningAlgorithm, string> | undefined;
  let before: readonly ScheduledKey[] = [];
  const after = await commitSchedule(server, (schedule) => {
    before = schedule;
    const signing = signingKids(schedule, policy, now);
    seen ??= signing;
    // What is to be replaced is the key that the operator has seen, not the one that somebody has replaced it by.
    const left = algorithms.filter((alg) => signing.get(alg) === seen?.get(alg));
    return withSuccessors(schedule, policy, left, atOnce, now);
  });
  return algorithms.flatMap((alg) => {
    // What begins at once may begin a second from now, where another one has begun in this second.
    const signing = signingKids(after, policy, now + 1).get(alg);
    const announced = successorOf(after, alg, now)?.kid;
    const key = after.find(({ kid }) => kid === (atOnce ? signing : announced ?? signing));
    if (key === undefined) return [];
    const { kid, signs_from } = key;
    const changed = before.find((one) => one.kid === kid)?.signs_from !== signs_from;
    return [{ alg, kid, signs_from, changed, previous: seen?.get(alg) }];
  });
}

/** A key that is gone. */
export interface Retirement {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  /** The key that signs from now on in its place; `undefined` where it did not sign, or none does. */
  readonly replaced_by: string | undefined;
  /** Whether it was the one that signed. */
  readonly signed: boolean;
}

/**
 * Ends a key at once; where it signs, another one signs in its place, in the same commit. `undefined` where no key of
 * the schedule has this `kid`. Events `key.created`, `key.retired`. Throws `StoreError` as the store does.
 */
export async function retireKey(
  server: ManagedKeysServer,
  policy: KeyPolicy,
  kid: string,
): Promise<Retirement | undefined> {
  const now = server.env.now();
  let retired: ScheduledKey | undefined;
  let signed = false;
  const after = await commitSchedule(server, (schedule) => {
    retired = schedule.find((key) => key.kid === kid);
    signed = retired !== undefined &&
      signingKids(schedule, policy, now).get(retired.alg) === kid;
    return withoutKey(schedule, policy, kid, now);
  });
  if (retired === undefined) return undefined;
  const { alg } = retired;
  server.env.log.info("key.retired", { kid, alg, reason: "operator" });
  const replacing = signingKids(after, policy, now + 1).get(alg);
  return { kid, alg, signed, replaced_by: signed ? replacing : undefined };
}

/**
 * Ends all keys at once, also those that can't be opened or stand in no schedule, and makes new ones that sign; without
 * a ring that is left to the next start. Answers how many are gone. Of several who order it at the same moment each
 * ends what was there when they began. Events `key.created`, `key.retired`. Throws `StoreError` as the store does.
 */
export async function startAnew(
  { ring, ...server }: Omit<ManagedKeysServer, "ring"> & { readonly ring: Ring | undefined },
  policy: KeyPolicy,
): Promise<number> {
  const { env } = server;
  const now = env.now();
  const algorithms = ring === undefined ? [] : policy.algorithms;
  const reads = await sealedKeys(server);
  const stored = reads.map(({ record: { kid, alg } }) => ({ kid, alg }));
  let seen: ReadonlyMap<string, string> | undefined;
  await commitSchedule({ ...server, ring: ring ?? NO_RING }, (schedule) => {
    seen ??= new Map([...stored, ...schedule].map(({ kid, alg }) => [kid, alg]));
    return withoutAll(schedule, [...seen.keys()], algorithms, now);
  }, whatIsLeft);
  // Format 4 had them under other ids, which no schedule names.
  for (const read of reads) {
    const writes = server.records.signing_key.erase(read);
    await server.store.commit({ checks: [read.check], writes });
  }
  const gone = [...seen ?? []];
  for (const [kid, alg] of gone) env.log.info("key.retired", { kid, alg, reason: "operator" });
  return gone.length;
}

/** Where no key is made none is sealed. */
const NO_RING: Pick<Ring, "seal"> = {
  seal() {
    throw new TypeError("there is no ring to seal with");
  },
};
