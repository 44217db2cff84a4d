/** What there is to measure of the keys, and of the ring that seals, at a moment. */

import type { Env } from "../lib/env.ts";
import type { Labels } from "../lib/metrics.ts";
import type { SigningAlgorithm } from "../oauth/client.ts";
import { PHASE_EVENTS } from "./changes.ts";
import type { DataProtection } from "./held_ring.ts";
import type { Keys, PhasedKey } from "./keys.ts";
import { RING_EVENTS } from "./tend_ring.ts";

/** What measuring needs. */
export interface MeasuredKeys {
  readonly env: Pick<Env, "now" | "metrics">;
  readonly keys: Pick<Keys, "list" | "fresh">;
  readonly ring: Pick<DataProtection, "list">;
}

/** Measures keys and ring as they are now. */
export function measureKeys({ env: { now: clock, metrics }, keys, ring }: MeasuredKeys): void {
  const now = clock();
  const list = keys.list();
  const signing = list.filter(({ phase }) => phase === "signing");
  metrics.set(
    "keys",
    counted(list.map(({ alg, source, phase }): Labels<"keys"> => ({ alg, source, phase }))),
  );
  metrics.set(
    "data_protection_keys",
    counted(
      ring.list().map(({ source, phase }): Labels<"data_protection_keys"> => ({ source, phase })),
    ),
  );
  metrics.set(
    "signing_key_age_seconds",
    // A clock that is far behind lets a key sign before its time.
    byAlgorithm(signing, ({ signs_from }) => Math.max(0, now - signs_from)),
  );
  metrics.set(
    "keys_next_change_timestamp_seconds",
    byAlgorithm(
      list,
      (key) =>
        Math.min(...[key.signs_from, key.signs_until, key.retires_at].filter((t) => t > now)),
    ),
  );
  metrics.set(
    "static_key_not_after_timestamp_seconds",
    byAlgorithm(
      signing.filter(({ source }) => source !== "managed"),
      ({ signs_until }) => signs_until,
    ),
  );
  metrics.set("keys_fresh", [[{}, keys.fresh ? 1 : 0]]);
  // A series that begins with 1 has not increased, for Prometheus: whoever waits for the first rotation would miss it.
  for (const alg of new Set(list.map(({ alg }) => alg))) {
    for (const event of KEY_EVENTS) metrics.count("key_changes_total", { event, alg }, 0);
  }
  for (const event of RING_EVENTS) metrics.count("data_protection_changes_total", { event }, 0);
}

const KEY_EVENTS = ["key.created", ...Object.values(PHASE_EVENTS)] as const;

/** How often each of these labels is there. */
function counted<L>(labels: readonly L[]): (readonly [L, number])[] {
  const counts = new Map<string, readonly [L, number]>();
  for (const one of labels) {
    const name = JSON.stringify(one);
    counts.set(name, [one, (counts.get(name)?.[1] ?? 0) + 1]);
  }
  return [...counts.values()];
}

/** The least of each algorithm; none where there is no end of it. */
function byAlgorithm(
  keys: readonly PhasedKey[],
  valueOf: (key: PhasedKey) => number,
): (readonly [{ readonly alg: string }, number])[] {
  const least = new Map<SigningAlgorithm, number>();
  for (const key of keys) {
    least.set(key.alg, Math.min(valueOf(key), least.get(key.alg) ?? Infinity));
  }
  return [...least].filter(([, value]) => Number.isFinite(value)).map(([alg, value]) => [
    { alg },
    value,
  ]);
}
