/** Are managed keys sealed by a key of the ring that is not there? */

import { type Ring, sealedBy } from "../lib/sealing.ts";
import type { Read } from "../store/collection.ts";
import type { ManagedKey } from "../store/records.ts";
import { KeyError, LAST_RESORT } from "./error.ts";
import type { DataProtection } from "./held_ring.ts";
import { PURPOSE } from "./reseal.ts";

/** The problem to tell where the ring does not open each of these keys; `undefined` where it does. `ring` is absent where there is none. */
export function lostRing(
  sealed: readonly Read<ManagedKey>[],
  ring: DataProtection | undefined,
): KeyError | undefined {
  const shut = unopened(sealed, ring).map(({ record }) => record);
  if (shut.length === 0) return undefined;
  const ids = [...new Set(shut.map(({ sealed_jwk }) => sealedBy(sealed_jwk) ?? "none"))];
  const count = `${shut.length} managed signing key${shut.length === 1 ? "" : "s"}`;
  const by = `sealed by the ring's key ${ids.join(", ")}`;
  const what = ring === undefined
    ? `the data protection ring is lost: the store holds ${count} ${by}, but no ring, and data_protection.keys is not configured`
    : `the data protection ring does not open ${count} ${by}; it has ${placesOf(ring)}`;
  return new KeyError(
    `${what}; restore that key (a backup of the store, data_protection.keys); ${LAST_RESORT}`,
  );
}

function unopened(
  sealed: readonly Read<ManagedKey>[],
  ring: Ring | undefined,
): readonly Read<ManagedKey>[] {
  return sealed.filter(({ record }) => ring?.open(PURPOSE, record.sealed_jwk) === undefined);
}

function placesOf(ring: DataProtection): string {
  return ring.list().map(({ id, place }) => `${id} (${place})`).join(", ");
}
