/** How nobody waits for ever: one timer for all who wait for the database. */

import type { Env } from "../lib/env.ts";
import { StoreError } from "./store.ts";

/** The timer looks this often while a deadline runs: an answer is given up at the deadline, or at most this part of it later. */
const LOOKS = 10;

/** The deadlines of one store. Methods throw `StoreError` once it is closed. */
export interface Deadlines {
  /** Calls `fail` when the deadline has passed or the store is closed, unless the answered function was called before. */
  watch(what: string, fail: (error: StoreError) => void): () => void;
  /** The answer of `operate`, unless that takes too long; `over` then tells it that nobody waits any more. */
  within<A>(what: string, operate: (over: () => boolean) => Promise<A>): Promise<A>;
  /** Fails all who wait, and all who come. */
  close(): void;
}

/** One who waits. */
interface Wait {
  readonly what: string;
  readonly fail: (error: StoreError) => void;
  /** The number of looks at its start. */
  readonly since: number;
}

/** Deadlines of some milliseconds. A timer for each operation would cost more than the operation's own work. */
export function openDeadlines(env: Pick<Env, "sleep">, milliseconds: number): Deadlines {
  const closing = new AbortController();
  // In the order in which they came, so the first are the first to be late.
  const waiting = new Set<Wait>();
  let looks = 0;
  let ticking = false;

  async function tick(): Promise<void> {
    ticking = true;
    while (waiting.size > 0) {
      await env.sleep(milliseconds / LOOKS, closing.signal);
      looks++;
      for (const wait of waiting) {
        if (looks - wait.since <= LOOKS) break;
        waiting.delete(wait);
        wait.fail(new StoreError(`${wait.what}: no answer within ${milliseconds} ms`));
      }
    }
    ticking = false;
  }

  function begin(what: string, fail: (error: StoreError) => void): Wait {
    if (closing.signal.aborted) throw closed(what);
    const wait = { what, fail, since: looks };
    waiting.add(wait);
    if (!ticking) tick();
    return wait;
  }

  return {
    watch(what, fail) {
      const wait = begin(what, fail);
      return () => waiting.delete(wait);
    },
    within(what, operate) {
      return new Promise((resolve, reject) => {
        const wait = begin(what, reject);
        operate(() => !waiting.has(wait)).then(resolve, reject).finally(() => waiting.delete(wait));
      });
    },
    close() {
      closing.abort();
      for (const { what, fail } of waiting) fail(closed(what));
      waiting.clear();
    },
  };
}

function closed(what: string): StoreError {
  return new StoreError(`${what}: the store is closed`);
}
