/** With which ring is sealed what an operator orders? With the one that opens what is there, and never with a new one. */

import { presentRing } from "./data_protection.ts";
import type { RingConfig } from "./configured_ring.ts";
import { KeyError } from "./error.ts";
import type { DataProtection, HeldRingServer } from "./held_ring.ts";
import { lostRing } from "./lost_ring.ts";
import { sealedKeys, type SealedKeysServer } from "./reseal.ts";

/**
 * The ring that is configured, kept in the store, or both, proven by all managed keys save the one that is to `go`:
 * a running server could not open what another ring has sealed. Throws `KeyError` where there is none, or where it does
 * not open one of them; `StoreError` as the store does.
 */
export async function provenRing(
  server: HeldRingServer & SealedKeysServer,
  configured: RingConfig | undefined,
  go?: string,
): Promise<DataProtection> {
  const ring = await presentRing(server, configured);
  const proof = (await sealedKeys(server)).filter(({ record }) => record.kid !== go);
  const problem = lostRing(proof, ring);
  if (problem !== undefined) throw problem;
  if (ring !== undefined) return ring;
  throw new KeyError("there is no data protection ring yet; latchkey serve makes it");
}
