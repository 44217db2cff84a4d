/** Which keys does the server make for itself, and who makes them? Kept in the store, sealed. */

import { exportJWK, generateKeyPair } from "jose";
import type { KeyPolicy } from "../config/key_policy.ts";
import { fromUtf8, utf8 } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import type { Ring } from "../lib/sealing.ts";
import type { Collections } from "../store/collection.ts";
import type { ManagedKey, ScheduledKey } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import { collect, KeyError } from "./error.ts";
import type { HeldKey } from "./held.ts";
import { importKey, type SigningKey } from "./key.ts";
import { type DueKey, planKeys } from "./plan.ts";

/** The purpose for which private keys are sealed. */
export const PURPOSE = "signing_key";
/** The id of the only schedule. */
export const SCHEDULE = "managed";
const RSA_BITS = 2048;

/** What managed keys need of a server. */
export interface ManagedKeysServer {
  readonly env: Pick<Env, "now" | "log">;
  readonly store: Pick<Store, "commit">;
  readonly records: Pick<Collections, "key_schedule" | "signing_key">;
  readonly ring: Ring;
}

/** The schedule as it stands; empty where no key was made yet. */
export async function readSchedule(
  { records }: Pick<ManagedKeysServer, "records">,
): Promise<readonly ScheduledKey[]> {
  return (await records.key_schedule.get(SCHEDULE))?.keys ?? [];
}

/**
 * Does what is to be done with the keys now, and answers the schedule as it stands then. Of instances that come at
 * once one makes the keys: schedule and keys are one commit, which checks that nobody else has changed the schedule.
 * Throws `StoreError` as the store does.
 */
export async function tendSchedule(
  server: ManagedKeysServer,
  policy: KeyPolicy,
): Promise<readonly ScheduledKey[]> {
  const { env, store, records } = server;
  for (;;) {
    const read = await records.key_schedule.read(SCHEDULE);
    const schedule = read?.record.keys ?? [];
    const plan = planKeys(schedule, policy, env.now());
    if (plan === undefined) return schedule;
    const made = await Promise.all(plan.due.map((due) => makeKey(server, due)));
    const keys = [...plan.kept, ...made.map(({ scheduled }) => scheduled)];
    const [written, ...others] = records.key_schedule.write(SCHEDULE, {
      keys,
      expires_at: undefined,
    });
    const gone = plan.dropped.flatMap((kid) =>
      // A record of which nothing but its id is needed to delete it: it has no index.
      records.signing_key.write(kid, {} as ManagedKey).map(({ key }) => ({ key, value: undefined }))
    );
    const committed = await store.commit({
      checks: [read?.check ?? { key: written.key, version: null }],
      writes: [
        written,
        ...others,
        ...made.flatMap(({ record }) => records.signing_key.write(record.kid, record)),
        ...gone,
      ],
    });
    if (!committed) continue;
    for (const { scheduled: { kid, alg, signs_from } } of made) {
      env.log.info("key.created", { kid, alg, signs_from });
    }
    return keys;
  }
}

/**
 * The keys of a schedule. Those that `known` has aren't read again. Throws `KeyError` where the ring does not open one
 * (a new key in its place would end every token that was issued), `StoreError` as the store does.
 */
export async function openManagedKeys(
  server: ManagedKeysServer,
  schedule: readonly ScheduledKey[],
  known: (kid: string) => SigningKey | undefined,
): Promise<readonly HeldKey[]> {
  const problems: string[] = [];
  const held = await Promise.all(schedule.map(async (scheduled) => {
    const place = `the managed ${scheduled.alg} key ${scheduled.kid}`;
    return await collect(problems, place, async (): Promise<HeldKey[]> => {
      const key = known(scheduled.kid) ?? await openKey(server, scheduled);
      if (key === undefined) return [];
      const { kid, alg } = key;
      const { signs_from, retires_at = Infinity } = scheduled;
      return [{
        kid,
        alg,
        source: "managed",
        signs_from,
        signs_until: Infinity,
        retires_at,
        place,
        key,
      }];
    });
  }));
  if (problems.length > 0) throw new KeyError(...problems);
  return held.flatMap((keys) => keys ?? []);
}

/** `undefined`: it has been deleted meanwhile. */
async function openKey(
  { records, ring }: ManagedKeysServer,
  { kid, alg }: ScheduledKey,
): Promise<SigningKey | undefined> {
  const record = await records.signing_key.get(kid);
  if (record === undefined) return undefined;
  const opened = ring.open(PURPOSE, record.sealed_jwk);
  if (opened === undefined) {
    throw new KeyError(
      "the data protection ring does not open it; give data_protection.keys the key that sealed it",
    );
  }
  const key = await importKey(JSON.parse(fromUtf8(opened)));
  if (key.alg !== alg) throw new KeyError(`its record holds a key for ${key.alg}`);
  if (!ring.isNewest(record.sealed_jwk)) {
    // By the newest key of the ring, so that nobody misses the older one once it is gone.
    const sealed_jwk = ring.seal(PURPOSE, opened);
    await records.signing_key.update(kid, (stored) => stored && { ...stored, sealed_jwk });
  }
  return key;
}

async function makeKey(
  server: Pick<ManagedKeysServer, "env" | "ring">,
  { alg, signs_from }: DueKey,
): Promise<{ readonly scheduled: ScheduledKey; readonly record: ManagedKey }> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: RSA_BITS });
  const jwk = { ...await exportJWK(privateKey), alg };
  const { kid } = await importKey(jwk);
  const created_at = server.env.now();
  return {
    scheduled: { kid, alg, created_at, signs_from, retires_at: undefined },
    record: sealedKey(server, { kid, alg, created_at }, jwk),
  };
}

/** The record of a private JWK. */
export function sealedKey(
  { ring }: Pick<ManagedKeysServer, "ring">,
  { kid, alg, created_at }: Pick<ManagedKey, "kid" | "alg" | "created_at">,
  jwk: unknown,
): ManagedKey {
  const sealed_jwk = ring.seal(PURPOSE, utf8(JSON.stringify(jwk)));
  return { kid, alg, created_at, sealed_jwk, expires_at: undefined };
}
