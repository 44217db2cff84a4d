/** Which keys did format 4 keep, and how do they become those of a schedule? */

import { SIGNING_ALGORITHMS } from "../oauth/client.ts";
import type { ScheduledKey } from "../store/records.ts";
import { type ManagedKeysServer, readSchedule, SCHEDULE } from "./schedule.ts";

/**
 * The schedule of a store that has none: that of its earlier keys, which stood under the name of their algorithm and
 * go on signing under the same `kid`. One commit takes them all over; of instances that come at once one makes it.
 * Throws `StoreError` as the store does.
 */
export async function takeOver(server: ManagedKeysServer): Promise<readonly ScheduledKey[]> {
  const { store, records: { key_schedule, signing_key } } = server;
  const reads = await Promise.all(
    SIGNING_ALGORITHMS.map((alg) => signing_key.read(`managed:${alg}`)),
  );
  const found = reads.filter((read) => read !== undefined);
  if (found.length === 0) return [];
  const keys = found.map(({ record: { kid, alg, created_at } }) => ({
    kid,
    alg,
    created_at,
    signs_from: created_at,
    retires_at: undefined,
  }));
  const [written, ...others] = key_schedule.write(SCHEDULE, { keys, expires_at: undefined });
  const taken = await store.commit({
    checks: [{ key: written.key, version: null }],
    writes: [
      written,
      ...others,
      ...found.flatMap((read) => [
        ...signing_key.write(read.record.kid, read.record),
        ...signing_key.erase(read),
      ]),
    ],
  });
  return taken ? keys : await readSchedule(server);
}
