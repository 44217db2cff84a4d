/** How do many callers who want the same thing done at the same moment share one run of it? */

/**
 * A function that runs `work`, one run at a time. Whoever calls while one is running waits for the next, together with
 * all others who do: each is answered by a run that began after their call. Rejects as `work` does.
 */
export function coalesce<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  let next: Promise<T> | undefined;
  const run = (): Promise<T> => {
    next = undefined;
    running = work().finally(() => {
      running = undefined;
    });
    return running;
  };
  return () => {
    if (running === undefined) return next ?? run();
    return next ??= running.then(run, run);
  };
}
