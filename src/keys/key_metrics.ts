/** What there is to measure of the keys at a moment. */

import type { Env } from "../lib/env.ts";
import type { SigningAlgorithm } from "../oauth/client.ts";
import type { Keys, PhasedKey } from "./keys.ts";

/** What measuring needs. */
export interface MeasuredKeys {
  readonly env: Pick<Env, "now" | "metrics">;
  readonly keys: Pick<Keys, "list" | "fresh">;
}

/** Measures the keys as they are now. */
export function measureKeys({ env: { now: clock, metrics }, keys }: MeasuredKeys): void {
  const now = clock();
  const list = keys.list();
  const signing = list.filter(({ phase }) => phase === "signing");
  metrics.set("keys", counted(list));
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
}

type Labelled = Pick<PhasedKey, "alg" | "source" | "phase">;

function counted(list: readonly PhasedKey[]): (readonly [Labelled, number])[] {
  const counts = new Map<string, readonly [Labelled, number]>();
  for (const { alg, source, phase } of list) {
    const name = `${alg} ${source} ${phase}`;
    counts.set(name, [{ alg, source, phase }, (counts.get(name)?.[1] ?? 0) + 1]);
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
