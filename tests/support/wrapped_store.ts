/** How does a test come between a server and its store? */

import { type Store, StoreError } from "../../src/store/store.ts";

/** What is done about an operation of a store. */
export type Around = <A>(operate: () => Promise<A>) => Promise<A>;

/** A store whose operations are done as `around` has it. */
export function wrappedStore(store: Store, around: Around): Store {
  return {
    get: (key) => around(() => store.get(key)),
    list: (prefix, options) => around(() => store.list(prefix, options)),
    commit: (commit) => around(() => store.commit(commit)),
    close: () => store.close(),
  };
}

/** A store that can be taken away and given back. */
export interface BreakableStore {
  readonly store: Store;
  away: boolean;
}

/** Makes one that is there. */
export function breakableStore(inner: Store): BreakableStore {
  const breakable: BreakableStore = {
    away: false,
    store: wrappedStore(
      inner,
      (operate) => breakable.away ? Promise.reject(new StoreError("gone")) : operate(),
    ),
  };
  return breakable;
}
