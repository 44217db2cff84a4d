/** What a store looks like over a bad line: late, sometimes failing, now and then without saying whether a commit was applied. */

import type { Env } from "../../src/lib/env.ts";
import { type Store, StoreError } from "../../src/store/store.ts";

/** How bad the line is: shares between 0 and 1. Latency is always there. */
export interface Faults {
  /** Operations that throw before they have reached the store. */
  readonly before?: number;
  /** Commits that are applied and throw nevertheless. */
  readonly after?: number;
}

/** A store behind a bad line. Half of the waits are a microtask, the others up to 2 ms. */
export function faultyStore(
  env: Pick<Env, "random" | "sleep">,
  store: Store,
  { before = 0, after = 0 }: Faults = {},
): Store {
  const chance = () => {
    const [high = 0, low = 0] = env.random(2);
    return (high * 256 + low) / 65_536;
  };
  const wait = () => chance() < 0.5 ? Promise.resolve() : env.sleep(2 * chance());
  const fail = (share: number) => {
    if (chance() < share) throw new StoreError("the line is broken");
  };
  const late = async <A>(operate: () => Promise<A>): Promise<A> => {
    await wait();
    fail(before);
    const answer = await operate();
    await wait();
    return answer;
  };
  return {
    get: (key) => late(() => store.get(key)),
    list: (prefix, options) => late(() => store.list(prefix, options)),
    async commit(commit) {
      const applied = await late(() => store.commit(commit));
      if (applied) fail(after);
      return applied;
    },
    close: () => store.close(),
  };
}
