/** How often something may be tried or done, counted in the store so that all instances count together. */

import type { Env } from "../lib/env.ts";
import type { Collections } from "./collection.ts";
import type { Throttle } from "./records.ts";

/** What counting needs. */
export interface ThrottleServer {
  readonly env: Pick<Env, "now">;
  readonly records: Pick<Collections, "throttle">;
}

/** A count of tries is forgotten when nothing has been tried for this many seconds. */
const WINDOW = 900;

/** Guesses at something: so many are free, and each further one waits twice as long as the one before. */
export interface GuessLimit {
  /** What is guessed, and by whom; the first part names the kind, so that no two kinds share a count. */
  readonly id: string;
  /** Tries before each further one has to wait; `Infinity` only counts. */
  readonly limit: number;
  /** The longest wait between two tries, in seconds. */
  readonly longest_delay: number;
}

/**
 * Counts a guess in each of some counts before it is made, so that guesses at the same moment count too; answers the
 * seconds to wait, 0 to go on. A guess that has to wait in one of them is not counted there, nor in those behind.
 */
export async function admitGuess(
  server: ThrottleServer,
  limits: readonly GuessLimit[],
): Promise<number> {
  const tried = await Promise.all(limits.map(({ id }) => server.records.throttle.get(id)));
  const now = server.env.now();
  const wait = Math.max(0, ...limits.map((limit, i) => waitFor(limit, tried[i], now)));
  if (wait > 0) return wait;
  for (const limit of limits) {
    const wait = await count(server, limit);
    if (wait > 0) return wait;
  }
  return 0;
}

/** How many guesses stand in a count. */
export async function guessesOf({ records }: ThrottleServer, id: string): Promise<number> {
  return (await records.throttle.get(id))?.tries ?? 0;
}

/** Forgets all guesses of a count. */
export async function forgiveGuesses({ records }: ThrottleServer, id: string): Promise<void> {
  await records.throttle.delete(id);
}

/** Takes one guess back. */
export async function takeBackGuess({ records }: ThrottleServer, id: string): Promise<void> {
  await records.throttle.update(
    id,
    (tried) => tried && { ...tried, tries: Math.max(0, tried.tries - 1) },
  );
}

async function count(server: ThrottleServer, limit: GuessLimit): Promise<number> {
  const now = server.env.now();
  const expires_at = now + Math.max(WINDOW, limit.longest_delay);
  let wait = 0;
  await server.records.throttle.update(limit.id, (tried) => {
    wait = waitFor(limit, tried, now);
    return wait > 0 ? undefined : { tries: (tried?.tries ?? 0) + 1, last_at: now, expires_at };
  });
  return wait;
}

/** The first try beyond the limit waits a second after the one before, every further one twice as long. */
function waitFor(
  { limit, longest_delay }: GuessLimit,
  tried: Throttle | undefined,
  now: number,
): number {
  if (tried === undefined || tried.tries < limit) return 0;
  const delay = 2 ** Math.min(tried.tries - limit, 30);
  return Math.max(0, tried.last_at + Math.min(longest_delay, delay) - now);
}

/** Things that may be done at a rate: a bucket of so many tokens, of which one comes back every so often. */
export interface Rate {
  /** As `GuessLimit` has it. */
  readonly id: string;
  /** How many may be done at once. */
  readonly burst: number;
  /** After how many seconds all of them may be done again. */
  readonly per: number;
}

/** Does one thing more; answers the seconds to wait, 0 where it may be done. What may not be done writes nothing. */
export async function spend(server: ThrottleServer, { id, burst, per }: Rate): Promise<number> {
  const now = server.env.now();
  let wait = 0;
  await server.records.throttle.update(id, (spent) => {
    const left = spent === undefined
      ? 0
      : Math.max(0, spent.tries - Math.max(0, now - spent.last_at) * burst / per);
    wait = Math.max(0, Math.ceil((left + 1 - burst) * per / burst));
    if (wait > 0) return undefined;
    const tries = left + 1;
    return { tries, last_at: now, expires_at: now + Math.ceil(tries * per / burst) };
  });
  return wait;
}
