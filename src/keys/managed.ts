/** Which keys does the server make for itself, and who makes them? Kept in the store, sealed. */

import type { KeyPolicy } from "../config/key_policy.ts";
import { fromUtf8 } from "../lib/bytes.ts";
import type { ScheduledKey } from "../store/records.ts";
import { collect, KeyError } from "./error.ts";
import type { HeldKey } from "./held.ts";
import { importKey, type SigningKey } from "./key.ts";
import { planKeys } from "./plan.ts";
import { commitSchedule, type ManagedKeysServer, PURPOSE, timedKey } from "./schedule.ts";

/**
 * Does what is to be done with the keys now, and answers the schedule as it stands then. Of instances that come at
 * once one makes the keys. Throws `StoreError` as the store does.
 */
export async function tendSchedule(
  server: ManagedKeysServer,
  policy: KeyPolicy,
): Promise<readonly ScheduledKey[]> {
  return await commitSchedule(server, (schedule) => planKeys(schedule, policy, server.env.now()));
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
    const timed = timedKey(scheduled);
    return await collect(problems, timed.place, async (): Promise<HeldKey[]> => {
      const key = known(scheduled.kid) ?? await openKey(server, scheduled);
      return key === undefined ? [] : [{ ...timed, key }];
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
