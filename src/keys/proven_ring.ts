/** With which ring is sealed what an operator brings? With the one that opens what is there, and never with a new one. */

import type { Ring } from "../lib/sealing.ts";
import type { Collections } from "../store/collection.ts";
import type { ScheduledKey } from "../store/records.ts";
import { openRing } from "./data_protection.ts";
import { KeyError } from "./error.ts";
import { type ManagedKeysServer, PURPOSE } from "./schedule.ts";

/** What a ring is found in. */
export interface RingServer {
  readonly env: Parameters<typeof openRing>[0]["env"];
  readonly records: Pick<Collections, "ring"> & Pick<ManagedKeysServer["records"], "signing_key">;
}

/** The ring that is configured, or kept in the store; `undefined` where the store keeps none. Throws as `openRing` does. */
export async function presentRing(
  server: RingServer,
  configured: readonly string[] | undefined,
): Promise<Ring | undefined> {
  if (configured === undefined) {
    const { found } = await server.records.ring.list({ limit: 1 });
    if (found.length === 0) return undefined;
  }
  return await openRing(server, configured);
}

/**
 * The same, proven by these keys of the schedule: a running server could not open what another ring has sealed. Throws
 * `KeyError` where there is none, or where it does not open one of them.
 */
export async function provenRing(
  server: RingServer,
  configured: readonly string[] | undefined,
  schedule: readonly ScheduledKey[],
): Promise<Ring> {
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
