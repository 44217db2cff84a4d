/** A store of a process that is killed at one of its steps: from then on nothing is asked of the database any more. */

import { type Store, StoreError } from "../../src/store/store.ts";
import { wrappedStore } from "./wrapped_store.ts";

/** Where the end is: at which operation, counted from 1, and whether the database still does that one. */
export interface Death {
  readonly step: number;
  readonly side: "before" | "after";
}

/** A store that dies, and how many operations were asked of it. */
export interface DyingStore extends Store {
  readonly steps: number;
}

/** Makes one over another store. Operations of the dead throw. */
export function dyingStore(store: Store, { step, side }: Death): DyingStore {
  let steps = 0;
  const dying = wrappedStore(store, async (operate) => {
    const mine = ++steps;
    if (mine > step || (mine === step && side === "before")) throw new StoreError("killed");
    const answer = await operate();
    if (mine === step) throw new StoreError("killed");
    return answer;
  });
  return {
    ...dying,
    get steps() {
      return steps;
    },
  };
}
