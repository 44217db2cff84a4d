/** By which key of the ring are the managed keys sealed, and how does it become the one that seals now? */

import { type Ring, sealedBy } from "../lib/sealing.ts";
import type { Collections, Read } from "../store/collection.ts";
import { pagesOf } from "../store/paging.ts";
import type { ManagedKey } from "../store/records.ts";

/** The purpose for which private keys are sealed. */
export const PURPOSE = "signing_key";

/** What looking at the managed keys needs. */
export interface SealedKeysServer {
  readonly records: Pick<Collections, "signing_key">;
}

/** All managed keys as they stand in the store. */
export async function sealedKeys(
  { records }: SealedKeysServer,
): Promise<readonly Read<ManagedKey>[]> {
  const reads: Read<ManagedKey>[] = [];
  for await (const { found } of pagesOf((after) => records.signing_key.list({ after }))) {
    reads.push(...found);
  }
  return reads;
}

/** How many managed keys are sealed by each key of a ring, by its `id`. */
export async function keysSealedBy(
  server: SealedKeysServer,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const { record } of await sealedKeys(server)) {
    const id = sealedBy(record.sealed_jwk) ?? "";
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

/**
 * Seals every managed key anew that another key than that whose turn it is has sealed; answers their `kid`s. Each is a
 * compare-and-set of its own: of instances that come at once one does it, and one that is stopped in between leaves the
 * rest to the others. What this ring doesn't open stays as it is.
 */
export async function resealKeys(
  server: SealedKeysServer & { readonly ring: Ring },
): Promise<readonly string[]> {
  const { ring, records } = server;
  const resealed: string[] = [];
  for (const read of await sealedKeys(server)) {
    const { kid, sealed_jwk } = read.record;
    const opened = ring.isNewest(sealed_jwk) ? undefined : ring.open(PURPOSE, sealed_jwk);
    if (opened === undefined) continue;
    const anew = { ...read.record, sealed_jwk: ring.seal(PURPOSE, opened) };
    if (await records.signing_key.replace(read, anew)) resealed.push(kid);
  }
  return resealed;
}
