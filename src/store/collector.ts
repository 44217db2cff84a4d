/** How expired records go away in a file: a few at a time, all day long, so that nobody ever waits for it. */

import type { Env } from "../lib/env.ts";
import type { Collections } from "./collection.ts";
import { pagesOf } from "./paging.ts";
import { placeOf } from "./place.ts";

/** What collecting needs. */
export interface CollectingServer {
  readonly env: Pick<Env, "sleep" | "random" | "log">;
  readonly records: Collections;
}

/** So many records are read at once, and those of them that are long dead are deleted. */
const PAGE = 250;

/** Milliseconds between two pages: about 2,000 records a second, a million within ten minutes. */
const PAUSE = 100;

/** Milliseconds between two passes. Much less than the hour after which Deno KV deletes what is left, all at once. */
const REST = 600_000;

/** The longest wait, in milliseconds, before the first pass; a random part of it, so that instances don't walk in step. */
const LONGEST_START = 60_000;

/**
 * Whether expired records of a store have to be collected by us: those of a path or `:memory:`. Databases behind
 * `default` (Deno Deploy) and KV Connect do that by themselves, and have every read paid for.
 */
export function needsCollector(url: string): boolean {
  return placeOf(url) !== "elsewhere";
}

/**
 * Collects until `signal` aborts, then resolves at once, whatever the store is doing; never rejects. A store that fails
 * ends the pass and is logged as `store.collect_failed`; the next pass tries again.
 */
export async function collectForever(server: CollectingServer, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await Promise.race([aborted, passes(server, signal)]);
}

async function passes(server: CollectingServer, signal: AbortSignal): Promise<void> {
  const { env } = server;
  const [chance = 0] = env.random(1);
  await env.sleep(LONGEST_START * chance / 256, signal);
  while (!signal.aborted) {
    try {
      await pass(server, signal);
    } catch (error) {
      // At the end the store is closed under our hands, and nobody needs to know.
      if (!signal.aborted) env.log.warn("store.collect_failed", { reason: String(error) });
    }
    await env.sleep(REST, signal);
  }
}

/** Looks at every record once. */
async function pass({ env, records }: CollectingServer, signal: AbortSignal): Promise<void> {
  for (const { collect } of Object.values(records)) {
    for await (const _ of pagesOf((after) => collect({ limit: PAGE, after }))) {
      await env.sleep(PAUSE, signal);
      if (signal.aborted) return;
    }
  }
}
