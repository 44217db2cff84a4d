/** How do an instance's keys stay what they should be, beside all requests? */

import { repeat } from "../lib/background.ts";
import type { Env } from "../lib/env.ts";
import type { Keys } from "./keys.ts";
import { type RingTendingServer, tendRing } from "./tend_ring.ts";

/**
 * Milliseconds between two rounds. With the jitter at most 29 s pass, so that every instance learns within 30 s of a
 * key that another has made.
 */
const EVERY = 24_000;

/** What has keys to tend. */
export interface TendingServer extends RingTendingServer {
  readonly env: Pick<Env, "log" | "now" | "random" | "sleep">;
  readonly keys: Pick<Keys, "tend">;
}

/** Tends the keys of the server as it is at that moment until `signal` aborts; never rejects. Event `key.tend_failed`. */
export function tendForever(current: () => TendingServer, signal: AbortSignal): Promise<void> {
  return repeat(current, { every: EVERY, signal, failed: "key.tend_failed" }, async (server) => {
    // The ring first, for managed keys are sealed by it; and if it fails, the keys nevertheless.
    const ring = await tendRing(server).then(() => undefined, (error) => ({ error }));
    await server.keys.tend();
    if (ring !== undefined) throw ring.error;
  });
}
