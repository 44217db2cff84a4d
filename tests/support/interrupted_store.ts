/** A store whose next commit comes too late: what a lost race looks like. */

import type { Store } from "../../src/store/store.ts";

/** A store of which one commit can be interrupted. */
export interface InterruptedStore extends Store {
  /** Has `act` done between the next commit's being asked for and its being tried. */
  interrupt(act: () => Promise<unknown>): void;
}

/** Makes one over another store. */
export function interruptedStore(store: Store): InterruptedStore {
  let next: (() => Promise<unknown>) | undefined;
  return {
    ...store,
    async commit(commit) {
      const act = next;
      next = undefined;
      await act?.();
      return await store.commit(commit);
    },
    interrupt(act) {
      next = act;
    },
  };
}
