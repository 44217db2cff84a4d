/** With which ring is sealed what an operator brings? With the one that opens what is there, and never with a new one. */

import type { ScheduledKey } from "../store/records.ts";
import { presentRing } from "./data_protection.ts";
import { KeyError } from "./error.ts";
import type { DataProtection, HeldRingServer } from "./held_ring.ts";
import { PURPOSE } from "./reseal.ts";
import type { ManagedKeysServer } from "./schedule.ts";

/** What a ring is found in. */
export interface RingServer extends HeldRingServer {
  readonly records: HeldRingServer["records"] & Pick<ManagedKeysServer["records"], "signing_key">;
}

/**
 * The ring that is configured, or kept in the store, proven by these keys of the schedule: a running server could not open what another ring has sealed. Throws
 * `KeyError` where there is none, or where it does not open one of them.
 */
export async function provenRing(
  server: RingServer,
  configured: readonly string[] | undefined,
  schedule: readonly ScheduledKey[],
): Promise<DataProtection> {
  const ring = await presentRing(server, configured);
  if (ring === undefined) {
    throw new KeyError(
      schedule.length === 0
        ? "there is no data protection ring yet; latchkey serve makes it"
        : "the data protection ring that sealed the managed keys is gone from the store",
    );
  }
  const problems = await Promise.all(schedule.map(async ({ kid, alg }) => {
    const record = await server.records.signing_key.get(kid);
    const opens = record === undefined || ring.open(PURPOSE, record.sealed_jwk) !== undefined;
    return opens ? [] : [
      `the managed ${alg} key ${kid}: the data protection ring does not open it; give data_protection.keys the key that sealed it`,
    ];
  }));
  if (problems.flat().length > 0) throw new KeyError(...problems.flat());
  return ring;
}
