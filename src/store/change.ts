/** How the changes that wait for one record at the same moment become one commit. */

import { type Key, type Store, StoreError, type Write } from "./store.ts";

/** How often a contested commit starts again. Each round has a winner, so this bounds the rivals: other processes, not callers. */
const MOST_ROUNDS = 1000;

/** What a step wants: something to write, or nothing, and what its caller hears once that is done. */
export interface Outcome<A> {
  /** What is to be written, the record itself first; absent: all stays as it is. */
  readonly writes?: readonly [Write, ...Write[]];
  /** What the caller hears. */
  readonly answer: A;
}

/** What a change makes of the value that stands there (`undefined`: none). Runs again when somebody else was faster. */
export type Step<A> = (value: unknown) => Outcome<A>;

/** Changes the record `id` by a step. Throws what the step or the store throws. */
export type Change = <A>(id: string, step: Step<A>) => Promise<A>;

/** One caller in the line. */
interface Turn {
  step(value: unknown): Pick<Outcome<unknown>, "writes"> & { tell: () => void };
  fail(error: unknown): void;
}

/**
 * Read, step, compare and set. While one commit is on its way, all who come for the same record wait in line;
 * then one read and one commit serve the whole line, each step seeing what the one before it has written.
 * So a thousand callers cost a handful of operations instead of half a million, and a store that is away
 * lets nobody wait for more than two deadlines.
 */
export function changes(store: Pick<Store, "get" | "commit">, keyOf: (id: string) => Key): Change {
  const lines = new Map<string, Turn[]>();

  async function settle(key: Key, turns: readonly Turn[]): Promise<void> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const entry = await store.get(key);
      let value = entry?.value;
      let last: readonly Write[] | undefined;
      const tells: (() => void)[] = [];
      for (const turn of turns) {
        const { writes, tell } = turn.step(value);
        tells.push(tell);
        if (writes === undefined) continue;
        last = writes;
        value = writes[0].value;
      }
      const checks = [{ key, version: entry?.version ?? null }];
      if (last === undefined || await store.commit({ checks, writes: last })) {
        for (const tell of tells) tell();
        return;
      }
    }
    throw new StoreError("too many writers of one record");
  }

  async function serve(id: string, line: Turn[]): Promise<void> {
    while (line.length > 0) {
      const turns = line.splice(0);
      try {
        await settle(keyOf(id), turns);
      } catch (error) {
        for (const turn of turns) turn.fail(error);
      }
    }
    lines.delete(id);
  }

  return <A>(id: string, step: Step<A>) =>
    new Promise<A>((resolve, reject) => {
      const turn: Turn = {
        step(value) {
          try {
            const { answer, ...written } = step(value);
            return { ...written, tell: () => resolve(answer) };
          } catch (error) {
            return { tell: () => reject(error) };
          }
        },
        fail: reject,
      };
      const line = lines.get(id);
      if (line !== undefined) {
        line.push(turn);
        return;
      }
      const mine = [turn];
      lines.set(id, mine);
      serve(id, mine);
    });
}
