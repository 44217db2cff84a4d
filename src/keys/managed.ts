/** Which keys does the server make for itself, and how are they opened? Kept in the store, sealed. */

import type { KeyPolicy } from "../config/key_policy.ts";
import { fromUtf8 } from "../lib/bytes.ts";
import type { ScheduledKey } from "../store/records.ts";
import { collect, KeyError } from "./error.ts";
import type { HeldKey } from "./held.ts";
import { importKey, type SigningKey } from "./key.ts";
import { planKeys } from "./plan.ts";
import { openSealed } from "./open_sealed.ts";
import { GONE } from "./schedule_shape.ts";
import { PURPOSE } from "./reseal.ts";
import { commitSchedule, type ManagedKeysServer, readSchedule, timedKey } from "./schedule.ts";

/** The keys of a schedule, as far as they can be used here. */
export interface OpenedKeys {
  readonly held: readonly HeldKey[];
  /** What is wrong with each of the others, by its `kid`. */
  readonly unopened: ReadonlyMap<string, string>;
}

/**
 * Does what is to be done with the keys now, and answers the schedule as it stands then. Of instances that come at
 * once one makes the keys. Those that are `unopened` here count for nothing, so that an algorithm never ends with a
 * key that nobody can use; they stay as they are. Whoever has `held` keys makes none where the schedule is gone. Throws
 * `KeyError` then, and where it is damaged; `StoreError` as the store does.
 */
export async function tendSchedule(
  server: ManagedKeysServer,
  policy: KeyPolicy,
  unopened: OpenedKeys["unopened"],
  held: OpenedKeys["held"] = [],
): Promise<readonly ScheduledKey[]> {
  return await commitSchedule(server, (schedule, isThere) => {
    if (!isThere && held.length > 0) throw new KeyError(GONE);
    const ours = schedule.filter(({ kid }) => !unopened.has(kid));
    const plan = planKeys(ours, policy, server.env.now());
    if (plan === undefined) return undefined;
    const planned = new Map(plan.kept.map((key) => [key.kid, key]));
    const kept = schedule.filter(({ kid }) => !plan.dropped.includes(kid))
      .map((key) => planned.get(key.kid) ?? key);
    return { ...plan, kept };
  });
}

/**
 * The keys of a schedule that haven't retired. Those that are `known` aren't read again. One that the ring does not
 * open is told of and never replaced: a new key in its place would end every token that was issued. Throws
 * `StoreError` as the store does.
 */
export async function openManagedKeys(
  server: ManagedKeysServer,
  schedule: readonly ScheduledKey[],
  { algorithms }: Pick<KeyPolicy, "algorithms">,
  known: (scheduled: ScheduledKey) => SigningKey | undefined,
): Promise<OpenedKeys> {
  const now = server.env.now();
  const unopened = new Map<string, string>();
  const there = schedule.filter(({ retires_at = Infinity }) => now < retires_at);
  const held = await Promise.all(there.map(async (scheduled): Promise<HeldKey[]> => {
    const timed = timedKey(scheduled, algorithms);
    const problems: string[] = [];
    const key = known(scheduled) ??
      await collect(problems, timed.place, () => openKey(server, scheduled));
    for (const problem of problems) unopened.set(timed.kid, problem);
    return key === undefined ? [] : [{ ...timed, key }];
  }));
  return { held: held.flat(), unopened };
}

/** `undefined`: somebody has ended it since the schedule was read. */
async function openKey(
  server: ManagedKeysServer,
  { kid, alg }: ScheduledKey,
): Promise<SigningKey | undefined> {
  const { records, ring } = server;
  const record = await records.signing_key.get(kid);
  if (record === undefined) {
    if ((await readSchedule(server)).every((key) => key.kid !== kid)) return undefined;
    throw new KeyError("its record is gone from the store");
  }
  const opened = await openSealed(ring, PURPOSE, record.sealed_jwk);
  if (opened === undefined) {
    throw new KeyError(
      "the data protection ring does not open it; give data_protection.keys the key that sealed it",
    );
  }
  const key = await importKey(JSON.parse(fromUtf8(opened)));
  if (key.alg !== alg) throw new KeyError(`its record holds a key for ${key.alg}`);
  if (key.kid !== kid) throw new KeyError("its record holds a key of another kid");
  return key;
}
