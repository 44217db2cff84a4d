/** How calls that wait at the same moment become one. */

import type { Deadlines } from "./deadline.ts";

/** What may travel together, and how. `Q` is what one caller asks, `A` what it hears. */
export interface Journey<Q, A> {
  /** What failures are to begin with. */
  readonly what: string;
  /** How many flights may be under way at once. */
  readonly flights: number;
  /** How many of those who wait go together, counted from the first; at least 1. */
  readonly together: (waiting: Iterable<Q>) => number;
  /**
   * Asks for all at once; the answers in the order of the questions. A rejection is everybody's.
   * Whoever throws instead says that nothing was asked: then each one is asked alone, in order.
   */
  readonly ask: (questions: readonly Q[]) => Promise<readonly A[]>;
}

interface Call<Q, A> {
  readonly question: Q;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Asks for many as for one. Who comes while fewer than `flights` are under way leaves at the end of the
 * microtask, together with whoever else has come until then; the others wait for the next flight that lands.
 * Nobody joins a flight that has left, and who came first leaves first. The deadline counts from the call;
 * whoever is late is not taken along any more.
 */
export function gather<Q, A>(
  deadlines: Deadlines,
  { what, flights, together, ask }: Journey<Q, A>,
): (question: Q) => Promise<A> {
  const waiting = new Set<Call<Q, A>>();
  let flying = 0;
  let boarding = false;

  function leave(): void {
    boarding = false;
    while (flying < flights && waiting.size > 0) {
      const many = waiting.size === 1
        ? 1
        : together(waiting.values().map(({ question }) => question));
      const calls = [...waiting.values().take(many)];
      for (const call of calls) waiting.delete(call);
      flying++;
      fly(calls).finally(() => {
        flying--;
        leave();
      });
    }
  }

  async function fly(calls: readonly Call<Q, A>[]): Promise<void> {
    let landing: Promise<readonly A[]>;
    try {
      landing = ask(calls.map(({ question }) => question));
    } catch (error) {
      if (calls.length === 1) { for (const call of calls) call.reject(error); }
      else for (const call of calls) await fly([call]);
      return;
    }
    try {
      for (const [n, answer] of (await landing).entries()) calls[n]?.resolve(answer);
    } catch (error) {
      for (const call of calls) call.reject(error);
    }
  }

  return (question) =>
    new Promise<A>((resolve, reject) => {
      const call: Call<Q, A> = {
        question,
        resolve(answer) {
          end();
          resolve(answer);
        },
        reject(error) {
          end();
          reject(error);
        },
      };
      const end = deadlines.watch(what, (error) => {
        waiting.delete(call);
        reject(error);
      });
      waiting.add(call);
      if (boarding || flying >= flights) return;
      boarding = true;
      queueMicrotask(leave);
    });
}
