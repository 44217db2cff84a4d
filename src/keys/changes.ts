/** What becomes of the keys, as an instance sees it: in the log, once each, and counted. */

import type { Env } from "../lib/env.ts";
import type { Keys, PhasedKey } from "./keys.ts";
import type { Phase } from "./timetable.ts";

/** A key, as far as the log may know it. */
export type SeenKey = Pick<
  PhasedKey,
  "kid" | "alg" | "source" | "phase" | "signs_from" | "retires_at"
>;

/** What has become of a key. */
export interface KeyChange {
  readonly event: "key.announced" | "key.rotated" | "key.retained" | "key.retired";
  readonly members: Readonly<Record<string, unknown>> & Pick<SeenKey, "kid" | "alg" | "source">;
}

/** The event of a key that has come into a phase. */
export const PHASE_EVENTS = {
  announced: "key.announced",
  signing: "key.rotated",
  retained: "key.retained",
  retired: "key.retired",
} as const satisfies Record<Phase, KeyChange["event"]>;

/**
 * What has changed from one moment to another, in the order of the keys, those that are gone last. A key that signs now
 * names the one that did so before it, `previous`.
 */
export function keyChanges(before: readonly SeenKey[], after: readonly SeenKey[]): KeyChange[] {
  const phases = new Map(before.map(({ kid, phase }) => [kid, phase]));
  const there = new Set(after.map(({ kid }) => kid));
  const come = after.filter(({ kid, phase }) => phases.get(kid) !== phase);
  const gone = before.filter(({ kid }) => !there.has(kid))
    .map((key) => ({ ...key, phase: "retired" as const }));
  return [...come, ...gone].map(({ kid, alg, source, phase, signs_from, retires_at }) => ({
    event: PHASE_EVENTS[phase],
    members: {
      kid,
      alg,
      source,
      ...phase === "announced" ? finite({ signs_from }) : {},
      ...phase === "retained" ? finite({ retires_at }) : {},
      ...phase === "signing"
        ? { previous: before.find((one) => one.alg === alg && one.phase === "signing")?.kid }
        : {},
    },
  }));
}

/** What looking at the keys of a server needs. */
export interface SeenServer {
  readonly env: Pick<Env, "log" | "metrics">;
  readonly keys: Pick<Keys, "list">;
}

/**
 * Answers what an instance does whenever its keys may have changed: says what has become of them since it looked last.
 * What the first server has is the beginning, event `keys.loaded`.
 */
export function followChanges({ env, keys }: SeenServer): (server: SeenServer) => void {
  let seen = keys.list();
  env.log.info("keys.loaded", {
    signing: seen.filter(({ phase }) => phase === "signing")
      .map(({ kid, alg, source }) => ({ kid, alg, source })),
  });
  return ({ env, keys }) => {
    const now = keys.list();
    // The same list as long as nothing has changed.
    if (now === seen) return;
    for (const { event, members } of keyChanges(seen, now)) {
      env.log.info(event, members);
      env.metrics.count("key_changes_total", { event, alg: members.alg });
    }
    seen = now;
  };
}

/** The times that are none are left out: a key that signs since ever, or for ever. */
function finite(times: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(times).filter(([, time]) => Number.isFinite(time)));
}
