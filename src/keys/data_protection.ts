/** Where the keys come from that seal what is stored. */

import type { Env } from "../lib/env.ts";
import { ringKey } from "../lib/sealing.ts";
import { configuredKeys, countsStored, type RingConfig } from "./configured_ring.ts";
import { KeyError } from "./error.ts";
import { type DataProtection, type HeldRingServer, ringOver } from "./held_ring.ts";
import { lostRing } from "./lost_ring.ts";
import { sealedKeys, type SealedKeysServer } from "./reseal.ts";
import { makeStoredRing, readStoredRing } from "./stored_ring.ts";

/**
 * The configured ring, with `accept_stored` behind it the one that the store keeps; without a configured one that of the
 * store, and where there is none a new one: instances that start together agree. Throws `KeyError` where a configured key
 * is none, and where managed keys are sealed by a key that is not there: then nothing is written, for a new ring would
 * end all that they have signed. `StoreError` as the store does. Event `data_protection.stored_ring_ignored`.
 */
export async function openRing(
  server: HeldRingServer & SealedKeysServer & { readonly env: Pick<Env, "log"> },
  configured: RingConfig | undefined,
): Promise<DataProtection> {
  let before: string | undefined;
  for (;;) {
    const ring = await presentRing(server, configured) ?? await firstRing(server);
    const problem = lostRing(await sealedKeys(server), ring);
    if (ring !== undefined && problem === undefined) {
      if (!countsStored(configured)) await noteIgnored(server);
      return ring;
    }
    // Somebody may have made or changed the ring since it was read.
    const now = idsOf(ring);
    if (problem !== undefined && now === before) {
      throw await neglected(server, configured) ?? problem;
    }
    before = now;
  }
}

/** People who were logged in by the stored ring are so no more, which should surprise nobody. */
async function noteIgnored(
  server: HeldRingServer & { readonly env: Pick<Env, "log"> },
): Promise<void> {
  const stored = await readStoredRing(server);
  if (stored !== undefined) {
    server.env.log.warn("data_protection.stored_ring_ignored", { keys: stored.keys.length });
  }
}

/** What to say where the stored ring would open what the configured keys don't. */
async function neglected(
  server: HeldRingServer & SealedKeysServer,
  configured: RingConfig | undefined,
): Promise<KeyError | undefined> {
  if (configured === undefined || configured.accept_stored) return undefined;
  const both = await presentRing(server, { ...configured, accept_stored: true });
  return lostRing(await sealedKeys(server), both) === undefined
    ? new KeyError(NEGLECTED)
    : undefined;
}

const NEGLECTED =
  "the managed signing keys are sealed by the ring in the store, which data_protection.keys does not open; " +
  "set data_protection.accept_stored to true until latchkey data-protection list shows none of its keys";

/**
 * The ring that is configured, kept in the store, or both, whatever it opens; `undefined` where there is none. Throws
 * `KeyError` where a configured key is none, `StoreError` as the store does.
 */
export async function presentRing(
  server: HeldRingServer,
  configured: RingConfig | undefined,
): Promise<DataProtection | undefined> {
  const keys = configuredKeys(configured?.keys ?? []).map(ringKey);
  if (!countsStored(configured)) return ringOver(server, keys, "ignored");
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
