/** How do an instance's keys stay what they should be, beside all requests? */

import { repeat } from "../lib/background.ts";
import type { Env } from "../lib/env.ts";
import type { SeenServer } from "./changes.ts";
import type { Keys } from "./keys.ts";
import { type RingTendingServer, tendRing } from "./tend_ring.ts";

/**
 * Milliseconds between two rounds. With the jitter at most 29 s pass, so that every instance learns within 30 s of a
 * key that another has made.
 */
const EVERY = 24_000;

/** What has keys to tend. */
export interface TendingServer extends RingTendingServer, SeenServer {
  readonly env: Pick<Env, "log" | "metrics" | "now" | "random" | "sleep">;
  readonly keys: Pick<Keys, "tend" | "list">;
}

/**
 * Tends the keys of the server as it is at that moment until `signal` aborts, and has `look` see each time what has
 * become of them, whether or not the store was there; never rejects. Event `key.tend_failed`.
 */
export function tendForever(
  current: () => TendingServer,
  look: (server: SeenServer) => void,
  signal: AbortSignal,
): Promise<void> {
  const rounds = { every: EVERY, signal, failed: "key.tend_failed" };
  return repeat(current, rounds, async (server) => {
    const { metrics, now } = server.env;
    try {
      await tend(server);
      metrics.set("key_tended_timestamp_seconds", [[{}, now()]]);
    } catch (error) {
      metrics.count("key_tend_failures_total", {});
      throw error;
    } finally {
      // The configuration may have been loaded anew meanwhile.
      look(current());
    }
  });
}

async function tend(server: TendingServer): Promise<void> {
  // The ring first, for managed keys are sealed by it; and if it fails, the keys nevertheless.
  const ring = await tendRing(server).then(() => undefined, (error) => ({ error }));
  await server.keys.tend();
  if (ring !== undefined) throw ring.error;
}
