/** How does an operator replace, end and bring the server's own keys, beside the servers that run? */

import type { KeyPolicy } from "../config/key_policy.ts";
import { isMapping } from "../lib/mapping.ts";
import type { Ring } from "../lib/sealing.ts";
import type { SigningAlgorithm } from "../oauth/client.ts";
import type { ScheduledKey } from "../store/records.ts";
import {
  anew,
  type Entrance,
  signingKids,
  successorOf,
  withBrought,
  withoutKey,
  withSuccessors,
} from "./change_schedule.ts";
import { KeyError } from "./error.ts";
import type { ListedKey } from "./inventory.ts";
import { importKey } from "./key.ts";
import { commitSchedule, type ManagedKeysServer, sealedKey } from "./schedule.ts";

/** A schedule is one record, and records are small. */
const MOST_KEYS = 64;
const LONGEST_KID = 255;

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
 * one makes it, and the others are told. Event `key.created`. Throws `StoreError` as the store does.
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
  readonly alg: string;
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
    signed = [...signingKids(schedule, policy, now).values()].includes(kid);
    return withoutKey(schedule, policy, kid, now);
  });
  if (retired === undefined) return undefined;
  const { alg } = retired;
  server.env.log.info("key.retired", { kid, alg, reason: "operator" });
  const [, replacing] = [...signingKids(after, policy, now + 1)].find(([named]) => named === alg) ??
    [];
  return { kid, alg, signed, replaced_by: signed ? replacing : undefined };
}

/**
 * Ends all keys at once, also those that can't be opened, and makes new ones that sign; without a ring that is left to
 * the next start. Answers how many are gone. Events `key.created`, `key.retired`. Throws `StoreError` as the store does.
 */
export async function startAnew(
  { ring, ...server }: Omit<ManagedKeysServer, "ring"> & { readonly ring: Ring | undefined },
  policy: KeyPolicy,
): Promise<number> {
  const now = server.env.now();
  const algorithms = ring === undefined ? [] : policy.algorithms;
  let gone: readonly ScheduledKey[] = [];
  await commitSchedule({ ...server, ring: ring ?? NO_RING }, (schedule) => {
    gone = schedule;
    return anew(schedule, algorithms, now);
  });
  for (const { kid, alg } of gone) {
    server.env.log.info("key.retired", { kid, alg, reason: "operator" });
  }
  return gone.length;
}

/** Where no key is made none is sealed. */
const NO_RING: Pick<Ring, "seal"> = {
  seal() {
    throw new TypeError("there is no ring to seal with");
  },
};

/**
 * Takes a key from elsewhere among the server's own, beside the `others` that are configured. Answers it as it stands
 * in the schedule. Event `key.imported`.
 * Throws `KeyError` with one problem where it can't be taken, `StoreError` as the store does.
 */
export async function bringKey(
  server: ManagedKeysServer,
  policy: KeyPolicy,
  jwk: unknown,
  entrance: Entrance,
  others: readonly Pick<ListedKey, "kid" | "place">[],
): Promise<ScheduledKey> {
  const now = server.env.now();
  const { kid, alg } = await importKey(jwk);
  if (kid.length > LONGEST_KID) {
    throw new KeyError(`its kid is longer than ${LONGEST_KID} characters`);
  }
  if (!policy.algorithms.includes(alg)) {
    throw new KeyError(`signs with ${alg}, which keys.managed.algorithms does not name`);
  }
  const other = others.find((one) => one.kid === kid);
  if (other !== undefined) {
    throw new KeyError(
      `${other.place} has its kid already; a managed key takes over from that once it has a not_after`,
    );
  }
  const record = sealedKey(server, { kid, alg, created_at: now }, { ...numbersOf(jwk), kid, alg });
  const after = await commitSchedule(server, (schedule) => {
    if (schedule.some((key) => key.kid === kid)) {
      throw new KeyError(`a managed key has its kid already: ${kid}`);
    }
    if (schedule.length >= MOST_KEYS) {
      throw new KeyError(`there are ${schedule.length} managed keys already; retire some first`);
    }
    const { plan, scheduled } = withBrought(schedule, policy, { kid, alg, entrance }, now);
    return { ...plan, brought: [{ scheduled, record }] };
  });
  const brought = after.find((key) => key.kid === kid);
  if (brought === undefined) throw new TypeError("a key that was brought stands in the schedule");
  const { signs_from, retires_at } = brought;
  server.env.log.info("key.imported", { kid, alg, signs_from, retires_at });
  return brought;
}

/** RFC 7518 §6, RFC 8037 §2: all that a private key consists of. */
const NUMBERS = ["kty", "crv", "x", "y", "n", "e", "d", "p", "q", "dp", "dq", "qi"];

/** What else a JWK says, such as its dates, holds where it comes from. */
function numbersOf(jwk: unknown): Record<string, unknown> {
  const members = Object.entries(isMapping(jwk) ? jwk : {});
  return Object.fromEntries(members.filter(([name]) => NUMBERS.includes(name)));
}
