/** How does a running server say once a day which keys come to an end? */

import { repeat } from "../lib/background.ts";
import type { Env } from "../lib/env.ts";
import { expiringKeys } from "./expiring.ts";
import type { Keys } from "./keys.ts";

const DAY = 86_400;
/** Milliseconds between two looks, so that nothing is said much later than a day after the last time. */
const EVERY = 60_000;

/** What has keys that may come to an end. */
export interface WarningServer {
  readonly env: Pick<Env, "log" | "now" | "random" | "sleep">;
  readonly keys: Pick<Keys, "list">;
}

/** Says once a day what comes to an end, of the server as it is at that moment, until `signal` aborts; never rejects. Event `key.expiring`. */
export function warnForever(current: () => WarningServer, signal: AbortSignal): Promise<void> {
  const warn = warner();
  return repeat(current, { every: EVERY, signal, failed: "key.warn_failed" }, (server) => {
    warn(server);
    return Promise.resolve();
  });
}

/** A function that says what comes to an end, and the same again only a day later. */
export function warner(): (server: WarningServer) => void {
  let said: ReadonlyMap<string, number> = new Map();
  return ({ env, keys }) => {
    const now = env.now();
    const due = expiringKeys(keys.list(), [], now).map((one) => {
      const name = JSON.stringify([one.key.kid, one.reason, one.at, one.urgent]);
      return { one, name, last: said.get(name) ?? -Infinity };
    });
    said = new Map(due.map(({ name, last }) => [name, isDue(last, now) ? now : last]));
    for (const { one: { key, reason, at, days_left, followed, urgent }, last } of due) {
      if (!isDue(last, now)) continue;
      const members = { ...key, reason, at, days_left, followed };
      if (urgent) env.log.error("key.expiring", members);
      else env.log.warn("key.expiring", members);
    }
  };
}

/** Clocks are set back, too. */
function isDue(last: number, now: number): boolean {
  return Math.abs(now - last) >= DAY;
}
