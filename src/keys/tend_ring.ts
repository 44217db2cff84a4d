/** How does a server's ring stay what it should be, beside all requests? */

import type { Config } from "../config/schema.ts";
import type { Env } from "../lib/env.ts";
import type { Store } from "../store/store.ts";
import type { Collections } from "../store/collection.ts";
import { countsStored } from "./configured_ring.ts";
import { KeyError } from "./error.ts";
import type { DataProtection } from "./held_ring.ts";
import { resealKeys } from "./reseal.ts";
import type { PhasedRingKey } from "./ring_list.ts";
import { longestLife, type SealingConfig } from "./sealed_life.ts";
import { tendStoredRing } from "./stored_ring.ts";

/** What has a ring to tend. */
export interface RingTendingServer {
  readonly env: Pick<Env, "now" | "random" | "log" | "metrics">;
  readonly config: SealingConfig & Pick<Config, "data_protection">;
  readonly store: Pick<Store, "commit">;
  readonly records: Pick<Collections, "ring" | "signing_key">;
  readonly ring: DataProtection;
}

/** What sealing managed keys anew needs. */
export type SealingServer = Pick<RingTendingServer, "records" | "ring"> & {
  readonly env: Pick<Env, "now" | "log" | "metrics">;
};

/**
 * One round: rotates the stored ring and drops what nothing is sealed by, learns what others have done, and seals managed
 * keys anew. Events `data_protection.announced`, `.rotated`, `.dropped` (each instance, as it sees them), `.resealed`, `.held_back`.
 * Throws `KeyError` where the stored ring is gone that seals here, `StoreError` as the store does.
 */
export async function tendRing(server: RingTendingServer): Promise<void> {
  const { env, config, ring } = server;
  if (countsStored(config.data_protection)) {
    const configured = config.data_protection !== undefined;
    const stored = await tendStoredRing(server, { configured, longest_life: longestLife(config) });
    if (stored === undefined && !configured) {
      throw new KeyError(
        "the data protection ring is gone from the store; restore it from a backup",
      );
    }
    ring.adopt(stored);
  }
  const keys = ring.list();
  for (const [event, members] of newsOf(ring.seen.keys, keys)) tell(env, event, members);
  ring.seen.keys = keys;
  noteWaiting(server, keys);
  await sealAnew(server);
}

/** A configured key takes over within ten minutes, unless some instance doesn't have it: that is said once an hour. */
const HELD_BACK = 3600;

function noteWaiting({ env, ring: { seen } }: RingTendingServer, keys: readonly PhasedRingKey[]) {
  const waiting = keys.find(({ source, phase }) =>
    source === "configured" && phase === "announced"
  );
  const since = seen.waits_since ?? env.now();
  const late = waiting !== undefined && env.now() >= since + HELD_BACK;
  if (late) env.log.warn("data_protection.held_back", { id: waiting.id, place: waiting.place });
  seen.waits_since = waiting === undefined ? undefined : late ? env.now() : since;
}

/** Instances that don't know yet whose turn it is may still seal a key with another one, so all are looked at again after an hour. */
const SETTLED = 3600;

/**
 * Seals the managed keys anew by the key whose turn it is, where another may have sealed one. Event
 * `data_protection.resealed`. Throws `StoreError` as the store does.
 */
export async function sealAnew(server: SealingServer): Promise<void> {
  const { env, ring } = server;
  const { seen } = ring;
  const keys = ring.list();
  const id = sealerOf(keys);
  const settled = seen.settled?.id === id ? seen.settled?.at ?? -Infinity : -Infinity;
  if (id === undefined || keys.length < 2 || env.now() < settled + SETTLED) return;
  const kids = await resealKeys(server);
  if (kids.length > 0) tell(env, "data_protection.resealed", { id, kids });
  // Once there was nothing to do: what others do at the same moment may fail.
  else seen.settled = { id, at: env.now() };
}

/** What may become of the ring. */
export const RING_EVENTS = [
  "data_protection.announced",
  "data_protection.rotated",
  "data_protection.resealed",
  "data_protection.dropped",
] as const;
type RingEvent = typeof RING_EVENTS[number];

function tell(
  { log, metrics }: Pick<Env, "log" | "metrics">,
  event: RingEvent,
  members: Record<string, unknown>,
): void {
  log.info(event, members);
  metrics.count("data_protection_changes_total", { event });
}

function newsOf(
  before: readonly PhasedRingKey[],
  now: readonly PhasedRingKey[],
): [RingEvent, Record<string, unknown>][] {
  const has = (keys: readonly PhasedRingKey[], { id }: PhasedRingKey) =>
    keys.some((key) => key.id === id);
  const [previous, id] = [sealerOf(before), sealerOf(now)];
  return [
    ...now.filter((key) => !has(before, key) && key.phase === "announced")
      .map(({ id, seals_from }): [RingEvent, Record<string, unknown>] => [
        "data_protection.announced",
        { id, seals_from },
      ]),
    ...id === previous
      ? []
      : [["data_protection.rotated", { id, previous }] as [RingEvent, Record<string, unknown>]],
    ...before.filter((key) => !has(now, key))
      .map(({ id }): [RingEvent, Record<string, unknown>] => ["data_protection.dropped", { id }]),
  ];
}

function sealerOf(keys: readonly PhasedRingKey[]): string | undefined {
  return keys.find(({ phase }) => phase === "sealing")?.id;
}
