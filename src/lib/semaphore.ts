/** How many of a costly kind of work may run at once, and how many may wait for it. */

/** Too many were waiting already; nothing was begun. */
export class Busy extends Error {
  override readonly name = "Busy";
}

/** Runs work when its turn comes, first come, first served. Rejects with `Busy`, or with what the work throws. */
export type Semaphore = <T>(work: () => Promise<T>) => Promise<T>;

/** Lets `parallel` pieces of work run at once and `waiting` more wait. */
export function semaphore(parallel: number, waiting: number): Semaphore {
  const queue: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running < parallel) {
      running++;
    } else {
      if (queue.length >= waiting) throw new Busy("too much work of this kind is waiting");
      // Who ends hands the place over without giving it back, so nobody can slip in between.
      await new Promise<void>((resolve) => queue.push(resolve));
    }
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}

/** A semaphore for each name: what takes long for one is no matter for the others. Names are few and constant, not input. */
export function semaphores(parallel: number, waiting: number): (name: string) => Semaphore {
  const known = new Map<string, Semaphore>();
  return (name) => {
    const there = known.get(name) ?? semaphore(parallel, waiting);
    known.set(name, there);
    return there;
  };
}
