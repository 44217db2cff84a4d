/** How does a private key that was made elsewhere become one of the server's own? */

import type { KeyPolicy } from "../config/key_policy.ts";
import type { ScheduledKey } from "../store/records.ts";
import { type Entrance, requireRoom, withBrought } from "./change_schedule.ts";
import { conflictOf } from "./duplicates.ts";
import { KeyError } from "./error.ts";
import type { HeldKey } from "./held.ts";
import { importKey, numbersOf } from "./key.ts";
import { openManagedKeys } from "./managed.ts";
import { commitSchedule, type ManagedKeysServer, sealedKey } from "./schedule.ts";

/** With `MOST_KEYS` of such the schedule still fits into its record, in whatever letters. */
export const LONGEST_KID = 100;

/**
 * Takes a key from elsewhere among the server's own, beside the `fixed` ones that are configured. Answers it as it
 * stands in the schedule. Event `key.imported`. Throws `KeyError` with one problem where it can't be taken, for no
 * server would start with it; `StoreError` as the store does.
 */
export async function bringKey(
  server: ManagedKeysServer,
  policy: KeyPolicy,
  jwk: unknown,
  entrance: Entrance,
  fixed: readonly HeldKey[],
): Promise<ScheduledKey> {
  const now = server.env.now();
  const key = await importKey(jwk);
  const { kid, alg } = key;
  if (kid.length > LONGEST_KID) {
    throw new KeyError(`its kid is longer than ${LONGEST_KID} characters`);
  }
  if (!policy.algorithms.includes(alg)) {
    throw new KeyError(
      `signs with ${alg}, which keys.managed.algorithms does not name; name it there first`,
    );
  }
  const conflict = conflictOf(key, fixed);
  if (conflict !== undefined) {
    throw new KeyError(`${conflict} already; once that has a not_after, a managed key takes over`);
  }
  // What else the JWK says, such as its dates, holds where it comes from.
  const record = sealedKey(server, { kid, alg, created_at: now }, { ...numbersOf(jwk), kid, alg });
  const after = await commitSchedule(server, async (schedule) => {
    const { held } = await openManagedKeys(server, schedule, policy, () => undefined);
    const taken = conflictOf(key, held);
    if (taken !== undefined) throw new KeyError(`${taken} already`);
    if (schedule.some((one) => one.kid === kid)) throw new KeyError("its kid has just retired");
    requireRoom(schedule);
    const { plan, scheduled } = withBrought(schedule, policy, { kid, alg, entrance }, now);
    return { ...plan, brought: [{ scheduled, record }] };
  });
  const brought = after.find((key) => key.kid === kid);
  if (brought === undefined) throw new TypeError("a key that was brought stands in the schedule");
  const { signs_from, retires_at } = brought;
  server.env.log.info("key.imported", { kid, alg, signs_from, retires_at });
  return brought;
}
