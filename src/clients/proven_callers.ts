/** What one instance remembers of those who present secrets: who was right lately, and which guess is under way. */

/** What became of a guess: whether it was right, or the seconds until one may be made. */
export type Verdict = boolean | number;

/** The memory. A caller is whoever says to be a client or an API, from one address. */
export interface ProvenCallers {
  /** Whether this caller was right lately, and not wrong since. */
  has(caller: string): boolean;
  add(caller: string): void;
  delete(caller: string): void;
  /** Makes a guess, or waits for the same one where that is under way: a secret that many present at once is one guess. */
  once(guess: string, make: () => Promise<Verdict>): Promise<Verdict>;
}

/** So many callers are remembered, about 2 MB of them. */
const MOST_PROVEN = 10_000;

/** An empty memory. Where it is full, whoever was right least recently is forgotten. */
export function createProvenCallers(most = MOST_PROVEN): ProvenCallers {
  const proven = new Set<string>();
  const underWay = new Map<string, Promise<Verdict>>();
  return {
    has: (caller) => proven.has(caller),
    add(caller) {
      // A set keeps the order in which its members came.
      proven.delete(caller);
      proven.add(caller);
      if (proven.size <= most) return;
      for (const oldest of proven.keys().take(1)) proven.delete(oldest);
    },
    delete(caller) {
      proven.delete(caller);
    },
    once(guess, make) {
      const same = underWay.get(guess);
      if (same !== undefined) return same;
      const mine = make().finally(() => underWay.delete(guess));
      underWay.set(guess, mine);
      return mine;
    },
  };
}
