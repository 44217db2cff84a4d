/** How a store gets rid of what has ended, at once. */

import { collectForever } from "../../src/store/collector.ts";
import type { Entry, Store } from "../../src/store/store.ts";
import type { TestServer } from "./server.ts";

/** All keys and values, as they are written. */
export async function entriesOf({ store }: { readonly store: Store }): Promise<Entry[]> {
  return await store.list([], { limit: 100_000 });
}

/** One pass over all records. */
export async function collectOnce({ env, server: { records } }: TestServer): Promise<void> {
  const stop = new AbortController();
  const sleep = (milliseconds: number) => {
    if (milliseconds === 600_000) stop.abort();
    return Promise.resolve();
  };
  await collectForever({ env: { ...env, sleep }, records }, stop.signal);
}
