/** Where the keys come from that seal what is stored. */

import { ringKey } from "../lib/sealing.ts";
import { configuredKeys } from "./configured_ring.ts";
import { type DataProtection, type HeldRingServer, ringOver } from "./held_ring.ts";
import { lostRing } from "./lost_ring.ts";
import { sealedKeys, type SealedKeysServer } from "./reseal.ts";
import { makeStoredRing, readStoredRing } from "./stored_ring.ts";

/**
 * The configured ring (32 bytes in BASE64URL or BASE64 each, newest first) and behind it the one that the store keeps;
 * without either, a new one in the store: instances that start together agree. Throws `KeyError` where a configured key
 * is none, and where managed keys are sealed by a key that is not there: then nothing is written, for a new ring would
 * end all that they have signed. `StoreError` as the store does.
 */
export async function openRing(
  server: HeldRingServer & SealedKeysServer,
  configured: readonly string[] | undefined,
): Promise<DataProtection> {
  let before: string | undefined;
  for (;;) {
    const ring = await presentRing(server, configured) ?? await firstRing(server);
    const problem = lostRing(await sealedKeys(server), ring);
    if (ring !== undefined && problem === undefined) return ring;
    // Somebody may have made or changed the ring since it was read.
    const now = idsOf(ring);
    if (problem !== undefined && now === before) throw problem;
    before = now;
  }
}

/**
 * The ring that is configured, kept in the store, or both, whatever it opens; `undefined` where there is none. Throws
 * `KeyError` where a configured key is none, `StoreError` as the store does.
 */
export async function presentRing(
  server: HeldRingServer,
  configured: readonly string[] | undefined,
): Promise<DataProtection | undefined> {
  const keys = configuredKeys(configured ?? []).map(ringKey);
  const stored = await readStoredRing(server);
  return keys.length > 0 || stored !== undefined ? ringOver(server, keys, stored) : undefined;
}

/** A new ring in the store, where nothing is sealed yet. */
async function firstRing(
  server: HeldRingServer & SealedKeysServer,
): Promise<DataProtection | undefined> {
  if ((await sealedKeys(server)).length > 0) return undefined;
  return ringOver(server, [], await makeStoredRing(server));
}

function idsOf(ring: DataProtection | undefined): string {
  return (ring?.list() ?? []).map(({ id }) => id).join();
}
