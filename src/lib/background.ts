/** How something is done again and again beside all requests. */

import type { Env } from "./env.ts";

/** How often, until when, and what the log calls a round that failed. */
export interface Rounds {
  /** Milliseconds between two rounds, give or take a fifth: instances that started at the same moment don't walk in step. */
  readonly every: number;
  readonly signal: AbortSignal;
  /** The event's name. */
  readonly failed: string;
}

/**
 * Does rounds until `signal` aborts, then resolves once the last one is done. Never rejects. `current` answers the
 * server as it is at that moment: its clients and keys change with the configuration.
 */
export async function repeat<S extends { readonly env: Pick<Env, "log" | "random" | "sleep"> }>(
  current: () => S,
  { every, signal, failed }: Rounds,
  round: (server: S) => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    const server = current();
    const { env } = server;
    try {
      await round(server);
    } catch (error) {
      env.log.warn(failed, { reason: String(error) });
    }
    await env.sleep(Math.round(every * jitter(env)), signal);
  }
}

/** A random factor between 0.8 and 1.2. */
export function jitter(env: Pick<Env, "random">): number {
  const [chance = 0] = env.random(1);
  return 0.8 + 0.4 * chance / 255;
}
