/** How is the schedule of the server's own keys changed, and their keys with it? By one commit, whoever wants it. */

import type { KeyPolicy } from "../config/key_policy.ts";
import { utf8 } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import type { Ring } from "../lib/sealing.ts";
import type { Collections } from "../store/collection.ts";
import type { ManagedKey, ScheduledKey } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import { newPrivateKey } from "./new_key.ts";
import type { DueKey, KeyPlan } from "./plan.ts";
import type { RefreshingRing } from "./open_sealed.ts";
import { PURPOSE } from "./reseal.ts";
import { keysOf } from "./schedule_shape.ts";
import type { TimedKey } from "./timetable.ts";

/** The id of the only schedule. */
export const SCHEDULE = "managed";

/** What managed keys need of a server. */
export interface ManagedKeysServer {
  readonly env: Pick<Env, "now" | "log" | "metrics">;
  readonly store: Pick<Store, "commit">;
  readonly records: Pick<Collections, "key_schedule" | "signing_key">;
  readonly ring: RefreshingRing;
}

/** What seals new keys. */
interface SealingServer {
  readonly ring: Pick<Ring, "seal">;
}

/** A key and its place in the schedule. */
export interface NewKey {
  readonly scheduled: ScheduledKey;
  readonly record: ManagedKey;
}

/** What a schedule is to become: a plan, and keys that come from elsewhere. */
export interface ScheduleChange extends KeyPlan {
  readonly brought?: readonly NewKey[];
}

/** The schedule as it stands; `undefined` where none does. Throws `KeyError` where it is damaged, `StoreError` as the store does. */
export async function findSchedule(
  { records }: Pick<ManagedKeysServer, "records">,
): Promise<readonly ScheduledKey[] | undefined> {
  return keysOf(await records.key_schedule.get(SCHEDULE));
}

/** The same; empty where no key was made yet. */
export async function readSchedule(
  server: Pick<ManagedKeysServer, "records">,
): Promise<readonly ScheduledKey[]> {
  return await findSchedule(server) ?? [];
}

/** A key of the schedule for the timetable of an instance with these managed algorithms, and the name of its place. */
export function timedKey(
  { kid, alg, signs_from, retires_at = Infinity }: ScheduledKey,
  algorithms: KeyPolicy["algorithms"],
): TimedKey & { readonly place: string } {
  return {
    kid,
    alg,
    source: "managed",
    signs_from,
    // One whose algorithm isn't configured is published for what it has signed.
    signs_until: algorithms.includes(alg) ? Infinity : -Infinity,
    retires_at,
    place: `the managed ${alg} key ${kid}`,
  };
}

/**
 * Does to the schedule what `change` answers for it, makes the keys that are due, and answers the schedule as it
 * stands then; where the change is `undefined`, as it is. Schedule and keys are one commit, which checks that nobody
 * else has changed the schedule: whoever is too late asks `change` again with what stands there by then. Event
 * `key.created`, counted too. Throws what `change` and `readAs` throw, `StoreError` as the store does.
 */
export async function commitSchedule(
  server: Omit<ManagedKeysServer, "ring"> & SealingServer,
  change: (
    schedule: readonly ScheduledKey[],
    isThere: boolean,
  ) => ScheduleChange | undefined | Promise<ScheduleChange | undefined>,
  readAs: typeof keysOf = keysOf,
): Promise<readonly ScheduledKey[]> {
  const { env, store, records } = server;
  for (;;) {
    const read = await records.key_schedule.read(SCHEDULE);
    const found = readAs(read?.record);
    const schedule = found ?? [];
    const changed = await change(schedule, found !== undefined);
    if (changed === undefined) return schedule;
    const made = await Promise.all(changed.due.map((due) => makeKey(server, due)));
    const added = [...changed.brought ?? [], ...made];
    const keys = [...changed.kept, ...added.map(({ scheduled }) => scheduled)];
    const [written, ...others] = records.key_schedule.write(SCHEDULE, {
      keys,
      expires_at: undefined,
    });
    const committed = await store.commit({
      checks: [read?.check ?? { key: written.key, version: null }],
      writes: [
        written,
        ...others,
        ...added.flatMap(({ record }) => records.signing_key.write(record.kid, record)),
        ...changed.dropped.flatMap((kid) => records.signing_key.drop(kid)),
      ],
    });
    if (!committed) continue;
    for (const { scheduled: { kid, alg, signs_from } } of made) {
      env.log.info("key.created", { kid, alg, signs_from });
      env.metrics.count("key_changes_total", { event: "key.created", alg });
    }
    return keys;
  }
}

async function makeKey(
  server: Pick<ManagedKeysServer, "env"> & SealingServer,
  { alg, signs_from }: DueKey,
): Promise<NewKey> {
  const { kid, jwk } = await newPrivateKey(alg);
  const created_at = server.env.now();
  return {
    scheduled: { kid, alg, created_at, signs_from, retires_at: undefined },
    record: sealedKey(server, { kid, alg, created_at }, jwk),
  };
}

/** The record of a private JWK. */
export function sealedKey(
  { ring }: SealingServer,
  { kid, alg, created_at }: Pick<ManagedKey, "kid" | "alg" | "created_at">,
  jwk: unknown,
): ManagedKey {
  const sealed_jwk = ring.seal(PURPOSE, utf8(JSON.stringify(jwk)));
  return { kid, alg, created_at, sealed_jwk, expires_at: undefined };
}
